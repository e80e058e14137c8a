//! DMARC a page at a time: what is collected, what would be sent, what was sent, what others report. RFC 9990, RFC 9991.
//!
//! Each list is bounded and goes on behind a key: `next` of a reply is the `after` or `before` of the next request, and
//! none at the end. Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    DmarcReportDetail, DmarcReportRecord, DmarcReportRow, FailureRow, ReportDestination, ReportHistoryRow,
    SummaryService,
};
use crate::Time;

/// Rows of a page where nothing else is asked for.
pub const PAGE_ROWS: u32 = 100;

/// Most rows of a page.
pub const MAX_PAGE_ROWS: u32 = 1000;

/// Lists domains and days of which evaluations are collected, the latest day first, then by domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcCollected {
    /// Of this policy domain alone.
    pub domain: Option<String>,
    /// Behind this key.
    pub after: Option<String>,
    /// At most so many; none for [`PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of what is collected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcCollectedPage {
    /// The rows.
    pub rows: Vec<DmarcCollectedRow>,
    /// The key of the last, when there are more.
    pub next: Option<String>,
}

/// What is collected of one policy domain and day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcCollectedRow {
    /// Day and domain: `2026-11-26/example.org`.
    pub key: String,
    /// Where the record stands.
    pub policy_domain: String,
    /// The day.
    pub day: String,
    /// Policies that were published on that day.
    pub policies: u64,
    /// Messages.
    pub messages: u64,
    /// Messages that passed.
    pub passed: u64,
    /// Messages that did not.
    pub failed: u64,
    /// Messages that may be the reason for a report; without one, none is sent.
    pub reasons: u64,
    /// Rows: messages that had all in common are one.
    pub rows: u64,
    /// Messages for which there was no room among the rows.
    pub unlisted: u64,
    /// What was done with messages, of those that were looked at.
    pub dispositions: Dispositions,
    /// What was collected is a reason for a report. Whether the domain wants one is asked when it is made.
    pub reportable: bool,
    /// Why there is no report; empty where there is a reason for one.
    pub why: String,
}

/// Messages by what was done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dispositions {
    /// Passed.
    pub pass: u64,
    /// Did not pass, and were taken all the same.
    pub none: u64,
    /// Were quarantined.
    pub quarantine: u64,
    /// Were rejected.
    pub reject: u64,
    /// Were not looked at: their rows are too many, or not kept.
    pub unknown: u64,
}

/// Shows what is collected of one policy domain and day: its policies, and a page of the rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcCollectedShow {
    /// The policy domain.
    pub domain: String,
    /// A day, `today` or `yesterday`.
    pub day: String,
    /// Rows behind this key.
    #[serde(default)]
    pub after: Option<String>,
    /// At most so many rows; none for [`PAGE_ROWS`].
    #[serde(default)]
    pub limit: Option<u32>,
}

/// What is collected of one policy domain and day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcCollectedDetail {
    /// Its counts.
    #[serde(flatten)]
    pub row: DmarcCollectedRow,
    /// The policies as they were published.
    pub published: Vec<DmarcCollectedPolicy>,
    /// A page of the rows, by policy and source.
    pub records: Vec<DmarcCollectedRecord>,
    /// The key of the last row, when there are more.
    pub next: Option<String>,
}

/// A policy that was published on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcCollectedPolicy {
    /// Of this policy.
    pub policy_id: i64,
    /// As it was published, in the names of a report.
    pub policy: serde_json::Value,
    /// Messages it was applied to.
    pub messages: u64,
    /// Messages that passed.
    pub passed: u64,
    /// Messages that may be the reason for a report.
    pub reasons: u64,
}

/// Messages that had everything in common that a report tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcCollectedRecord {
    /// Of this row.
    pub key: String,
    /// The policy it is under.
    pub policy_id: i64,
    /// The row.
    #[serde(flatten)]
    pub record: DmarcReportRecord,
}

/// Says what would be sent now and what not, oldest day first, then by domain. Nothing is sent or written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcOutlook {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// Behind this key.
    pub after: Option<String>,
    /// At most so many; none for [`DmarcOutlook::ROWS`]. Each asks DNS.
    pub limit: Option<u32>,
}

impl DmarcOutlook {
    /// Rows where nothing else is asked for, and the most.
    pub const ROWS: u32 = 25;
}

/// A page of what would be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcOutlookPage {
    /// The rows.
    pub rows: Vec<DmarcOutlookRow>,
    /// The key of the last, when there are more.
    pub next: Option<String>,
}

/// What would become of the results of one policy domain and day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcOutlookRow {
    /// Day and domain: `2026-11-26/example.org`.
    pub key: String,
    /// The policy domain.
    pub policy_domain: String,
    /// The day.
    pub day: String,
    /// The day is not over: its report will say more.
    pub partial: bool,
    /// `will-send`, `nothing`, `later`, `discarded`, `reported`.
    pub state: String,
    /// Why, one sentence; empty where the state says all.
    pub why: String,
    /// Where to.
    pub destinations: Vec<ReportDestination>,
}

/// Lists DMARC reports that were made, and results that were discarded, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcSent {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// Before this one, by `next` of a reply.
    pub before: Option<i64>,
    /// At most so many; none for [`PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of reports that were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcSentPage {
    /// The rows.
    pub rows: Vec<DmarcSentRow>,
    /// The last, when there are more.
    pub next: Option<i64>,
}

/// A report that was made, or results that were discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcSentRow {
    /// Of this row.
    pub id: i64,
    /// The row.
    #[serde(flatten)]
    pub row: ReportHistoryRow,
}

/// Counts received reports by day, in order of days; days without reports are not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcDays {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// The number of days that are looked at; none for 30, at most [`DmarcDays::MAX`].
    pub days: Option<u32>,
}

impl DmarcDays {
    /// Most days.
    pub const MAX: u32 = 400;
    /// Days that are looked at where nothing else is asked for.
    pub const DAYS: u32 = 30;
}

/// What reports count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcSums {
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

/// What reports count of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcDay {
    /// The day.
    pub day: String,
    /// Its counts.
    #[serde(flatten)]
    pub sums: DmarcSums,
}

/// Counts received reports by policy domain, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcDomains {
    /// The number of days that are looked at; none for 30, at most [`DmarcDays::MAX`].
    pub days: Option<u32>,
    /// Behind this domain.
    pub after: Option<String>,
    /// At most so many; none for [`PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of policy domains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcDomainsPage {
    /// The rows.
    pub rows: Vec<DmarcDomainRow>,
    /// The last, when there are more.
    pub next: Option<String>,
}

/// What reports count of one policy domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcDomainRow {
    /// The policy domain.
    pub policy_domain: String,
    /// The last day with a report.
    pub last: String,
    /// Its counts.
    #[serde(flatten)]
    pub sums: DmarcSums,
}

/// Lists reports that arrived, the latest period first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcReceived {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// The number of days that are looked at; none for 30, at most [`DmarcDays::MAX`].
    pub days: Option<u32>,
    /// Before the report with this id.
    pub before: Option<i64>,
    /// At most so many; none for [`PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of reports that arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReceivedPage {
    /// The rows.
    pub rows: Vec<DmarcReportRow>,
    /// Id of the last, when there are more.
    pub next: Option<i64>,
}

/// Shows a report that arrived with a page of its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportPage {
    /// Which.
    pub id: i64,
    /// Records behind this one.
    #[serde(default)]
    pub after: Option<i64>,
    /// At most so many; none for [`PAGE_ROWS`].
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A report that arrived with a page of its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReportPaged {
    /// The report.
    #[serde(flatten)]
    pub report: DmarcReportDetail,
    /// The last record, when there are more.
    pub next: Option<i64>,
}

/// Asks who sends mail with a domain in From, by the latest rows of received reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcSources {
    /// The policy domain.
    pub domain: String,
    /// The number of days that are looked at; none for 30, at most [`DmarcDays::MAX`].
    #[serde(default)]
    pub days: Option<u32>,
}

impl DmarcSources {
    /// Most rows of reports that are looked at.
    pub const MAX_ROWS: u64 = 5_000;
}

/// Who sends mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcSourceList {
    /// Begin of the time that is looked at.
    pub since: Time,
    /// Those that send most first.
    pub services: Vec<SummaryService>,
    /// Rows of reports that were looked at.
    pub rows: u64,
    /// There were more rows: these are of the latest reports.
    pub cut: bool,
}

/// Lists reports about single messages, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DmarcFailures {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// The number of days that are looked at; none for 30, at most [`DmarcDays::MAX`].
    pub days: Option<u32>,
    /// Before the report with this id.
    pub before: Option<i64>,
    /// At most so many; none for [`PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of reports about single messages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcFailuresPage {
    /// The rows.
    pub rows: Vec<FailureRow>,
    /// Id of the last, when there are more.
    pub next: Option<i64>,
}
