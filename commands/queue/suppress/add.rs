//! `mox queue suppress add`: send nothing more to an address.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{SuppressAdd, Suppression};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// The address
    address: String,
    /// Why
    #[arg(long, default_value = "added by an operator")]
    reason: String,
    /// Only show what would be added
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue suppress add mox bob@example.org --reason 'asked us not to write'",
    about: "Send nothing more to bob",
    needs: Needs::Server,
}];

impl Show for Suppression {
    fn show(&self, page: &mut Page) {
        page.field("account", &self.account);
        page.field("address", &self.base);
        page.field("added as", &self.address);
        page.field("since", self.added);
        page.field("by", if self.manual { "an operator" } else { "a failed delivery" });
        page.field("reason", &self.reason);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, address, reason, dry_run } = args;
    let there = cx.call(&SuppressAdd { account, address, reason, dry_run })?;
    cx.print(&there)?;
    Ok(Exit::Done)
}
