//! Reports about TLS a page at a time: what is collected, what would be sent, what was sent, what others report. RFC 8460.
//!
//! Each list is bounded and goes on behind a key: `next` of a reply is the `after` or `before` of the next request, and
//! none at the end. Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ReportCause, ReportDestination, ReportHistoryRow, SilentReporter, TlsReportRow, TlsReportSentence,
    TlsResultRow,
};

/// Lists what was collected and not yet reported, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsCollected {
    /// Of this day alone: a day, `today` or `yesterday`.
    pub day: Option<String>,
    /// Of this policy or recipient domain alone.
    pub domain: Option<String>,
    /// Behind this key.
    pub after: Option<String>,
    /// At most so many recipient domains; none for [`super::PAGE_ROWS`], at most [`super::MAX_PAGE_ROWS`].
    pub limit: Option<u32>,
}

impl TlsCollected {
    /// Kinds of failure of a row that are told in sentences.
    pub const SENTENCES: usize = 5;
}

/// A page of what was collected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsCollectedPage {
    /// The rows.
    pub rows: Vec<TlsCollectedRow>,
    /// The key of the last, when there are more.
    pub next: Option<String>,
}

/// How TLS went under one policy on one day, with what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsCollectedRow {
    /// Of the day and the recipient domain; rows of several policies share it.
    pub key: String,
    /// The row.
    #[serde(flatten)]
    pub row: TlsResultRow,
    /// What failed, in sentences, at most [`TlsCollected::SENTENCES`].
    pub failures: Vec<TlsReportSentence>,
}

/// Says what would be sent now and what not, and why. Nothing is sent or written. Domains of recipients first, then MX
/// hosts, each by name and day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsOutlook {
    /// Behind this key.
    pub after: Option<String>,
    /// At most so many; none for [`TlsOutlook::ROWS`], which is the most. Each asks DNS.
    pub limit: Option<u32>,
}

impl TlsOutlook {
    /// Most rows of a page.
    pub const ROWS: u32 = 25;
}

/// A page of what would be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsOutlookPage {
    /// The rows.
    pub rows: Vec<TlsOutlookRow>,
    /// The key of the last, when there are more.
    pub next: Option<String>,
}

/// What would become of the results of one policy domain and day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsOutlookRow {
    /// Kind, policy domain and day: `domain/example.org/2026-11-26`.
    pub key: String,
    /// The policy domain.
    pub policy_domain: String,
    /// `domain` or `host`.
    pub kind: String,
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

/// Lists reports about TLS that were made, and results that were discarded, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsSent {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// Before the one with this id.
    pub before: Option<i64>,
    /// At most so many; none for [`super::PAGE_ROWS`], at most [`super::MAX_PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of reports that were made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSentPage {
    /// The rows.
    pub rows: Vec<TlsSentRow>,
    /// Id of the last, when there are more.
    pub next: Option<i64>,
}

/// A report that was made, or results that were discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSentRow {
    /// Of this row.
    pub id: i64,
    /// The row.
    #[serde(flatten)]
    pub row: ReportHistoryRow,
}

/// Looks up the TLSRPT record of a domain, now. RFC 8460 §3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsRecord {
    /// Domain of recipients, or MX host.
    pub domain: String,
}

/// What DNS says of a TLSRPT record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsRecordFound {
    /// Where it stands.
    pub name: String,
    /// `found`, `absent`, `several`, `invalid`, `unknown` where DNS cannot say.
    pub state: String,
    /// The records as published.
    pub texts: Vec<String>,
    /// Whether DNSSEC proves it, or that there is none.
    pub authentic: Option<bool>,
    /// What is wrong; empty where nothing is.
    pub problem: String,
    /// Where reports go.
    pub destinations: Vec<TlsRecordDestination>,
}

/// A destination of a TLSRPT record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsRecordDestination {
    /// As published.
    pub uri: String,
    /// Reports can go there: it is `mailto:` or `https:`.
    pub usable: bool,
}

/// Lists reports that arrived, the latest period first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsReceived {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// Of this reporter alone: the domain that signed.
    pub sender: Option<String>,
    /// Of this day alone: a day, `today` or `yesterday`.
    pub day: Option<String>,
    /// The number of days that are looked at; none for 30, at most [`TlsTimeline::MAX_DAYS`].
    pub days: Option<u32>,
    /// Those with failures alone.
    pub failed: bool,
    /// Before the report with this id.
    pub before: Option<i64>,
    /// At most so many; none for [`super::PAGE_ROWS`], at most [`super::MAX_PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of reports that arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReceivedPage {
    /// The rows.
    pub rows: Vec<TlsReportRow>,
    /// Id of the last, when there are more.
    pub next: Option<i64>,
}

/// Counts the sessions of received reports: by day, and by MX host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsTimeline {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// With this MX host alone. Reports tell only failures apart by host; what went well is counted where the host has a
    /// policy of its own (DANE).
    pub mx: Option<String>,
    /// The number of days that are looked at; none for 30, at most [`TlsTimeline::MAX_DAYS`].
    pub days: Option<u32>,
}

impl TlsTimeline {
    /// Most days.
    pub const MAX_DAYS: u32 = 400;
    /// Days where nothing else is asked for.
    pub const DAYS: u32 = 30;
    /// Most hosts in a reply.
    pub const HOSTS: u32 = 50;
}

/// Sessions by day and host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsTimelineDays {
    /// All days that are looked at, in order, also those without reports.
    pub days: Vec<TlsTimelineDay>,
    /// What went well is counted: of a host it is where it has a policy of its own.
    pub fine_known: bool,
    /// MX hosts with failures, the most first; none where no policy domain is asked for.
    pub hosts: Vec<TlsTimelineHost>,
}

/// Sessions of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsTimelineDay {
    /// The day.
    pub day: String,
    /// Number of reports; of a host, those about itself.
    pub reports: u64,
    /// Sessions that went well.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
}

/// Failed sessions with one MX host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsTimelineHost {
    /// Its name or address; empty where reports do not tell it.
    pub mx: String,
    /// Sessions that failed.
    pub failed: u64,
    /// Number of reporters.
    pub reporters: u64,
}

/// Counts received reports by policy domain, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsDomains {
    /// The number of days that are looked at; none for 30, at most [`TlsTimeline::MAX_DAYS`].
    pub days: Option<u32>,
    /// Behind this domain.
    pub after: Option<String>,
    /// At most so many; none for [`super::PAGE_ROWS`], at most [`super::MAX_PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of policy domains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsDomainsPage {
    /// The rows.
    pub rows: Vec<TlsDomainRow>,
    /// The last, when there are more.
    pub next: Option<String>,
}

/// What reports count of one policy domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsDomainRow {
    /// The policy domain.
    pub policy_domain: String,
    /// The last day with a report.
    pub last: String,
    /// Number of reports.
    pub reports: u64,
    /// Number of reporters.
    pub reporters: u64,
    /// Sessions that went well.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
}

/// Asks why sessions fail, by received reports about TLS alone, and who fell silent. Asks no DNS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsCauses {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// With this MX host alone.
    pub mx: Option<String>,
    /// The number of days that are looked at; none for 30, at most [`TlsTimeline::MAX_DAYS`].
    pub days: Option<u32>,
    /// At most so many causes; none for 20, at most [`TlsCauses::MAX`].
    pub limit: Option<u32>,
}

impl TlsCauses {
    /// Most causes, and most reporters.
    pub const MAX: u32 = 200;
}

/// Why sessions fail, and who fell silent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TlsCauseList {
    /// The worst first, with the step that mends each.
    pub causes: Vec<ReportCause>,
    /// There are more causes.
    pub more: bool,
    /// Reporters that used to report and fell silent; none where no policy domain is asked for.
    pub silent: Vec<SilentReporter>,
}
