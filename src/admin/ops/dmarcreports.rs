//! DMARC reports of others about our domains: what arrived about the mail of a time, and about single messages.
//! RFC 9990, RFC 9991.
//!
//! Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReportSilence;
use crate::Time;

/// Lists the reports that arrived, with what they say together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcReports {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// On periods that begin at or after this; none for the last 30 days.
    pub since: Option<Time>,
    /// At most so many reports and days each; none for [`DmarcReports::MAX`].
    pub limit: Option<u32>,
}

impl DmarcReports {
    /// Most rows of a kind in a reply.
    pub const MAX: u32 = 10_000;

    /// Days that are looked at where nothing else is asked for.
    pub const DAYS: u32 = 30;
}

/// The reports that arrived, with what they say together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportList {
    /// The latest first.
    pub reports: Vec<DmarcReportRow>,
    /// Counts of a day, policy domain and reporter, the latest first.
    pub days: Vec<DmarcReportDay>,
    /// Reporters that used to report and fell silent.
    pub silent: Vec<ReportSilence>,
}

/// A report that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportRow {
    /// Of this row.
    pub id: i64,
    /// What it is about: a domain of ours, or one below.
    pub policy_domain: String,
    /// Who reports: the domain in From of the message, which passed DMARC.
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
    /// Messages.
    pub messages: u64,
    /// Messages that passed DMARC.
    pub passed: u64,
    /// Messages that did not.
    pub failed: u64,
    /// Messages that were taken as suspicious.
    pub quarantined: u64,
    /// Messages that were refused.
    pub rejected: u64,
    /// Rows that are kept.
    pub rows: u64,
    /// How it is written: `rfc9990`, `rfc7489`.
    pub form: String,
}

/// Messages of one day of one policy domain, as one reporter counts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportDay {
    /// The policy domain.
    pub policy_domain: String,
    /// The day.
    pub day: String,
    /// Who reports.
    pub sender: String,
    /// Number of reports.
    pub reports: u64,
    /// Messages.
    pub messages: u64,
    /// Messages that passed DMARC.
    pub passed: u64,
    /// Messages that did not.
    pub failed: u64,
    /// Messages that were taken as suspicious.
    pub quarantined: u64,
    /// Messages that were refused.
    pub rejected: u64,
}

/// Shows a report that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReport {
    /// Which.
    pub id: i64,
}

/// A report that arrived, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportDetail {
    /// The row.
    #[serde(flatten)]
    pub row: DmarcReportRow,
    /// Who reports on which time, and how it went, one sentence.
    pub overview: String,
    /// Whom to ask.
    pub email: String,
    /// How else to ask.
    pub extra_contact_info: String,
    /// What was wrong with the record, or with the report, as the reporter says.
    pub errors: Vec<String>,
    /// The software that wrote it.
    pub generator: String,
    /// The policy as it was published, in the names of a report.
    pub policy: serde_json::Value,
    /// What was seen: what did not pass first, then by the number of messages.
    pub records: Vec<DmarcReportRecord>,
    /// Where it is not as the RFC has it.
    pub oddities: Vec<String>,
}

/// Messages that had everything in common that a report tells, in the names of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportRecord {
    /// Where they came from; none where it is not told.
    pub source_ip: Option<String>,
    /// How many.
    pub count: u64,
    /// What was done: `none`, `pass`, `quarantine`, `reject`.
    pub disposition: String,
    /// A signature passed and is aligned.
    pub dkim: bool,
    /// SPF passed and is aligned.
    pub spf: bool,
    /// Why what was done is not what the policy asks for.
    pub reasons: Vec<DmarcReportReason>,
    /// Domain in From.
    pub header_from: String,
    /// Domain of MAIL FROM; empty for the null reverse-path, none where it is not told.
    pub envelope_from: Option<String>,
    /// Domain of the recipient; none where it is not told.
    pub envelope_to: Option<String>,
    /// Each signature.
    pub dkim_results: Vec<DmarcReportAuth>,
    /// What SPF said.
    pub spf_results: Vec<DmarcReportAuth>,
    /// Why they did not pass, or passed by one of SPF and DKIM alone; none where all is well.
    pub cause: Option<DmarcReportCause>,
}

/// Why messages did not pass, in sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportCause {
    /// A word that stays.
    pub id: String,
    /// What happened.
    pub what: String,
    /// What that means.
    pub meaning: String,
    /// What mends it.
    pub mend: String,
}

/// Why what was done is not what the policy asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportReason {
    /// As `local_policy`, `mailing_list`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Words; may be empty.
    pub comment: String,
}

/// A signature, or what SPF said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportAuth {
    /// Who signed, or the domain that SPF was asked about.
    pub domain: String,
    /// Key of the signature; empty where it is not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selector: String,
    /// How it went: `pass`, `fail`, and others of RFC 8601.
    pub result: String,
    /// The same in words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub human_result: String,
}

/// Lists reports about single messages that arrived, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FailureReports {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// That arrived at or after this; none for the last 30 days.
    pub since: Option<Time>,
    /// At most so many; none for [`DmarcReports::MAX`].
    pub limit: Option<u32>,
}

/// A report about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureRow {
    /// Of this row.
    pub id: i64,
    /// What it is about: a domain of ours, or one below.
    pub policy_domain: String,
    /// Who reports: the domain in From of the report, which passed DMARC.
    pub sender: String,
    /// When it arrived.
    pub received: Time,
    /// The message that brought it, which may be gone.
    pub message_id: Option<i64>,
    /// What failed, as the report says.
    pub auth_failure: String,
    /// Where the message came from; empty where it is not told.
    pub source_ip: String,
    /// From of the message, where it is told.
    pub from: String,
    /// Subject of the message, where it is told.
    pub subject: String,
}

/// Shows a report about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureReport {
    /// Which.
    pub id: i64,
}

/// A report about a message, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureDetail {
    /// The row.
    #[serde(flatten)]
    pub row: FailureRow,
    /// Who reports on what, one sentence.
    pub overview: String,
    /// What it says.
    pub fields: FailureFields,
    /// Header of the message that it is about, as far as it is told.
    pub header: String,
}

/// What a report about a message says; empty where it does not. RFC 6591 §3, RFC 9991 §4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FailureFields {
    /// Domains that are reported.
    pub reported_domain: Vec<String>,
    /// What failed: `dmarc`, `spf`, `signature`, `bodyhash` and others.
    pub auth_failure: Vec<String>,
    /// Identities that are not aligned, `dkim` and `spf`; none where it is not told.
    pub identity_alignment: Option<Vec<String>>,
    /// What was done with the message: `delivered`, `spam`, `policy`, `reject`, `other`.
    pub delivery_result: String,
    /// Where the message came from.
    pub source_ip: String,
    /// When.
    pub arrival: Option<Time>,
    /// How many messages it stands for.
    pub incidents: u64,
    /// Reverse-path, without brackets.
    pub original_mail_from: String,
    /// Recipients, as far as they are told.
    pub original_rcpt_to: Vec<String>,
    /// What authentication found.
    pub authentication_results: Vec<String>,
    /// Who signed.
    pub dkim_domain: String,
    /// On whose behalf.
    pub dkim_identity: String,
    /// With which key.
    pub dkim_selector: String,
    /// The key record, as it was found.
    pub dkim_selector_dns: String,
    /// The SPF record, as it was found.
    pub spf_dns: Vec<String>,
    /// Host that reports.
    pub reporting_mta: String,
    /// The software that wrote the report.
    pub user_agent: String,
    /// From of the message.
    pub from: String,
    /// Subject of the message.
    pub subject: String,
    /// Where the report is not as the RFCs have it.
    pub oddities: Vec<String>,
}
