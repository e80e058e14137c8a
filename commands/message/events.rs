//! `mox message events`: what happened to a message.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{MessageEvents, MessageHistory};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::queue::explain;
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox message events 7", about: "How it came and where it went", needs: Needs::Server }];

impl Show for MessageHistory {
    fn show(&self, page: &mut Page) {
        explain::lines(page, &self.lines);
        for id in &self.queue {
            page.line(format_args!("in the queue: `mox queue explain {id}` says more"));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let history = cx.call(&MessageEvents { id: args.id })?;
    cx.print(&history)?;
    Ok(Exit::Done)
}
