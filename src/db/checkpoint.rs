//! Folds the write-ahead log into the database file, between commits.
//!
//! SQLite would do it within a commit when the log is full: thousands of pages, and whoever is in that commit waits for
//! all of them. Here those of a commit are answered first, and little is folded at a time: as soon as there is something
//! and nobody waits, and at the latest when the log is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::Error;

/// What is worth a sync of the database file: this part of a full log.
const PARTS: u32 = 4;

/// How many pages the log has.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<AtomicU32>);

impl Log {
    /// Learns it of each commit of a connection, which then folds nothing by itself.
    pub(crate) fn watch(&self, connection: &mut Connection) -> Result<(), Error> {
        let log = self.0.clone();
        let hook = move |_: &mut Wal, pages| {
            log.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        Ok(connection.wal_hook(Some(hook))?)
    }

    /// After a commit that was answered: folds if it is time to. `full` is the size of a full log in pages, `idle` says
    /// that nobody waits.
    pub(crate) fn committed(&self, connection: &Connection, full: u32, idle: bool) {
        let pages = self.0.load(Ordering::Relaxed);
        if pages >= full || (idle && pages >= full.div_ceil(PARTS)) {
            fold(connection);
        }
    }
}

/// As far as nobody needs the old pages. What fails is folded later: the log has it.
fn fold(connection: &Connection) {
    let folded = connection.pragma_update_and_check(None, "wal_checkpoint", "PASSIVE", |_| Ok(()));
    if let Err(error) = folded {
        tracing::debug!(%error, "folding the log");
    }
}
