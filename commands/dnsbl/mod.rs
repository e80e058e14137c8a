//! `mox dnsbl`: DNS block lists.

pub(crate) mod check;
pub(crate) mod checkhealth;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Ask a list about an address
    ///
    /// Exit codes: 0 when it is not listed, 3 when it is, 1 when the list does not answer or refuses to.
    Check(check::Args),
    /// Check that a list works: it lists its test entries, and nothing that no list may
    ///
    /// Exit codes: 3 when it does not work, 1 when it does not answer or refuses to.
    Checkhealth(checkhealth::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Check(args) => check::run(cx, args),
            Command::Checkhealth(args) => checkhealth::run(cx, args),
        }
    }
}
