//! `mox dmarc failures`: reports of others about single messages that arrived.

pub(crate) mod list;
pub(crate) mod show;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List reports about single messages that arrived
    ///
    /// Each is about a message that failed, the latest first. They come for domains with a `ruf=` in their DMARC record,
    /// from the few receivers that send such.
    List(list::Args),
    /// Show one, with the header of the message that it is about
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
