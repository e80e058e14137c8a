//! `mox config account enable`: logins again.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AccountDisable;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of the account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    name: String,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config account enable mox",
    about: "Nothing changes where logins are enabled",
    needs: Needs::Config,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { name, dry_run } = args;
    change(cx, &AccountDisable { name, message: None, dry_run })
}
