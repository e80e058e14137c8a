//! `mox dmarc reports`: aggregate reports of others that arrived.

pub(crate) mod list;
pub(crate) mod show;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List reports that arrived, with what passed and what did not
    List(list::Args),
    /// Show one report, row by row
    Show(show::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
        }
    }
}
