//! Finds the config and the data folder that a command is about.
//!
//! Order: `--config` (or MOXCONF), `./config/mox.conf` if it exists, the folder of localserve.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use mox_address::Domain;

use crate::error::CommandError;

/// Name of the static config file.
const FILE: &str = "mox.conf";

/// A config file and its data folder; neither need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The static config file.
    pub(crate) config: PathBuf,
    /// The folder of database and control endpoint.
    pub(crate) data: PathBuf,
}

impl Place {
    /// Finds it; `named` is what the user said, a file or a folder.
    pub(crate) fn find(named: Option<&Path>) -> Result<Place, CommandError> {
        if let Some(path) = named {
            return Ok(Place::at(path));
        }
        let here = Path::new("config").join(FILE);
        if is_there(&here) {
            return Ok(Place::at(&here));
        }
        let folder = mox_platform::paths::localserve_dir().ok_or_else(|| {
            CommandError::not_found("no config: this user has no home folder").hint("name one with --config")
        })?;
        Ok(Place::at(&folder))
    }

    /// The place of a config file, or of the folder that holds or will hold one.
    pub(crate) fn at(path: &Path) -> Place {
        let is_file = path.is_file() || (!path.is_dir() && path.extension().is_some_and(|e| e == "conf"));
        let config = if is_file { path.to_owned() } else { path.join(FILE) };
        let folder = config.parent().unwrap_or(Path::new("")).to_owned();
        let data = folder.join(value(&config, "DataDir:").unwrap_or_else(|| "data".to_owned()));
        Place { config, data }
    }

    /// The `Hostname` of the config file.
    pub(crate) fn hostname(&self) -> Option<Domain> {
        value(&self.config, "Hostname:")?.parse().ok()
    }
}

/// Whether a file is there. One that cannot be looked at, for want of rights mostly, counts as there: whoever opens it says
/// why it cannot be read, where "there is none" would be wrong and another config would be taken for it.
pub(crate) fn is_there(file: &Path) -> bool {
    match file.metadata() {
        Ok(found) => found.is_file(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// The value of a line of a config file, which is looked up without understanding the rest: commands for a running
/// server must work while its config is being edited.
fn value(config: &Path, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(config).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(key))?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_folder_mean_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mox.conf");
        assert_eq!(Place::at(dir.path()), Place { config: file.clone(), data: dir.path().join("data") });
        assert_eq!(Place::at(&file), Place::at(dir.path()));
        std::fs::write(&file, "# comment\nDataDir: ../mail\nLogLevel: info\n").unwrap();
        assert_eq!(Place::at(&file).data, dir.path().join("../mail"));
        assert_eq!(Place::at(&file), Place::at(dir.path()));
    }
}
