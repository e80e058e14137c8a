//! Reports of others about TLS with our domains and hosts: what arrived, what it means. RFC 8460.
//!
//! Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReportSilence;
use crate::Time;

/// Lists the reports that arrived, with what they say together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsReports {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// On periods that begin at or after this; none for the last 30 days.
    pub since: Option<Time>,
    /// At most so many reports, days and problems each; none for [`TlsReports::MAX`].
    pub limit: Option<u32>,
}

impl TlsReports {
    /// Most rows of a kind in a reply.
    pub const MAX: u32 = 10_000;

    /// Days that are looked at where nothing else is asked for.
    pub const DAYS: u32 = 30;
}

/// The reports that arrived, with what they say together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportList {
    /// The latest first.
    pub reports: Vec<TlsReportRow>,
    /// Counts of a day, policy domain and reporter, the latest first.
    pub days: Vec<TlsReportDay>,
    /// What fails, where and since when; what was last seen first.
    pub problems: Vec<TlsReportProblem>,
    /// Reporters that used to report and fell silent.
    pub silent: Vec<ReportSilence>,
}

/// A report that arrived, as far as it is about one policy domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportRow {
    /// Of this row.
    pub id: i64,
    /// What it is about: a domain of ours, or this host.
    pub policy_domain: String,
    /// Who reports: the domain that signed the message.
    pub sender: String,
    /// Who reports, as the report says.
    pub organization: String,
    /// Id of the report.
    pub report_id: String,
    /// First second of the period.
    pub start: Time,
    /// Last second of the period.
    pub end: Time,
    /// When it arrived.
    pub received: Time,
    /// The message that brought it, which may be gone.
    pub message_id: Option<i64>,
    /// Sessions that went well.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
    /// Kinds of failure.
    pub details: u64,
}

/// Sessions of one day with one policy domain, as one reporter counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportDay {
    /// The policy domain.
    pub policy_domain: String,
    /// The day.
    pub day: String,
    /// Who reports.
    pub sender: String,
    /// Number of reports.
    pub reports: u64,
    /// Sessions that went well.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
}

/// What fails with one host of a policy domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportProblem {
    /// The policy domain.
    pub policy_domain: String,
    /// `sts`, `tlsa`, `no-policy-found`.
    pub policy_type: String,
    /// The MX host, or its address; empty where it is not told, or no host is concerned.
    pub mx: String,
    /// Result type of RFC 8460 §4.3.
    pub result_type: String,
    /// Name of the cause; may be empty.
    pub reason: String,
    /// Beginning of the first period with it, of those looked at.
    pub since: Time,
    /// End of the last period with it.
    pub last: Time,
    /// Sessions.
    pub sessions: u64,
    /// Number of reporters that saw it.
    pub reporters: u64,
    /// What it means.
    pub meaning: String,
    /// What mends it.
    pub mend: String,
}

/// Shows a report that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReport {
    /// Which.
    pub id: i64,
}

/// A report that arrived, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportDetail {
    /// The row.
    #[serde(flatten)]
    pub row: TlsReportRow,
    /// Whom to ask.
    pub contact: String,
    /// Who reports on which time, one sentence.
    pub overview: String,
    /// What it says, policy by policy.
    pub policies: Vec<TlsReportPolicy>,
    /// Where it is not as the RFC has it.
    pub oddities: Vec<String>,
    /// The report in the names of the RFC, without the policies of other domains.
    pub document: serde_json::Value,
}

/// What a report says of one policy, in sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportPolicy {
    /// How sessions went.
    pub summary: String,
    /// Something failed.
    pub has_failure: bool,
    /// What failed.
    pub failures: Vec<TlsReportSentence>,
}

/// A failure, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportSentence {
    /// How many sessions, at which host, under which result type and reason.
    pub what: String,
    /// What it means.
    pub meaning: String,
    /// What mends it.
    pub mend: String,
}
