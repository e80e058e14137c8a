//! `mox export mbox`: mailboxes into mbox files.

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
    /// A folder that is made, an archive (.tgz, .tar.gz, .zip), or with --single a file; - for standard output
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    dest: PathBuf,
    /// Only this mailbox and those below it
    mailbox: Option<String>,
    /// One file for all
    #[arg(long)]
    single: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox export mbox mox mail.zip",
        about: "All mailboxes, a file each, in an archive",
        needs: Needs::World,
    },
    Example {
        run: "mox export mbox mox - Sent | xz > sent.mbox.xz",
        about: "A mailbox into a pipe",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let single = args.single || args.dest.as_os_str() == "-";
    let form = if single { Form::SingleMbox } else { Form::Mbox };
    export(cx, &Asked { account: args.account, dest: args.dest, mailbox: args.mailbox, form })
}
