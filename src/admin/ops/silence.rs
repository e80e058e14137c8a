//! Reporters that fell silent, whatever they reported on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reporter that used to report on a policy domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSilence {
    /// The policy domain.
    pub policy_domain: String,
    /// Who reported.
    pub sender: String,
    /// Who reported, as the reports say.
    pub organization: String,
    /// Day of its last report.
    pub last: String,
    /// Days with a report, of the 30 that ended with it.
    pub days: u64,
}
