//! Imports that go on: what they read, how far they are, how they ended.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mox_admin::ops::{ImportBegin, ImportEnd, ImportMessages, ImportProgress};
use mox_admin::{Answer, BulkOperation as _, Dispatch, OpError, Operation as _};
use mox_clock::Timestamp;
use mox_store::MailboxName;
use mox_transfer::{Batch, Found, Gauge, Source, source};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Uploads, imports and exports at a time, of all accounts.
const AT_ONCE: usize = 4;
/// Batches that wait between the reader and the writer.
const WAITING: usize = 2;
/// Messages passed over that are told one by one.
const TOLD_MAX: usize = 20;

/// What goes on, by account.
pub(crate) struct Transfers {
    scratch: PathBuf,
    turns: Arc<Semaphore>,
    files: AtomicU64,
    runs: Mutex<HashMap<String, Arc<Run>>>,
}

/// An import, the last one of its account.
pub(crate) struct Run {
    gauge: Gauge,
    stopped: AtomicBool,
    told: Mutex<Told>,
}

/// How far an import is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Told {
    /// Name of the file where it comes from.
    pub(crate) file: String,
    /// Mailbox that it goes into.
    pub(crate) mailbox: String,
    /// It goes on.
    pub(crate) running: bool,
    /// Messages imported.
    pub(crate) imported: u64,
    /// Messages that were imported before.
    pub(crate) known: u64,
    /// Messages that could not be imported.
    pub(crate) skipped: u64,
    /// Why, of the first of them.
    pub(crate) reasons: Vec<String>,
    /// What was read, of [`Told::total`].
    pub(crate) done: u64,
    /// What there is to read; 0 while that is not known.
    pub(crate) total: u64,
    /// Why not all is imported.
    pub(crate) error: Option<String>,
}

/// A file that is removed when nobody needs it any more.
pub(crate) struct Spool(pub(crate) PathBuf);

impl Drop for Spool {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What an import needs.
pub(crate) struct Work {
    pub(crate) account: String,
    pub(crate) place: MailboxName,
    pub(crate) again: bool,
    pub(crate) source: Source,
    pub(crate) now: Timestamp,
    /// What the source reads.
    pub(crate) spool: Spool,
    pub(crate) turn: OwnedSemaphorePermit,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Transfers {
    /// `scratch` holds files while they are read or written.
    pub(crate) fn new(scratch: PathBuf) -> Transfers {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Transfers { scratch, turns, files: AtomicU64::new(0), runs: Mutex::default() }
    }

    /// A turn for something that takes long.
    pub(crate) fn turn(&self) -> Result<OwnedSemaphorePermit, OpError> {
        self.turns.clone().try_acquire_owned().map_err(|_| {
            OpError::conflict(format!("{AT_ONCE} imports or exports are going on already"))
                .hint("try again in some minutes")
        })
    }

    /// A name for a file that does not exist.
    pub(crate) fn spool(&self) -> Spool {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        Spool(self.scratch.join(format!("transfer-{number}")))
    }

    /// How far the import of an account is that was the last to begin.
    pub(crate) fn told(&self, account: &str) -> Option<Told> {
        lock(&self.runs).get(account).map(|run| run.told())
    }

    /// Ends the import of an account.
    pub(crate) fn stop(&self, account: &str) {
        if let Some(run) = lock(&self.runs).get(account) {
            run.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Refuses a second import of an account.
    pub(crate) fn is_free(&self, account: &str) -> Result<(), OpError> {
        match self.told(account) {
            Some(told) if told.running => Err(OpError::usage("an import into this account is going on")
                .hint("wait until it ended, or stop it")),
            _ => Ok(()),
        }
    }

    /// Notes an import that begins.
    pub(crate) fn begin(&self, account: &str, file: String, mailbox: String) -> Result<Arc<Run>, OpError> {
        self.is_free(account)?;
        let told = Mutex::new(Told { file, mailbox, running: true, ..Told::default() });
        let run = Arc::new(Run { gauge: Gauge::default(), stopped: AtomicBool::new(false), told });
        lock(&self.runs).insert(account.to_owned(), run.clone());
        Ok(run)
    }
}

impl Run {
    fn told(&self) -> Told {
        Told { done: self.gauge.done(), total: self.gauge.total(), ..lock(&self.told).clone() }
    }

    fn progress(&self, done: ImportProgress) {
        let mut told = lock(&self.told);
        (told.imported, told.known) = (done.added, done.known);
    }

    fn skip(&self, why: String) {
        let mut told = lock(&self.told);
        told.skipped += 1;
        if told.reasons.len() < TOLD_MAX {
            told.reasons.push(why);
        }
    }

    fn end(&self, error: Option<String>) {
        let mut told = lock(&self.told);
        (told.running, told.error) = (false, error);
    }
}

/// Imports all of a source.
pub(crate) async fn run(dispatch: Arc<dyn Dispatch>, work: Work, run: Arc<Run>) {
    let Work { account, place, again, source, now, spool, turn } = work;
    let begin = ImportBegin { account: account.clone(), again };
    let ended = carry(&dispatch, begin, source, place, now, &run).await;
    if let Err(error) = &ended {
        tracing::warn!(account, %error, "an import by a page did not come to its end");
    }
    drop((spool, turn));
    run.end(ended.err().map(|error| error.message));
}

async fn carry(
    dispatch: &Arc<dyn Dispatch>,
    begin: ImportBegin,
    source: Source,
    place: MailboxName,
    now: Timestamp,
    run: &Arc<Run>,
) -> Result<(), OpError> {
    let import = dispatch.call(&begin).await?.import;
    let (sender, mut batches) = mpsc::channel(WAITING);
    let reading = run.clone();
    let reader = tokio::task::spawn_blocking(move || read(source, &place, now, &reading, &sender));
    let mut full = None;
    while let Some(batch) = batches.recv().await {
        let done = push(dispatch, import, &batch).await?;
        run.progress(done);
        if done.full.is_some() {
            full = done.full;
            break;
        }
    }
    drop(batches);
    let read = reader.await.map_err(OpError::failed)?;
    run.progress(dispatch.call(&ImportEnd { import }).await?);
    if let Some((used, quota)) = full {
        let text = format!("the account is full: it would hold {used} bytes, and may hold {quota}");
        return Err(OpError::conflict(text));
    }
    // The path of our own file says nothing to its owner.
    read.map_err(|error| OpError::failed(error.source))?;
    match run.stopped.load(Ordering::Relaxed) {
        true => Err(OpError::failed("it was stopped")),
        false => Ok(()),
    }
}

async fn push(dispatch: &Arc<dyn Dispatch>, import: u64, batch: &Batch) -> Result<ImportProgress, OpError> {
    let request = ImportMessages { import }.with_bytes(&batch.encode()).map_err(OpError::failed)?;
    match dispatch.dispatch(ImportMessages::NAME, &request).await? {
        Answer::Json(json) => serde_json::from_slice(&json).map_err(OpError::failed),
        Answer::Raw(_) => Err(OpError::failed("an import answers bytes")),
    }
}

/// Reads the source and sends batches until nobody takes them.
fn read(
    source: Source,
    place: &MailboxName,
    now: Timestamp,
    run: &Run,
    sender: &mpsc::Sender<Batch>,
) -> Result<(), source::Error> {
    let mut batch = Batch::default();
    let mut sink = |found| {
        if run.stopped.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        match found {
            Found::Skipped(why) => run.skip(why),
            Found::Message(item) => {
                batch.push(item);
                if batch.is_full() && sender.blocking_send(std::mem::take(&mut batch)).is_err() {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    };
    let read = source::read(source, place, now, &run.gauge, &mut sink);
    if !batch.items.is_empty() {
        // Nobody takes it where the account is full.
        let _ = sender.blocking_send(batch);
    }
    read
}
