//! `mox message parse`: the structure of a message file, without a server.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Message file; `-` is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "printf 'Subject: hi\\r\\n\\r\\nhello\\r\\n' | mox message parse -",
    about: "Parts, types and sizes",
    needs: Needs::World,
}];

/// Most bytes of a message file.
const MAX_MESSAGE: u64 = 100 << 20;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let bytes = cx.read_input(&args.file, MAX_MESSAGE)?;
    let _ = bytes;
    Err(CommandError::failed("this build cannot parse messages"))
}
