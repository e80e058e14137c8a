//! `mox message html`: the HTML of one message, made safe to show.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::MessageHtml;

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
    &[Example { run: "mox message html 7 > message.html", about: "Look at message 7", needs: Needs::Server }];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    cx.print_raw(&MessageHtml { id: args.id })?;
    Ok(Exit::Done)
}
