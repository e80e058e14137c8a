//! `mox dkim genrsa`: a new RSA key.

use mox_dkim::SigningKey;

use super::private;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

/// Prints a private key, PKCS#8 in PEM.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Size: 2048, 3072 or 4096; the records of larger ones may be too long for old name servers
    #[arg(long, default_value_t = 2048, value_parser = bits)]
    bits: u32,
}

fn bits(text: &str) -> Result<u32, String> {
    match text {
        "2048" => Ok(2048),
        "3072" => Ok(3072),
        "4096" => Ok(4096),
        _ => Err("2048, 3072 or 4096".to_owned()),
    }
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "(umask 077 && mox dkim genrsa >rsa.pem) && mox dkim txt rsa.pem",
        about: "Keep the private key in a file, and print what to publish",
        needs: Needs::Nothing,
    },
    Example {
        run: "mox dkim genrsa --bits 3072 --json",
        about: "Key and record as JSON",
        needs: Needs::Nothing,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    private::print(cx, SigningKey::generate_rsa(args.bits))
}
