//! `mox config test`: check the config files.

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config test", about: "Exit code 3 when something is wrong", needs: Needs::World },
    Example {
        run: "mox --config ./new/mox.conf config test",
        about: "Try files before use",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let place = cx.place()?;
    Err(CommandError::failed(format!("{}: this build cannot check it", place.config.display())))
}
