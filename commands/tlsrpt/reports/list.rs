//! `mox tlsrpt reports list`: reports that arrived, and what they say together.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{
    TlsDomains, TlsDomainsPage, TlsReportList, TlsReportProblem, TlsReports, TlsTimeline, TlsTimelineDays,
};

use crate::arguments::{Moment, SumsBy, days_since};
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
    /// Print sums by domain or day in place of reports
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<SumsBy>,
    /// Sums by day are of sessions with this mail host alone
    #[arg(long, requires = "by")]
    host: Option<Domain>,
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
    Example {
        run: "mox tlsrpt reports list --by day",
        about: "Sessions that went well and that failed, day by day",
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

impl Show for TlsDomainsPage {
    fn show(&self, page: &mut Page) {
        let rows = self.rows.iter().map(|r| {
            let numbers = [r.reports, r.reporters, r.successful, r.failed].map(|number| number.to_string());
            [shorten(&r.policy_domain, 40), r.last.clone()].into_iter().chain(numbers).collect()
        });
        page.table(&["ABOUT", "LAST DAY", ">REPORTS", ">REPORTERS", ">FINE", ">FAILED"], rows);
    }
}

impl Show for TlsTimelineDays {
    fn show(&self, page: &mut Page) {
        let rows = self.days.iter().map(|day| {
            let fine = if self.fine_known { day.successful.to_string() } else { "not told".to_owned() };
            vec![day.day.clone(), day.reports.to_string(), fine, day.failed.to_string()]
        });
        page.table(&["DAY", ">REPORTS", ">FINE", ">FAILED"], rows);
        let hosts = self.hosts.iter().map(|host| {
            let name = if host.mx.is_empty() { "not told".to_owned() } else { shorten(&host.mx, 50) };
            vec![name, host.failed.to_string(), host.reporters.to_string()]
        });
        page.table(&["HOST", ">FAILED", ">REPORTERS"], hosts);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = args.since.ago(cx.now());
    let days = Some(days_since(since, cx.now()));
    let [domain, mx] = [args.domain, args.host].map(|name| name.map(|name| name.ascii().to_owned()));
    match args.by {
        Some(SumsBy::Domain) => {
            let sums = cx.call(&TlsDomains { days, after: None, limit: Some(args.limit) })?;
            cx.print(&sums)?;
            return Ok(Exit::Done);
        }
        Some(SumsBy::Day) => {
            let sums = cx.call(&TlsTimeline { domain, mx, days })?;
            cx.print(&sums)?;
            return Ok(Exit::Done);
        }
        None => {}
    }
    let since = Some(Time(since));
    let list = cx.call(&TlsReports { domain, since, limit: Some(args.limit) })?;
    if list.reports.is_empty() && list.silent.is_empty() && !cx.global.json {
        cx.say("no TLS reports arrived in that time");
    } else {
        cx.print(&list)?;
    }
    Ok(Exit::Done)
}
