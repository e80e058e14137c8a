//! `mox message cat`: one message as it is stored, byte for byte.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::MessageCat;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox message cat 7 > message.eml", about: "Save message 7", needs: Needs::Server }];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    cx.print_raw(&MessageCat { id: args.id })?;
    Ok(Exit::Done)
}
