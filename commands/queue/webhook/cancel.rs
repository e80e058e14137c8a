//! `mox queue webhook cancel`: calls are taken back.

use mox_admin::ops::HookCancel;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Ids of calls, from `mox queue webhook list`
    #[arg(value_name = "ID", required = true)]
    ids: Vec<i64>,
    /// Only look whether they wait
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue webhook cancel 3",
    about: "The URL is not told of it any more",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let changed = cx.call(&HookCancel { ids: args.ids, dry_run: args.dry_run })?;
    cx.print(&changed)?;
    Ok(Exit::Done)
}
