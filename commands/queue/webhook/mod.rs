//! `mox queue webhook`: calls of webhooks of accounts.

pub(crate) mod cancel;
pub(crate) mod list;
pub(crate) mod retired;
pub(crate) mod schedule;
pub(crate) mod show;
pub(crate) mod test;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List calls that wait, the latest first
    List(list::Args),
    /// Show one call, waiting or done, and what it says
    Show(show::Args),
    /// Take calls back that wait
    Cancel(cancel::Args),
    /// Move the next attempt of calls that wait
    Schedule(schedule::Args),
    /// List calls that are done, the latest first
    ///
    /// They are kept as long as KeepRetiredWebhookPeriod of their account says.
    Retired(retired::Args),
    /// Make one call with made-up content, and show the answer
    ///
    /// The URL is that of the configuration; it is called at once and once, and the call is not listed.
    Test(test::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
            Command::Cancel(args) => cancel::run(cx, args),
            Command::Schedule(args) => schedule::run(cx, args),
            Command::Retired(args) => retired::run(cx, args),
            Command::Test(args) => test::run(cx, args),
        }
    }
}
