//! `mox export`: messages of an account out into files.

pub(crate) mod maildir;
pub(crate) mod mbox;
mod work;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Export mbox files
    Mbox(mbox::Args),
    /// Export a maildir
    Maildir(maildir::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Mbox(args) => mbox::run(cx, args),
            Command::Maildir(args) => maildir::run(cx, args),
        }
    }
}
