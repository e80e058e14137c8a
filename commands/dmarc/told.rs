//! What an aggregate report or a failure report says, in lines and as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mox_dmarcrpt::advice::{self, Cause};
use mox_dmarcrpt::failure::FailureReport;
use mox_dmarcrpt::message::Found;
use mox_dmarcrpt::{Action, Feedback, Form, PolicyPublished, Record};
use serde::Serialize;

use crate::output::{Page, Show};

/// An aggregate report, in the names of its XML.
#[derive(Serialize)]
pub(super) struct Aggregate {
    /// `aggregate`.
    kind: &'static str,
    form: Form,
    /// What it was packed in: `plain`, `gzip`, `zlib`, `zip`.
    container: &'static str,
    /// Of the part of a message; null for a file.
    media_type: Option<String>,
    /// Name of that part.
    file_name: Option<String>,
    metadata: Metadata,
    policy_published: PolicyPublished,
    /// Messages in all records.
    messages: u64,
    /// Those that passed DMARC.
    passed: u64,
    records: Vec<Record>,
    /// Why messages did not pass, or passed by one leg only; what most messages have first.
    causes: Vec<Told>,
    /// What is not as the RFC has it.
    oddities: Vec<String>,
}

/// A cause, and how many messages have it.
#[derive(Serialize)]
struct Told {
    messages: u64,
    #[serde(flatten)]
    cause: Cause,
}

/// Most causes that are told of one report.
const MAX_CAUSES: usize = 50;

#[derive(Serialize)]
struct Metadata {
    org_name: String,
    email: String,
    extra_contact_info: String,
    report_id: String,
    begin: String,
    end: String,
    error: Vec<String>,
    generator: String,
}

impl Aggregate {
    pub(super) fn new(found: Found) -> Aggregate {
        let Feedback { form, metadata, policy, records } = found.parsed.feedback;
        let sum = |passed: fn(&&Record) -> bool| {
            records.iter().filter(passed).fold(0, |sum: u64, record| sum.saturating_add(record.count))
        };
        Aggregate {
            kind: "aggregate",
            form,
            container: found.container.keyword(),
            media_type: found.media_type,
            file_name: found.file_name,
            metadata: Metadata {
                org_name: metadata.org_name,
                email: metadata.email,
                extra_contact_info: metadata.extra_contact_info,
                report_id: metadata.report_id,
                begin: metadata.begin.rfc3339(),
                end: metadata.end.rfc3339(),
                error: metadata.error,
                generator: metadata.generator,
            },
            messages: sum(|_| true),
            passed: sum(|record| record.passes()),
            causes: causes(&records, &policy),
            policy_published: policy,
            records,
            oddities: found.parsed.oddities,
        }
    }

    /// Whether a message did not pass.
    pub(super) fn has_failure(&self) -> bool {
        self.passed < self.messages
    }
}

/// Records of one cause are told together.
fn causes(records: &[Record], policy: &PolicyPublished) -> Vec<Told> {
    let mut found: BTreeMap<(&str, String), Told> = BTreeMap::new();
    for record in records {
        let Some(cause) = advice::cause(record, policy) else { continue };
        let told = found.entry((cause.id, cause.what.clone())).or_insert_with(|| Told { messages: 0, cause });
        told.messages = told.messages.saturating_add(record.count);
    }
    let mut causes: Vec<Told> = found.into_values().collect();
    causes.sort_by_key(|told| std::cmp::Reverse(told.messages));
    causes.truncate(MAX_CAUSES);
    causes
}

impl Show for Aggregate {
    fn show(&self, page: &mut Page) {
        let (metadata, policy) = (&self.metadata, &self.policy_published);
        page.line(format_args!(
            "{} reports on {} from {} to {}: {} of {} passed DMARC",
            or(&metadata.org_name, "somebody"),
            policy.domain,
            metadata.begin,
            metadata.end,
            self.passed,
            messages(self.messages)
        ));
        for (name, value) in [
            ("contact", &metadata.email),
            ("also", &metadata.extra_contact_info),
            ("report id", &metadata.report_id),
            ("software", &metadata.generator),
        ] {
            if !value.is_empty() {
                page.field(name, value);
            }
        }
        page.field("policy", policy_line(policy));
        for error in &metadata.error {
            page.field("error", error);
        }
        for record in &self.records {
            show_record(record, page);
        }
        for told in &self.causes {
            page.line(format_args!("{}: {}", messages(told.messages), told.cause.what));
            page.line(format_args!("    means: {}", told.cause.meaning));
            page.line(format_args!("    mend:  {}", told.cause.mend));
        }
        for oddity in &self.oddities {
            page.line(format_args!("odd: {oddity}"));
        }
    }
}

/// What is published, as a record would have it.
fn policy_line(policy: &PolicyPublished) -> String {
    let mut parts = vec![policy.p.map_or("p is not told".to_owned(), |p| format!("p={p}"))];
    parts.extend(policy.sp.map(|sp| format!("sp={sp}")));
    parts.extend(policy.np.map(|np| format!("np={np}")));
    parts.extend(policy.adkim.map(|adkim| format!("adkim={}", adkim.letter())));
    parts.extend(policy.aspf.map(|aspf| format!("aspf={}", aspf.letter())));
    parts.extend(policy.pct.map(|pct| format!("pct={pct}")));
    parts.extend(policy.testing.map(|testing| format!("t={}", if testing { "y" } else { "n" })));
    if !policy.fo.is_empty() {
        parts.push(format!("fo={}", policy.fo));
    }
    parts.join("; ")
}

fn show_record(record: &Record, page: &mut Page) {
    let source =
        record.source_ip.map_or(Cow::from("an address that is not told"), |ip| ip.to_string().into());
    let result = |pass| if pass { "pass" } else { "fail" };
    page.verdict(
        Some(record.passes()),
        format_args!(
            "{} from {source} as {}: dkim {}, spf {}; {}",
            messages(record.count),
            record.header_from,
            result(record.dkim),
            result(record.spf),
            match record.disposition {
                Action::None | Action::Pass => "nothing was done",
                Action::Quarantine => "quarantined",
                Action::Reject => "rejected",
            }
        ),
    );
    for dkim in &record.dkim_results {
        let selector = or(&dkim.selector, "not told");
        let words = words(&dkim.human_result);
        page.line(format_args!(
            "  - dkim of {}, selector {selector}: {}{words}",
            or(&dkim.domain, "no domain"),
            dkim.result.keyword()
        ));
    }
    for spf in &record.spf_results {
        let words = words(&spf.human_result);
        page.line(format_args!(
            "  - spf of {}: {}{words}",
            or(&spf.domain, "no domain"),
            spf.result.keyword()
        ));
    }
    for reason in &record.reasons {
        page.line(format_args!("  - reason: {}{}", reason.kind.keyword(), words(&reason.comment)));
    }
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

fn words(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

fn or<'t>(text: &'t str, instead: &'t str) -> &'t str {
    if text.is_empty() { instead } else { text }
}

/// A failure report, in the names of its fields.
#[derive(Serialize)]
pub(super) struct Failure {
    /// `failure`.
    kind: &'static str,
    #[serde(flatten)]
    report: FailureReport,
}

impl Failure {
    pub(super) fn new(report: FailureReport) -> Failure {
        Failure { kind: "failure", report }
    }
}

impl Show for Failure {
    fn show(&self, page: &mut Page) {
        let report = &self.report;
        let what = report.auth_failure.join(", ");
        let domains = report.reported_domain.join(", ");
        page.verdict(
            Some(false),
            format_args!(
                "{} of {} failed: {}",
                messages(report.incidents),
                or(&domains, "a domain that is not told"),
                or(&what, "it is not told what")
            ),
        );
        let source = report.source_ip.map(|ip| ip.to_string()).unwrap_or_default();
        let arrival = report.arrival.map(|time| time.rfc3339()).unwrap_or_default();
        let aligned = match &report.identity_alignment {
            Some(list) if list.is_empty() => "all that was tried".to_owned(),
            Some(list) => format!("not {}", list.join(", ")),
            None => String::new(),
        };
        let key = match report.dkim_domain.is_empty() {
            true => String::new(),
            false => format!("{}, selector {}", report.dkim_domain, or(&report.dkim_selector, "not told")),
        };
        for (name, value) in [
            ("source", &source),
            ("arrived", &arrival),
            ("aligned", &aligned),
            ("outcome", &report.delivery_result),
            ("mail from", &report.original_mail_from),
            ("envelope", &report.original_envelope_id),
            ("signed by", &key),
            ("spf record", &report.spf_dns.join(" ")),
            ("results", &report.authentication_results.join(" ")),
            ("reporter", &report.reporting_mta),
            ("software", &report.user_agent),
        ] {
            if !value.is_empty() {
                page.field(name, value);
            }
        }
        if !report.header.is_empty() {
            page.line("header of the message:");
            for line in report.header.lines() {
                page.line(format_args!("  {line}"));
            }
        }
        for oddity in &report.oddities {
            page.line(format_args!("odd: {oddity}"));
        }
    }
}
