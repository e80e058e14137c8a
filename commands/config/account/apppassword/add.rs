//! `mox config account apppassword add`: one more password.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AppPasswordAdd, AppPasswordAdded};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of the account
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    /// The program or the device that it is for
    name: String,
    /// Only check
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config account apppassword add bob printer",
    about: "A password for a printer that sends scans, printed once",
    needs: Needs::World,
}];

impl Show for AppPasswordAdded {
    fn show(&self, page: &mut Page) {
        if self.row.id != 0 {
            page.field("id", self.row.id);
        }
        page.field("name", &self.row.name);
        if let Some(password) = &self.password {
            page.field("password", password.reveal());
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, name, dry_run } = args;
    let added = call(cx, &AppPasswordAdd { account, name, dry_run })?;
    cx.print(&added)?;
    if dry_run {
        cx.say("nothing was stored: this was a dry run");
    }
    Ok(Exit::Done)
}
