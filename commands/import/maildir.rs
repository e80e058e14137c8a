//! `mox import maildir`: a maildir with its folders into mailboxes.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_transfer::Source;

use super::work::{Options, import};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Account name, or one of its addresses
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// Mailbox of what is in the maildir itself. Folders below go beside Inbox, or below any other mailbox
    mailbox: String,
    /// The folder that has cur and new, or an archive of it
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    dir: PathBuf,
    #[command(flatten)]
    options: Options,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox import maildir mox Inbox /home/amy/Maildir",
        about: "Import a maildir with its folders",
        needs: Needs::World,
    },
    Example {
        run: "mox import maildir mox Old Maildir --json",
        about: "Below a mailbox of their own, with figures as JSON",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let source = if args.dir.is_file() { Source::Archive(args.dir) } else { Source::Maildir(args.dir) };
    import(cx, &args.account, &args.mailbox, source, &args.options)
}
