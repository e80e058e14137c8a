//! `mox queue suppress remove`: send to an address again.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::SuppressRemove;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// The address
    address: String,
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue suppress remove mox bob@example.org",
    about: "Let the account mox write to bob again",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, address, dry_run } = args;
    let gone = cx.call(&SuppressRemove { account, address, dry_run })?;
    cx.print(&gone)?;
    Ok(Exit::Done)
}
