//! `mox message list`: stored messages, newest first.

use mox_admin::ops::{MessageList, MessageRow};

use super::Filter;
use crate::arguments::format_ids;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// At most so many [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Only messages with a lower id: what comes after a list that ended with it
    #[arg(long, value_name = "ID")]
    before: Option<i64>,
    /// Print only ids, one a line
    #[arg(long, conflicts_with = "json")]
    ids: bool,
    /// With --ids: end each with a NUL byte, for `xargs -0`
    #[arg(short = '0', long, requires = "ids")]
    null: bool,
    #[command(flatten)]
    filter: Filter,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox message list", about: "The newest messages", needs: Needs::Server },
    Example {
        run: "mox message list --to bob@example.org --since 2h --json",
        about: "What bob got in two hours, for scripts",
        needs: Needs::Server,
    },
];

impl Show for Vec<MessageRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|m| {
            vec![
                m.id.to_string(),
                m.received.to_string(),
                size(m.size),
                shorten(&m.mailbox, 30),
                shorten(&m.from, 30),
                shorten(&m.to, 30),
                shorten(&m.subject, 50),
            ]
        });
        page.table(&[">ID", "RECEIVED", ">SIZE", "MAILBOX", "FROM", "TO", "SUBJECT"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let rows =
        cx.call(&MessageList { filter: args.filter.resolve(cx), before: args.before, limit: args.limit })?;
    if rows.len() as u64 == u64::from(MessageList::MAX) {
        cx.say(format_args!(
            "only the newest {} are listed: narrow it down with --since or --to",
            rows.len()
        ));
    }
    if args.ids {
        cx.write(format_ids(rows.iter().map(|m| m.id), args.null).as_bytes())?;
    } else if rows.is_empty() && !cx.global.json {
        cx.say("no messages");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
