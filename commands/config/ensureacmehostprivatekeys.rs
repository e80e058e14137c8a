//! `mox config ensureacmehostprivatekeys`: private keys for the host names of listeners with certificates from
//! authorities, so that DANE records can be put into DNS, and stay.

use std::path::{Path, PathBuf};

use mox_config::Config;
use mox_config::listener::Listener;
use mox_platform::files::{Access, create_private_dir, give_to, write_durably};
use mox_tls::{KeyKind, PrivateKey};
use serde::Serialize;

use super::existing;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only show what would be made
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config ensureacmehostprivatekeys",
        about: "Make missing keys, and print what to put into mox.conf",
        needs: Needs::Config,
    },
    Example {
        run: "mox config ensureacmehostprivatekeys --dry-run",
        about: "See which are missing",
        needs: Needs::Config,
    },
];

/// Folder of the keys, below that of mox.conf.
const FOLDER: &str = "hostkeys";

/// Both kinds, as they are listed in mox.conf.
const KINDS: [KeyKind; 2] = [KeyKind::Rsa, KeyKind::Ecdsa];

#[derive(Serialize)]
struct Report {
    listeners: Vec<Keys>,
    /// Nothing was made.
    dry_run: bool,
}

/// The keys of one listener.
#[derive(Serialize)]
struct Keys {
    listener: String,
    host: String,
    /// All of them, as HostPrivateKeyFiles should name them.
    files: Vec<PathBuf>,
    /// Those that were, or would be, made.
    made: Vec<PathBuf>,
    /// Something must be put into mox.conf.
    unlisted: bool,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let verb = if self.dry_run { "would be made" } else { "made" };
        for keys in &self.listeners {
            for made in &keys.made {
                page.line(format_args!("{}: {verb}", made.display()));
            }
            if !keys.unlisted {
                page.verdict(Some(true), format_args!("listener {} has its keys", keys.listener));
                continue;
            }
            page.line(format_args!("put into mox.conf, below Listeners, {}, TLS:", keys.listener));
            let files: String = keys.files.iter().map(|file| format!("\t- {}\n", file.display())).collect();
            page.config(&format!("HostPrivateKeyFiles:\n{files}"));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let file = existing(cx)?;
    let (config, _) = Config::load(&file).map_err(|errors| {
        CommandError::failed(format!("{} problems in the config", errors.0.len()))
            .hint("`mox config test` names them")
    })?;
    // In file names: 20261122T102030.
    let stamp: String = cx.now().rfc3339().chars().filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    let mut report = Report { listeners: Vec::new(), dry_run: args.dry_run };
    for (name, listener) in &config.server.listeners {
        if listener.tls.as_ref().is_some_and(|tls| !tls.acme.is_empty()) {
            report.listeners.push(ensure(&config, name, listener, &stamp, args.dry_run)?);
        }
    }
    if report.listeners.is_empty() && !cx.global.json {
        cx.say("no listener has certificates from an authority: see ACME in mox.conf");
        return Ok(Exit::Done);
    }
    cx.print(&report)?;
    Ok(Exit::Done)
}

/// Makes the keys that a listener has not.
fn ensure(
    config: &Config,
    name: &str,
    listener: &Listener,
    stamp: &str,
    dry_run: bool,
) -> Result<Keys, CommandError> {
    let host = listener.hostname.as_ref().unwrap_or(&config.server.hostname).ascii().to_owned();
    let tls = listener.tls.as_ref();
    let mut files: Vec<PathBuf> = tls.map(|tls| tls.host_private_key_files.clone()).unwrap_or_default();
    let listed = files.len();
    let mut kinds = Vec::new();
    for file in &files {
        kinds.push(read(&config.path(file))?.kind());
    }
    let mut made = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| !kinds.contains(kind)) {
        let found = earlier(config, &host, kind);
        let file = found.unwrap_or_else(|| {
            let file = Path::new(FOLDER).join(format!("{host}.{stamp}.{kind}.privatekey.pkcs8.pem"));
            made.push(file.clone());
            file
        });
        files.push(file);
        if !dry_run && let Some(new) = made.last().filter(|new| Some(*new) == files.last()) {
            make(config, tls.map_or("", |tls| &tls.acme), &host, kind, new)?;
        }
    }
    Ok(Keys { listener: name.to_owned(), host, unlisted: files.len() > listed, files, made })
}

fn read(path: &Path) -> Result<PrivateKey, CommandError> {
    let pem = std::fs::read(path).map_err(|e| CommandError::file(path, e))?;
    PrivateKey::from_pem(&pem).map_err(|e| CommandError::failed(format!("{}: {e}", path.display())))
}

/// A key that this command made before and nobody put into mox.conf: the latest.
fn earlier(config: &Config, host: &str, kind: KeyKind) -> Option<PathBuf> {
    let entries = std::fs::read_dir(config.path(Path::new(FOLDER))).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let (start, end) = (format!("{host}."), format!(".{kind}.privatekey.pkcs8.pem"));
    let is_stamp = |text: &str| text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit() || b == b'T');
    let ours = |name: &String| {
        name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(&end)).is_some_and(is_stamp)
    };
    names.filter(ours).max().map(|name| Path::new(FOLDER).join(name))
}

/// The key that the host's certificate is for already, if there is one; else a new one.
fn make(
    config: &Config,
    authority: &str,
    host: &str,
    kind: KeyKind,
    file: &Path,
) -> Result<(), CommandError> {
    let kept = mox_acme::kept_key(&config.data_dir.join("acme").join(authority), host, kind);
    let key = kept.map_or_else(|| PrivateKey::generate(kind), Ok).map_err(CommandError::failed)?;
    let (path, folder) = (config.path(file), config.path(Path::new(FOLDER)));
    let user = &config.server.user;
    let for_user = mox_platform::machine::is_root() && mox_platform::machine::has_user(user);
    let written = create_private_dir(&folder)
        .and_then(|()| write_durably(&path, key.to_pem().as_bytes(), Access::Private))
        // A server that never is root could not read what is root's.
        .and_then(|()| [&folder, &path].into_iter().filter(|_| for_user).try_for_each(|p| give_to(p, user)));
    written.map_err(|e| CommandError::file(&path, e))
}
