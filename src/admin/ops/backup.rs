//! A backup taken by the running server.

use mox_clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Takes a backup of config and data while the server runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// Absolute path of the folder that takes it; the server's user writes it.
    pub destination: String,
    /// Only say what it would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// The backup that was taken, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// Folder of the backup.
    pub destination: String,
    /// Folder in it that holds the copy; empty when none was made.
    pub folder: String,
    /// When it was begun: everything acknowledged before is in it.
    pub taken: Time,
    /// Nothing was written.
    pub dry_run: bool,
    /// There was a backup of this server in the folder, which this one replaced.
    pub incremental: bool,
    /// Size of the database.
    pub database_bytes: u64,
    /// Large messages, which are files.
    pub contents: u64,
    /// Their bytes.
    pub content_bytes: u64,
    /// Of the large messages those that are hard links to the data folder.
    pub linked: u64,
    /// Those that are hard links to the backup before.
    pub kept: u64,
    /// Files of config and keys.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Bytes that were free at the destination before, where the system says.
    pub free: Option<u64>,
    /// Files of config and keys that could not be read and are missing in it, and why.
    pub skipped: Vec<String>,
}

impl Default for BackedUp {
    fn default() -> BackedUp {
        BackedUp {
            destination: String::new(),
            folder: String::new(),
            taken: Time(Timestamp::default()),
            dry_run: false,
            incremental: false,
            database_bytes: 0,
            contents: 0,
            content_bytes: 0,
            linked: 0,
            kept: 0,
            files: 0,
            file_bytes: 0,
            free: None,
            skipped: Vec::new(),
        }
    }
}

/// Asks which backups the running server took, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupList {}

impl BackupList {
    /// Most backups that are remembered.
    pub const MAX: usize = 20;
}

/// A backup that the running server took, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRow {
    /// When it was begun.
    pub begun: Time,
    /// When it ended; none while it goes on.
    pub ended: Option<Time>,
    /// Folder of the backup.
    pub destination: String,
    /// Why there is none; none where there is.
    pub error: Option<String>,
    /// Size of the database; 0 without a backup.
    pub database_bytes: u64,
    /// Large messages, which are files; 0 without a backup.
    pub contents: u64,
    /// Their bytes.
    pub content_bytes: u64,
    /// Files of config and keys that could not be read and are missing in it.
    pub skipped: u64,
}
