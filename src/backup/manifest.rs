//! `manifest.json`: what a backup holds, with sizes and hashes. Whichever copy it names is the backup.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use mox_admin::Time;
use mox_platform::files::{Access, write_durably};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Name of the file in the backup folder.
pub const MANIFEST: &str = "manifest.json";
/// Version of the format.
const FORMAT: u32 = 1;
/// Largest manifest that is read, in bytes: some two million files.
const MAX_BYTES: u64 = 512 << 20;
/// The names that a copy can have; one is the backup, the other free.
pub(crate) const FOLDERS: [&str; 2] = ["copy-a", "copy-b"];

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub format: u32,
    /// Version of the program that wrote it.
    pub version: String,
    /// Host name of the server.
    pub hostname: String,
    /// When it was begun: everything committed before is in it.
    pub taken: Time,
    /// Folder beside the manifest that holds the files.
    pub folder: String,
    /// Where the data folder was.
    pub data_dir: String,
    /// Where `mox.conf` was; none when there was none.
    pub config_file: Option<String>,
    /// Version of every room's tables.
    pub schemas: BTreeMap<String, u32>,
    /// The files.
    pub files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Path in the copy, with `/` between its parts.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// Where a file of `other/` was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
}

impl Manifest {
    /// Starts one.
    pub(crate) fn new(version: &str, hostname: &str, taken: Time) -> Manifest {
        Manifest {
            format: FORMAT,
            version: version.to_owned(),
            hostname: hostname.to_owned(),
            taken,
            folder: String::new(),
            data_dir: String::new(),
            config_file: None,
            schemas: BTreeMap::new(),
            files: Vec::new(),
        }
    }

    /// The manifest of the backup folder `backup`.
    pub fn read(backup: &Path) -> Result<Manifest, Error> {
        let path = backup.join(MANIFEST);
        let wrong = |reason: String| Error::NoBackup { path: path.clone(), reason };
        let file = std::fs::File::open(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => wrong("there is no backup".to_owned()),
            _ => Error::file(&path)(e),
        })?;
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(Error::file(&path))?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        if manifest.format != FORMAT {
            return Err(wrong(format!("format {} is not known to this version", manifest.format)));
        }
        if !FOLDERS.contains(&manifest.folder.as_str()) {
            return Err(wrong(format!("{:?} is no name of a copy", manifest.folder)));
        }
        if let Some(entry) = manifest.files.iter().find(|entry| !is_inner(&entry.path)) {
            return Err(wrong(format!("{:?} is no path in a copy", entry.path)));
        }
        Ok(manifest)
    }

    /// Makes this the manifest of the folder, durably and at once.
    pub(crate) fn write(&self, backup: &Path) -> Result<(), Error> {
        let path = backup.join(MANIFEST);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|e| Error::NoBackup { path: path.clone(), reason: e.to_string() })?;
        write_durably(&path, &text, Access::Private).map_err(Error::file(&path))
    }

    /// The folder of the files.
    pub fn copy(&self, backup: &Path) -> PathBuf {
        backup.join(&self.folder)
    }
}

/// Whether a path leads to a file of a copy and not out of it.
fn is_inner(path: &str) -> bool {
    let mut parts = path.split('/');
    let sound =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    matches!(parts.next(), Some("config" | "data" | "other")) && parts.clone().count() > 0 && parts.all(sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_copy() {
        let cases = [
            ("data/mox.db", true),
            ("data/msg/00/00ab", true),
            ("config/dkim/a.pem", true),
            ("other/0/key.pem", true),
            ("data", false),
            ("data/", false),
            ("data/../x", false),
            ("/etc/passwd", false),
            ("config/c:evil", false),
            ("config/a\\..\\b", false),
            ("elsewhere/x", false),
        ];
        for (path, inner) in cases {
            assert_eq!(is_inner(path), inner, "{path}");
        }
    }

    #[test]
    fn a_bad_manifest_is_no_backup() {
        let dir = tempfile::tempdir().unwrap();
        let read = || Manifest::read(dir.path()).unwrap_err().to_string();
        assert!(read().ends_with("there is no backup"), "{}", read());
        std::fs::write(dir.path().join(MANIFEST), "{").unwrap();
        assert!(read().contains("EOF"), "{}", read());
    }
}
