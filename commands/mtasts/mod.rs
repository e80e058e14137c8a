//! `mox mtasts`: policies that ask for verified TLS.

pub(crate) mod forget;
pub(crate) mod list;
pub(crate) mod lookup;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Forget the policy of a domain, so that the next delivery looks anew
    Forget(forget::Args),
    /// List the policies that the running server remembers
    List(list::Args),
    /// Look up the record and the policy of a domain, and compare its mail hosts with it
    Lookup(lookup::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Forget(args) => forget::run(cx, args),
            Command::List(args) => list::run(cx, args),
            Command::Lookup(args) => lookup::run(cx, args),
        }
    }
}
