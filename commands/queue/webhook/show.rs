//! `mox queue webhook show`: one call and what it says.

use mox_admin::ops::{HookDetail, HookShow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the call, from `mox queue webhook list`
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue webhook show 3",
    about: "What is posted, and what the URL answered",
    needs: Needs::Server,
}];

impl Show for HookDetail {
    fn show(&self, page: &mut Page) {
        let row = &self.row;
        page.field("id", row.id);
        page.field("state", row.state.text());
        page.field("account", &row.account);
        page.field("url", &row.url);
        page.field("event", &row.event);
        if let Some(id) = row.queue_id {
            page.field("queue id", id);
        }
        page.field("message-id", &row.message_id);
        page.field("subject", &row.subject);
        page.field("submitted", row.submitted);
        page.field("attempts", row.attempts);
        page.field("next attempt", row.next_attempt);
        if let Some(status) = row.last_status {
            page.field("last status", status);
        }
        if let Some(error) = &row.last_error {
            page.field("last error", error);
        }
        if let Some(answer) = &row.last_answer {
            page.field("last answer", answer);
        }
        if let Some(ended) = row.ended {
            page.field("ended", ended);
        }
        page.field("payload", &self.payload);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let detail = cx.call(&HookShow { id: args.id })?;
    cx.print(&detail)?;
    Ok(Exit::Done)
}
