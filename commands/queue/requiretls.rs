//! `mox queue requiretls`: say what TLS messages must have.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::QueueRequireTls;

use super::select::Change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// `yes`: verified TLS all the way (REQUIRETLS); `no`: deliver even when TLS fails; `default`: as policies ask for
    #[arg(value_enum)]
    require: Require,
    /// Ids of messages, from `mox queue list`
    #[arg(value_name = "ID", add = ArgValueCompleter::new(complete::queue_ids))]
    ids: Vec<i64>,
    #[command(flatten)]
    change: Change,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Require {
    Yes,
    No,
    Default,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox queue requiretls yes 5", about: "Only over verified TLS", needs: Needs::Server },
    Example { run: "mox queue requiretls default --all", about: "As policies ask for", needs: Needs::Server },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let require = match args.require {
        Require::Yes => Some(true),
        Require::No => Some(false),
        Require::Default => None,
    };
    args.change.apply(cx, args.ids, |filter, dry_run| QueueRequireTls { filter, require, dry_run })
}
