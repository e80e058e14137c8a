//! `mox message report`: how mail programs will take a message; nothing is fetched.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::MessageReport;
use mox_inspect::{Problem, Report, Severity};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    id: i64,
    /// Exit code 3 when there are warnings or errors
    #[arg(long)]
    check: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox message report 7",
        about: "Its HTML, its links, its List-Unsubscribe",
        needs: Needs::Server,
    },
    Example {
        run: "mox message report 7 --check",
        about: "In a test of a mail template",
        needs: Needs::Server,
    },
];

/// Longest link on a screen.
const MAX_LINK: usize = 100;

impl Show for Report {
    fn show(&self, page: &mut Page) {
        match self.html.present {
            true => page.field("html", format_args!("{} % as meant in mail programs", self.html.support)),
            false => page.field("html", "none"),
        }
        for finding in &self.html.findings {
            let clients = match finding.clients.is_empty() {
                true => String::new(),
                false => format!(" ({})", finding.clients.join(", ")),
            };
            page.verdict(verdict(finding.severity), format_args!("{}{clients}", finding.message));
        }
        page.field("links", self.links.len());
        for link in &self.links {
            let ok = if link.problems.is_empty() { Some(true) } else { None };
            page.verdict(ok, shorten(&link.url, MAX_LINK));
            problems(page, &link.problems);
        }
        let one_click = if self.unsubscribe.one_click { "with one click" } else { "not with one click" };
        page.field("unsubscribe", if self.unsubscribe.present { one_click } else { "no List-Unsubscribe" });
        problems(page, &self.unsubscribe.problems);
    }
}

fn problems(page: &mut Page, problems: &[Problem]) {
    for problem in problems {
        page.verdict(verdict(problem.severity), format_args!("{}: {}", problem.id, problem.message));
    }
}

/// Notes are no fault.
fn verdict(severity: Severity) -> Option<bool> {
    (severity > Severity::Info).then_some(false)
}

/// The worst of all that was found.
fn worst(report: &Report) -> Option<Severity> {
    let findings = report.html.findings.iter().map(|finding| finding.severity);
    let links = report.links.iter().flat_map(|link| &link.problems);
    let problems = links.chain(&report.unsubscribe.problems).map(|problem| problem.severity);
    findings.chain(problems).max()
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let report = cx.call(&MessageReport { id: args.id })?;
    cx.print(&report)?;
    Ok(if args.check && worst(&report) > Some(Severity::Info) { Exit::Problems } else { Exit::Done })
}
