//! `mox queue holdrules remove`: one rule less.

use mox_admin::ops::HoldRuleRemove;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Number of the rule, from `mox queue holdrules list`
    id: i64,
    /// Only look whether it is there
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue holdrules remove 1",
    about: "Remove a rule; `mox queue unhold` releases what it held",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let changed = cx.call(&HoldRuleRemove { id: args.id, dry_run: args.dry_run })?;
    cx.print(&changed)?;
    Ok(Exit::Done)
}
