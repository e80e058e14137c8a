//! `mox tlsrpt history`: reports that were made, and what became of them.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportHistory, ReportHistoryRow};

use super::preview::{about, destination_line};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

/// Each report with its destinations, the latest first; results that were discarded say why. History is kept for 90 days.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: a domain of recipients, or an MX host
    #[arg(add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Option<Domain>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox tlsrpt history", about: "The latest 100 reports", needs: Needs::Server },
    Example {
        run: "mox tlsrpt history example.org --limit 1 --json",
        about: "The last report about a domain, for scripts",
        needs: Needs::Server,
    },
];

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
            page.line(format_args!("      says  sessions fine: {}, failed: {}", row.successful, row.failed));
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

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let rows = cx.call(&ReportHistory { family: ReportFamily::Tls, domain, limit: Some(args.limit) })?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no reports were made");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
