//! MTA-STS policies of recipient domains that the queue remembers.

use serde::{Deserialize, Serialize};

use crate::Time;

/// What is remembered of MTA-STS policies, in order of names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MtastsList {
    /// Domains whose names have this in them.
    pub domain: Option<String>,
    /// Behind this domain.
    pub after: Option<String>,
    /// At most so many; none for [`MtastsList::MAX`].
    pub limit: Option<u32>,
}

impl MtastsList {
    /// Most rows of a reply.
    pub const MAX: u32 = 10_000;
}

/// What is remembered of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MtastsRow {
    /// Recipient domain, A-labels.
    pub domain: String,
    /// `enforce`, `testing` or `none`; nothing when the policy could not be had, and none is in force.
    pub mode: Option<String>,
    /// Patterns of MX hosts.
    pub mx: Vec<String>,
    /// Version that the DNS record named.
    pub record_id: String,
    /// When the policy was fetched, or tried to.
    pub fetched: Time,
    /// When it is no longer in force; without a policy, when it may be tried again.
    pub expires: Time,
    /// When a delivery last asked for it, within a day.
    pub used: Time,
    /// Why the last attempt to fetch it failed, if it did: result type of RFC 8460 and a reason.
    pub failure: Option<String>,
}

/// Forgets what is remembered of a domain, so that the next delivery looks anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MtastsForget {
    /// Recipient domain.
    pub domain: String,
    /// Forget nothing, only look.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was, or with `dry_run` would be, forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MtastsForgotten {
    /// As it was remembered.
    pub forgotten: MtastsRow,
    /// Nothing was forgotten, only looked up.
    pub dry_run: bool,
}
