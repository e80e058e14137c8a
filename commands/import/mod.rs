//! `mox import`: messages from elsewhere into an account.

pub(crate) mod archive;
pub(crate) mod maildir;
pub(crate) mod mbox;
mod work;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Import an mbox file
    Mbox(mbox::Args),
    /// Import a maildir and the folders below it
    Maildir(maildir::Args),
    /// Import a tar or zip archive that holds maildirs or mbox files
    Archive(archive::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Mbox(args) => mbox::run(cx, args),
            Command::Maildir(args) => maildir::run(cx, args),
            Command::Archive(args) => archive::run(cx, args),
        }
    }
}
