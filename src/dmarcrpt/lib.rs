//! DMARC reports as documents: what an aggregate report says, and how it is written and read.
//!
//! [`Feedback`] is a report as a value, whichever form it came in. Pure: no clock, no DNS, no store.
//! RFC 9990 (aggregate reports), RFC 7489 appendix C (their form before), RFC 9991 and 6591 (failure reports).

pub mod advice;
pub mod failure;
#[cfg(test)]
mod failure_tests;
mod feedback;
#[cfg(test)]
mod hostile_tests;
pub mod message;
#[cfg(test)]
mod message_tests;
mod names;
mod page;
mod read;
#[cfg(test)]
mod read_tests;
mod rows;
#[cfg(test)]
mod schema_tests;
mod words;
mod write;
#[cfg(test)]
mod write_tests;
mod xml;

pub use feedback::{
    Action, AuthResult, DkimAuth, Feedback, Form, Metadata, PolicyPublished, Reason, ReasonKind, Record,
    Scope, SpfAuth,
};
pub use read::{Limits, Parsed, ReadError, parse};
pub use write::{MAX_ERROR, MAX_SIGNATURES, Writer, file_name, write};
