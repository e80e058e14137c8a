//! `mox import archive`: what a tar or zip archive holds, into mailboxes by its names.

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
    /// The archive: tar, packed with gzip or not, or zip
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Put everything below this mailbox
    #[arg(long, value_name = "NAME", default_value = "Inbox", hide_default_value = true)]
    mailbox: String,
    #[command(flatten)]
    options: Options,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox import archive mox mail.tgz",
        about: "Import maildirs or mbox files, into mailboxes named as they are",
        needs: Needs::World,
    },
    Example {
        run: "mox import archive mox mail.zip --mailbox Old",
        about: "The same below a mailbox",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    import(cx, &args.account, &args.mailbox, Source::Archive(args.file), &args.options)
}
