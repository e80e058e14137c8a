//! `mox queue holdrules`: rules that put new messages on hold.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod remove;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the rules
    List(list::Args),
    /// Add a rule, and put on hold what is queued and matches
    ///
    /// A message matches when all that is given fits; a rule without any option holds everything.
    Add(add::Args),
    /// Remove a rule; what is on hold stays so
    Remove(remove::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Remove(args) => remove::run(cx, args),
        }
    }
}
