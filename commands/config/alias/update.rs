//! `mox config alias update`: who may do what with an alias.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AliasUpdate;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the alias
    #[arg(add = ArgValueCompleter::new(complete::aliases))]
    alias: String,
    /// Whether anyone may send to it; else only its members
    #[arg(long, value_name = "BOOL")]
    post_public: Option<bool>,
    /// Whether members can see the members
    #[arg(long, value_name = "BOOL")]
    list_members: Option<bool>,
    /// Whether members may use its address in From
    #[arg(long, value_name = "BOOL")]
    allow_msg_from: Option<bool>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config alias update team@example.org --post-public true",
    about: "Everyone may send to it",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { alias, post_public, list_members, allow_msg_from, dry_run } = args;
    change(cx, &AliasUpdate { alias, post_public, list_members, allow_msg_from, dry_run })
}
