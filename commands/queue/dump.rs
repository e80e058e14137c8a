//! `mox queue dump`: a queued message as it will be sent, byte for byte.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::QueueDump;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox queue list`
    #[arg(add = ArgValueCompleter::new(complete::queue_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue dump 5 > message.eml", about: "Save message 5", needs: Needs::Server }];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    cx.print_raw(&QueueDump { id: args.id })?;
    Ok(Exit::Done)
}
