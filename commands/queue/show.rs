//! `mox queue show`: one queued message.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{QueueRow, QueueShow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox queue list`
    #[arg(add = ArgValueCompleter::new(complete::queue_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue show 5", about: "Facts about message 5", needs: Needs::Server }];

impl Show for QueueRow {
    fn show(&self, page: &mut Page) {
        page.field("id", self.id);
        page.field("account", &self.account);
        page.field("mail from", format_args!("<{}>", self.from));
        page.field("rcpt to", &self.to);
        page.field("subject", &self.subject);
        page.field("message-id", self.message_id.as_deref().unwrap_or(""));
        page.field("size", size(self.size));
        page.field("tls", &self.tls);
        page.field("queued", self.queued);
        page.field("attempts", format_args!("{} of {}", self.attempts, self.max_attempts));
        if let Some(last) = self.last_attempt {
            page.field("last attempt", last);
        }
        if let Some(error) = &self.last_error {
            page.field("last error", error);
        }
        match self.hold {
            true => page.field("next attempt", "never: on hold"),
            false => page.field("next attempt", self.next_attempt),
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let row = cx.call(&QueueShow { id: args.id })?;
    cx.print(&row)?;
    Ok(Exit::Done)
}
