//! `mox config account show`: one account.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AccountDetail, AccountShow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Its name, or one of its addresses
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config account show mox", about: "What an account is", needs: Needs::Config },
    Example {
        run: "mox config account show you@example.org",
        about: "Whose address it is",
        needs: Needs::World,
    },
];

impl Show for AccountDetail {
    fn show(&self, page: &mut Page) {
        page.field("account", &self.row.name);
        if !self.row.login_disabled.is_empty() {
            page.field("logins", format_args!("disabled: {}", self.row.login_disabled));
        }
        for address in &self.addresses {
            page.field("address", format_args!("{} -> {}", address.address, address.mailbox));
        }
        for alias in &self.aliases {
            page.field("alias", alias);
        }
        for reference in &self.references {
            page.field("needed by", reference);
        }
        for (name, hook) in
            [("outgoing webhook", &self.outgoing_webhook), ("incoming webhook", &self.incoming_webhook)]
        {
            if let Some(hook) = hook {
                page.field(name, &hook.url);
            }
        }
        match &self.stored {
            Some(stored) => {
                page.field("messages", format_args!("{} of {} bytes", stored.messages, stored.size));
                if let Some(quota) = self.quota {
                    page.field("quota", format_args!("{quota} bytes"));
                }
                page.field("password", if stored.has_password { "set" } else { "none" });
                page.field("client keys", stored.client_keys);
            }
            None => page.field("messages", "nothing is stored yet"),
        }
        let limits = &self.limits;
        page.field("sent in 24 hours", format_args!("{} of {} messages", limits.sent, limits.max_outgoing));
        page.field("new recipients", format_args!("{} of {}", limits.first_time, limits.max_first_time));
        page.line("");
        page.config(&self.config);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let account = call(cx, &AccountShow { account: args.account })?;
    cx.print(&account)?;
    Ok(Exit::Done)
}
