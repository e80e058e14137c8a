//! The queue against scripted mail hosts on a simulated network and clock.

mod delivery;
mod doubles;
mod faults;
mod house;
mod load;
mod notify;
mod operations;
mod rules;
mod transports;
