//! `mox config address list`: addresses and who has them.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AddressList, AddressRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// Of this domain
    #[arg(long, add = ArgValueCompleter::new(complete::domains))]
    domain: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config address list", about: "All addresses", needs: Needs::Config },
    Example {
        run: "mox config address list --domain localhost --json",
        about: "Of a domain, for scripts",
        needs: Needs::Config,
    },
];

impl Show for Vec<AddressRow> {
    fn show(&self, page: &mut Page) {
        let to = |row: &AddressRow| match row.smtp_error.as_str() {
            "" => row.mailbox.clone(),
            error => format!("refused: {error}"),
        };
        let rows = self
            .iter()
            .map(|row| vec![row.address.clone(), row.account.clone(), to(row), row.rulesets.to_string()]);
        page.table(&["ADDRESS", "ACCOUNT", "MAILBOX", ">RULESETS"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, domain } = args;
    let addresses = call(cx, &AddressList { account, domain })?;
    cx.print(&addresses)?;
    Ok(Exit::Done)
}
