//! The one database: SQLite in WAL mode with `synchronous=FULL`, written by one thread in group commits.
//!
//! Promise: when [`Db::write`] answers `Ok`, the change is on the disk; a kill or a power cut at any
//! instruction leaves either all of a closure's changes or none. Invariants:
//! 1. Exactly one thread writes. It runs the waiting closures one after another, each in a savepoint of its
//!    own, commits once, then answers all.
//! 2. A closure that fails or panics rolls back only itself; a failed commit, or a failure such as a full disk
//!    that makes SQLite roll all back, answers the group with an error and the connection is opened anew.
//! 3. A group is bounded by count and by time, so a bulk job cut into chunks never starves a delivery.
//! 4. What a closure registers with [`Tx::on_commit`] runs after the commit, before its caller is answered.
//!
//! SQL stands only in the `tables` files of the rooms that keep state; each room owns its tables and names
//! them in a [`Schema`].

mod checkpoint;
mod copy;
mod error;
mod functions;
mod reader;
mod schema;
mod settings;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;

use checkpoint::Log;
pub use copy::Copied;
pub use error::Error;
pub use functions::fold;
pub use reader::{ReadOnly, ReadTx};
pub use rusqlite;
pub use schema::Schema;
pub use writer::{Figures, Tx};

/// How a database is opened.
#[derive(Clone)]
pub struct Options {
    /// Most closures in one commit.
    pub group_max: usize,
    /// No closure joins a group that has been running for this long.
    pub group_time: Duration,
    /// Pages of the write-ahead log after which it is folded into the database.
    pub checkpoint_pages: u32,
    /// Most read-only connections kept open.
    pub readers: usize,
    /// Measures group time.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// The settings of a server, with time from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Options {
        Options {
            group_max: 256,
            group_time: Duration::from_millis(50),
            checkpoint_pages: 1000,
            readers: 4,
            clock,
        }
    }
}

/// An open database; clones share it. It closes when the last clone is dropped.
#[derive(Clone)]
pub struct Db {
    writer: writer::Writer,
    readers: Arc<reader::Readers>,
    path: Arc<PathBuf>,
}

impl Db {
    /// Opens or creates the database at `path` and brings the tables of every schema up to date.
    ///
    /// Refuses a file that a newer version wrote. The caller makes sure that no other process has it open.
    pub fn open(path: &Path, schemas: &[Schema], options: Options) -> Result<Db, Error> {
        let log = Log::default();
        let mut connection = writer::connect(path, &log)?;
        schema::migrate(&mut connection, schemas)?;
        let readers = Arc::new(reader::Readers::new(path.to_owned(), options.readers));
        let writer = writer::Writer::start(connection, path.to_owned(), log, options)?;
        Ok(Db { writer, readers, path: Arc::new(path.to_owned()) })
    }

    /// Opens an existing database for reading alone: no writer thread, nothing is changed or migrated.
    pub fn open_read_only(path: &Path) -> Result<reader::ReadOnly, Error> {
        reader::ReadOnly::open(path)
    }

    /// [`Db::open_read_only`] of a file that no process writes meanwhile: no files come to lie beside it, unless a
    /// server that was killed left its log there.
    pub fn open_at_rest(path: &Path) -> Result<reader::ReadOnly, Error> {
        reader::ReadOnly::open_at_rest(path)
    }

    /// Runs `f` in the next group commit. `Ok` means that its changes are durable.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write(f).await
    }

    /// [`Db::write`] for threads that may block: never call it from async code.
    pub fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write_blocking(f)
    }

    /// Runs `f` over a snapshot. Blocks on disk: from async code use [`Db::read`].
    pub fn read_blocking<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.readers.read(f)
    }

    /// Runs `f` over a snapshot on a thread that may block.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&ReadTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let readers = self.readers.clone();
        match tokio::task::spawn_blocking(move || readers.read(f)).await {
            Ok(result) => result,
            Err(_) => Err(E::from(Error::Panicked)),
        }
    }

    /// Gives up to `pages` pages that nothing uses back to the disk, as part of the next group commit.
    pub async fn shrink(&self, pages: u32) -> Result<(), Error> {
        let vacuum = move |tx: &mut Tx<'_>| {
            let mut statement = tx.conn().prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
            // Every step gives one page back.
            let mut steps = statement.query([])?;
            while steps.next()?.is_some() {}
            Ok(())
        };
        self.write(vacuum).await
    }

    /// Where the database file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the writer did so far.
    pub fn figures(&self) -> Figures {
        self.writer.figures()
    }

    /// Closes the writer: waits for what was handed in, folds the log into the database file. Later writes fail.
    pub fn close(&self) {
        self.writer.close();
    }
}

#[cfg(test)]
mod tests;
