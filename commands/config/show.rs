//! `mox config show`: the config in use, with every default filled in.

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox config show", about: "Both files", needs: Needs::World }];

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let place = cx.place()?;
    Err(CommandError::failed(format!("{}: this build cannot show it", place.config.display())))
}
