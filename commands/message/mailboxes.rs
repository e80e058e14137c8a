//! `mox message mailboxes`: one for every address that mail came for.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{MailboxList, MailboxRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten, size};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account [default: all]
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox message mailboxes",
    about: "With how many messages are in them",
    needs: Needs::Server,
}];

impl Show for Vec<MailboxRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|mailbox| {
            vec![
                shorten(&mailbox.name, 60),
                mailbox.account.clone(),
                mailbox.total.to_string(),
                mailbox.unseen.to_string(),
                size(mailbox.size),
            ]
        });
        page.table(&["MAILBOX", "ACCOUNT", ">MESSAGES", ">UNSEEN", ">SIZE"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mailboxes = cx.call(&MailboxList { account: args.account })?;
    cx.print(&mailboxes)?;
    Ok(Exit::Done)
}
