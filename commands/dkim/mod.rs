//! `mox dkim`: signatures on messages.

pub(crate) mod gened25519;
pub(crate) mod genrsa;
pub(crate) mod lookup;
mod private;
pub(crate) mod sign;
pub(crate) mod txt;
pub(crate) mod verify;

use crate::context::Context;
use crate::error::{CommandError, Exit};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Verify all signatures of a message
    Verify(verify::Args),
    /// Sign a message
    Sign(sign::Args),
    /// Look up the public key of a selector, and check it
    Lookup(lookup::Args),
    /// Print the DNS record of a private key
    Txt(txt::Args),
    /// Make an Ed25519 key
    Gened25519(gened25519::Args),
    /// Make an RSA key
    Genrsa(genrsa::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Verify(args) => verify::run(cx, args),
            Command::Sign(args) => sign::run(cx, args),
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Txt(args) => txt::run(cx, args),
            Command::Gened25519(args) => gened25519::run(cx, args),
            Command::Genrsa(args) => genrsa::run(cx, args),
        }
    }
}
