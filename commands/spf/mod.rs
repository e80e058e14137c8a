//! `mox spf`: may an address send mail for a domain.

pub(crate) mod check;
pub(crate) mod lookup;
pub(crate) mod parse;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Check whether an address may send mail for a domain
    ///
    /// Either DOMAIN and IP, or --ip with --mail-from, --helo or both. A null reverse-path, as bounces have, checks the
    /// name of --helo.
    ///
    /// Exit codes: 0 for pass, neutral and none; 3 for fail, softfail and permerror; 1 for temperror, since trying
    /// again later may help.
    Check(check::Args),
    /// Look up the record of a domain and those it includes, and count what they cost
    ///
    /// Exit codes: 3 when there is no record or something is wrong with it, 1 when DNS does not answer.
    Lookup(lookup::Args),
    /// Take a record apart, without asking DNS
    ///
    /// Exit code 3 when it has a mistake.
    Parse(parse::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Check(args) => check::run(cx, args),
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Parse(args) => parse::run(cx, args),
        }
    }
}
