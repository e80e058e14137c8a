//! `mox config domain rm`: a domain less.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::DomainRemove;

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
    run: "mox config domain rm example.org --dry-run",
    about: "Whether it can be removed",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, dry_run } = args;
    change(cx, &DomainRemove { domain, dry_run })
}
