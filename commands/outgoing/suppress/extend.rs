//! `suppress extend`: move the end of a suppression.

use clap_complete::ArgValueCompleter;
use mox_admin::Time;
use mox_admin::ops::ReportSuppressExtend;

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A mailto: or https: URI, or a mail address, as `suppress list` has it
    #[arg(add = ArgValueCompleter::new(complete::suppressed_destinations))]
    uri: String,
    /// So long from now, or until a time: 30d, 2027-01-31
    #[arg(long, value_name = "TIME", default_value = "30d")]
    until: Moment,
    /// Only show what would be changed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const TLSRPT: &[Example] = &[Example {
    run: "mox tlsrpt suppress extend tls@example.org --until 2099-01-01",
    about: "Send no reports there for much longer",
    needs: Needs::Server,
}];
pub(crate) const DMARC: &[Example] = &[Example {
    run: "mox dmarc suppress extend dmarc@example.org --until 2099-01-01",
    about: "Send no reports there for much longer",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { uri, until, dry_run } = args;
    let until = Time(until.ahead(cx.now()));
    let changed = cx.call(&ReportSuppressExtend { uri, until, dry_run })?;
    cx.print(&changed)?;
    Ok(Exit::Done)
}
