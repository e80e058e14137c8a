//! `mox arc`: chains of authentication results.

pub(crate) mod verify;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Verify the chain of a message
    Verify(verify::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Verify(args) => verify::run(cx, args),
        }
    }
}
