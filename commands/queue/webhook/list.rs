//! `mox queue webhook list`: calls that wait.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{HookList, HookRow, HookState};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox queue webhook list",
    about: "What was not taken yet, and when it is tried again",
    needs: Needs::Server,
}];

impl Show for Vec<HookRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|hook| {
            let done = !matches!(hook.state, HookState::Pending | HookState::Calling);
            vec![
                hook.id.to_string(),
                hook.state.text().to_owned(),
                shorten(&hook.account, 20),
                hook.event.clone(),
                hook.attempts.to_string(),
                if done {
                    hook.ended.map(|at| at.to_string()).unwrap_or_default()
                } else {
                    hook.next_attempt.to_string()
                },
                shorten(&hook.url, 40),
                shorten(hook.last_error.as_deref().unwrap_or(""), 40),
            ]
        });
        page.table(
            &[">ID", "STATE", "ACCOUNT", "EVENT", ">TRIES", "NEXT OR ENDED", "URL", "LAST ERROR"],
            rows,
        );
    }
}

/// Prints calls.
pub(super) fn print(cx: &mut Context, rows: &Vec<HookRow>) -> Result<Exit, CommandError> {
    if rows.is_empty() && !cx.global.json {
        cx.say("no webhook calls");
    } else {
        cx.print(rows)?;
    }
    Ok(Exit::Done)
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let rows = cx.call(&HookList { account: args.account, before: None, limit: args.limit })?;
    print(cx, &rows)
}
