//! `mox message part`: one part of a message, decoded.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::MessagePart;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    id: i64,
    /// Its part, from `mox message show`, like 1.2
    part: String,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox message part 7 2 > invoice.pdf",
    about: "Save an attachment",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    cx.print_raw(&MessagePart { id: args.id, part: args.part })?;
    Ok(Exit::Done)
}
