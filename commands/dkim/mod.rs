//! `mox dkim`.

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {}

impl Command {
    pub(crate) fn run(self, _cx: &mut Context) -> Result<Exit, CommandError> {
        match self {}
    }
}
