//! `mox config address`: addresses of accounts.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod mvruleset;
pub(crate) mod rm;
pub(crate) mod rulesets;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show addresses and who has them
    List(list::Args),
    /// Give an account an address, or with @domain all of a domain that are not found otherwise
    Add(add::Args),
    /// Take an address away
    Rm(rm::Args),
    /// Show the rulesets of an address: which mail goes to another mailbox
    Rulesets(rulesets::Args),
    /// Move a ruleset of an address to another place among them
    Mvruleset(mvruleset::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Rm(args) => rm::run(cx, args),
            Command::Rulesets(args) => rulesets::run(cx, args),
            Command::Mvruleset(args) => mvruleset::run(cx, args),
        }
    }
}
