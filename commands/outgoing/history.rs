//! Reports that were made, and what became of them.

use mox_admin::ops::{ReportHistory, ReportHistoryRow};

use super::{about, destination_line};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

impl Show for Vec<ReportHistoryRow> {
    fn show(&self, page: &mut Page) {
        for row in self {
            let ok = match row.outcome.as_str() {
                "delivered" => Some(true),
                "failed" | "expired" => Some(false),
                _ => None,
            };
            page.verdict(ok, headline(row));
            if row.report_id.is_empty() {
                continue;
            }
            let extra = match row.note.as_str() {
                "" => String::new(),
                "partial" => format!(", part {} of a day that was not over", row.part),
                note => format!(", {note} {}", row.part),
            };
            page.line(format_args!("      id    {}{extra}", row.report_id));
            let counted = if row.kind == "dmarc" { "messages passed" } else { "sessions fine" };
            page.line(format_args!("      says  {counted}: {}, failed: {}", row.successful, row.failed));
            for destination in &row.destinations {
                page.line(format_args!("      to    {}", destination_line(destination)));
            }
        }
    }
}

fn headline(row: &ReportHistoryRow) -> String {
    let outcome = match row.outcome.as_str() {
        "sealed" => "under way",
        other => other,
    };
    let why = if row.why.is_empty() { String::new() } else { format!(": {}", row.why) };
    let about = about(&row.policy_domain, &row.kind);
    format!("{}  {outcome:<10}  about {about}, on {}{why}", row.day, row.sealed)
}

/// Shows the reports that are asked for.
pub(crate) fn run(cx: &mut Context, op: &ReportHistory) -> Result<Exit, CommandError> {
    let rows = cx.call(op)?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no reports were made");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
