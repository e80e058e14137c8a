//! `mox config account rm`: an account less.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AccountRemove;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of the account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    name: String,
    /// Remove its mail, too, at the next start of the server
    #[arg(long)]
    purge: bool,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config account rm bob --dry-run",
        about: "Whether it can be removed",
        needs: Needs::World,
    },
    Example { run: "mox config account rm bob", about: "Remove it and keep its mail", needs: Needs::World },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { name, purge, dry_run } = args;
    change(cx, &AccountRemove { name, purge, dry_run })
}
