//! The engine on a store, a resolver and a clock that do as told.

mod house;
mod sealing;
