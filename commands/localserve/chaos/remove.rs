//! `mox localserve chaos remove`: one rule less; those behind it move up.

use super::DryRun;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Number of the rule, from `mox localserve chaos list`
    number: usize,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox localserve chaos remove 1", about: "Remove the first rule", needs: Needs::Server }];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    super::change(cx, args.dry_run, |chaos| match args.number.checked_sub(1) {
        Some(place) if place < chaos.rules.len() => {
            chaos.rules.remove(place);
            Ok(())
        }
        _ => Err(CommandError::not_found(format!("no rule {}", args.number))
            .hint("`mox localserve chaos list` numbers the rules")),
    })
}
