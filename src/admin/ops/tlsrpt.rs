//! What deliveries tell about TLS, for reports. RFC 8460.
//!
//! Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lists what was collected and not yet reported, or belongs to a day that is not over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsResults {
    /// Of this day alone.
    pub day: Option<String>,
    /// Of this policy or recipient domain alone.
    pub domain: Option<String>,
}

/// How TLS went under one policy on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsResultRow {
    /// Whose policy: the recipient domain, or the TLSA base domain of a host.
    pub policy_domain: String,
    /// Domain of the recipients.
    pub recipient_domain: String,
    /// `domain` or `host`: whether it is the policy of the recipient domain or of an MX host.
    pub kind: String,
    /// The day.
    pub day: String,
    /// `sts`, `tlsa`, `no-policy-found`.
    pub policy_type: String,
    /// Lines of the MTA-STS policy, or TLSA records.
    pub policy_string: Vec<String>,
    /// Host patterns of the MTA-STS policy.
    pub mx_host: Vec<String>,
    /// Sessions that went well.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
    /// What failed.
    pub details: Vec<TlsFailure>,
    /// A report may be sent because of this; false where only reports were delivered.
    pub send_report: bool,
}

/// A kind of failure, in the words of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TlsFailure {
    /// Result type of RFC 8460 §4.3.
    pub result_type: String,
    /// Our address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sending_mta_ip: String,
    /// The host, as the certificate should have it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receiving_mx_hostname: String,
    /// What it says in its greeting.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receiving_mx_helo: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub receiving_ip: String,
    /// Number of sessions.
    pub failed_session_count: u64,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub additional_information: String,
    /// Name of the cause.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failure_reason_code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_named_as_in_a_report() {
        let json = r#"{"result-type":"certificate-expired","receiving-ip":"192.0.2.1","failed-session-count":2,"failure-reason-code":"x"}"#;
        let failure: TlsFailure = serde_json::from_str(json).unwrap();
        assert_eq!((failure.failed_session_count, failure.receiving_ip.as_str()), (2, "192.0.2.1"));
        assert_eq!(serde_json::to_string(&failure).unwrap(), json);
    }
}
