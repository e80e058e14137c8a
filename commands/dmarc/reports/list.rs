//! `mox dmarc reports list`: aggregate reports that arrived, and what they say together.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{
    DmarcDay, DmarcDays, DmarcDomains, DmarcDomainsPage, DmarcReportList, DmarcReports, DmarcSums,
};

use crate::arguments::{Moment, SumsBy, days_since};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// About this policy domain alone
    #[arg(long)]
    domain: Option<Domain>,
    /// On days from then on: 7d, yesterday, 2026-11-01
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Moment,
    /// Print sums by domain or day in place of reports
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<SumsBy>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc reports list --since 7d",
        about: "What receivers told in a week about mail from your domains",
        needs: Needs::Server,
    },
    Example {
        run: "mox dmarc reports list --domain example.org --json",
        about: "The same about one domain, with sums of each day, for scripts",
        needs: Needs::Server,
    },
    Example {
        run: "mox dmarc reports list --by domain",
        about: "How much mail of each domain passed",
        needs: Needs::Server,
    },
];

impl Show for DmarcReportList {
    fn show(&self, page: &mut Page) {
        let rows = self.reports.iter().map(|r| {
            vec![
                r.id.to_string(),
                r.start.0.day().to_string(),
                shorten(&r.policy_domain, 30),
                shorten(&r.sender, 30),
                r.passed.to_string(),
                r.failed.to_string(),
                r.quarantined.to_string(),
                r.rejected.to_string(),
            ]
        });
        let columns = [">ID", "DAY", "ABOUT", "REPORTER", ">PASSED", ">FAILED", ">QUARANTINED", ">REJECTED"];
        page.table(&columns, rows);
        for silence in &self.silent {
            let (who, about, last, days) =
                (&silence.sender, &silence.policy_domain, &silence.last, silence.days);
            page.line(format_args!(
                "{who} fell silent about {about}: its last report is of {last}, after {days} in 30 days"
            ));
        }
    }
}

/// What sums are of, and columns for them.
const SUMS: [&str; 7] = ["OF", ">REPORTS", ">MESSAGES", ">PASSED", ">FAILED", ">QUARANTINED", ">REJECTED"];

fn sums(of: String, sums: &DmarcSums) -> Vec<String> {
    let DmarcSums { reports, messages, passed, failed, quarantined, rejected } = sums;
    let numbers = [reports, messages, passed, failed, quarantined, rejected].map(|number| number.to_string());
    std::iter::once(of).chain(numbers).collect()
}

impl Show for DmarcDomainsPage {
    fn show(&self, page: &mut Page) {
        page.table(&SUMS, self.rows.iter().map(|row| sums(shorten(&row.policy_domain, 40), &row.sums)));
    }
}

impl Show for Vec<DmarcDay> {
    fn show(&self, page: &mut Page) {
        page.table(&SUMS, self.iter().map(|row| sums(row.day.clone(), &row.sums)));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = args.since.ago(cx.now());
    let days = Some(days_since(since, cx.now()));
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    match args.by {
        Some(SumsBy::Domain) => {
            let sums = cx.call(&DmarcDomains { days, after: None, limit: Some(args.limit) })?;
            cx.print(&sums)?;
            return Ok(Exit::Done);
        }
        Some(SumsBy::Day) => {
            let sums = cx.call(&DmarcDays { domain, days })?;
            cx.print(&sums)?;
            return Ok(Exit::Done);
        }
        None => {}
    }
    let since = Some(Time(since));
    let list = cx.call(&DmarcReports { domain, since, limit: Some(args.limit) })?;
    if list.reports.is_empty() && list.silent.is_empty() && !cx.global.json {
        cx.say("no DMARC reports arrived in that time");
    } else {
        cx.print(&list)?;
    }
    Ok(Exit::Done)
}
