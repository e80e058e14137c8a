//! TLS reporting, the pure half: where reports about a domain go, and what they say. RFC 8460.
//!
//! Asked for is the policy domain: the domain of recipients, or the TLSA base domain (an MX host) where DANE is what
//! decided. Both have records of their own.

pub mod advice;
mod lenient;
#[cfg(test)]
mod lenient_tests;
mod lookup;
pub mod message;
mod record;
mod report;
mod result;

pub use lookup::{RecordLookup, lookup_record, record_name};
pub use record::{MAX_RECORD, MAX_URIS, Record, RecordError, Target, Uri};
pub use report::{Limits, Parsed, Report, ReportError};
pub use result::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType, Summary, merge};
