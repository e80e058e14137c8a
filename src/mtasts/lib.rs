//! MTA-STS: a domain says over HTTPS which MX hosts it has, and that their TLS must verify. RFC 8461.
//!
//! A TXT record ([`Record`]) says that there is a policy and which version of it, the policy host serves it
//! ([`Policy`]); [`lookup`] finds both. Nothing is remembered here: a policy that was found before stays in force when
//! this finds none (RFC 8461 §5.1), which is the business of whoever keeps policies.

mod fetch;
mod lookup;
mod policy;
mod record;

#[cfg(test)]
mod tests;

pub use fetch::{Fetch, FetchError, Fetched, LIMITS, ResultType, fetch, policy_url};
pub use lookup::{Outcome, RecordLookup, lookup, lookup_record, record_name};
pub use policy::{MAX_AGE, MAX_MX, MAX_POLICY, Mode, MxPattern, Policy, PolicyError, stated_max_age};
pub use record::{MAX_ID, MAX_RECORD, Record, RecordError};

/// What an asynchronous seam returns.
pub use mox_dns::BoxFuture;
