//! `mox lab key`: the key that the lab's domains publish.

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox lab key",
    about: "Its selector is lab, as in lab._domainkey.dkim-only.lab.test",
    needs: Needs::Nothing,
}];

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    cx.write(mox_lab::DKIM_KEY.as_bytes())?;
    Ok(Exit::Done)
}
