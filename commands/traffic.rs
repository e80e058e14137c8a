//! `mox traffic`: how much mail came and went, by hour and by day.

use mox_admin::ops::{Traffic, TrafficReport, TrafficRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The last so many hours
    #[arg(long, value_name = "N", default_value_t = 24)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=i64::from(Traffic::MOST_HOURS)))]
    hours: u32,
    /// The last so many days
    #[arg(long, value_name = "N", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=i64::from(Traffic::MOST_DAYS)))]
    days: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox traffic", about: "A day by hours, and a month by days", needs: Needs::Server },
    Example {
        run: "mox traffic --hours 0 --days 365 --json",
        about: "A year by days, for a chart",
        needs: Needs::Server,
    },
];

impl Show for TrafficReport {
    fn show(&self, page: &mut Page) {
        match &self.since {
            Some(since) => page.field("counted since", since),
            None => page.line("no mail was counted yet"),
        }
        for (title, rows) in [("HOUR", &self.hours), ("DAY", &self.days)] {
            let cells = |row: &TrafficRow| {
                let counts = [row.incoming, row.refused, row.submitted, row.delivered, row.failed];
                std::iter::once(row.start.to_string()).chain(counts.map(|count| count.to_string())).collect()
            };
            let columns = [title, ">INCOMING", ">REFUSED", ">SUBMITTED", ">DELIVERED", ">FAILED"];
            // Spans without mail say nothing to a reader; --json has them.
            let some = |row: &&TrafficRow| **row != TrafficRow::none(row.start);
            if rows.iter().any(|row| some(&row)) {
                page.line("");
                page.table(&columns, rows.iter().filter(some).map(cells));
            }
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let report = cx.call(&Traffic { hours: args.hours, days: args.days })?;
    cx.print(&report)?;
    Ok(Exit::Done)
}
