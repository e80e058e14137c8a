//! `mox config address rm`: an address less.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AddressRemove;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address, or @domain
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    address: String,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config address rm sales@example.org",
    about: "Refused while an alias needs it",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { address, dry_run } = args;
    change(cx, &AddressRemove { address, dry_run })
}
