//! `mox config tlspubkey gen`: a key for a TLS client, made on this machine. RFC 8410.

use std::io::Write;
use std::path::{Path, PathBuf};

use mox_platform::files::{Access, create};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Path and name of the files, without their ends
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    stem: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config tlspubkey gen laptop",
    about: "Make laptop.key.pem and laptop.cert.pem",
    needs: Needs::Nothing,
}];

/// What was made.
#[derive(Serialize)]
struct Made {
    key: String,
    certificate: String,
    fingerprint: String,
}

impl Show for Made {
    fn show(&self, page: &mut Page) {
        page.field("key", &self.key);
        page.field("certificate", &self.certificate);
        page.field("fingerprint", &self.fingerprint);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Some(name) = args.stem.file_name().and_then(|name| name.to_str()) else {
        return Err(CommandError::usage("the stem names no file").hint("as laptop, or keys/laptop"));
    };
    let made = mox_tls::client_certificate(name, cx.now()).map_err(CommandError::failed)?;
    let spki = mox_tls::client_key(made.cert_pem.as_bytes()).map_err(CommandError::failed)?;
    let (key, certificate) = (file(&args.stem, ".key.pem"), file(&args.stem, ".cert.pem"));
    write(&key, &made.key_pem, Access::Private)?;
    if let Err(e) = write(&certificate, &made.cert_pem, Access::Public) {
        let _ = std::fs::remove_file(&key);
        return Err(e);
    }
    cx.print(&Made {
        key: key.display().to_string(),
        certificate: certificate.display().to_string(),
        fingerprint: spki.iter().map(|byte| format!("{byte:02x}")).collect(),
    })?;
    cx.say(
        "`mox config tlspubkey add ADDRESS NAME` lets it log in: give it the certificate on standard input",
    );
    Ok(Exit::Done)
}

fn file(stem: &Path, end: &str) -> PathBuf {
    let mut path = stem.as_os_str().to_owned();
    path.push(end);
    path.into()
}

/// Writes a file that must not be there yet.
fn write(path: &Path, pem: &str, access: Access) -> Result<(), CommandError> {
    let mut file = create(path, access).map_err(|e| {
        let there = e.kind() == std::io::ErrorKind::AlreadyExists;
        let error = CommandError::file(path, e);
        if there { error.hint("nothing is overwritten: move it away, or take another name") } else { error }
    })?;
    let written = file.write_all(pem.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|e| {
        let _ = std::fs::remove_file(path);
        CommandError::file(path, e)
    })
}
