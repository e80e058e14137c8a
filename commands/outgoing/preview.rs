//! What would be reported now, to whom, and what is withheld and why.

use std::path::PathBuf;

use mox_admin::ops::{ReportPreview, ReportPreviewRow, ReportPreviewed, ReportWithheld};
use mox_dmarcrpt::{Limits, Record};
use mox_tlsrpt::Report;
use mox_tlsrpt::advice::{policy_line, sentences};
use serde::Deserialize;
use serde_json::Value;

use super::files::write_all;
use super::{about, destination_line};
use crate::context::Context;
use crate::dmarc::rows;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

/// Rows of a DMARC report that are shown; its file has all.
const ROWS: usize = 20;

impl Show for ReportPreviewed {
    fn show(&self, page: &mut Page) {
        for report in &self.reports {
            show_report(report, page);
        }
        for withheld in &self.withheld {
            show_withheld(withheld, page);
        }
    }
}

/// A report: what it says and where it would go.
pub(super) fn show_report(report: &ReportPreviewRow, page: &mut Page) {
    let goes = report.destinations.iter().any(|d| d.state == "will-send");
    let about = about(&report.policy_domain, &report.kind);
    page.verdict(Some(goes), format_args!("{}: report about {about}", report.day));
    if report.partial {
        page.line("    the day is not over: this is what happened so far, and its own report is made after midnight UTC");
    }
    page.line(format_args!("    id    {}", report.report_id));
    page.line(format_args!("    file  {}", report.file_name));
    match &report.document {
        Value::String(xml) => says_dmarc(xml, page),
        json => says_tls(json, page),
    }
    for destination in &report.destinations {
        page.line(format_args!("    to    {}", destination_line(destination)));
    }
    if report.destinations.is_empty() {
        page.line("    to    nobody: the record names no destination");
    }
}

/// What a report about TLS says.
fn says_tls(document: &Value, page: &mut Page) {
    match Report::deserialize(document) {
        Ok(document) => {
            for result in &document.policies {
                page.line(format_args!("    says  {}", policy_line(result)));
                for told in sentences(result) {
                    page.line(format_args!("            {}", told.what));
                }
            }
        }
        Err(error) => page.line(format_args!("    says  what this version of mox cannot read: {error}")),
    }
}

/// What a DMARC report says: how many messages passed, and what became of those that did not.
fn says_dmarc(xml: &str, page: &mut Page) {
    let report = match mox_dmarcrpt::parse(xml.as_bytes(), &Limits::default()) {
        Ok(parsed) => parsed.feedback,
        Err(error) => {
            return page.line(format_args!("    says  what this version of mox cannot read: {error}"));
        }
    };
    let count = |some: &[&Record]| some.iter().map(|one| one.count).fold(0, u64::saturating_add);
    let (passed, failed): (Vec<&Record>, Vec<&Record>) = report.records.iter().partition(|one| one.passes());
    let (fine, all) = (count(&passed), count(&passed).saturating_add(count(&failed)));
    let (domain, policy) = (&report.policy.domain, rows::policy(&report.policy));
    page.line(format_args!("    says  {domain} ({policy}): {fine} of {all} messages passed"));
    for record in failed.iter().take(ROWS) {
        page.line(format_args!("            {}", rows::line(record)));
    }
    if failed.len() > ROWS {
        page.line(format_args!("            rows of failures that are not shown: {}", failed.len() - ROWS));
    }
    for error in &report.metadata.error {
        page.line(format_args!("            told along: {error}"));
    }
}

fn show_withheld(withheld: &ReportWithheld, page: &mut Page) {
    let about = about(&withheld.policy_domain, &withheld.kind);
    page.verdict(None, format_args!("{}: no report about {about}: {}", withheld.day, withheld.why));
}

/// Shows what is asked for, and writes the documents into a folder that is named.
pub(crate) fn run(cx: &mut Context, op: &ReportPreview, out: Option<PathBuf>) -> Result<Exit, CommandError> {
    let previewed = cx.call(op)?;
    if previewed == ReportPreviewed::default() && !cx.global.json {
        cx.say("no results wait for a report");
    } else {
        cx.print(&previewed)?;
    }
    if let Some(dir) = out {
        for path in write_all(&dir, &previewed.reports)? {
            cx.say(format_args!("wrote {}", path.display()));
        }
    }
    Ok(Exit::Done)
}
