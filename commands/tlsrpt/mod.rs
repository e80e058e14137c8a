//! `mox tlsrpt`: reports about TLS, those that are sent and those that arrive.

pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod lookup;
pub(crate) mod parse;
pub(crate) mod preview;
pub(crate) mod reports;
pub(crate) mod results;
pub(crate) mod sendnow;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::suppress;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Look up where reports about TLS to a domain go
    Lookup(lookup::Args),
    /// Show how TLS went with others, as far as it is not reported yet
    Results(results::Args),
    /// Show what would be reported now, to whom, and what is withheld and why
    Preview(preview::Args),
    /// Send reports without waiting for their time
    SendNow(sendnow::Args),
    /// Show reports that were made, and what became of them
    History(history::Args),
    /// Explain step by step whether a report about a domain goes out, when and to whom
    Explain(explain::Args),
    /// Destinations that get no reports
    ///
    /// There is one list for reports about TLS and for DMARC reports: `mox tlsrpt suppress` and `mox dmarc suppress`
    /// show and change the same.
    #[command(subcommand)]
    Suppress(suppress::Command),
    /// Reports of others that arrived
    #[command(subcommand)]
    Reports(reports::Command),
    /// Tell in sentences what a report says, from a file or message
    Parse(parse::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Results(args) => results::run(cx, args),
            Command::Preview(args) => preview::run(cx, args),
            Command::SendNow(args) => sendnow::run(cx, args),
            Command::History(args) => history::run(cx, args),
            Command::Explain(args) => explain::run(cx, args),
            Command::Suppress(command) => command.run(cx),
            Command::Reports(command) => command.run(cx),
            Command::Parse(args) => parse::run(cx, args),
        }
    }
}
