//! `mox export maildir`: mailboxes into a maildir with folders.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_transfer::Form;

use super::work::{Asked, export};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Account name, or one of its addresses
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// A folder that is made, or an archive (.tgz, .tar.gz, .zip); - for a tar.gz on standard output
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    dest: PathBuf,
    /// Only this mailbox and those below it
    mailbox: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox export maildir mox ./Maildir", about: "All mailboxes", needs: Needs::World },
    Example { run: "mox export maildir mox - > mail.tgz", about: "Into a pipe", needs: Needs::World },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let form = Form::Maildir;
    export(cx, &Asked { account: args.account, dest: args.dest, mailbox: args.mailbox, form })
}
