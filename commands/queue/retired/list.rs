//! `mox queue retired list`: what left the queue.

use clap_complete::ArgValueCompleter;
use mox_admin::Time;
use mox_admin::ops::{QueueEnd, RetiredList, RetiredRow};

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Sent by this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// From this address, or `@domain`
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// To this address, or `@domain`
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// How they ended; gone: removed by an operator
    #[arg(long, value_enum)]
    end: Option<End>,
    /// Ended so long ago at most, as 2h, or since a time
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum End {
    Delivered,
    Failed,
    Gone,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox queue retired list", about: "All, the latest first", needs: Needs::Server },
    Example {
        run: "mox queue retired list --end failed --since 24h",
        about: "What failed in the last day",
        needs: Needs::Server,
    },
];

/// The word for an end.
pub(super) fn word(end: QueueEnd) -> &'static str {
    match end {
        QueueEnd::Delivered => "delivered",
        QueueEnd::Failed => "failed",
        QueueEnd::Gone => "removed",
    }
}

impl Show for Vec<RetiredRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|m| {
            vec![
                m.id.to_string(),
                m.ended.to_string(),
                word(m.end).to_owned(),
                m.attempts.to_string(),
                shorten(m.last_tls.as_deref().unwrap_or(""), 30),
                shorten(&m.from, 30),
                shorten(&m.to, 30),
                shorten(m.last_error.as_deref().unwrap_or(""), 50),
            ]
        });
        page.table(&[">ID", "ENDED", "END", ">TRIES", "TLS", "FROM", "TO", "LAST ERROR"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let now = cx.now();
    let op = RetiredList {
        account: args.account,
        from: args.from,
        to: args.to,
        end: args.end.map(|end| match end {
            End::Delivered => QueueEnd::Delivered,
            End::Failed => QueueEnd::Failed,
            End::Gone => QueueEnd::Gone,
        }),
        ended_before: None,
        ended_after: args.since.map(|moment| Time(moment.ago(now))),
        limit: args.limit,
        ..RetiredList::default()
    };
    let rows = cx.call(&op)?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no retired messages");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
