//! Outgoing reports about TLS: what was collected, what would be and was sent, and to whom not. RFC 8460.
//!
//! Domains are A-labels. Days are UTC days, as `2026-11-26`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

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

/// What would be sent now. Nothing is sent or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsPreview {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// Of this day alone: a day, `today` or `yesterday`; none for all days with results that wait.
    pub day: Option<String>,
}

/// The reports that would be sent now, those about recipient domains first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TlsPreviewed {
    /// Those with a document.
    pub reports: Vec<TlsReportPreview>,
    /// Policy domains for which nothing goes out.
    pub withheld: Vec<TlsWithheld>,
}

/// A report that would be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TlsReportPreview {
    /// Its policy domain.
    pub policy_domain: String,
    /// `domain` or `host`.
    pub kind: String,
    /// The day.
    pub day: String,
    /// The day is not over: its own report will say more.
    pub partial: bool,
    /// Its id.
    pub report_id: String,
    /// Where to.
    pub destinations: Vec<TlsDestination>,
    /// Name of the attached file.
    pub file_name: String,
    /// The report itself.
    pub document: serde_json::Value,
}

/// A place that a report goes to, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsDestination {
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
pub struct TlsWithheld {
    /// Whose policy.
    pub policy_domain: String,
    /// `domain` or `host`.
    pub kind: String,
    /// The day.
    pub day: String,
    /// One sentence.
    pub why: String,
}

/// Sends reports without waiting for their time. A day that was reported is not reported again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsSendNow {
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

/// What [`TlsSendNow`] did about one policy domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSent {
    /// Whose policy.
    pub policy_domain: String,
    /// `domain` or `host`.
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
    pub destinations: Vec<TlsDestination>,
}

/// Lists reports that were made, and results that were discarded, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TlsHistory {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// At most so many; none for [`TlsHistory::MAX`].
    pub limit: Option<u32>,
}

impl TlsHistory {
    /// Most rows in a reply.
    pub const MAX: u32 = 10_000;
}

/// A report, or results that were discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsHistoryRow {
    /// Id of the report; empty where none was made.
    pub report_id: String,
    /// Whose policy.
    pub policy_domain: String,
    /// `domain` or `host`.
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
    /// Sessions that went well and that failed, over all policies.
    pub successful: u64,
    /// Sessions that failed.
    pub failed: u64,
    /// Name of the attached file; empty where there is none.
    pub file_name: String,
    /// Where to.
    pub destinations: Vec<TlsDestination>,
}

/// Asks what decides whether a report about a policy domain goes out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsExplain {
    /// The policy domain.
    pub domain: String,
}

/// All of it, in order; the last steps say what will happen when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsExplanation {
    /// The steps.
    pub steps: Vec<TlsStep>,
}

/// One thing that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsStep {
    /// Stable word: `switch`, `submitter`, `results`, `record`, `destination`, `history`, `next`.
    pub step: String,
    /// True speaks for a report, false stands in its way; none where there is nothing to mend.
    pub ok: Option<bool>,
    /// One sentence.
    pub text: String,
}

/// Lists addresses that get no reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSuppressList {}

/// An address that gets no reports until some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSuppressRow {
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

/// Suppresses a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSuppressAdd {
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
pub struct TlsSuppressRemove {
    /// A `mailto:` or `https:` URI, or a mail address.
    pub uri: String,
    /// Only say what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Moves the end of a suppression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSuppressExtend {
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
    fn failures_are_named_as_in_a_report() {
        let json = r#"{"result-type":"certificate-expired","receiving-ip":"192.0.2.1","failed-session-count":2,"failure-reason-code":"x"}"#;
        let failure: TlsFailure = serde_json::from_str(json).unwrap();
        assert_eq!((failure.failed_session_count, failure.receiving_ip.as_str()), (2, "192.0.2.1"));
        assert_eq!(serde_json::to_string(&failure).unwrap(), json);
        assert_eq!(serde_json::from_str::<TlsSendNow>("{}").unwrap(), TlsSendNow::default());
    }
}
