//! What is said about one policy: how many sessions went well or failed under it, and the details of failures.
//!
//! Collected at delivery, added up over a day, and written into reports in the form below, which is that of the
//! report itself. Details do not have to add up to the failed sessions: some are told of sessions that went on.
//! RFC 8460 §4.3 (result types), §4.4 (fields), erratum 6241 (`mx-host` is an array).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names of an RFC, and what else stands in such a place.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A name that the RFC does not have.
            Other(String),
        }

        impl $name {
            /// Those of the RFC.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// As written in reports.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)*
                    $name::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                match text.to_ascii_lowercase().as_str() {
                    $($text => $name::$variant,)*
                    _ => $name::Other(text),
                }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

names! {
    /// Kind of a policy, RFC 8460 §4.4.
    PolicyType {
        /// TLSA records of a host (DANE).
        Tlsa = "tlsa",
        /// The MTA-STS policy of a domain.
        Sts = "sts",
        /// Neither.
        NoPolicyFound = "no-policy-found",
    }
}

names! {
    /// What went wrong, RFC 8460 §4.3.
    ResultType {
        /// The host does not offer STARTTLS, or refuses it.
        StartTlsNotSupported = "starttls-not-supported",
        /// The certificate is for other names.
        CertificateHostMismatch = "certificate-host-mismatch",
        /// The certificate is not valid at this time.
        CertificateExpired = "certificate-expired",
        /// The certificate leads to nobody who is trusted.
        CertificateNotTrusted = "certificate-not-trusted",
        /// Any other failure.
        ValidationFailure = "validation-failure",
        /// TLSA records that cannot be used.
        TlsaInvalid = "tlsa-invalid",
        /// DNSSEC proves nothing of the TLSA records.
        DnssecInvalid = "dnssec-invalid",
        /// We ask for DANE, and the host has none.
        DaneRequired = "dane-required",
        /// The MTA-STS policy cannot be had.
        StsPolicyFetchError = "sts-policy-fetch-error",
        /// The MTA-STS policy cannot be read.
        StsPolicyInvalid = "sts-policy-invalid",
        /// The host of the MTA-STS policy does not prove its name.
        StsWebpkiInvalid = "sts-webpki-invalid",
    }
}

/// A policy that sessions were judged by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policy {
    /// Its kind.
    #[serde(rename = "policy-type")]
    pub kind: PolicyType,
    /// Its text: lines of the MTA-STS policy, or TLSA records as in zone files.
    #[serde(rename = "policy-string")]
    pub strings: Vec<String>,
    /// Whose it is: A-labels, no trailing dot.
    #[serde(rename = "policy-domain")]
    pub domain: String,
    /// Patterns of the MTA-STS policy, or the host.
    #[serde(rename = "mx-host")]
    pub mx_hosts: Vec<String>,
}

/// Counts of sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Those that went well.
    #[serde(rename = "total-successful-session-count")]
    pub successful: u64,
    /// Those that failed.
    #[serde(rename = "total-failure-session-count")]
    pub failed: u64,
}

/// Sessions that failed, or went on in spite of something, in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureDetail {
    /// What.
    #[serde(rename = "result-type")]
    pub result: ResultType,
    /// Our address.
    #[serde(rename = "sending-mta-ip", default, skip_serializing_if = "String::is_empty")]
    pub sending_ip: String,
    /// The host, as the certificate should have it.
    #[serde(rename = "receiving-mx-hostname", default, skip_serializing_if = "String::is_empty")]
    pub mx_hostname: String,
    /// What it says in its greeting.
    #[serde(rename = "receiving-mx-helo", default, skip_serializing_if = "String::is_empty")]
    pub mx_helo: String,
    /// Its address.
    #[serde(rename = "receiving-ip", default, skip_serializing_if = "String::is_empty")]
    pub receiving_ip: String,
    /// Number of sessions.
    #[serde(rename = "failed-session-count")]
    pub failed: u64,
    /// For people.
    #[serde(rename = "additional-information", default, skip_serializing_if = "String::is_empty")]
    pub information: String,
    /// Stable name of the cause, words joined by dashes.
    #[serde(rename = "failure-reason-code", default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// All that is known of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyResult {
    /// The policy.
    pub policy: Policy,
    /// Sessions under it.
    pub summary: Summary,
    /// What failed.
    #[serde(rename = "failure-details")]
    pub details: Vec<FailureDetail>,
}

impl Policy {
    /// No policy, for a domain or a host.
    pub fn none(domain: impl Into<String>) -> Policy {
        Policy {
            kind: PolicyType::NoPolicyFound,
            strings: Vec::new(),
            domain: domain.into(),
            mx_hosts: Vec::new(),
        }
    }
}

impl FailureDetail {
    /// One session, of which nothing is known but what went wrong.
    pub fn new(result: ResultType, reason: impl Into<String>) -> FailureDetail {
        FailureDetail {
            result,
            sending_ip: String::new(),
            mx_hostname: String::new(),
            mx_helo: String::new(),
            receiving_ip: String::new(),
            failed: 1,
            information: String::new(),
            reason: reason.into(),
        }
    }

    /// Whether it is the same failure: all but the count.
    pub fn is_like(&self, other: &FailureDetail) -> bool {
        FailureDetail { failed: 0, ..self.clone() } == FailureDetail { failed: 0, ..other.clone() }
    }
}

impl PolicyResult {
    /// Nothing yet.
    pub fn new(policy: Policy) -> PolicyResult {
        PolicyResult { policy, summary: Summary::default(), details: Vec::new() }
    }

    /// Whether there is something to complain of: a counted failure, or a detail.
    pub fn has_failure(&self) -> bool {
        self.summary.failed > 0 || !self.details.is_empty()
    }

    /// Adds a failure to those like it. Beyond `max_details` kinds of failure the count of sessions alone grows.
    pub fn add_detail(&mut self, detail: FailureDetail, max_details: usize) {
        let room = self.details.len() < max_details;
        match self.details.iter_mut().find(|d| d.is_like(&detail)) {
            Some(same) => same.failed = same.failed.saturating_add(detail.failed),
            None if room => self.details.push(detail),
            None => {}
        }
    }

    /// Adds what else is known of the same policy.
    pub fn add(&mut self, other: PolicyResult, max_details: usize) {
        self.summary.successful = self.summary.successful.saturating_add(other.summary.successful);
        self.summary.failed = self.summary.failed.saturating_add(other.summary.failed);
        for detail in other.details {
            self.add_detail(detail, max_details);
        }
    }
}

/// Adds a result to that of the same policy, or as one more.
pub fn merge(results: &mut Vec<PolicyResult>, result: PolicyResult, max_details: usize) {
    match results.iter_mut().find(|r| r.policy == result.policy) {
        Some(same) => same.add(result, max_details),
        None => results.push(result),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_rfc() {
        for result in ResultType::ALL {
            assert_eq!(&ResultType::from(result.as_str().to_owned()), result);
        }
        assert_eq!(ResultType::from("Certificate-Expired".to_owned()), ResultType::CertificateExpired);
        assert_eq!(PolicyType::from("x".to_owned()), PolicyType::Other("x".to_owned()));
    }

    #[test]
    fn results_of_one_policy_add_up() {
        let failed = |reason: &str| {
            let mut one = PolicyResult::new(Policy::none("example.org"));
            one.summary.failed = 1;
            one.add_detail(FailureDetail::new(ResultType::ValidationFailure, reason), 10);
            one
        };
        let mut all = Vec::new();
        for reason in ["a", "b", "a", "c"] {
            merge(&mut all, failed(reason), 2);
        }
        merge(&mut all, PolicyResult::new(Policy::none("example.com")), 2);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].summary, Summary { successful: 0, failed: 4 });
        let details: Vec<_> = all[0].details.iter().map(|d| (d.reason.as_str(), d.failed)).collect();
        assert_eq!(details, [("a", 2), ("b", 1)]);
        let json = serde_json::to_value(&all[1]).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "policy": {"policy-type": "no-policy-found", "policy-string": [], "policy-domain": "example.com",
                    "mx-host": []},
                "summary": {"total-successful-session-count": 0, "total-failure-session-count": 0},
                "failure-details": [],
            })
        );
    }
}
