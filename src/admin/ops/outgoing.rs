//! Outgoing reports about TLS and DMARC: what would be and was sent, and to whom not. RFC 8460, RFC 9990.
//!
//! Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// What reports are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFamily {
    /// TLS to mail hosts (RFC 8460).
    #[default]
    Tls,
    /// Mail that a domain's policy was applied to (RFC 9990).
    Dmarc,
}

impl ReportFamily {
    /// The word for it in commands.
    pub fn as_str(self) -> &'static str {
        match self {
            ReportFamily::Tls => "tls",
            ReportFamily::Dmarc => "dmarc",
        }
    }
}

/// What would be sent now. Nothing is sent or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportPreview {
    /// What they are about.
    pub family: ReportFamily,
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// Of this day alone: a day, `today` or `yesterday`; none for all days with results that wait.
    pub day: Option<String>,
}

/// The reports that would be sent now, those about recipient domains first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportPreviewed {
    /// Those with a document.
    pub reports: Vec<ReportPreviewRow>,
    /// Policy domains for which nothing goes out.
    pub withheld: Vec<ReportWithheld>,
}

/// A report that would be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportPreviewRow {
    /// Its policy domain.
    pub policy_domain: String,
    /// `domain` or `host` of a report about TLS; `dmarc`.
    pub kind: String,
    /// The day.
    pub day: String,
    /// The day is not over: its own report will say more.
    pub partial: bool,
    /// Its id.
    pub report_id: String,
    /// Where to.
    pub destinations: Vec<ReportDestination>,
    /// Name of the attached file.
    pub file_name: String,
    /// The report itself: JSON about TLS, a text that holds XML about DMARC.
    pub document: serde_json::Value,
}

/// A place that a report goes to, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportDestination {
    /// As published.
    pub uri: String,
    /// `will-send`, `suppressed`, `withheld` in a preview; later `sealed`, `queued`, `delivered`, `suppressed`,
    /// `withheld`, `failed`, `expired`.
    pub state: String,
    /// Why, one sentence; empty where the state says all.
    pub why: String,
    /// Attempts made; those of mail are counted in the queue.
    pub attempts: u32,
    /// Its message in the queue.
    pub queue_id: Option<i64>,
    /// When it is tried next.
    pub next_attempt: Option<Time>,
    /// When it came to an end.
    pub ended: Option<Time>,
}

/// A policy domain for which nothing goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportWithheld {
    /// Whose policy.
    pub policy_domain: String,
    /// `domain` or `host` of a report about TLS; `dmarc`.
    pub kind: String,
    /// The day.
    pub day: String,
    /// One sentence.
    pub why: String,
}

/// Sends reports without waiting for their time. A day that was reported is not reported again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportSendNow {
    /// What they are about.
    pub family: ReportFamily,
    /// About these policy domains; empty for all that have results of the day.
    pub domains: Vec<String>,
    /// A day, `today` or `yesterday`; none for yesterday. Of today a partial report is sent, which leaves the day's own
    /// report as it is.
    pub day: Option<String>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// A `mailto:` or `https:` URI that gets a test copy in place of the published destinations.
    pub to: Option<String>,
    /// Send a made-up report, which proves that signing and delivery work.
    pub sample: bool,
}

/// What [`ReportSendNow`] did about one policy domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSent {
    /// Whose policy.
    pub policy_domain: String,
    /// `domain` or `host` of a report about TLS; `dmarc`.
    pub kind: String,
    /// The day.
    pub day: String,
    /// Id of the report; empty where there is none.
    pub report_id: String,
    /// `sealed`, `already-sealed`, `would-send`, `withheld`, `discarded`.
    pub state: String,
    /// Why, one sentence; empty where the state says all.
    pub why: String,
    /// Where to, and how far it came.
    pub destinations: Vec<ReportDestination>,
}

/// Lists reports that were made, and results that were discarded, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportHistory {
    /// What they are about.
    pub family: ReportFamily,
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// At most so many; none for [`ReportHistory::MAX`].
    pub limit: Option<u32>,
}

impl ReportHistory {
    /// Most rows in a reply.
    pub const MAX: u32 = 10_000;
}

/// A report, or results that were discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportHistoryRow {
    /// Id of the report; empty where none was made.
    pub report_id: String,
    /// Whose policy.
    pub policy_domain: String,
    /// `domain` or `host` of a report about TLS; `dmarc`.
    pub kind: String,
    /// The day.
    pub day: String,
    /// 0 for the whole day; else the number of an extra report: of a day not over, a test copy, a sample.
    pub part: u32,
    /// `partial`, `copy` or `sample` for an extra report; else empty.
    pub note: String,
    /// When it was sealed or discarded.
    pub sealed: Time,
    /// `sealed` while a destination is open; `delivered` when one took it; else `discarded`, `suppressed`, `failed`,
    /// `expired`, `withheld`.
    pub outcome: String,
    /// Why, one sentence; empty where the outcome says all.
    pub why: String,
    /// Sessions that went well over all policies; messages that passed.
    pub successful: u64,
    /// Sessions that failed; messages that did not pass.
    pub failed: u64,
    /// Name of the attached file; empty where there is none.
    pub file_name: String,
    /// Where to.
    pub destinations: Vec<ReportDestination>,
}

/// Asks what decides whether a report about a policy domain goes out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportExplain {
    /// What the report is about.
    #[serde(default)]
    pub family: ReportFamily,
    /// The policy domain.
    pub domain: String,
}

/// All of it, in order; the last steps say what will happen when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportExplanation {
    /// The steps.
    pub steps: Vec<ReportStep>,
}

/// One thing that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportStep {
    /// Stable word: `switch`, `submitter`, `results`, `record`, `destination`, `history`, `next`.
    pub step: String,
    /// True speaks for a report, false stands in its way; none where there is nothing to mend.
    pub ok: Option<bool>,
    /// One sentence.
    pub text: String,
}

/// Lists addresses that get no reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSuppressList {}

/// An address that gets no reports until some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSuppressRow {
    /// The destination, as `mailto:a@example.org`.
    pub uri: String,
    /// When it was first suppressed.
    pub since: Time,
    /// Until when.
    pub until: Time,
    /// Suppressed because a report to it failed for good, not by an operator.
    pub automatic: bool,
    /// Failures in a row.
    pub failures: u32,
    /// Why.
    pub comment: String,
}

/// Lists destinations that get no reports of either kind, by address, a page at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportSuppressed {
    /// Behind this destination.
    pub after: Option<String>,
    /// At most so many; none for [`super::PAGE_ROWS`], at most [`super::MAX_PAGE_ROWS`].
    pub limit: Option<u32>,
}

/// A page of destinations that get no reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSuppressedPage {
    /// The rows.
    pub rows: Vec<ReportSuppressRow>,
    /// The last, when there are more.
    pub next: Option<String>,
}

/// Suppresses a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSuppressAdd {
    /// A `mailto:` or `https:` URI, or a mail address.
    pub uri: String,
    /// Until when.
    pub until: Time,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// Only say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Ends the suppression of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSuppressRemove {
    /// A `mailto:` or `https:` URI, or a mail address.
    pub uri: String,
    /// Only say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Moves the end of a suppression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSuppressExtend {
    /// A `mailto:` or `https:` URI, or a mail address.
    pub uri: String,
    /// Until when.
    pub until: Time,
    /// Only say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_about_tls() {
        assert_eq!(serde_json::from_str::<ReportSendNow>("{}").unwrap(), ReportSendNow::default());
        let dmarc: ReportExplain =
            serde_json::from_str(r#"{"family":"dmarc","domain":"a.example"}"#).unwrap();
        assert_eq!((dmarc.family, dmarc.family.as_str()), (ReportFamily::Dmarc, "dmarc"));
    }
}
