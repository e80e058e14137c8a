//! `mox mtasts`: policies that ask for verified TLS.

pub(crate) mod lookup;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Look up the record and the policy of a domain, and compare its mail hosts with it
    Lookup(lookup::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Lookup(args) => lookup::run(cx, args),
        }
    }
}
