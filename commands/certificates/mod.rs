//! `mox certificates`: certificates that the running server has from authorities by ACME.

pub(crate) mod list;
pub(crate) mod renew;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List names and their certificates: when each ends and is renewed, and what went wrong
    List(list::Args),
    /// Have a new certificate of a name made now
    Renew(renew::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Renew(args) => renew::run(cx, args),
        }
    }
}
