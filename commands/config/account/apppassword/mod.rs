//! `mox config account apppassword`: passwords of programs, beside that of an account.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod rm;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the app passwords of an account, and when each was last used
    List(list::Args),
    /// Make an app password, and print it once
    ///
    /// A program sends mail with it by PLAIN or LOGIN. It does not log in to web pages.
    Add(add::Args),
    /// Take an app password away
    Rm(rm::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Rm(args) => rm::run(cx, args),
        }
    }
}
