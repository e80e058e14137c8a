//! The engine on a store, a resolver and a clock that do as told.

mod dmarc;
mod dmarc_results;
mod faults;
mod flood;
mod hostile;
mod house;
mod load;
mod operations;
mod paged;
mod plans;
mod reputation;
mod sealing;
mod sending;
mod tls_paged;
