//! `mox smtp`: mail hosts from the outside.

pub(crate) mod dial;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Connect to a mail host and tell what it offers, and how its TLS verifies
    ///
    /// Exit codes: 3 when something is wrong that senders stumble over, 1 when it cannot be reached now.
    Dial(dial::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Dial(args) => dial::run(cx, args),
        }
    }
}
