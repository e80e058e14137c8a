//! What an unfinished run has decided: kept until everything is done and told, so that the next run takes it up.
//!
//! The file is the first that is written and the last that goes. It holds the passwords as they are, since nothing else
//! could tell them a second time; only its owner can read it.

use std::io;
use std::path::{Path, PathBuf};

use mox_address::{Address, Domain};
use mox_clock::{Clock, Random};
use mox_platform::files::{Access, create_private_dir, sync_dir, write_durably};
use serde::{Deserialize, Serialize};

use crate::make::Error;

/// Name of the file, in the folder of mox.conf.
const FILE: &str = "quickstart-unfinished.json";
/// Most bytes of it that are read.
const MAX: u64 = 64 << 10;

/// The passwords that were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passwords {
    /// Of the account, for sending mail.
    pub account: String,
    /// Of the administrator.
    pub admin: String,
}

/// What a run has decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// For whom.
    pub address: String,
    /// Name of the mail host.
    pub hostname: Domain,
    /// Name of the first MTA-STS policy: when the run began.
    pub policy_id: String,
    /// Year in the names of DKIM keys.
    pub year: i64,
    /// Made once.
    pub passwords: Passwords,
}

/// How a folder was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing is there.
    Fresh,
    /// An earlier run was interrupted.
    Before(Box<Unfinished>),
}

/// Looks at the folder before anything is asked or written; refuses one that has a configuration or data already.
pub fn begin(dir: &Path, address: &Address, hostname: Option<&Domain>) -> Result<Begun, Error> {
    let config = dir.join("config");
    let state = config.join(FILE);
    if let Some(text) = read(&state).map_err(Error::file(&state))? {
        let before: Unfinished =
            serde_json::from_str(&text).map_err(|e| Error::State { path: state, reason: e.to_string() })?;
        let same_host = hostname.is_none_or(|name| *name == before.hostname);
        if before.address != address.to_string() || !same_host {
            return Err(Error::Another {
                address: before.address,
                hostname: before.hostname,
                path: config.join(FILE),
            });
        }
        return Ok(Begun::Before(Box::new(before)));
    }
    let data = dir.join("data").join(mox_store::DATABASE);
    for path in [config.join("mox.conf"), config.join("domains.conf"), data] {
        if path.try_exists().map_err(Error::file(&path))? {
            return Err(Error::Exists(path));
        }
    }
    Ok(Begun::Fresh)
}

fn read(path: &Path) -> io::Result<Option<String>> {
    use std::io::Read as _;
    let file = match std::fs::File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    file.take(MAX).read_to_string(&mut text)?;
    Ok(Some(text))
}

impl Unfinished {
    /// Draws what is to be drawn.
    pub(crate) fn new(
        address: &Address,
        hostname: Domain,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Unfinished {
        let now = clock.now();
        let policy_id = now.rfc3339().chars().filter(char::is_ascii_alphanumeric).collect();
        let passwords = Passwords {
            account: mox_sasl::random_password(random),
            admin: mox_sasl::random_password(random),
        };
        Unfinished { address: address.to_string(), hostname, policy_id, year: now.day().civil().0, passwords }
    }

    fn path(dir: &Path) -> PathBuf {
        dir.join("config").join(FILE)
    }

    /// Keeps it.
    pub(crate) fn keep(&self, dir: &Path) -> Result<(), Error> {
        let path = Unfinished::path(dir);
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::State { path: path.clone(), reason: e.to_string() })?;
        create_private_dir(&dir.join("config"))
            .and_then(|()| write_durably(&path, text.as_bytes(), Access::Private))
            .map_err(Error::file(&path))
    }

    /// Forgets it, after the passwords were told.
    pub fn forget(dir: &Path) -> Result<(), Error> {
        let path = Unfinished::path(dir);
        std::fs::remove_file(&path).and_then(|()| sync_dir(&dir.join("config"))).map_err(Error::file(&path))
    }
}
