//! `mox queue suppress lookup`: is an address suppressed.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::SuppressList;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address
    address: String,
    /// For this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue suppress lookup bob@example.net",
    about: "Who sends nothing more to an address",
    needs: Needs::Server,
}];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let list = cx.call(&SuppressList {
        account: args.account,
        address: Some(args.address),
        ..SuppressList::default()
    })?;
    let free = list.is_empty();
    if free && !cx.global.json {
        cx.say("not suppressed");
    } else {
        cx.print(&list)?;
    }
    Ok(if free { Exit::Done } else { Exit::Problems })
}
