//! `mox config account set`: name, description, quota and limits of an account.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AccountSet;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of the account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    name: String,
    /// Name shown in From; empty for none
    #[arg(long, value_name = "TEXT")]
    full_name: Option<String>,
    /// Free text; empty for none
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Most bytes of its messages: 0 for what mox.conf says, -1 for no limit
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true)]
    quota: Option<i64>,
    /// Messages that it may send in 24 hours, each counted for each recipient; 0 for the default
    #[arg(long, value_name = "N")]
    max_outgoing: Option<u32>,
    /// Recipients in 24 hours that it never wrote to before; 0 for the default
    #[arg(long, value_name = "N")]
    max_first_time: Option<u32>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config account set mox --quota 5000000000 --description 'test mail' --dry-run",
        about: "5 GB, and why it is there",
        needs: Needs::Config,
    },
    Example {
        run: "mox config account set bob --max-outgoing 200 --max-first-time 50",
        about: "Less mail in 24 hours than others may send",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { name: account, full_name, description, quota, max_outgoing, max_first_time, dry_run } = args;
    change(cx, &AccountSet { account, full_name, description, quota, max_outgoing, max_first_time, dry_run })
}
