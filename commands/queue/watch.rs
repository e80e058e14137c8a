//! `mox queue watch`: the queue, again whenever it changes.

use std::time::Duration;

use mox_admin::ops::{QueueRow, QueueWatch};

use super::select::Filter;
use crate::arguments::{duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// End after this time [default: never]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    filter: Filter,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox queue watch --to @example.org", about: "Until interrupted", needs: Needs::World },
    Example {
        run: "mox queue watch --timeout 0s --json",
        about: "One JSON array a line; here only the first",
        needs: Needs::Server,
    },
];

/// Longest wait of one call.
const POLL: Duration = Duration::from_secs(300);

/// The queue at one moment.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Snapshot(Vec<QueueRow>);

impl Show for Snapshot {
    fn show(&self, page: &mut Page) {
        match self.0.is_empty() {
            true => page.line("the queue is empty"),
            false => self.0.show(page),
        }
        page.line("");
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let filter = args.filter.resolve(cx);
    let mut server = cx.server()?;
    let start = cx.clock.monotonic();
    let mut token = None;
    loop {
        let passed = cx.clock.monotonic().saturating_sub(start);
        let left = args.timeout.map_or(POLL, |limit| limit.saturating_sub(passed).min(POLL));
        if token.is_some() && left.is_zero() {
            return Ok(Exit::Done);
        }
        let request = QueueWatch { filter: filter.clone(), token: token.clone(), timeout_ms: millis(left) };
        let watched = server.call(&request, left)?;
        if token.as_ref() != Some(&watched.token) {
            cx.print_item(&Snapshot(watched.rows))?;
        }
        token = Some(watched.token);
    }
}
