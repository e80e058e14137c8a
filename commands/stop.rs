//! `mox stop`: end the running server and wait until it is gone.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::{Stop, Stopped};

use crate::arguments::{duration, millis};
use crate::context::{Context, Server};
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How long open sessions may take to finish
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration)]
    grace: Duration,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox stop", about: "End the server", needs: Needs::Server },
    Example { run: "mox stop --grace 30s", about: "Give sessions half a minute", needs: Needs::Server },
];

/// Time the server may take, on top of the grace, to write and close everything.
const CLOSING: Duration = Duration::from_secs(10);
/// Time between two looks whether it is gone.
const LOOK: Duration = Duration::from_millis(20);

impl Show for Stopped {
    fn show(&self, page: &mut Page) {
        page.line(format_args!("stopped (pid {})", self.pid));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mut server = cx.server()?;
    let stopped = server.call(&Stop { grace_ms: millis(args.grace) }, Duration::ZERO)?;
    drop(server);
    wait_until_gone(cx, args.grace + CLOSING)?;
    cx.print(&stopped)?;
    Ok(Exit::Done)
}

fn wait_until_gone(cx: &Context, limit: Duration) -> Result<(), CommandError> {
    let place = cx.place()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let start = cx.clock.monotonic();
    while Server::connect(&place.data, Arc::clone(&cx.clock), LOOK).is_ok() {
        if cx.clock.monotonic().saturating_sub(start) > limit {
            return Err(CommandError::failed("the server agreed to stop but is still there")
                .hint("look at its log for what it waits for"));
        }
        runtime.block_on(async { cx.clock.sleep(LOOK).await });
    }
    Ok(())
}
