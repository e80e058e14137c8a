//! Failures on demand: rules by which a test server refuses or delays, so that programs can be tried against it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in the SMTP exchange a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChaosStage {
    /// The reply to EHLO or HELO.
    Hello,
    /// The end of an authentication.
    Auth,
    /// The reply to MAIL.
    Mail,
    /// The reply to RCPT.
    Rcpt,
    /// The reply to DATA or the first BDAT.
    Data,
    /// The reply to the whole message.
    Message,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChaosRule {
    /// Where.
    pub stage: ChaosStage,
    /// How often, as a percentage above 0 up to 100.
    #[serde(default = "always")]
    #[schemars(range(min = 0, max = 100))]
    pub probability: f64,
    /// SMTP reply code, 400 to 599; none for a rule that only delays. 421 also ends the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 400, max = 599))]
    pub code: Option<u16>,
    /// Text of the reply, printable ASCII, at most 200 bytes; one that names the rule when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub text: Option<String>,
    /// Wait before the reply, in milliseconds; at most 3,600,000, an hour.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(max = 3_600_000))]
    pub delay_ms: u64,
    /// Only for reverse-paths that contain this, letter case ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Only for recipients that contain this, letter case ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl ChaosRule {
    /// Longest delay: an hour.
    pub const MAX_DELAY_MS: u64 = 3_600_000;
}

fn always() -> f64 {
    100.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// All rules, in the order in which they are tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Chaos {
    /// The rules; none for a server that behaves.
    pub rules: Vec<ChaosRule>,
}

impl Chaos {
    /// Most rules.
    pub const MAX: usize = 100;
}

/// Asks for the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChaosGet {}

/// Replaces the rules; refuses all when one is wrong. They last until the server ends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChaosSet {
    /// The rules in force from now on.
    pub chaos: Chaos,
    /// Only check them.
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_needs_little() {
        let rule: ChaosRule = serde_json::from_str(r#"{"stage":"rcpt","code":451}"#).unwrap();
        assert_eq!((rule.probability, rule.code, rule.delay_ms), (100.0, Some(451), 0));
        assert_eq!(
            serde_json::to_string(&rule).unwrap(),
            r#"{"stage":"rcpt","probability":100.0,"code":451}"#
        );
    }
}
