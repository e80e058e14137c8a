//! `mox config account apppassword rm`: a password less.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AppPasswordRemove, AppPasswordRemoved};

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
    /// Its number, as the list shows it
    id: i64,
    /// Only look whether it is there
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config account apppassword rm bob 3",
    about: "The printer sends no more",
    needs: Needs::World,
}];

impl Show for AppPasswordRemoved {
    fn show(&self, page: &mut Page) {
        page.field("id", self.row.id);
        page.field("name", &self.row.name);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, id, dry_run } = args;
    let removed = call(cx, &AppPasswordRemove { account, id, dry_run })?;
    cx.print(&removed)?;
    Ok(Exit::Done)
}
