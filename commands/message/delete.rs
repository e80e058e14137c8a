//! `mox message delete`: remove messages for good.

use mox_admin::ops::{Changed, MessageDelete};

use super::select::{Selected, Selection};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox message delete 7 8", about: "Delete two messages", needs: Needs::Server },
    Example {
        run: "mox message delete --to bob@example.org --dry-run",
        about: "See what would be deleted",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let dry_run = args.selection.dry_run;
    let changed = match args.selection.resolve(cx)? {
        Some(Selected { ids, filter, all }) => cx.call(&MessageDelete { ids, filter, all, dry_run })?,
        None => Changed { ids: Vec::new(), dry_run },
    };
    cx.print(&changed)?;
    Ok(Exit::Done)
}
