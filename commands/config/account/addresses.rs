//! `mox config account addresses`: the addresses of an account.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AddressList;

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of the account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    name: String,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config account addresses mox",
    about: "Which mail an account gets",
    needs: Needs::Config,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let addresses = call(cx, &AddressList { account: Some(args.name), domain: None })?;
    cx.print(&addresses)?;
    Ok(Exit::Done)
}
