//! `mox tlsrpt suppress` and `mox dmarc suppress`: destinations that get no reports, in one list for both.

pub(crate) mod add;
pub(crate) mod extend;
pub(crate) mod list;
pub(crate) mod remove;

use mox_admin::ops::ReportSuppressRow;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show which destinations get no reports, until when and why
    List(list::Args),
    /// Send no reports to a destination
    ///
    /// A destination that refuses a report for good is suppressed by itself: 7 days, and twice as long each time, up to 180.
    Add(add::Args),
    /// Send reports to a destination again
    Remove(remove::Args),
    /// Move the end of a suppression
    Extend(extend::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Remove(args) => remove::run(cx, args),
            Command::Extend(args) => extend::run(cx, args),
        }
    }
}

impl Show for ReportSuppressRow {
    fn show(&self, page: &mut Page) {
        page.field("destination", &self.uri);
        page.field("since", self.since);
        page.field("until", self.until);
        page.field("by", by(self));
        page.field("failures", self.failures);
        page.field("why", &self.comment);
    }
}

/// Who suppressed it.
fn by(row: &ReportSuppressRow) -> &'static str {
    if row.automatic { "a failed delivery" } else { "an operator" }
}
