//! `mox dmarc reports show`: one aggregate report that arrived.

use std::collections::HashSet;

use mox_admin::ops::{DmarcReport, DmarcReportAuth, DmarcReportDetail, DmarcReportRecord};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the report, from `mox dmarc reports list`
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox dmarc reports show 4",
    about: "Which servers sent mail from the domain, what SPF and DKIM said of it, and what to mend",
    needs: Needs::World,
}];

impl Show for DmarcReportDetail {
    fn show(&self, page: &mut Page) {
        page.line(&self.overview);
        page.field("from", &self.row.sender);
        for (name, value) in [
            ("contact", &self.email),
            ("more contact", &self.extra_contact_info),
            ("written by", &self.generator),
            ("report id", &self.row.report_id),
        ] {
            if !value.is_empty() {
                page.field(name, value);
            }
        }
        page.field("arrived", self.row.received);
        if let Some(id) = self.row.message_id {
            page.field("message", id);
        }
        page.field("policy", policy(&self.policy));
        for record in &self.records {
            show_record(record, page);
        }
        // Rows of one cause are told together.
        let mut told = HashSet::new();
        for cause in self.records.iter().filter_map(|record| record.cause.as_ref()) {
            if told.insert(cause) {
                page.line(format_args!("  - {}: {}", cause.id, cause.what));
                page.line(format_args!("    means: {}", cause.meaning));
                page.line(format_args!("    mend:  {}", cause.mend));
            }
        }
        for error in &self.errors {
            page.line(format_args!("the reporter notes: {error}"));
        }
        for oddity in &self.oddities {
            page.line(format_args!("odd: {oddity}"));
        }
    }
}

/// What was published, as tags.
fn policy(policy: &serde_json::Value) -> String {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) if text.is_empty() => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let tags = ["domain", "p", "sp", "np", "adkim", "aspf", "fo", "testing", "discovery_method", "pct"];
    let told = tags.iter().filter_map(|tag| Some(format!("{tag}={}", text(policy.get(tag)?)?)));
    told.collect::<Vec<_>>().join(" ")
}

fn show_record(record: &DmarcReportRecord, page: &mut Page) {
    let source = record.source_ip.as_deref().unwrap_or("an address that is not told");
    let plural = if record.count == 1 { "" } else { "s" };
    let word = |passes| if passes { "pass" } else { "fail" };
    page.verdict(
        Some(record.dkim || record.spf),
        format_args!(
            "{source}: {} message{plural} from {}: dkim {}, spf {}, done: {}",
            record.count,
            record.header_from,
            word(record.dkim),
            word(record.spf),
            record.disposition
        ),
    );
    let null = |from: &str| if from.is_empty() { "<>".to_owned() } else { from.to_owned() };
    for (name, value) in [
        ("envelope from", record.envelope_from.as_deref().map(null)),
        ("envelope to", record.envelope_to.clone()),
    ] {
        if let Some(value) = value {
            page.line(format_args!("    {name} {value}"));
        }
    }
    record.dkim_results.iter().for_each(|auth| page.line(format_args!("    dkim {}", result(auth))));
    record.spf_results.iter().for_each(|auth| page.line(format_args!("    spf {}", result(auth))));
    for reason in &record.reasons {
        let comment = if reason.comment.is_empty() { String::new() } else { format!(": {}", reason.comment) };
        page.line(format_args!("    because {}{comment}", reason.kind));
    }
    if let Some(cause) = &record.cause {
        page.line(format_args!("    cause {}", cause.id));
    }
}

fn result(auth: &DmarcReportAuth) -> String {
    let key = if auth.selector.is_empty() { String::new() } else { format!(" with key {}", auth.selector) };
    let human =
        if auth.human_result.is_empty() { String::new() } else { format!(" ({})", auth.human_result) };
    format!("{} for {}{key}{human}", auth.result, auth.domain)
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let report = cx.call(&DmarcReport { id: args.id })?;
    cx.print(&report)?;
    Ok(if report.row.failed > 0 { Exit::Problems } else { Exit::Done })
}
