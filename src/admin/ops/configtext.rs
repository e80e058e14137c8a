//! The texts of `mox.conf` and `domains.conf`, what is wrong with them, and texts to put in the place of the second.

use serde::{Deserialize, Serialize};

/// Shows both files and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigText {}

/// Both files, and what is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigTexts {
    /// `mox.conf`.
    pub server: ConfigFile,
    /// `domains.conf`.
    pub domains: ConfigFile,
    /// The files on disk can be used.
    pub valid: bool,
    /// What makes them unusable.
    pub errors: Vec<ConfigProblem>,
    /// What is worth knowing about them.
    pub warnings: Vec<ConfigProblem>,
}

/// A file of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigFile {
    /// Where it is.
    pub path: String,
    /// Its text as it is on disk; where it cannot be read, as it was when it was. Passwords are `***`.
    pub text: String,
    /// Stands for the text as it is on disk: an edit names it, so that nobody overwrites what they have not seen.
    pub base: String,
    /// The text is what is in effect.
    pub in_effect: bool,
}

/// What is wrong with a file, or worth knowing, and where. The JSON is that of `mox config test --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigProblem {
    /// The file.
    pub file: String,
    /// Line, from 1; none where the file as a whole is meant.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// The key that it is about: `Domains.example.org.DKIM`.
    pub key: String,
    /// File, position, key and what is the matter, in one line.
    pub message: String,
    /// What to write instead, if that is known.
    pub nearest: Option<String>,
}

/// Checks a new text of `domains.conf` that began as [`ConfigTexts::domains`]; nothing is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigCheck {
    /// The text; `***` stands for what the file has there now.
    pub text: String,
    /// [`ConfigFile::base`] of what was edited.
    pub base: String,
}

/// What became of checking a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigChecked {
    /// The file on disk is no longer the one that was edited.
    pub stale: bool,
    /// The text can be used.
    pub valid: bool,
    /// What makes it unusable; lines are those of the text.
    pub errors: Vec<ConfigProblem>,
    /// What is worth knowing about it.
    pub warnings: Vec<ConfigProblem>,
    /// From the file on disk to the text, as a unified diff; empty if they are the same.
    pub diff: String,
    /// [`ConfigFile::base`] of the file on disk as it is now.
    pub base: String,
}
