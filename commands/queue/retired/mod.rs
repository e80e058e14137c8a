//! `mox queue retired`: messages that left the queue.

pub(crate) mod list;
pub(crate) mod show;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List messages that left the queue, the latest first
    List(list::Args),
    /// Show one message that left the queue, with its attempts
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
