//! `mox queue webhook schedule`: moves the next attempt of calls.

use std::time::Duration;

use mox_admin::ops::HookSchedule;

use crate::arguments::{duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// `now`, or a time ahead like `2h`
    #[arg(value_parser = ahead)]
    when: Duration,
    /// Ids of calls, from `mox queue webhook list`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
    /// Only look whether they wait
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue webhook schedule now 3", about: "Try again at once", needs: Needs::Server }];

fn ahead(text: &str) -> Result<Duration, String> {
    if text == "now" { Ok(Duration::ZERO) } else { duration(text).map_err(|e| e.to_string()) }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let op = HookSchedule { ids: args.ids, in_ms: millis(args.when), dry_run: args.dry_run };
    let changed = cx.call(&op)?;
    cx.print(&changed)?;
    Ok(Exit::Done)
}
