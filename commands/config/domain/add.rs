//! `mox config domain add`: a new domain.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::DomainAdd;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain
    domain: String,
    /// Account that gets its reports, and the first address
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// Part before the @ of a first address for the account
    localpart: Option<String>,
    /// Refuse its mail until `mox config domain enable`, as while DNS is set up
    #[arg(long)]
    disabled: bool,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config domain add example.org bob postmaster",
        about: "With a first address",
        needs: Needs::World,
    },
    Example {
        run: "mox config domain add example.net mox --disabled --dry-run",
        about: "What would change",
        needs: Needs::Config,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, account, localpart, disabled, dry_run } = args;
    change(cx, &DomainAdd { domain, account, localpart, disabled, dry_run })
}
