//! `mox config rollback`: an earlier domains.conf.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::ConfigRollback;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The version, from `mox config versions`
    #[arg(add = ArgValueCompleter::new(complete::config_versions))]
    version: u64,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config rollback 3 --dry-run", about: "What would change", needs: Needs::World },
    Example {
        run: "mox config rollback 3",
        about: "Undo the change that replaced version 3, and all after it",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { version, dry_run } = args;
    change(cx, &ConfigRollback { version, dry_run })
}
