//! Private keys in files, and new ones on standard output.

use std::path::Path;

use serde::Serialize;

use mox_dkim::{KeyError, KeyType, SigningKey};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

/// Most bytes of a key file.
const MAX_KEY: u64 = 64 * 1024;

/// A new key.
#[derive(Serialize)]
pub(super) struct NewKey {
    key_type: KeyType,
    key_bits: u32,
    /// PKCS#8 in PEM: to be kept private.
    private_key: String,
    /// What to publish.
    record: String,
}

impl Show for NewKey {
    fn show(&self, page: &mut Page) {
        page.block(&self.private_key);
    }
}

/// Prints a new key.
pub(super) fn print(cx: &mut Context, key: Result<SigningKey, KeyError>) -> Result<Exit, CommandError> {
    let key = key.map_err(|e| CommandError::new(Exit::Failed, e))?;
    let new = || {
        Ok::<_, KeyError>(NewKey {
            key_type: key.key_type(),
            key_bits: key.bits(),
            private_key: key.to_pem()?,
            record: key.record()?.to_string(),
        })
    };
    cx.print(&new().map_err(|e| CommandError::new(Exit::Failed, e))?)?;
    Ok(Exit::Done)
}

/// Reads a private key.
pub(super) fn read(cx: &mut Context, path: &Path) -> Result<SigningKey, CommandError> {
    let pem = cx.read_input(path, MAX_KEY)?;
    SigningKey::from_pem(&pem).map_err(|e| {
        let mut error =
            CommandError::new(Exit::Failed, e).hint("`mox dkim gened25519` or `mox dkim genrsa` makes a key");
        error.source = error.source.context(path.display().to_string());
        error
    })
}
