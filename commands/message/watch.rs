//! `mox message watch`: what arrives, changes and goes, as it happens.

use std::time::Duration;

use mox_admin::ops::{MessageEvent, MessageWatch};

use super::Which;
use crate::arguments::{duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// End after so many events [default: never]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after this time [default: never]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    which: Which,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox message watch", about: "Until interrupted", needs: Needs::World },
    Example {
        run: "mox message watch --count 1 --json",
        about: "One JSON value a line; here only the next event",
        needs: Needs::Server,
    },
];

/// Longest wait of one call.
const POLL: Duration = Duration::from_secs(300);

impl Show for MessageEvent {
    fn show(&self, page: &mut Page) {
        let (what, row) = match self {
            MessageEvent::Arrived { message } => ("arrived", message),
            MessageEvent::Changed { message } => ("changed", message),
            MessageEvent::Gone { id } => return page.line(format_args!("gone     {id:>6}")),
        };
        page.line(format_args!(
            "{what:<8} {:>6}  {}  {} -> {}  {}",
            row.id, row.received, row.from, row.to, row.subject
        ));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let filter = args.which.since(None);
    let mut server = cx.server()?;
    let start = cx.clock.monotonic();
    let mut told = 0;
    let mut token = None;
    loop {
        let passed = cx.clock.monotonic().saturating_sub(start);
        let left = args.timeout.map_or(POLL, |limit| limit.saturating_sub(passed).min(POLL));
        if token.is_some() && left.is_zero() {
            return Ok(Exit::Done);
        }
        let request = MessageWatch { filter: filter.clone(), token, timeout_ms: millis(left) };
        let watched = server.call(&request, left)?;
        if watched.lost {
            cx.say("some changes were missed: `mox message list` shows what is there");
        }
        for event in &watched.events {
            cx.print_item(event)?;
            told += 1;
            if Some(told) == args.count {
                return Ok(Exit::Done);
            }
        }
        token = Some(watched.token);
    }
}
