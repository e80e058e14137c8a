//! `mox config tlspubkey list`: the keys.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{ClientKeyList, ClientKeyRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config tlspubkey list", about: "All keys", needs: Needs::Config },
    Example {
        run: "mox config tlspubkey list mox --json",
        about: "Of an account, for scripts",
        needs: Needs::Config,
    },
];

impl Show for Vec<ClientKeyRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            vec![row.fingerprint.clone(), row.account.clone(), row.address.clone(), row.name.clone()]
        });
        page.table(&["FINGERPRINT", "ACCOUNT", "ADDRESS", "NAME"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let keys = call(cx, &ClientKeyList { account: args.account, fingerprint: None })?;
    if keys.is_empty() && !cx.global.json {
        cx.say("no keys");
    } else {
        cx.print(&keys)?;
    }
    Ok(Exit::Done)
}
