//! Messages of an account in and out, many at a time.
//!
//! An import is begun, given batches of messages, and ended. A new one into the same account takes the place of one that
//! goes on: whoever broke off can begin anew at once.

use serde::{Deserialize, Serialize};

/// Begins an import into an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportBegin {
    /// Name of the account, or one of its addresses.
    pub account: String,
    /// Import once more what was imported before.
    pub again: bool,
}

/// An import that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportBegun {
    /// Its number.
    pub import: u64,
    /// Name of the account.
    pub account: String,
}

/// Gives messages to an import; a batch in the form of room `transfer` follows as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMessages {
    /// Number of the import.
    pub import: u64,
}

/// Ends an import, once all is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportEnd {
    /// Number of the import.
    pub import: u64,
}

/// What an import has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    /// Messages added.
    pub added: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages that were imported before, and so were not added.
    pub known: u64,
    /// The account is full: bytes that it would hold with the next message, and bytes that it may hold.
    pub full: Option<(u64, u64)>,
}

/// Lists the mailboxes of an account for an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFolders {
    /// Name of the account, or one of its addresses.
    pub account: String,
    /// Only this mailbox and those below it.
    pub mailbox: Option<String>,
}

/// A mailbox that can be exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportFolder {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Messages in it.
    pub messages: u64,
    /// The highest UID it has.
    pub last: i64,
}

/// Reads messages of a mailbox, in order of UID; answers a batch in the form of room `transfer`, empty at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPage {
    /// Name of the account, or one of its addresses.
    pub account: String,
    /// Id of the mailbox.
    pub mailbox: i64,
    /// Those with a UID above this.
    pub after: i64,
    /// Up to this UID.
    pub last: i64,
}
