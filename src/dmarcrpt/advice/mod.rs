//! What a report means for the owner of the domain, in sentences: why mail did not pass, and the record or setting that
//! mends it.
//!
//! Sentences are for people and may change; ids stay. They tell neither how many messages nor from where, so that
//! records of one cause are told together. RFC 9989 §4.4 (what passes), RFC 9990 §3.1.6 (reasons), RFC 8601 §2.7.

mod dkim;
mod line;
mod policy;
mod seen;
mod service;
mod spf;
#[cfg(test)]
mod tests;

pub use line::{overview, row_line};
use serde::Serialize;

use crate::{PolicyPublished, Record};
use seen::Seen;

/// Why mail did not pass, or passed by one leg only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// One of [`IDS`].
    pub id: &'static str,
    /// What happened.
    pub what: String,
    /// What that means.
    pub meaning: String,
    /// What mends it.
    pub mend: String,
}

/// Every id of a cause.
pub const IDS: [&str; 19] = [
    "dkim-fail",
    "dkim-key-missing",
    "dkim-missing",
    "dkim-policy",
    "dkim-unaligned",
    "forwarded",
    "inconsistent",
    "mailing-list",
    "policy-not-applied",
    "policy-overdone",
    "spf-fail-dkim-missing",
    "spf-missing",
    "spf-permerror",
    "spf-softfail",
    "spf-unaligned",
    "strict-alignment",
    "subdomain-policy",
    "temperror",
    "unauthorised",
];

/// Why messages did not pass, or what is wrong though they did; none when all is well.
pub fn cause(record: &Record, policy: &PolicyPublished) -> Option<Cause> {
    let seen = Seen::new(record, policy);
    if record.passes() {
        return seen.overdone().or_else(|| match (record.dkim, record.spf) {
            (true, true) => None,
            (true, false) => seen.spf_beside(),
            (false, _) => seen.dkim_beside(),
        });
    }
    let cause = seen
        .named_by_the_receiver()
        .or_else(|| seen.strict_dkim())
        .or_else(|| seen.strict_spf())
        .or_else(|| seen.own_signature())
        .or_else(|| seen.own_spf_broken())
        .or_else(|| seen.temporary())
        .or_else(|| seen.inconsistent())
        .or_else(|| seen.unaligned_dkim())
        .or_else(|| seen.unaligned_spf())
        .or_else(|| seen.own_spf())
        .unwrap_or_else(|| seen.nothing_of_yours());
    Some(seen.with_override(cause))
}
