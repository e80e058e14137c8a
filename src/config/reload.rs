//! The snapshot in effect, and its replacement when `domains.conf` changes.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;

use crate::error::{Errors, Warning};
use crate::load::{Config, read};

/// The config in effect, shared by all.
pub struct Handle {
    current: ArcSwap<Config>,
    /// The state of `domains.conf` when it was last read; locked while it is read or written.
    pub(crate) seen: Mutex<Option<Stamp>>,
}

/// What tells that a file changed. A file put in its place by rename differs in its time of birth, where that is
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    born: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    pub(crate) fn of(file: &Path) -> Option<Stamp> {
        let data = std::fs::metadata(file).ok()?;
        Some(Stamp { modified: data.modified().ok(), born: data.created().ok(), length: data.len() })
    }
}

impl Handle {
    /// Puts a config in effect.
    pub fn new(config: Config) -> Handle {
        let seen = Mutex::new(Stamp::of(&config.dynamic_file));
        Handle { current: ArcSwap::from_pointee(config), seen }
    }

    /// The config in effect now. Hold it for one decision or transaction, not for the life of a connection.
    pub fn load(&self) -> Arc<Config> {
        self.current.load_full()
    }

    pub(crate) fn store(&self, config: Config) {
        self.current.store(Arc::new(config));
    }

    /// Reads `domains.conf` again if it changed since it was last read; none if it did not. A bad file is
    /// reported once, and what was in effect stays.
    pub fn reload_if_changed(&self) -> Result<Option<Vec<Warning>>, Errors> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.load().dynamic_file);
        if stamp == *seen {
            return Ok(None);
        }
        *seen = stamp;
        self.read().map(Some)
    }

    /// Reads `domains.conf` again, changed or not. With a bad file, what was in effect stays.
    pub fn reload(&self) -> Result<Vec<Warning>, Errors> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Stamp::of(&self.load().dynamic_file);
        self.read()
    }

    fn read(&self) -> Result<Vec<Warning>, Errors> {
        let current = self.load();
        let config = current.with_dynamic(read(&current.dynamic_file))?.with_keys()?;
        let warnings = config.warnings.clone();
        self.store(config);
        Ok(warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_file_is_reported_once_and_the_old_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("domains.conf");
        let server =
            "DataDir: d\nHostname: h.example\nListeners: nil\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n";
        let good = "Domains:\n\th.example: nil\nAccounts:\n\ta:\n\t\tDomain: h.example\n";
        std::fs::write(dir.path().join("mox.conf"), server).unwrap();
        std::fs::write(&file, good).unwrap();
        let handle = Handle::new(Config::load(dir.path()).unwrap().0);
        assert_eq!(handle.reload_if_changed(), Ok(None));

        std::fs::write(&file, format!("{good}Accounts: nil\n")).unwrap();
        let errors = handle.reload_if_changed().unwrap_err().to_string();
        assert!(
            errors.ends_with("domains.conf:6:1: duplicate key \"Accounts\", first in line 3"),
            "{errors}"
        );
        assert_eq!(handle.reload_if_changed(), Ok(None));
        assert!(handle.load().dynamic.accounts.contains_key("a"));
        assert!(handle.reload().is_err());

        std::fs::write(&file, format!("{good}\tb:\n\t\tDomain: h.example\n")).unwrap();
        assert_eq!(handle.reload_if_changed(), Ok(Some(Vec::new())));
        assert!(handle.load().dynamic.accounts.contains_key("b"));
    }
}
