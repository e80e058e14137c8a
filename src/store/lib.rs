//! Accounts, mailboxes and messages: what a mail server keeps.
//!
//! Layout of the data folder: `mox.db` (everything but large content), `msg/XX/NAME` (content whose compressed
//! size is over [`content::INLINE_MAX`]), `tmp/NAME` (content on its way in), `open` (while it is open).
//!
//! Promises: a message is in a mailbox when the transaction that appended it is committed, never before and
//! never half; its content is durable before that commit. UIDs and modseqs only grow. What is expunged stays
//! as a tombstone for QRESYNC and JMAP until it is purged; content goes when nothing refers to it.
//!
//! Full-text search follows behind: [`index`] is the task that makes its index, never the transaction that accepts.
//!
//! Operations that change something take `&mut Tx`, so that rooms combine them into one atomic commit; sessions
//! call them through [`Store::write`]. SQL stands in `tables/` alone.
//! RFC 9051 (UIDs, mailboxes), RFC 7162 (CONDSTORE, QRESYNC), RFC 8620 and 8621 (states, changes), RFC 8474.

mod account;
mod append;
mod apppassword;
mod attempts;
mod changes;
pub mod content;
mod copy;
mod expunge;
mod flags;
mod imported;
mod login;
mod mailbox;
mod message;
mod outgoing;
mod removal;
mod search;
mod sender;
mod tables;
mod thread;
mod transcript;
mod verify;
mod websession;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_clock::{Clock, Random};
use mox_db::{Db, ReadTx, Schema, Tx};

pub use account::Account;
pub use append::{NewMessage, Stored};
pub use apppassword::{APP_PASSWORDS_MAX, AppPassword};
pub use attempts::{Attempt, AttemptKey, AttemptRow, Attempts};
pub use changes::{Change, Changes};
pub use content::{Content, Hold, Incoming, Prepared};
pub use copy::Mark;
pub use expunge::Expunged;
pub use flags::{Flags, MAX_KEYWORD, MAX_KEYWORDS, keyword};
pub use imported::{ImportRun, Imported, REMEMBERED_MAX, ToImport};
pub use login::ClientKey;
pub use mailbox::{Mailbox, MailboxName, SpecialUse};
pub use message::{Digest, Filter, Message, MessageChange, SmtpEnvelope};
pub use outgoing::OutgoingLimits;
pub use search::index;
pub use transcript::PackedTranscript;
pub use verify::{Problem, References, Report, verify, verify_at_rest};
pub use websession::WebSession;

/// The tables of this room.
pub const SCHEMA: Schema = tables::SCHEMA;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// An account.
    AccountId
}
id! {
    /// A mailbox; unique over all accounts, never used again.
    MailboxId
}
id! {
    /// A message in a mailbox; unique over all accounts, never used again.
    MessageId
}
id! {
    /// The bytes of a message, shared by its copies and queue entries.
    ContentId
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] mox_db::Error),
    /// A content file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The account's quota would be exceeded.
    #[error("over quota: {used} of {quota} bytes used")]
    OverQuota {
        /// Bytes in the account with the new message.
        used: u64,
        /// Bytes allowed.
        quota: u64,
    },
    /// The account would send more than it may in 24 hours.
    #[error("account \"{account}\" may send {limit} {what} in 24 hours")]
    TooMuchSent {
        /// Name of the account.
        account: String,
        /// What there are too many of: messages, or first-time recipients.
        what: &'static str,
        /// How many are allowed.
        limit: u32,
    },
    /// No account of that name.
    #[error("no account \"{0}\"")]
    NoSuchAccount(String),
    /// No mailbox of that name or id.
    #[error("no mailbox \"{0}\"")]
    NoSuchMailbox(String),
    /// A mailbox of that name exists.
    #[error("mailbox \"{0}\" exists")]
    MailboxExists(String),
    /// The name cannot be a mailbox name, and why.
    #[error("\"{name}\" cannot be a mailbox name: {reason}")]
    BadMailboxName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The mailbox has children, or is the Inbox.
    #[error("mailbox \"{0}\" cannot be removed: {1}")]
    MailboxNotRemovable(String, &'static str),
    /// No such message, or it was expunged.
    #[error("no message {0}")]
    NoSuchMessage(MessageId),
    /// What is stored cannot be read back.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Db(e) => e.is_temporary(),
            Error::File { .. } | Error::OverQuota { .. } | Error::TooMuchSent { .. } => true,
            _ => false,
        }
    }

    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Error::Db(mox_db::Error::Full) => true,
            Error::File { source, .. } => {
                matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            }
            _ => false,
        }
    }
}

impl From<mox_db::rusqlite::Error> for Error {
    fn from(e: mox_db::rusqlite::Error) -> Error {
        Error::Db(e.into())
    }
}

/// Makes the file of a new database, empty: private, and of the right owner, which those beside it get too.
fn make_database(file: &Path) -> Result<(), Error> {
    match mox_platform::files::create(file, mox_platform::files::Access::Private) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::File { path: file.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// The store; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: Db,
    content: content::Folder,
    changes: Changes,
    logins: login::Cache,
    /// Mailboxes that accounts start with, once somebody said so.
    first: std::sync::OnceLock<Vec<(String, Option<SpecialUse>)>>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.content.close();
    }
}

impl Store {
    /// Opens or creates the store in `folder`; `others` are the tables of other rooms in the same database.
    ///
    /// The caller holds the folder's lock. Content left over by a crash is cleared away.
    pub fn open(
        folder: &Path,
        others: &[Schema],
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Store, Error> {
        let content = content::Folder::open(folder)?;
        let schemas: Vec<Schema> = std::iter::once(SCHEMA).chain(others.iter().copied()).collect();
        let file = folder.join(DATABASE);
        make_database(&file)?;
        let db = Db::open(&file, &schemas, mox_db::Options::new(clock.clone()))?;
        let store = Store(Arc::new(Inner {
            db,
            content,
            changes: Changes::new(),
            logins: login::Cache::default(),
            first: std::sync::OnceLock::new(),
            clock,
            random,
        }));
        store.clear_leftovers()?;
        Ok(store)
    }

    /// The mailboxes that accounts made from now on start with beside `Inbox`, instead of the usual ones. Only the first
    /// call counts.
    pub fn start_accounts_with(&self, mailboxes: Vec<(String, Option<SpecialUse>)>) {
        let _ = self.0.first.set(mailboxes);
    }

    /// Runs `f` in the next group commit.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&Store, &mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<mox_db::Error> + Send + 'static,
    {
        let store = self.clone();
        self.0.db.write(move |tx| f(&store, tx)).await
    }

    /// [`Store::write`] for threads that may block.
    pub fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&Store, &mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<mox_db::Error> + Send + 'static,
    {
        let store = self.clone();
        self.0.db.write_blocking(move |tx| f(&store, tx))
    }

    /// Runs `f` over a snapshot, on a thread that may block.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&Store, &ReadTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<mox_db::Error> + Send + 'static,
    {
        let store = self.clone();
        self.0.db.read(move |tx| f(&store, tx)).await
    }

    /// [`Store::read`] for threads that may block.
    pub fn read_blocking<T, E: From<mox_db::Error>>(
        &self,
        f: impl FnOnce(&Store, &ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.db.read_blocking(|tx| f(self, tx))
    }

    /// The database, for rooms that keep state of their own in it.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// What is told of committed changes.
    pub fn changes(&self) -> &Changes {
        &self.0.changes
    }

    pub(crate) fn folder(&self) -> &content::Folder {
        &self.0.content
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn logins(&self) -> &login::Cache {
        &self.0.logins
    }
}

/// Name of the database file in the data folder.
pub const DATABASE: &str = "mox.db";

#[cfg(test)]
mod tests;
