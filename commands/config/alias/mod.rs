//! `mox config alias`: addresses that lead to several others.

pub(crate) mod add;
pub(crate) mod addaddr;
pub(crate) mod list;
pub(crate) mod rm;
pub(crate) mod rmaddr;
pub(crate) mod show;
pub(crate) mod update;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the aliases of a domain, or of all
    List(list::Args),
    /// Show an alias and its members
    Show(show::Args),
    /// Add an alias with its members
    Add(add::Args),
    /// Change who may send to an alias, see its members, and send as it
    Update(update::Args),
    /// Remove an alias
    Rm(rm::Args),
    /// Add members to an alias
    Addaddr(addaddr::Args),
    /// Take members of an alias away
    Rmaddr(rmaddr::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Update(args) => update::run(cx, args),
            Command::Rm(args) => rm::run(cx, args),
            Command::Addaddr(args) => addaddr::run(cx, args),
            Command::Rmaddr(args) => rmaddr::run(cx, args),
        }
    }
}
