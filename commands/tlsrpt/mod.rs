//! `mox tlsrpt`: reports about TLS.

pub(crate) mod lookup;
pub(crate) mod parse;
pub(crate) mod reports;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Look up where reports about TLS to a domain go
    Lookup(lookup::Args),
    /// Tell in sentences what a report says, from a file or message
    Parse(parse::Args),
    /// Reports of others that arrived
    #[command(subcommand)]
    Reports(reports::Command),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Parse(args) => parse::run(cx, args),
            Command::Reports(command) => command.run(cx),
        }
    }
}
