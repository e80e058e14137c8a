//! `mox lab`: the small internet of mail domains that localserve knows.

pub(crate) mod key;
pub(crate) mod list;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the domains of the lab: what each does, and what to expect
    List(list::Args),
    /// Print the private key with which mail from the lab's domains can be signed
    Key(key::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Key(args) => key::run(cx, args),
        }
    }
}
