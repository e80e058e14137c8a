//! May this IP address use this domain in MAIL FROM or HELO? RFC 7208 (SPF).
//!
//! [`check`] evaluates the MAIL FROM identity, or HELO when the reverse-path is null; [`check_helo`] always HELO. Both
//! give an [`Outcome`], never an error: what cannot be found out now is `temperror`. [`received_spf`] writes the field
//! that records it, [`survey`] shows what a domain publishes and what it costs. Time limits are the caller's; the number
//! of DNS queries is bounded by [`MAX_QUERIES`], whatever a domain publishes.

mod evaluate;
mod lookup;
pub mod macros;
mod outcome;
mod received;
pub mod record;
#[cfg(test)]
mod suite;
mod survey;
#[cfg(test)]
mod tests;

pub use evaluate::{
    MAX_EXPLANATION, MAX_HOSTS, MAX_LOOKUPS, MAX_QUERIES, MAX_VOID_LOOKUPS, check, check_helo,
};
pub use outcome::{Identity, MAX_PROBLEM, MAX_RECORD_KEPT, Outcome, Query, SpfResult};
pub use received::received_spf;
pub use record::{Record, RecordError};
pub use survey::{MAX_SURVEYED, Survey, Surveyed, survey};
