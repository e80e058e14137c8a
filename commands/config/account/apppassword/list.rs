//! `mox config account apppassword list`: those of an account.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AppPasswordList, AppPasswordRow};

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
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config account apppassword list mox",
        about: "Those of an account",
        needs: Needs::Config,
    },
    Example {
        run: "mox config account apppassword list mox --json",
        about: "The same for scripts",
        needs: Needs::Config,
    },
];

impl Show for Vec<AppPasswordRow> {
    fn show(&self, page: &mut Page) {
        let used = |row: &AppPasswordRow| row.used.map_or("never".to_owned(), |time| time.0.rfc3339());
        let rows = self
            .iter()
            .map(|row| vec![row.id.to_string(), row.name.clone(), row.created.0.rfc3339(), used(row)]);
        page.table(&[">ID", "NAME", "CREATED", "LAST USED"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let rows = call(cx, &AppPasswordList { account: args.account })?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no app passwords");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
