//! `mox queue fail`: give messages up now; their senders get a bounce.

use mox_admin::ops::QueueFail;

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
    Example { run: "mox queue fail 5", about: "Bounce one message", needs: Needs::Server },
    Example {
        run: "mox queue fail --queued \x27<3d\x27 --dry-run",
        about: "See what is older than three days",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    args.selection.apply(cx, |filter, dry_run| QueueFail { filter, dry_run })
}
