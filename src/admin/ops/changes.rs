//! What every change of `domains.conf` answers, and the versions of the file that changes leave behind.

use serde::{Deserialize, Serialize};

use crate::{Secret, Time};

/// A change of `domains.conf` that was made, or with `dry_run` would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChanged {
    /// What it was, in a few words: `account add bob`.
    pub change: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// Whether the file differs.
    pub changed: bool,
    /// The difference as a unified diff; empty if there is none.
    pub diff: String,
    /// The version that holds the text before; none without a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What is worth knowing about the configuration and was not so before.
    pub warnings: Vec<String>,
    /// What else was done, and what is left to do.
    pub notes: Vec<String>,
    /// The password that was made; it is told this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// Lists earlier versions of `domains.conf`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigVersions {}

/// A text of `domains.conf` that a change replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigVersion {
    /// Its number; later ones are higher.
    pub version: u64,
    /// When it was replaced.
    pub at: Time,
    /// What replaced it.
    pub change: String,
    /// Bytes of it.
    pub size: u64,
}

/// Compares an earlier version with the file as it is, or with another version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConfigDiff {
    /// Which; the newest if none.
    #[serde(default)]
    pub version: Option<u64>,
    /// The other version; the file on disk if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// With passwords; else `***` stands for them, and `*** (changed)` for those that differ.
    #[serde(default)]
    pub secrets: bool,
}

/// What changed since a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigDiffed {
    /// The version; none if there is none yet.
    pub version: Option<ConfigVersion>,
    /// From that version to the file on disk or the other version, as a unified diff; empty if they are the same.
    pub diff: String,
}

/// Puts a whole new text in the place of `domains.conf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigApply {
    /// The new text.
    pub text: String,
    /// [`super::ConfigFile::base`] of what was edited: another text on disk is not overwritten, `***` stands for what
    /// the file has there, and line ends are those of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}

/// Puts an earlier version in the place of `domains.conf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigRollback {
    /// Which, from [`ConfigVersions`].
    pub version: u64,
    /// Only check and compare.
    #[serde(default)]
    pub dry_run: bool,
}
