//! The report itself, written as the RFC has it; what others write is read by [`Report::parse`] (`lenient`).
//!
//! Written is one text for one report, byte for byte: fields in the RFC's order, what is not known left out.
//! Times are whole seconds of UTC. RFC 8460 §4.4 (document), §5.1 (file name), erratum 6241 (`mx-host` is an array).

use mox_clock::Timestamp;
use serde::Serialize;

use crate::PolicyResult;
use crate::lenient;

/// A report about the sessions of one sender with the hosts of a policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Who reports.
    pub organization_name: String,
    /// First second of the period.
    pub start: Timestamp,
    /// Last second of the period.
    pub end: Timestamp,
    /// Address of somebody who is responsible for the report.
    pub contact_info: String,
    /// Told apart by this from other reports of the same sender.
    pub report_id: String,
    /// What is told, policy by policy.
    pub policies: Vec<PolicyResult>,
}

/// Bounds on what is read. Beyond `bytes` and `elements` nothing is; lists and texts are cut, which is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Values in it, of whatever kind, about.
    pub elements: usize,
    /// Policies.
    pub policies: usize,
    /// Kinds of failure, of all policies together.
    pub details: usize,
    /// Lines of a policy, and patterns of hosts, of each policy.
    pub strings: usize,
    /// Bytes of one text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bytes: 20 << 20,
            elements: 200_000,
            policies: 10_000,
            details: 10_000,
            strings: 200,
            text: 2000,
        }
    }
}

/// A report of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What it says.
    pub report: Report,
    /// Where it is not as the RFC has it, for people; each once.
    pub oddities: Vec<String>,
}

/// Why something is no report that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is too long.
    #[error("the report has {size} bytes, more than {max}")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// Most that are read.
        max: usize,
    },
    /// There is too much in it.
    #[error("the report has more than {max} values")]
    TooManyElements {
        /// Most that are read.
        max: usize,
    },
    /// It is not JSON.
    #[error("not JSON: line {line}, column {column}: {reason}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// It is JSON, but something else.
    #[error("JSON, but not a TLS report: no {0}")]
    NotReport(&'static str),
    /// It does not tell of a time.
    #[error("{field} is not a time: {text:?}")]
    Time {
        /// Where.
        field: &'static str,
        /// What stands there.
        text: String,
    },
}

/// As it is written.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    organization_name: &'a str,
    date_range: DateRange,
    contact_info: &'a str,
    report_id: &'a str,
    policies: &'a [PolicyResult],
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct DateRange {
    start_datetime: String,
    end_datetime: String,
}

impl Report {
    fn document(&self) -> Document<'_> {
        Document {
            organization_name: &self.organization_name,
            date_range: DateRange { start_datetime: self.start.rfc3339(), end_datetime: self.end.rfc3339() },
            contact_info: &self.contact_info,
            report_id: &self.report_id,
            policies: &self.policies,
        }
    }

    /// The document, indented, for people may want to read it.
    pub fn to_json(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string_pretty(&self.document()).unwrap_or_default()
    }

    /// The document of others, as they write it.
    pub fn parse(json: &[u8], limits: &Limits) -> Result<Parsed, ReportError> {
        lenient::parse(json, limits)
    }

    /// The name of a file, or part of a message, that holds the document compressed.
    ///
    /// Of `unique` letters and digits are kept; without any the name goes without.
    pub fn file_name(&self, submitter: &str, policy_domain: &str, unique: &str) -> String {
        let domain = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).collect()
        };
        let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let unique = if unique.is_empty() { unique } else { format!("!{unique}") };
        let (submitter, policy_domain) = (domain(submitter), domain(policy_domain));
        format!("{submitter}!{policy_domain}!{}!{}{unique}.json.gz", self.start.secs(), self.end.secs())
    }

    /// Whether anything went wrong.
    pub fn has_failure(&self) -> bool {
        self.policies.iter().any(PolicyResult::has_failure)
    }
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(s)
    }
}

impl<'de> serde::Deserialize<'de> for Report {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Report, D::Error> {
        let value = serde_json::Value::deserialize(d)?;
        lenient::read(&value, &Limits::default())
            .map(|parsed| parsed.report)
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureDetail, Policy, ResultType};

    #[test]
    fn a_report_is_written_in_the_order_of_the_rfc() {
        let mut policy = PolicyResult::new(Policy::none("example.org"));
        policy.summary.failed = 1;
        policy.details.push(FailureDetail::new(ResultType::StartTlsNotSupported, ""));
        let report = Report {
            organization_name: "Example \"Inc\"".to_owned(),
            start: Timestamp::from_secs(1_470_009_600),
            end: Timestamp::from_secs(1_470_095_999),
            contact_info: "tls@example.com".to_owned(),
            report_id: "a1".to_owned(),
            policies: vec![policy],
        };
        let expected = r#"{
  "organization-name": "Example \"Inc\"",
  "date-range": {
    "start-datetime": "2016-08-01T00:00:00Z",
    "end-datetime": "2016-08-01T23:59:59Z"
  },
  "contact-info": "tls@example.com",
  "report-id": "a1",
  "policies": [
    {
      "policy": {
        "policy-type": "no-policy-found",
        "policy-string": [],
        "policy-domain": "example.org",
        "mx-host": []
      },
      "summary": {
        "total-successful-session-count": 0,
        "total-failure-session-count": 1
      },
      "failure-details": [
        {
          "result-type": "starttls-not-supported",
          "failed-session-count": 1
        }
      ]
    }
  ]
}"#;
        assert_eq!(report.to_json(), expected);
        assert!(report.has_failure());
        let again: Report = serde_json::from_str(expected).unwrap();
        assert_eq!(again, report);
    }

    #[test]
    fn file_names_are_those_of_the_rfc() {
        let report = Report {
            organization_name: String::new(),
            start: Timestamp::from_secs(1_470_013_207),
            end: Timestamp::from_secs(1_470_186_007),
            contact_info: String::new(),
            report_id: String::new(),
            policies: Vec::new(),
        };
        for (submitter, domain, unique, expected) in [
            (
                "mail.sndr.example.com",
                "example.net",
                "001",
                "mail.sndr.example.com!example.net!1470013207!1470186007!001.json.gz",
            ),
            ("a.example", "b.example", "", "a.example!b.example!1470013207!1470186007.json.gz"),
            ("a.example", "../b!\r\n", "<x@y>", "a.example!..b!1470013207!1470186007!xy.json.gz"),
        ] {
            assert_eq!(report.file_name(submitter, domain, unique), expected);
        }
    }
}
