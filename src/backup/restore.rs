//! Putting a backup back: into a new or empty folder, every byte compared with its hash on the way.
//!
//! The files come into `.new` in that folder and get their names, `config` and `data`, when all are durable: a run that
//! was killed leaves no half data folder that a server could be started on, and no config without its data.

use std::fs;
use std::path::{Component, Path, PathBuf};

use mox_platform::DirLock;
use mox_platform::files::{create_private_dir, free_space, sync_dir};

use crate::manifest::Manifest;
use crate::{Error, files};

/// Folder of what is being put back.
const NEW: &str = ".new";
/// The folders of a copy, in the order in which they get their names: a server that finds a config and no data folder
/// would begin a new one.
const PARTS: [&str; 3] = ["other", "data", "config"];

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup is.
    pub manifest: Manifest,
    /// Files written, or to be written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The data folder.
    pub data: PathBuf,
}

/// Puts the backup in the folder `backup` into the folder `target`; with `dry_run` only says what it is.
pub fn restore(
    backup: &Path,
    target: &Path,
    dry_run: bool,
    progress: &dyn Fn(&str),
) -> Result<Restored, Error> {
    let manifest = Manifest::read(backup)?;
    let files = manifest.files.len() as u64;
    let bytes: u64 = manifest.files.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
    // A run that was killed leaves its own folder.
    let ours = |entry: std::io::Result<fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() == NEW);
    match fs::read_dir(target).map(|mut entries| entries.all(ours)) {
        Ok(true) => {}
        Ok(false) => return Err(Error::Occupied(target.to_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(Error::file(target)(e)),
    }
    let above = target.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."));
    if let Some(free) = free_space(above).ok().flatten().filter(|free| *free < bytes) {
        return Err(Error::Full { path: target.to_owned(), free, needed: bytes });
    }
    if dry_run {
        let data = data_place(&manifest, target);
        return Ok(Restored { manifest, files, bytes, data });
    }
    let new = target.join(NEW);
    create_private_dir(&new).map_err(Error::file(&new))?;
    let lock = DirLock::acquire(&new)?;
    let written = write(&manifest, backup, &new, progress);
    if let Err(e) = written {
        drop(lock);
        // What is of no use does not keep a disk full.
        let _ = fs::remove_dir_all(&new);
        return Err(e);
    }
    let data = data_place(&manifest, target);
    if let Ok(below) = data.strip_prefix(target.join("config")) {
        let to = new.join("config").join(below);
        to.parent().map_or(Ok(()), create_private_dir).map_err(Error::file(&to))?;
        fs::rename(new.join("data"), &to).map_err(Error::file(&to))?;
        sync_dir(&new.join("config")).map_err(Error::file(&new))?;
    }
    for part in PARTS {
        let from = new.join(part);
        if from.exists() {
            fs::rename(&from, target.join(part)).map_err(Error::file(&from))?;
        }
    }
    drop(lock);
    fs::remove_dir_all(&new).map_err(Error::file(&new))?;
    sync_dir(target).map_err(Error::file(target))?;
    Ok(Restored { manifest, files, bytes, data })
}

/// Writes the files of a backup into a folder that is locked, durably, in the place of what a killed run left.
fn write(manifest: &Manifest, backup: &Path, new: &Path, progress: &dyn Fn(&str)) -> Result<(), Error> {
    let (copy, files) = (manifest.copy(backup), manifest.files.len());
    for left in PARTS.map(|part| new.join(part)).iter().filter(|left| left.exists()) {
        fs::remove_dir_all(left).map_err(Error::file(left))?;
    }
    let mut folders = std::collections::BTreeSet::new();
    for (number, entry) in manifest.files.iter().enumerate() {
        progress(&format!("restoring, {number} of {files} files"));
        let to = new.join(&entry.path);
        let (size, sha256) = files::copy(&copy.join(&entry.path), &to)?;
        if size != entry.size || sha256 != entry.sha256 {
            let reason = format!("{size} bytes, expected {}, or another hash", entry.size);
            return Err(Error::Damaged { path: entry.path.clone(), reason });
        }
        folders.extend(to.ancestors().skip(1).take_while(|above| above.starts_with(new)).map(Path::to_owned));
    }
    folders.iter().try_for_each(|folder| sync_dir(folder).map_err(Error::file(folder)))
}

/// Where the data folder goes: into `config` if it was below the folder of `mox.conf`, else beside it.
fn data_place(manifest: &Manifest, target: &Path) -> PathBuf {
    let below = manifest.config_file.as_deref().and_then(|config| {
        let below = Path::new(&manifest.data_dir).strip_prefix(Path::new(config).parent()?).ok()?;
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        (below.components().count() > 0 && below.components().all(plain)).then_some(below)
    });
    let held = manifest.files.iter().any(|entry| entry.path.starts_with("config/"));
    match below.filter(|_| held) {
        Some(below) => target.join("config").join(below),
        None => target.join("data"),
    }
}
