//! `mox dmarc reports`: aggregate reports of others that arrived.

pub(crate) mod list;
pub(crate) mod show;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List reports that arrived, with what passed and what did not
    ///
    /// Each report with its messages, the latest first. A reporter that used to report and fell silent is named.
    List(list::Args),
    /// Show one report, row by row
    ///
    /// Rows that did not pass come first, then those with the most messages; then why they did not, and what mends it.
    /// Exit code 3 when messages did not pass.
    Show(show::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Show(args) => show::run(cx, args),
        }
    }
}
