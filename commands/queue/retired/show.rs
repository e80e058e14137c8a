//! `mox queue retired show`: one message that left the queue.

use mox_admin::ops::{QueueAttempt, RetiredDetail, RetiredShow};

use super::list::word;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox queue retired list`
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue retired show 4",
    about: "Facts about message 4 and its attempts",
    needs: Needs::Server,
}];

impl Show for RetiredDetail {
    fn show(&self, page: &mut Page) {
        let row = &self.row;
        page.field("id", row.id);
        page.field("account", &row.account);
        page.field("mail from", format_args!("<{}>", row.from));
        page.field("rcpt to", &row.to);
        page.field("subject", &row.subject);
        page.field("message-id", row.message_id.as_deref().unwrap_or(""));
        page.field("size", size(row.size));
        page.field("queued", row.queued);
        page.field("end", format_args!("{} {}", word(row.end), row.ended));
        if let Some(until) = row.kept_until {
            page.field("kept until", until);
        }
        if let Some(error) = &row.last_error {
            page.field("last error", error);
        }
        attempts(page, &self.tries);
    }
}

/// A table of attempts.
pub(in crate::queue) fn attempts(page: &mut Page, tries: &[QueueAttempt]) {
    if tries.is_empty() {
        return;
    }
    let rows = tries.iter().map(|a| {
        let code = a.code.map(|code| format!("{code} ")).unwrap_or_default();
        let enhanced = a.enhanced.as_ref().filter(|_| a.code.is_some());
        let enhanced = enhanced.map(|e| format!("{e} ")).unwrap_or_default();
        let said = format!("{code}{enhanced}{}", a.text.as_deref().unwrap_or_default());
        let host = match (&a.host, &a.ip) {
            (Some(host), Some(ip)) => format!("{host} [{ip}]"),
            (host, _) => host.clone().unwrap_or_default(),
        };
        vec![
            a.n.to_string(),
            a.started.to_string(),
            a.outcome.clone().unwrap_or_else(|| "unknown".to_owned()),
            host,
            a.tls.clone().unwrap_or_default(),
            said,
        ]
    });
    page.line("");
    page.table(&[">TRY", "BEGAN", "OUTCOME", "HOST", "TLS", "REPLY"], rows);
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let detail = cx.call(&RetiredShow { id: args.id })?;
    cx.print(&detail)?;
    Ok(Exit::Done)
}
