//! `mox config domain disable`: refuse its mail for the time being.

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
    run: "mox config domain disable localhost --dry-run",
    about: "Others try again later",
    needs: Needs::Config,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, dry_run } = args;
    change(cx, &DomainDisable { domain, disabled: true, dry_run })
}
