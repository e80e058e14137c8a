//! Time and chance as arguments: nothing above this room reads the operating system's clock or dice.
//!
//! `Clock` and `Random` are seams; the real ones live in `platform`, the simulated ones in [`sim`].

mod backoff;
mod clock;
mod day;
mod moment;
pub mod sim;

pub use backoff::Backoff;
pub use clock::{Clock, Random, Sleep, Timestamp, random_array, random_below};
pub use day::Day;
pub use moment::{Moment, MomentError, parse_duration};
