//! `mox dns`: what DNS says, and whether DNSSEC proves it.

pub(crate) mod lookup;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Look up the records of a name, and say what DNSSEC says of them and why
    ///
    /// Without a type the addresses of both families are looked up, or, when NAME is an address, its names. CNAMEs are
    /// followed. The status is the weaker one where two lookups were made.
    ///
    /// The status is `secure` when signatures prove the answer, also the answer that there is nothing; `insecure` when it
    /// is in a zone without signatures, or nobody who is believed vouches for it; `bogus` when it is not what the owner
    /// of the zone signed; `indeterminate` when nobody answered.
    ///
    /// Exit codes: 0 when there are records, 5 when there are none or no such name, 3 when the answer is bogus, 1 when
    /// nobody answers.
    Lookup(lookup::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Lookup(args) => lookup::run(cx, args),
        }
    }
}
