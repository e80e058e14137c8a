//! `mox queue wait`: until a message is delivered, failed or gone.

use std::time::Duration;

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{QueueEnd, QueueOutcome, QueueWait};

use crate::arguments::{duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::progress::Progress;
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox queue list`
    #[arg(add = ArgValueCompleter::new(complete::queue_ids))]
    id: i64,
    /// What to wait for
    #[arg(long = "for", value_name = "END", value_enum, default_value_t = End::Gone)]
    until: End,
    /// How long
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum End {
    /// The next server took it
    Delivered,
    /// It was given up
    Failed,
    /// It is no longer queued
    Gone,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue wait 5 --for delivered --timeout 60s",
    about: "Exit code 0 when delivered, 1 when not",
    needs: Needs::Server,
}];

impl Show for QueueOutcome {
    fn show(&self, page: &mut Page) {
        let end = match self.end {
            None => "still queued",
            Some(QueueEnd::Delivered) => "delivered",
            Some(QueueEnd::Failed) => "failed",
            Some(QueueEnd::Gone) => "no longer queued",
        };
        page.verdict(Some(self.reached), format_args!("{}: {end}, {} attempts", self.id, self.attempts));
        if let Some(error) = &self.last_error {
            page.field("last error", error);
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let until = match args.until {
        End::Delivered => QueueEnd::Delivered,
        End::Failed => QueueEnd::Failed,
        End::Gone => QueueEnd::Gone,
    };
    let request = QueueWait { id: args.id, until, timeout_ms: millis(args.timeout) };
    let progress = Progress::start(cx, format!("waiting for {}", args.id));
    let outcome = cx.server()?.call(&request, args.timeout)?;
    drop(progress);
    cx.print(&outcome)?;
    Ok(if outcome.reached { Exit::Done } else { Exit::Failed })
}
