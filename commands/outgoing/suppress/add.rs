//! `suppress add`: send no reports to a destination.

use mox_admin::Time;
use mox_admin::ops::ReportSuppressAdd;

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A mailto: or https: URI, or a mail address
    uri: String,
    /// So long from now, or until a time: 30d, 2027-01-31
    #[arg(long, value_name = "TIME", default_value = "30d")]
    until: Moment,
    /// Why
    #[arg(long, value_name = "TEXT", default_value = "added by an operator")]
    reason: String,
    /// Only show what would be added
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const TLSRPT: &[Example] = &[Example {
    run: "mox tlsrpt suppress add tls@example.org --until 90d --reason 'asked us not to write'",
    about: "Send no reports there for a season",
    needs: Needs::Server,
}];
pub(crate) const DMARC: &[Example] = &[Example {
    run: "mox dmarc suppress add dmarc@example.org --until 90d --reason 'asked us not to write'",
    about: "Send no reports there for a season",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { uri, until, reason: comment, dry_run } = args;
    let until = Time(until.ahead(cx.now()));
    let there = cx.call(&ReportSuppressAdd { uri, until, comment, dry_run })?;
    cx.print(&there)?;
    Ok(Exit::Done)
}
