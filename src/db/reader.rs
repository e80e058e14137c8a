//! Read-only connections: every read sees one snapshot and never waits for the writer.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// A snapshot of the database.
pub struct ReadTx<'c> {
    connection: &'c Connection,
}

impl<'c> ReadTx<'c> {
    pub(crate) fn new(connection: &'c Connection) -> ReadTx<'c> {
        ReadTx { connection }
    }

    /// For the `tables` files: the connection to run SELECTs on.
    pub fn conn(&self) -> &'c Connection {
        self.connection
    }
}

/// The pool.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    keep: usize,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, keep: usize) -> Readers {
        Readers { path, idle: Mutex::new(Vec::new()), keep }
    }

    pub(crate) fn read<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open(&self.path)?,
        };
        let result = snapshot(&connection, f);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.keep && connection.is_autocommit() {
            idle.push(connection);
        }
        result
    }
}

fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -2000)?;
    crate::settings::apply(&connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn snapshot<T, E: From<Error>>(
    connection: &Connection,
    f: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let tx = connection.unchecked_transaction().map_err(|e| E::from(e.into()))?;
    let result = f(&ReadTx { connection });
    tx.finish().map_err(|e| E::from(e.into()))?;
    result
}

/// A connection to a file that nobody writes: SQLite makes no files beside it, and locks nothing.
fn open_at_rest(path: &Path) -> Result<Connection, Error> {
    let Some(uri) = immutable_uri(path) else { return open(path) };
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri, flags)?;
    crate::settings::apply(&connection)?;
    Ok(connection)
}

/// The path as a URI that says that the file does not change; none for a path that is not text.
fn immutable_uri(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let windows = std::path::MAIN_SEPARATOR == '\\';
    let text = if windows { text.replace('\\', "/") } else { text.to_owned() };
    let drive = windows && text.as_bytes().get(1) == Some(&b':');
    let mut uri = String::from(if drive { "file:/" } else { "file:" });
    for byte in text.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b':' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(uri + "?immutable=1")
}

/// A database opened for reading alone, beside or without a running server.
pub struct ReadOnly {
    connection: Connection,
}

impl ReadOnly {
    pub(crate) fn open(path: &Path) -> Result<ReadOnly, Error> {
        Ok(ReadOnly { connection: open(path)? })
    }

    pub(crate) fn open_at_rest(path: &Path) -> Result<ReadOnly, Error> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // What a killed server committed may stand in its log alone.
        let folded = std::fs::metadata(log).map_or(true, |log| log.len() == 0);
        let connection = if folded { open_at_rest(path)? } else { open(path)? };
        Ok(ReadOnly { connection })
    }

    /// Runs `f` over a snapshot.
    pub fn read<T, E: From<Error>>(&self, f: impl FnOnce(&ReadTx<'_>) -> Result<T, E>) -> Result<T, E> {
        snapshot(&self.connection, f)
    }
}
