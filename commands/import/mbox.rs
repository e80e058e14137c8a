//! `mox import mbox`: an mbox file into a mailbox.

use std::path::PathBuf;

use clap_complete::ArgValueCompleter;
use mox_transfer::Source;

use super::work::{Options, import, packed};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Account name, or one of its addresses
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// Mailbox, made if it is not there
    mailbox: String,
    /// The file; - for standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    options: Options,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox import mbox mox Archive/2024 mail.mbox",
        about: "Import a file",
        needs: Needs::World,
    },
    Example {
        run: "mox import mbox mox Inbox mail.mbox --dry-run",
        about: "See what is in it",
        needs: Needs::World,
    },
    Example {
        run: "xz -dc mail.mbox.xz | mox import mbox mox Inbox -",
        about: "From a pipe",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let source = if args.file.as_os_str() == "-" {
        Source::Stream(std::mem::replace(&mut cx.streams.stdin, Box::new(std::io::empty())))
    } else if packed(&args.file)? {
        Source::Archive(args.file)
    } else {
        Source::Mbox(args.file)
    };
    import(cx, &args.account, &args.mailbox, source, &args.options)
}
