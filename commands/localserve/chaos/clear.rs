//! `mox localserve chaos clear`: the server behaves again.

use super::DryRun;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox localserve chaos clear",
    about: "Let the server behave again",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    super::change(cx, args.dry_run, |chaos| {
        chaos.rules.clear();
        Ok(())
    })
}
