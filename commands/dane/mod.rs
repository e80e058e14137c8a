//! `mox dane`: TLSA records.

pub(crate) mod makerecord;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make the TLSA record for a certificate or key
    Makerecord(makerecord::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Makerecord(args) => makerecord::run(cx, args),
        }
    }
}
