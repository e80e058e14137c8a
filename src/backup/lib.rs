//! Copies of a server's config and data, taken while it runs, checked, and put back.
//!
//! A backup folder holds `manifest.json` and the folder that it names, `copy-a` or `copy-b`, with `config/` (what
//! stands in the folder of `mox.conf`), `data/` (the data folder) and `other/` (files that the config names
//! elsewhere). Promises:
//! 1. A backup holds what was committed before it began: the database is copied from one snapshot, begun afterwards.
//! 2. Every content file that the snapshot refers to is in it: the caller holds removals back ([`Source::store`], or
//!    the lock of the data folder) from before the snapshot until the last file is linked or copied.
//! 3. The backup folder holds a whole backup at every instant once the first is done: a new one is made as `.new`,
//!    synced, renamed to the name that is free, and becomes the backup when the manifest is replaced, in one rename.
//!    Only then does the old one go. What a killed run leaves is cleared away by the next.
//!
//! The database is copied whole, by SQLite's online backup, some pages a step with pauses between ([`take`]): a new
//! file is what keeps the old copy whole, so copying changed pages alone would write as much. Content files never
//! change, so they are hard links where the file system allows, of the data folder or else of the last backup.

mod check;
mod files;
mod manifest;
mod restore;
mod take;
mod upgrade;

use std::path::{Path, PathBuf};

pub use check::{Checked, check};
pub use manifest::{Entry, MANIFEST, Manifest};
pub use mox_db::Schema;
pub use restore::{Restored, restore};
pub use take::{Ground, Source, take};
pub use upgrade::{Last, SchemaState, last, last_change, schemas};

/// Why there is no backup, or none that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database could not be read or copied.
    #[error("{}: {source}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: mox_store::Error,
    },
    /// The destination is the data folder or lies in it.
    #[error("{} lies in the data folder", .0.display())]
    Inside(PathBuf),
    /// The folder holds something else.
    #[error("{} is not empty, and not a backup", .0.display())]
    NotEmpty(PathBuf),
    /// Something is in the folder that a backup is to be restored into.
    #[error("{} is not empty", .0.display())]
    Occupied(PathBuf),
    /// The folder is the backup of another server.
    #[error("{} is a backup of {owner}, not of {server}", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Whose backup was to be taken.
        server: String,
    },
    /// The folder is no backup, or its manifest cannot be used.
    #[error("{}: {reason}", path.display())]
    NoBackup {
        /// The manifest.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Another run works in the folder.
    #[error(transparent)]
    Locked(#[from] mox_platform::LockError),
    /// There is too little room.
    #[error("{} has {free} bytes free, the database alone takes {needed}", path.display())]
    Full {
        /// Where.
        path: PathBuf,
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// A file is not what the manifest says.
    #[error("{path} in the backup is damaged: {reason}")]
    Damaged {
        /// Path in the copy.
        path: String,
        /// What differs.
        reason: String,
    },
    /// The server was told to stop.
    #[error("ended before it was done; the backup before it is untouched")]
    Ended,
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    }

    /// The next step for the operator.
    pub fn hint(&self) -> Option<&'static str> {
        use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
        match self {
            Error::File { source, .. } if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) => {
                Some(
                    "a running server writes the backup itself: the folder must be writable for the user that runs it, and \
                     on Linux be listed in Sandbox, Write of mox.conf",
                )
            }
            Error::File { source, .. } if source.kind() == StorageFull => {
                Some("make room, or name another disk")
            }
            Error::Full { .. } => Some("make room, or name another disk"),
            Error::Inside(_) => Some("name a folder elsewhere, on another disk at best"),
            Error::NotEmpty(_) => Some("name a new or empty folder, or that of an earlier backup"),
            Error::Occupied(_) => Some("name a new or empty folder: nothing is ever overwritten"),
            Error::Foreign { .. } => Some("name a folder of its own for every server"),
            Error::Locked(_) => Some("another run works in that folder: wait for it"),
            Error::NoBackup { .. } => Some("name the folder that was given to `mox backup`"),
            Error::Damaged { .. } => {
                Some("take a new backup into a new folder, and look at the disk of this one")
            }
            Error::Database { .. } => Some("`mox verifydata` says what is wrong with the data"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
