//! `mox config account list`: the accounts.

use mox_admin::ops::{AccountList, AccountRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config account list", about: "All accounts", needs: Needs::Config },
    Example { run: "mox config account list --json", about: "The same for scripts", needs: Needs::Config },
];

impl Show for Vec<AccountRow> {
    fn show(&self, page: &mut Page) {
        let logins = |row: &AccountRow| match row.login_disabled.as_str() {
            "" => "enabled".to_owned(),
            text => format!("disabled: {text}"),
        };
        let rows = self
            .iter()
            .map(|row| vec![row.name.clone(), row.domain.clone(), row.addresses.to_string(), logins(row)]);
        page.table(&["ACCOUNT", "DOMAIN", ">ADDRESSES", "LOGINS"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    let accounts = call(cx, &AccountList {})?;
    cx.print(&accounts)?;
    Ok(Exit::Done)
}
