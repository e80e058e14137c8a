//! `mox config address mvruleset`: another order of the rulesets of an address.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::RulesetMove;

use super::rulesets::of;
use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address, or @domain
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    address: String,
    /// Number of the ruleset, as `mox config address rulesets` shows it
    ruleset: usize,
    /// Its number afterwards: they are tried in order, and the first that matches is used
    to: u64,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config address mvruleset you@example.org 3 1",
    about: "The third is tried first",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { address, ruleset, to, dry_run } = args;
    let found = of(cx, address)?;
    let at = ruleset.checked_sub(1).and_then(|n| found.rulesets.get(n));
    let key = at.map(|row| row.key.clone()).ok_or_else(|| {
        CommandError::failed(format!("{} has no ruleset {ruleset}", found.address))
            .hint(format!("`mox config address rulesets {}` shows them", found.address))
    })?;
    change(cx, &RulesetMove { account: found.account, address: found.address, key, to, dry_run })
}
