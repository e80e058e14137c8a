//! `mox logins`: who tried to log in, from where, and what came of it.

use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{LoginAttemptRow, LoginAttempts};

use crate::arguments::duration;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only attempts to log in to this account
    account: Option<String>,
    /// Only attempts that name no account here
    #[arg(long, conflicts_with = "account")]
    unknown: bool,
    /// Only attempts that failed
    #[arg(long)]
    failed: bool,
    /// Only attempts of so long ago at most, as 24h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    since: Option<Duration>,
    /// Only attempts behind the one with this key, which `--json` tells of each
    #[arg(long, value_name = "KEY")]
    after: Option<String>,
    /// So many rows at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox logins",
        about: "The latest attempts, those that are the same in one row",
        needs: Needs::Server,
    },
    Example {
        run: "mox logins mox --failed --since 24h --json",
        about: "Who guessed at the password of an account today",
        needs: Needs::Server,
    },
];

impl Show for Vec<LoginAttemptRow> {
    fn show(&self, page: &mut Page) {
        let cells = |row: &LoginAttemptRow| {
            vec![
                row.last.to_string(),
                row.count.to_string(),
                row.result.clone(),
                row.account.clone(),
                row.login.clone(),
                row.remote_ip.clone(),
                row.protocol.clone(),
                row.mechanism.clone(),
                row.tls.clone(),
            ]
        };
        let columns = ["LAST", ">COUNT", "RESULT", "ACCOUNT", "LOGIN", "FROM", "PORT", "MECHANISM", "TLS"];
        page.table(&columns, self.iter().map(cells));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = args.since.map(|ago| Time(cx.now().minus(ago)));
    let account = if args.unknown { Some(String::new()) } else { args.account };
    let asked = LoginAttempts { account, failed: args.failed, since, after: args.after, limit: args.limit };
    let rows = cx.call(&asked)?;
    if rows.is_empty() && !cx.global.json {
        cx.say("nobody tried to log in");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}
