//! `mox queue list`: queued messages, the next due first.

use mox_admin::ops::{QueueList, QueueRow, QueueSort};

use super::select::Filter;
use crate::arguments::format_ids;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Order
    #[arg(long, value_enum, default_value_t = Sort::NextAttempt)]
    sort: Sort,
    /// Latest first
    #[arg(long)]
    desc: bool,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print only ids, one a line
    #[arg(long, conflicts_with = "json")]
    ids: bool,
    /// With --ids: end each with a NUL byte, for `xargs -0` and --id-file
    #[arg(short = '0', long, requires = "ids")]
    null: bool,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Sort {
    NextAttempt,
    Queued,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox queue list", about: "Everything, the next due first", needs: Needs::Server },
    Example {
        run: "mox queue list --to @example.org --next-attempt '<2h' --json",
        about: "What is due within two hours for a domain",
        needs: Needs::Server,
    },
    Example {
        run: "mox queue list --hold yes --ids -0 | xargs -0 mox queue unhold",
        about: "Release what is on hold",
        needs: Needs::Server,
    },
];

impl Show for Vec<QueueRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|m| {
            let next = if m.hold { "on hold".to_owned() } else { m.next_attempt.to_string() };
            vec![
                m.id.to_string(),
                next,
                format!("{}/{}", m.attempts, m.max_attempts),
                size(m.size),
                shorten(m.last_tls.as_deref().unwrap_or(""), 30),
                shorten(&m.from, 30),
                shorten(&m.to, 30),
                shorten(m.last_error.as_deref().unwrap_or(""), 50),
            ]
        });
        page.table(&[">ID", "NEXT ATTEMPT", ">TRIES", ">SIZE", "TLS", "FROM", "TO", "LAST ERROR"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let sort = match args.sort {
        Sort::NextAttempt => QueueSort::NextAttempt,
        Sort::Queued => QueueSort::Queued,
    };
    let request = QueueList {
        filter: args.filter.resolve(cx),
        sort,
        descending: args.desc,
        limit: args.limit,
        ..QueueList::default()
    };
    let rows = cx.call(&request)?;
    if args.ids {
        cx.write(format_ids(rows.iter().map(|m| m.id), args.null).as_bytes())?;
    } else if rows.is_empty() && !cx.global.json {
        cx.say("no queued messages");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
