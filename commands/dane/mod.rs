//! `mox dane`: TLSA records, and hosts that satisfy them.

pub(crate) mod dial;
pub(crate) mod dialmx;
pub(crate) mod makerecord;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Connect to a mail host and compare its certificate with its TLSA records
    ///
    /// Exit codes: 3 when it has none, or does not satisfy them; 1 when that cannot be told now.
    Dial(dial::Args),
    /// Do that for every mail host of a domain
    ///
    /// Exit codes: 3 when a host has no TLSA records, or does not satisfy them; 1 when that cannot be told now.
    Dialmx(dialmx::Args),
    /// Make the TLSA record for a certificate or key
    Makerecord(makerecord::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Dial(args) => dial::run(cx, args),
            Command::Dialmx(args) => dialmx::run(cx, args),
            Command::Makerecord(args) => makerecord::run(cx, args),
        }
    }
}
