//! `mox config alias addaddr`: more members.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AliasMembers;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the alias
    #[arg(add = ArgValueCompleter::new(complete::aliases))]
    alias: String,
    /// Addresses of members
    #[arg(required = true, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    addresses: Vec<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config alias addaddr team@example.org eve@example.org",
    about: "More members",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { alias, addresses, dry_run } = args;
    change(cx, &AliasMembers { alias, add: addresses, remove: Vec::new(), dry_run })
}
