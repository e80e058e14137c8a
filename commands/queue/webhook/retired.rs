//! `mox queue webhook retired`: calls that are done.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{HookRetired, HookState};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// That ended so: taken, given-up, canceled or superseded
    #[arg(long, value_name = "STATE", value_parser = end)]
    state: Option<HookState>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue webhook retired --limit 20",
    about: "How the last 20 that are done ended",
    needs: Needs::Server,
}];

fn end(text: &str) -> Result<HookState, String> {
    let words = || HookState::ENDS.map(HookState::word).join(", ");
    HookState::end(text).ok_or_else(|| format!("expected one of {}", words()))
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let rows =
        cx.call(&HookRetired { account: args.account, state: args.state, before: None, limit: args.limit })?;
    super::list::print(cx, &rows)
}
