//! `mox message transcript`: the SMTP exchange that brought a message.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{MessageTranscript, Transcript};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox message transcript 7",
    about: "What client and server said",
    needs: Needs::Server,
}];

impl Show for Transcript {
    fn show(&self, page: &mut Page) {
        page.block(self.text.as_deref().unwrap_or("none was kept"));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let transcript = cx.call(&MessageTranscript { id: args.id })?;
    cx.print(&transcript)?;
    Ok(Exit::Done)
}
