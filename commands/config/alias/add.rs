//! `mox config alias add`: a new alias.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AliasAdd;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the alias
    alias: String,
    /// Addresses that get its mail, each of an account here
    #[arg(required = true, value_name = "ADDRESS", add = ArgValueCompleter::new(complete::addresses))]
    addresses: Vec<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config alias add team@example.org bob@example.org amy@example.org",
    about: "Two members",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { alias, addresses, dry_run } = args;
    change(cx, &AliasAdd { alias, addresses, dry_run })
}
