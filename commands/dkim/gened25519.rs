//! `mox dkim gened25519`: a new Ed25519 key.

use mox_dkim::SigningKey;

use super::private;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

/// Prints a private key, PKCS#8 in PEM. Not all receivers verify Ed25519 signatures: sign with an RSA key, too.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "(umask 077 && mox dkim gened25519 >ed.pem) && mox dkim txt ed.pem",
    about: "Keep the private key in a file, and print what to publish",
    needs: Needs::Nothing,
}];

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    private::print(cx, SigningKey::generate_ed25519())
}
