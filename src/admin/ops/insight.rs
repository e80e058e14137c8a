//! What received reports of both kinds tell together: summary, causes, silence, readiness for a stricter policy.
//!
//! Domains are A-labels. Days are UTC days, as `2026-11-26`. RFC 8460, RFC 9989 §7.4, RFC 9990.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ReportFamily, ReportSilence};
use crate::Time;

/// Days that are looked at where nothing else is asked for.
pub const INSIGHT_DAYS: u32 = 30;

/// Asks what received reports count, of both kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportSummary {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// On periods that begin at or after this; none for the last [`INSIGHT_DAYS`] days.
    pub since: Option<Time>,
}

/// What received reports count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportSummarized {
    /// Begin of the time that is looked at.
    pub since: Time,
    /// Its end. The trend compares it with as many days before.
    pub until: Time,
    /// Those with most failures first.
    pub domains: Vec<SummaryDomain>,
    /// There were more reports, or rows of them, than are looked at: these are the latest.
    pub cut: bool,
}

/// What reports count of one policy domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryDomain {
    /// The policy domain.
    pub domain: String,
    /// Of DMARC reports, where there are any.
    pub dmarc: Option<SummaryDmarc>,
    /// Of TLS reports, where there are any.
    pub tls: Option<SummaryTls>,
}

/// What is counted of one kind of report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryCount {
    /// Number of reports.
    pub reports: u64,
    /// Number of reporters.
    pub reporters: u64,
    /// Messages or sessions.
    pub total: u64,
    /// Those that failed.
    pub failed: u64,
    /// The same of as many days before.
    pub total_before: u64,
    /// Those that failed then.
    pub failed_before: u64,
    /// Days with reports, in order.
    pub days: Vec<SummaryDay>,
}

/// What is counted of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryDay {
    /// The day.
    pub day: String,
    /// Messages or sessions.
    pub total: u64,
    /// Those that failed.
    pub failed: u64,
}

/// What DMARC reports count of one policy domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryDmarc {
    /// All of it.
    #[serde(flatten)]
    pub count: SummaryCount,
    /// Who sends mail with the domain in From; those that send most first.
    pub services: Vec<SummaryService>,
    /// Messages of services and addresses that are not listed.
    pub unlisted: u64,
}

/// Messages, by how they passed DMARC and what was done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailCounts {
    /// All.
    pub messages: u64,
    /// Passed by DKIM and SPF.
    pub both: u64,
    /// Passed by DKIM alone.
    pub dkim: u64,
    /// Passed by SPF alone.
    pub spf: u64,
    /// Did not pass.
    pub failed: u64,
    /// Were quarantined.
    pub quarantined: u64,
    /// Were rejected.
    pub rejected: u64,
}

/// A service that sends mail, as far as something proves which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryService {
    /// Its name; `unknown` for all that nothing names.
    pub name: String,
    /// What names it: `dkim`, `envelope`, `ptr`, `nothing`.
    pub named_by: String,
    /// Its messages.
    #[serde(flatten)]
    pub counts: MailCounts,
    /// Number of reporters.
    pub reporters: u64,
    /// Its addresses, those that send most first.
    pub sources: Vec<MailSource>,
    /// Number of addresses that are not listed.
    pub more_sources: u64,
}

/// An address that sends mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailSource {
    /// The address; empty where reports do not tell it.
    pub address: String,
    /// Its name in DNS, looked up now.
    pub name: Option<String>,
    /// Whether the name leads back to the address: `confirmed`, `unconfirmed`, `missing`; `unknown` when DNS did not say.
    pub name_state: String,
    /// Its messages.
    #[serde(flatten)]
    pub counts: MailCounts,
}

/// What TLS reports count of one policy domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryTls {
    /// All of it.
    #[serde(flatten)]
    pub count: SummaryCount,
    /// Hosts with failures, the most first.
    pub hosts: Vec<SummaryHost>,
}

/// Sessions with one mail host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryHost {
    /// Its name or address; empty where it is not told.
    pub mx: String,
    /// Sessions that went well; none where reports do not tell them apart by host.
    pub fine: Option<u64>,
    /// Sessions that failed.
    pub failed: u64,
}

/// Asks for the causes of failures in received reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportCauses {
    /// About this policy domain alone.
    pub domain: Option<String>,
    /// On periods that begin at or after this; none for the last [`INSIGHT_DAYS`] days.
    pub since: Option<Time>,
}

/// The causes of failures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReportCauseList {
    /// Begin of the time that is looked at.
    pub since: Time,
    /// Number of reports of that time.
    pub reports: u64,
    /// The worst first.
    pub causes: Vec<ReportCause>,
    /// There was more than is looked at: the causes are those of the latest reports.
    pub cut: bool,
}

/// A cause of failures, with the step that mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportCause {
    /// The kind of reports that tell of it.
    pub family: ReportFamily,
    /// Which cause: a stable word. Of TLS the result type of RFC 8460 §4.3.
    pub id: String,
    /// The policy domain.
    pub policy_domain: String,
    /// Where: the mail host, or the service or address that sends; empty where it is not told.
    pub at: String,
    /// Addresses that mail came from, some of them.
    pub sources: Vec<String>,
    /// Begin of the first period with it, of those looked at.
    pub since: Time,
    /// End of the last period with it.
    pub last: Time,
    /// Messages or sessions.
    pub count: u64,
    /// Those that failed; the others passed by SPF alone.
    pub failed: u64,
    /// Number of reporters.
    pub reporters: u64,
    /// What was seen.
    pub what: String,
    /// What it means.
    pub meaning: String,
    /// What mends it.
    pub mend: String,
}

/// Asks for reporters that used to report and fell silent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReportSilent {
    /// About this policy domain alone.
    pub domain: Option<String>,
}

/// A reporter that used to report on a policy domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SilentReporter {
    /// The kind of its reports.
    pub family: ReportFamily,
    /// Who it is, and when it reported.
    #[serde(flatten)]
    pub silence: ReportSilence,
    /// Days since its last report.
    pub quiet_days: u64,
}

/// Asks what would break under a stricter policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DmarcReadiness {
    /// The domain, as in From.
    pub domain: String,
    /// On periods that begin at or after this; none for the last [`INSIGHT_DAYS`] days.
    #[serde(default)]
    pub since: Option<Time>,
    /// Rows of reports to look at at most, the latest; none for as many as one look takes in.
    #[serde(default)]
    pub rows: Option<u64>,
}

impl DmarcReadiness {
    /// Rows that a page looks at.
    pub const PAGE_ROWS: u64 = 5_000;
}

/// What would break under a stricter policy, by what reports tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// The domain.
    pub domain: String,
    /// Begin of the time that is looked at.
    pub since: Time,
    /// The record that applies now, and where it stands.
    pub record: Option<PolicyText>,
    /// Why the record is not known.
    pub problem: Option<String>,
    /// Reports of that time.
    pub reports: u64,
    /// Reporters.
    pub reporters: u64,
    /// Days with a report.
    pub days: u64,
    /// What is missing for a verdict; empty when there is enough data.
    pub missing: Vec<String>,
    /// The domain itself, names below that exist, and names below that do not.
    pub scopes: Vec<ReadinessScope>,
    /// Nothing that is seen speaks against `reject`.
    pub ready: bool,
    /// There were more rows of reports than are looked at.
    pub cut: bool,
}

/// A record in DNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyText {
    /// Where it stands.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Mail that one tag of the record is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadinessScope {
    /// The tag: `p`, `sp`, `np`.
    pub tag: String,
    /// Domains in From, some of them.
    pub domains: Vec<String>,
    /// Messages.
    pub messages: u64,
    /// Messages that passed.
    pub passed: u64,
    /// Messages that passed by SPF alone.
    pub spf_only: u64,
    /// Who sends mail that does not pass; those that send most first.
    pub sources: Vec<ReadinessSource>,
    /// Failed messages of sources that are not listed.
    pub unlisted: u64,
    /// The policies from lax to strict, with a verdict each.
    pub ladder: Vec<ReadinessStep>,
    /// What to publish for the next step, where it may be taken.
    pub next: Option<PolicyText>,
}

/// Somebody who sends mail that does not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadinessSource {
    /// The service; `unknown` when nothing names it.
    pub service: String,
    /// What names it: `dkim`, `envelope`, `ptr`; `spf` when the domain's own record lists it; `nothing`.
    pub named_by: String,
    /// `own`, `service`, `forwarder`, `unclear`, `forged`.
    pub kind: String,
    /// Why it is taken for that.
    pub because: Vec<String>,
    /// What to do.
    pub mend: String,
    /// Messages that do not pass.
    pub failed: u64,
    /// Their share of all messages, in percent.
    pub percent: f64,
    /// Messages of the same service that pass.
    pub passed: u64,
    /// Days on which it was seen.
    pub days: u64,
    /// Number of reporters.
    pub reporters: u64,
    /// Its addresses, those that send most first.
    pub addresses: Vec<ReadinessAddress>,
    /// Number of addresses that are not listed.
    pub more_addresses: u64,
}

/// An address that sends mail that does not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadinessAddress {
    /// The address; empty where reports do not tell it.
    pub address: String,
    /// Its name in DNS, looked up now.
    pub name: Option<String>,
    /// Whether the name leads back: `confirmed`, `unconfirmed`, `missing`; `unknown` when DNS did not say.
    pub name_state: String,
    /// Whether the domain's own SPF record lists it now; none when DNS did not say.
    pub listed: Option<bool>,
    /// Messages that do not pass.
    pub failed: u64,
}

/// A policy, and whether it may be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadinessStep {
    /// `none`, `quarantine t=y`, `quarantine`, `reject t=y`, `reject`.
    pub step: String,
    /// It is what applies now.
    pub current: bool,
    /// `ready`, `not_ready`, `too_little_data`.
    pub verdict: String,
    /// Messages that look legitimate and would suffer.
    pub suffer: u64,
    /// Their share of all that look legitimate, in percent.
    pub percent: f64,
    /// Why.
    pub reasons: Vec<String>,
}
