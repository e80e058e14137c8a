//! `mox queue suppress list`: who is suppressed.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{SuppressList, Suppression};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue suppress list", about: "Of all accounts", needs: Needs::Server }];

impl Show for Vec<Suppression> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|s| {
            let by = if s.manual { "operator" } else { "delivery" };
            vec![
                shorten(&s.account, 20),
                shorten(&s.base, 40),
                s.added.to_string(),
                by.to_owned(),
                shorten(&s.reason, 60),
            ]
        });
        page.table(&["ACCOUNT", "ADDRESS", "SINCE", "BY", "REASON"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let list = cx.call(&SuppressList { account: args.account, ..SuppressList::default() })?;
    if list.is_empty() && !cx.global.json {
        cx.say("nobody is suppressed");
    } else {
        cx.print(&list)?;
    }
    Ok(Exit::Done)
}
