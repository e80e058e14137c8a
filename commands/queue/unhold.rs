//! `mox queue unhold`: release messages from hold.

use mox_admin::ops::QueueUnhold;

use super::select::Selection;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue unhold --all", about: "Release all messages", needs: Needs::Server }];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    args.selection.apply(cx, |filter, dry_run| QueueUnhold { filter, dry_run })
}
