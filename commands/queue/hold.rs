//! `mox queue hold`: keep messages from being tried.

use mox_admin::ops::QueueHold;

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
    Example { run: "mox queue hold 5", about: "Hold one message", needs: Needs::Server },
    Example { run: "mox queue hold --to @example.org", about: "Hold all to a domain", needs: Needs::Server },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    args.selection.apply(cx, |filter, dry_run| QueueHold { filter, dry_run })
}
