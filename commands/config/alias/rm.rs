//! `mox config alias rm`: an alias less.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AliasRemove;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the alias
    #[arg(add = ArgValueCompleter::new(complete::aliases))]
    alias: String,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config alias rm team@example.org",
    about: "Its members stay",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { alias, dry_run } = args;
    change(cx, &AliasRemove { alias, dry_run })
}
