//! `mox tlsrpt reports list`: reports that arrived, and what they say together.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{TlsReportList, TlsReportProblem, TlsReports};

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

/// Shows each report, then what fails: at which host, since when, what it means and what mends it. A reporter that used
/// to report and fell silent is named.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// About this domain, or host, alone
    #[arg(long)]
    domain: Option<Domain>,
    /// On days from then on: 7d, yesterday, 2026-11-01
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Moment,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox tlsrpt reports list --since 7d",
        about: "What reporters told in a week, and what to mend",
        needs: Needs::Server,
    },
    Example {
        run: "mox tlsrpt reports list --domain example.org --json",
        about: "The same about one domain, for scripts",
        needs: Needs::Server,
    },
];

impl Show for TlsReportList {
    fn show(&self, page: &mut Page) {
        let rows = self.reports.iter().map(|r| {
            vec![
                r.id.to_string(),
                r.start.0.day().to_string(),
                shorten(&r.policy_domain, 30),
                shorten(&r.sender, 30),
                r.successful.to_string(),
                r.failed.to_string(),
                r.details.to_string(),
            ]
        });
        page.table(&[">ID", "DAY", "ABOUT", "REPORTER", ">FINE", ">FAILED", ">KINDS"], rows);
        for problem in &self.problems {
            show_problem(problem, page);
        }
        for silence in &self.silent {
            let (who, about, last, days) =
                (&silence.sender, &silence.policy_domain, &silence.last, silence.days);
            page.line(format_args!(
                "{who} fell silent about {about}: its last report is of {last}, after {days} in 30 days"
            ));
        }
    }
}

fn show_problem(problem: &TlsReportProblem, page: &mut Page) {
    let at = match problem.mx.as_str() {
        "" => problem.policy_domain.clone(),
        mx => format!("{mx} of {}", problem.policy_domain),
    };
    let reason = match problem.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let (since, last) = (problem.since.0.day(), problem.last.0.day());
    let when = if since == last { format!("on {last}") } else { format!("from {since} to {last}") };
    let (sessions, reporters) = (problem.sessions, problem.reporters);
    page.verdict(
        Some(false),
        format_args!(
            "{at}: {}{reason} {when}, sessions: {sessions}, reporters: {reporters}",
            problem.result_type
        ),
    );
    page.line(format_args!("    means: {}", problem.meaning));
    page.line(format_args!("    mend:  {}", problem.mend));
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = Some(Time(args.since.ago(cx.now())));
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let list = cx.call(&TlsReports { domain, since, limit: Some(args.limit) })?;
    if list.reports.is_empty() && list.silent.is_empty() && !cx.global.json {
        cx.say("no TLS reports arrived in that time");
    } else {
        cx.print(&list)?;
    }
    Ok(Exit::Done)
}
