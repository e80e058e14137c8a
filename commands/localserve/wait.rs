//! `mox localserve wait`: until a message arrives, for scripts and tests.

use std::path::PathBuf;
use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{MessageRow, MessageWait};

use crate::arguments::{Moment, duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::message::Which;
use crate::output::{Page, Show, size};
use crate::progress::Progress;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also take a message that arrived since this time, or so long ago, before the wait began
    #[arg(long, value_name = "TIME", default_value = "1m")]
    since: Moment,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// Folder of the local server, when it was started with --dir
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox localserve wait --to bob@example.org --subject hello --timeout 30s",
        about: "Until bob gets a greeting; exit code 5 if he does not",
        needs: Needs::Server,
    },
    Example {
        run: "mox localserve wait --to bob@example.org --json",
        about: "The same for scripts",
        needs: Needs::Server,
    },
];

impl Show for MessageRow {
    fn show(&self, page: &mut Page) {
        page.field("id", self.id);
        page.field("mailbox", format_args!("{} of {}", self.mailbox, self.account));
        page.field("received", self.received);
        page.field("size", size(self.size));
        page.field("from", &self.from);
        page.field("to", &self.to);
        page.field("subject", &self.subject);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    if args.dir.is_some() {
        cx.global.config = args.dir;
    }
    let filter = args.which.since(Some(Time(args.since.ago(cx.now()))));
    let request = MessageWait { filter, timeout_ms: millis(args.timeout) };
    let progress = Progress::start(cx, "waiting for a message");
    let waited = cx.server()?.call(&request, args.timeout)?;
    drop(progress);
    match waited.message {
        Some(message) => {
            cx.print(&message)?;
            Ok(Exit::Done)
        }
        None => {
            Err(CommandError::not_found(format!("no such message within {} s", args.timeout.as_secs_f32()))
                .hint("`mox message list` shows what did arrive"))
        }
    }
}
