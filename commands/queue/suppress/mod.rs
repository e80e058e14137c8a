//! `mox queue suppress`: recipients that an account sends nothing more to.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod remove;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show who is suppressed, and why
    List(list::Args),
    /// Show whether an address is suppressed; exit status 3 if it is
    Lookup(lookup::Args),
    /// Suppress an address for an account
    ///
    /// Its mail to the address then fails at once. Addresses are compared without case and subaddress.
    Add(add::Args),
    /// Let an account send to an address again
    Remove(remove::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Remove(args) => remove::run(cx, args),
        }
    }
}
