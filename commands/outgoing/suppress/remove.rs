//! `suppress remove`: send reports to a destination again.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::ReportSuppressRemove;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A mailto: or https: URI, or a mail address, as `suppress list` has it
    #[arg(add = ArgValueCompleter::new(complete::suppressed_destinations))]
    uri: String,
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const TLSRPT: &[Example] = &[Example {
    run: "mox tlsrpt suppress remove tls@example.org",
    about: "After the mailbox was mended",
    needs: Needs::Server,
}];
pub(crate) const DMARC: &[Example] = &[Example {
    run: "mox dmarc suppress remove dmarc@example.org",
    about: "After the mailbox was mended",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let gone = cx.call(&ReportSuppressRemove { uri: args.uri, dry_run: args.dry_run })?;
    cx.print(&gone)?;
    Ok(Exit::Done)
}
