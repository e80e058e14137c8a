//! `mox config tlspubkey rm`: a key less.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::ClientKeyRemove;

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fingerprint of the key
    #[arg(add = ArgValueCompleter::new(complete::client_keys))]
    fingerprint: String,
    /// Only look whether it is there
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config tlspubkey rm 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    about: "It logs in no more",
    needs: Needs::World,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { fingerprint, dry_run } = args;
    let removed = call(cx, &ClientKeyRemove { account: None, fingerprint, dry_run })?;
    cx.print(&removed)?;
    Ok(Exit::Done)
}
