//! `mox config tlspubkey`: TLS client keys that log in without a password.

pub(crate) mod add;
pub(crate) mod generate;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod rm;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the keys
    List(list::Args),
    /// Show the key with a fingerprint
    Get(get::Args),
    /// Let the holder of a key log in as an address
    ///
    /// Reads a certificate of the key, in PEM, from standard input. Only its key counts: names and dates do not.
    Add(add::Args),
    /// Take a key away
    Rm(rm::Args),
    /// Make an Ed25519 key and a certificate that has it: STEM.key.pem and STEM.cert.pem
    Gen(generate::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Get(args) => get::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Rm(args) => rm::run(cx, args),
            Command::Gen(args) => generate::run(cx, args),
        }
    }
}
