//! `mox config address add`: an address for an account.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::AddressAdd;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address, or @domain
    address: String,
    /// Name of the account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// Mailbox for its mail instead of Inbox
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config address add sales@localhost mox --mailbox Sales --dry-run",
        about: "With a mailbox of its own",
        needs: Needs::Config,
    },
    Example {
        run: "mox config address add @example.org bob",
        about: "All of a domain that nobody has",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { address, account, mailbox, dry_run } = args;
    change(cx, &AddressAdd { address, account, mailbox, dry_run })
}
