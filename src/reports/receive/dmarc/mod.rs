//! DMARC reports of others: about the mail of a policy domain over a time ([`Aggregate`]), and about one message
//! ([`Failure`]). RFC 9990 §3.5, §4; RFC 9991.
//!
//! Who passes DMARC is believed, as far as it goes: anybody who has a domain may tell anything about ours. Policy domains
//! are ours, or below one of ours.

mod aggregate;
mod ask;
mod days;
mod failure;
mod paged;
mod tables;
#[cfg(test)]
mod tests;

use mox_address::Domain;

use super::{NotKept, Receiver};

pub(crate) use aggregate::Aggregate;
pub(crate) use ask::record;
pub use ask::{failure, failures, report, reports};
pub(crate) use days::STEP_5;
pub(crate) use failure::{Failure, is_failure_report};
pub(crate) use paged::first_day;
pub(crate) use tables::{AGGREGATE, FAILURE, STEP_2, failure_size, size};

/// Most rows that are kept of a report.
pub const MAX_ROWS: usize = 5_000;

/// About the most bytes of the rows that are kept of a report.
pub const MAX_ROW_BYTES: usize = 2 << 20;

/// The policy domain, where it is one of ours or below one.
fn ours(receiver: &Receiver, name: &str) -> Result<Domain, NotKept> {
    let others = || NotKept::NotOurs(vec![name.to_owned()]);
    let domain = Domain::parse(name.trim_end_matches('.')).map_err(|_| others())?;
    let config = receiver.config();
    let known = receiver.any_domain()
        || domain.is_within(&config.server.hostname)
        || config.dynamic.domains.keys().any(|own| domain.is_within(own));
    if known { Ok(domain) } else { Err(others()) }
}
