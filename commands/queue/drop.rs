//! `mox queue drop`: remove messages without telling anybody.

use mox_admin::ops::QueueDrop;

use super::select::Selection;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox queue drop 5 --dry-run", about: "See what would be removed", needs: Needs::Server },
    Example {
        run: "mox queue list --to @example.org --ids -0 | mox queue drop --id-file -",
        about: "Remove what a list chose",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    args.selection.apply(cx, |filter, dry_run| QueueDrop { filter, dry_run })
}
