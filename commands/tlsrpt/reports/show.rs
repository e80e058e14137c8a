//! `mox tlsrpt reports show`: one report that arrived.

use mox_admin::ops::{TlsReport, TlsReportDetail};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 3 when the report tells of failures.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the report, from `mox tlsrpt reports list`
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox tlsrpt reports show 3",
    about: "What the reporter saw, what it means, and what mends it",
    needs: Needs::World,
}];

impl Show for TlsReportDetail {
    fn show(&self, page: &mut Page) {
        page.line(&self.overview);
        page.field("signed by", &self.row.sender);
        page.field("about", &self.row.policy_domain);
        page.field("arrived", self.row.received);
        if let Some(id) = self.row.message_id {
            page.field("message", id);
        }
        for policy in &self.policies {
            page.verdict(Some(!policy.has_failure), &policy.summary);
            for told in &policy.failures {
                page.line(format_args!("  - {}", told.what));
                page.line(format_args!("    means: {}", told.meaning));
                page.line(format_args!("    mend:  {}", told.mend));
            }
        }
        for oddity in &self.oddities {
            page.line(format_args!("odd: {oddity}"));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let report = cx.call(&TlsReport { id: args.id })?;
    cx.print(&report)?;
    Ok(if report.policies.iter().any(|p| p.has_failure) { Exit::Problems } else { Exit::Done })
}
