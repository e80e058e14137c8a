//! What arriving mail tells about DMARC, for reports. RFC 9990.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists what DMARC was applied to and is not reported yet, or belongs to a day that is not over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcResults {
    /// Of this day alone.
    pub day: Option<String>,
    /// Of this policy domain alone.
    pub domain: Option<String>,
    /// At most so many rows of messages; none for [`DmarcResults::MAX`].
    pub limit: Option<u32>,
}

impl DmarcResults {
    /// Most rows of messages in a reply.
    pub const MAX: u32 = 100_000;
}

/// What is known of one policy domain under one policy on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcResultRow {
    /// Where the record stands.
    pub policy_domain: String,
    /// The day.
    pub day: String,
    /// The policy as it was published, in the names of a report.
    pub policy: serde_json::Value,
    /// Messages it was applied to.
    pub messages: u64,
    /// Messages that passed.
    pub passed: u64,
    /// Messages that may be the reason for a report; without one, none is sent.
    pub reasons: u64,
    /// Messages for which there was no room among the rows.
    pub unlisted: u64,
    /// Messages that had everything in common that a report tells, in the names of a report.
    pub rows: Vec<serde_json::Value>,
}
