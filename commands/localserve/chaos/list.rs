//! `mox localserve chaos list`: the rules in force.

use mox_admin::ops::ChaosGet;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox localserve chaos list", about: "Show what fails on demand", needs: Needs::Server }];

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    let chaos = cx.call(&ChaosGet {})?;
    super::print(cx, &chaos)?;
    Ok(Exit::Done)
}
