//! Folds the write-ahead log into the database file.
//!
//! Most of it is done by a thread beside the writer, a part of the log at a time: a commit waits neither for thousands
//! of pages to be written nor for the file to be synced. The log begins anew only when all of it is folded, which a
//! writer that never rests would not let happen: what is left when the log is full the writer folds itself.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// Into how many parts a full log is cut.
const PARTS: u32 = 8;

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

    pub(crate) fn pages(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The thread, and when it is asked.
pub(crate) struct Folder {
    /// None when closed.
    thread: Option<(SyncSender<()>, JoinHandle<()>)>,
    /// Pages of a full log.
    full: u32,
    /// Pages of the log when the thread was asked last.
    asked: u32,
}

impl Folder {
    pub(crate) fn start(path: &Path, full: u32) -> Result<Folder, Error> {
        let (sender, receiver) = sync_channel(1);
        let path = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("db-folder".to_owned())
            .spawn(move || run(&path, &receiver))
            .map_err(|e| Error::Io(e.to_string()))?;
        Ok(Folder { thread: Some((sender, thread)), full, asked: 0 })
    }

    /// After a commit of the writer, whose connection this is.
    pub(crate) fn committed(&mut self, connection: &Connection, pages: u32) {
        if pages < self.asked {
            self.asked = 0;
        }
        if pages >= self.full {
            // While the thread is at it, or an old snapshot is read, this does little, and the next commit tries again.
            fold(connection);
        } else if pages - self.asked >= self.full.div_ceil(PARTS)
            && let Some((sender, _)) = &self.thread
        {
            self.asked = pages;
            // One that was asked already will do this, too.
            let _ = sender.try_send(());
        }
    }

    /// Waits for the thread's end.
    pub(crate) fn close(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

fn run(path: &Path, receiver: &Receiver<()>) {
    let mut connection = None;
    while receiver.recv().is_ok() {
        if connection.is_none() {
            connection = open(path).map_err(|error| tracing::error!(%error, "folding the log")).ok();
        }
        if let Some(connection) = &connection {
            fold(connection);
        }
    }
}

/// A connection that syncs as the writer's does.
fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    crate::settings::apply(&connection)?;
    Ok(connection)
}

/// As far as nobody needs the old pages. What fails is folded later: the log has it.
fn fold(connection: &Connection) {
    let folded = connection.pragma_update_and_check(None, "wal_checkpoint", "PASSIVE", |_| Ok(()));
    if let Err(error) = folded {
        tracing::debug!(%error, "folding the log");
    }
}
