//! The writer thread: group commit.
//!
//! States of a closure: WAITING (in the channel) -> RAN (its savepoint released) or FAILED (rolled back)
//! -> ANSWERED, which for RAN is after the commit. `fsync` happens once a group, inside `COMMIT`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use crate::checkpoint::Log;
use crate::{Error, Options};

/// Closures that may wait for the writer before callers have to.
const WAITING_MAX: usize = 1024;

/// A read-write transaction, or rather one closure's savepoint in it.
pub struct Tx<'c> {
    connection: &'c Connection,
    on_commit: Vec<Box<dyn FnOnce() + Send>>,
}

impl<'c> Tx<'c> {
    /// For the `tables` files: the connection to run statements on. Never begin or end a transaction on it.
    pub fn conn(&self) -> &'c Connection {
        self.connection
    }

    /// What a reader would see now, the transaction's own changes included.
    pub fn read(&self) -> crate::ReadTx<'c> {
        crate::ReadTx::new(self.connection)
    }

    /// Registers what happens once the commit is durable; dropped when the closure or the commit fails. Either is
    /// done before the caller is answered.
    pub fn on_commit(&mut self, f: impl FnOnce() + Send + 'static) {
        self.on_commit.push(Box::new(f));
    }
}

/// What the writer did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Commits, each with one fsync of the log.
    pub commits: u64,
    /// Closures whose changes were committed.
    pub writes: u64,
    /// Commits that failed.
    pub failed: u64,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    writes: AtomicU64,
    failed: AtomicU64,
}

/// Handle to the writer thread.
#[derive(Clone)]
pub(crate) struct Writer {
    sender: mpsc::Sender<Message>,
    counters: Arc<Counters>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

enum Message {
    Run(Box<dyn Job>),
    Close,
}

/// A closure with the place where its answer goes.
trait Job: Send {
    /// Runs the closure; whether its savepoint is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Answers the caller. `error` is why the savepoint or the commit failed.
    fn answer(self: Box<Self>, error: Option<Error>);
}

struct Closure<F, T, E> {
    f: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Closure<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(f) = self.f.take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| f(tx))).unwrap_or_else(|panic| {
            tracing::error!(what = panic_text(&*panic), "panic in a database closure");
            Err(E::from(Error::Panicked))
        });
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(mut self: Box<Self>, error: Option<Error>) {
        let result = match (self.result.take(), error) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(error)) => Err(E::from(error)),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(E::from(Error::Closed)),
        };
        // The caller may have gone away; the change stands all the same.
        let _ = self.reply.send(result);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("")
}

/// Opens the connection that writes.
pub(crate) fn connect(path: &Path, log: &Log) -> Result<Connection, Error> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Both only take effect before the first table.
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS a plain sync stops at the drive's cache. Elsewhere these two change nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "cache_size", -8000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    log.watch(&mut connection)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(256);
    crate::settings::apply(&connection)?;
    Ok(connection)
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        path: PathBuf,
        log: Log,
        options: Options,
    ) -> Result<Writer, Error> {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let counters = Arc::new(Counters::default());
        let connection = Some(connection);
        let state = Thread { connection, path, log, options, receiver, counters: counters.clone() };
        let thread = std::thread::Builder::new()
            .name("db-writer".to_owned())
            .spawn(move || state.run())
            .map_err(|e| Error::Io(e.to_string()))?;
        Ok(Writer { sender, counters, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    pub(crate) async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Message::Run(Box::new(Closure { f: Some(f), result: None, reply }));
        if self.sender.send(job).await.is_err() {
            return Err(E::from(Error::Closed));
        }
        answer.await.unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    pub(crate) fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Message::Run(Box::new(Closure { f: Some(f), result: None, reply }));
        if self.sender.blocking_send(job).is_err() {
            return Err(E::from(Error::Closed));
        }
        answer.blocking_recv().unwrap_or_else(|_| Err(E::from(Error::Closed)))
    }

    pub(crate) fn figures(&self) -> Figures {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            commits: load(&self.counters.commits),
            writes: load(&self.counters.writes),
            failed: load(&self.counters.failed),
        }
    }

    pub(crate) fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A full channel means that the thread is alive and reads on; try until it takes the message.
            while let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(Message::Close) {
                std::thread::yield_now();
            }
            let _ = thread.join();
        }
    }
}

struct Thread {
    /// None after a failed commit, until it could be opened anew.
    connection: Option<Connection>,
    path: PathBuf,
    log: Log,
    options: Options,
    receiver: mpsc::Receiver<Message>,
    counters: Arc<Counters>,
}

impl Thread {
    fn run(mut self) {
        while let Some(Message::Run(job)) = self.receiver.blocking_recv() {
            if self.group(job) {
                break;
            }
        }
        self.receiver.close();
        while let Ok(Message::Run(job)) = self.receiver.try_recv() {
            job.answer(Some(Error::Closed));
        }
        if let Some(connection) = self.connection.take() {
            let _ = connection.pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()));
            let _ = connection.close();
        }
    }

    /// Runs one group that begins with `first`; whether the database is to be closed.
    fn group(&mut self, first: Box<dyn Job>) -> bool {
        let connection = match self.connected() {
            Ok(connection) => connection,
            Err(error) => {
                first.answer(Some(error));
                return false;
            }
        };
        if let Err(error) = run_statement(&connection, "BEGIN IMMEDIATE") {
            first.answer(Some(error));
            self.connection = Some(connection);
            return false;
        }
        let mut group = Group { connection: &connection, kept: Vec::new(), on_commit: Vec::new() };
        let began = self.options.clock.monotonic();
        group.run(first);
        let mut close = false;
        while !group.is_lost()
            && group.kept.len() < self.options.group_max
            && self.options.clock.monotonic().saturating_sub(began) < self.options.group_time
        {
            match self.receiver.try_recv() {
                Ok(Message::Run(job)) => group.run(job),
                Ok(Message::Close) => {
                    close = true;
                    break;
                }
                Err(_) => break,
            }
        }
        let sound = group.commit(&self.counters);
        if sound {
            self.log.committed(&connection, self.options.checkpoint_pages, self.receiver.is_empty());
            self.connection = Some(connection);
        } else {
            drop(connection);
        }
        close
    }

    fn connected(&mut self) -> Result<Connection, Error> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect(&self.path, &self.log),
        }
    }
}

struct Group<'c> {
    connection: &'c Connection,
    kept: Vec<Box<dyn Job>>,
    on_commit: Vec<Box<dyn FnOnce() + Send>>,
}

impl Group<'_> {
    /// Whether SQLite rolled the whole transaction back, as it does when the disk is full: whatever ran now would
    /// be committed by itself.
    fn is_lost(&self) -> bool {
        self.connection.is_autocommit()
    }

    fn run(&mut self, mut job: Box<dyn Job>) {
        if let Err(error) = run_statement(self.connection, "SAVEPOINT closure") {
            return job.answer(Some(error));
        }
        let mut tx = Tx { connection: self.connection, on_commit: Vec::new() };
        let keep = job.run(&mut tx);
        let on_commit = tx.on_commit;
        if keep && run_statement(self.connection, "RELEASE closure").is_ok() {
            self.on_commit.extend(on_commit);
            return self.kept.push(job);
        }
        drop(on_commit);
        if !self.is_lost() {
            let _ = run_statement(self.connection, "ROLLBACK TO closure");
            let _ = run_statement(self.connection, "RELEASE closure");
        }
        job.answer(keep.then_some(Error::Io("savepoint could not be released".to_owned())));
    }

    /// Commits and answers all; whether the connection is still sound.
    fn commit(self, counters: &Counters) -> bool {
        let result = match self.is_lost() {
            true => Err(Error::Io("the transaction was rolled back".to_owned())),
            false => run_statement(self.connection, "COMMIT"),
        };
        match result {
            Ok(()) => {
                counters.commits.fetch_add(1, Ordering::Relaxed);
                counters.writes.fetch_add(self.kept.len() as u64, Ordering::Relaxed);
                for f in self.on_commit {
                    if catch_unwind(AssertUnwindSafe(f)).is_err() {
                        tracing::error!("panic after a database commit");
                    }
                }
                for job in self.kept {
                    job.answer(None);
                }
                true
            }
            Err(error) => {
                counters.failed.fetch_add(1, Ordering::Relaxed);
                tracing::error!(error = %error, writes = self.kept.len(), "database commit failed");
                let full = matches!(error, Error::Full);
                let text = error.to_string();
                if !self.connection.is_autocommit() {
                    let _ = run_statement(self.connection, "ROLLBACK");
                }
                drop(self.on_commit);
                for job in self.kept {
                    job.answer(Some(if full { Error::Full } else { Error::Io(text.clone()) }));
                }
                false
            }
        }
    }
}

fn run_statement(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
