//! Who tried to log in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Attempts to log in, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginAttempts {
    /// Of this account; empty for those that name none of ours.
    #[serde(default)]
    pub account: Option<String>,
    /// Those that failed only.
    #[serde(default)]
    pub failed: bool,
    /// Since then.
    #[serde(default)]
    pub since: Option<Time>,
    /// Behind the row with this key.
    #[serde(default)]
    pub after: Option<String>,
    /// So many rows at most; 0 for 1000.
    #[serde(default)]
    pub limit: u32,
}

/// Attempts that are the same but for their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginAttemptRow {
    /// Account name; empty when there is none of that login.
    pub account: String,
    /// Name that the client gave.
    pub login: String,
    /// Where from.
    pub remote_ip: String,
    /// `submission`, `submissions`, `webaccount` or `webadmin`.
    pub protocol: String,
    /// SASL mechanism.
    pub mechanism: String,
    /// `ok`, `badcreds`, `disabled` or `error`.
    pub result: String,
    /// Version and cipher suite; empty without TLS.
    pub tls: String,
    /// How many.
    pub count: i64,
    /// When the first was.
    pub first: Time,
    /// When the last was.
    pub last: Time,
    /// Its place in the list, for what is to come behind it.
    pub key: String,
}
