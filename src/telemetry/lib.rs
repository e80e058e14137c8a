//! How the house is seen: log lines, metrics, protocol transcripts.
//!
//! Rooms only emit `tracing` events with constant messages and the fields of [`fields`]; this room writes them.

mod expose;
pub mod fields;
mod levels;
mod log;
mod metric;
pub mod names;
mod recent;
mod text;
mod transcript;

pub use expose::{CONTENT_TYPE, expose};
pub use levels::{BadLevel, Levels, level_name, parse_level};
pub use log::{Format, Log, install};
pub use metric::{Accepting, Authenticating, Finding, Listening, Metrics, Outcome, Room};
pub use recent::{Entry, Found, Recent, Wanted, recent};
pub use tracing::Level;
pub use transcript::{Side, Transcript};
