//! `mox config domain enable`: take its mail again.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::DomainDisable;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain
    #[arg(add = ArgValueCompleter::new(complete::domains))]
    domain: String,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config domain enable localhost --dry-run",
    about: "Nothing changes where it is enabled",
    needs: Needs::Config,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, dry_run } = args;
    change(cx, &DomainDisable { domain, disabled: false, dry_run })
}
