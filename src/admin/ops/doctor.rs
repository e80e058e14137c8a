//! What is wrong with the machine, the configuration and the running server, as the server itself sees it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Asks what is wrong, as `mox doctor` does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Doctor {
    /// Ask DNS and other hosts, too, which takes seconds. Else what they said last is told again.
    pub online: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doctored {
    /// When the machine and the server were looked at.
    pub at: Time,
    /// When DNS and other hosts were asked last; none when they were not since the server started.
    pub online: Option<Time>,
    /// How many findings are errors.
    pub errors: u64,
    /// How many are warnings.
    pub warnings: u64,
    /// The worst first.
    pub findings: Vec<DoctorFinding>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorFinding {
    /// A stable word, the check first: `queue-stuck`.
    pub id: String,
    /// `error`, `warning`, `info` or `ok`.
    pub severity: String,
    /// The name, file or address that it is about.
    pub subject: String,
    /// A sentence: what was found, and its consequence.
    pub evidence: String,
    /// The step to take, where there is one.
    pub fix: Option<String>,
}
