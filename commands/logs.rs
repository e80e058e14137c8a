//! `mox logs`: the latest lines of the log of the running server, which it keeps in memory.

use std::time::Duration;

use mox_admin::ops::{LogLine, LogTail};

use crate::arguments::millis;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only lines of this level and worse
    #[arg(long, value_name = "LEVEL", value_parser = ["error", "warn", "info", "debug", "trace"])]
    level: Option<String>,
    /// Only lines of this part of the server, as `smtpserver`: `pkg` in the log
    #[arg(long, value_name = "PACKAGE")]
    package: Option<String>,
    /// Only lines that hold this text, in either case
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// The latest so many lines
    #[arg(long, value_name = "N", default_value_t = LogTail::LIMIT)]
    limit: u32,
    /// Only lines before the one of this number, which is `seq` of `--json`
    #[arg(long, value_name = "SEQ", conflicts_with = "follow")]
    before: Option<u64>,
    /// Go on with the lines that come, until interrupted
    #[arg(short, long)]
    follow: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox logs", about: "The latest lines, the newest last", needs: Needs::Server },
    Example {
        run: "mox logs --level warn --package queue --json",
        about: "What the queue complained about, for scripts",
        needs: Needs::Server,
    },
    Example {
        run: "mox logs --follow --text 198.51.100.7",
        about: "What a client does, as it happens",
        needs: Needs::World,
    },
];

/// Longest wait of one call.
const WAIT: Duration = Duration::from_secs(60);

impl Show for Vec<LogLine> {
    fn show(&self, page: &mut Page) {
        for LogLine { at, level, room, message, fields, .. } in self {
            page.line(format_args!("{at} {level:<5} {room}: {message} {fields}"));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { level, package: room, text, limit, before, follow } = args;
    let asked = LogTail { before, level, room, text, limit: Some(limit), ..LogTail::default() };
    let mut server = cx.server()?;
    let found = server.call(&asked, Duration::ZERO)?;
    let (mut lines, mut last) = (found.lines, found.newest);
    // People read downwards, and lines that come follow at the end.
    lines.reverse();
    if !follow {
        cx.print(&lines)?;
        return Ok(Exit::Done);
    }
    loop {
        if !lines.is_empty() {
            cx.print_item(&lines)?;
        }
        let more = LogTail { after: Some(last), timeout_ms: millis(WAIT), ..asked.clone() };
        let found = server.call(&more, WAIT)?;
        last = found.lines.last().filter(|_| found.more).map_or(found.newest, |line| line.seq);
        lines = found.lines;
    }
}
