//! `mox queue show`: one queued message.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{QueueDetail, QueueShow};

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

impl Show for QueueDetail {
    fn show(&self, page: &mut Page) {
        let row = &self.row;
        page.field("id", row.id);
        page.field("account", &row.account);
        page.field("mail from", format_args!("<{}>", row.from));
        page.field("rcpt to", &row.to);
        page.field("subject", &row.subject);
        page.field("message-id", row.message_id.as_deref().unwrap_or(""));
        page.field("size", size(row.size));
        page.field("tls", &row.tls);
        page.field("transport", row.transport.as_deref().unwrap_or("by routes"));
        page.field("queued", row.queued);
        page.field("attempts", format_args!("{} of {}", row.attempts, row.max_attempts));
        if let Some(last) = row.last_attempt {
            page.field("last attempt", last);
        }
        if let Some(error) = &row.last_error {
            page.field("last error", error);
        }
        if let Some(tls) = &row.last_tls {
            page.field("last tls", tls);
        }
        match row.hold {
            true => page.field("next attempt", "never: on hold"),
            false => page.field("next attempt", row.next_attempt),
        }
        super::retired::show::attempts(page, &self.tries);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let row = cx.call(&QueueShow { id: args.id })?;
    cx.print(&row)?;
    Ok(Exit::Done)
}
