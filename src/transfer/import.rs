//! Puts messages into an account: hashed, read and compressed by workers, written in batches, none twice.
//!
//! States of a batch (who moves it): PREPARED by two threads [`Importer::push`] -> WAITING, at most one -> WRITTEN in one
//! closure of the store's writer, together with what the store remembers of it. Batches are written in the order in
//! which they were pushed. The search index follows behind by itself.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use aws_lc_rs::digest::{Context, SHA256};
use mox_platform::faults::Faults;
use mox_store::{AccountId, Digest, Error, ImportRun, Imported, Incoming, Store, ToImport};

use crate::item::{Batch, Item};

/// Threads that prepare a batch.
const WORKERS: usize = 2;

/// An import into an account. One at a time goes into an account; who begins it sees to that.
pub struct Importer {
    store: Store,
    run: ImportRun,
    sender: Option<SyncSender<Vec<ToImport>>>,
    writer: Option<JoinHandle<()>>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    done: Imported,
    error: Option<Error>,
}

impl Importer {
    /// Begins an import; `quota` is what the account may hold, in bytes. With `again`, what was imported before is
    /// imported once more. Blocks.
    pub fn begin(
        store: &Store,
        account: &str,
        quota: Option<u64>,
        again: bool,
        faults: Arc<dyn Faults>,
    ) -> Result<Importer, Error> {
        let name = account.to_owned();
        let account = store.write_blocking(move |store, tx| store.open_account(tx, &name))?;
        match again {
            true => store.forget_imports(account)?,
            false => store.forget_old_imports()?,
        }
        let run = store.write_blocking(move |store, tx| store.begin_import(tx, account))?;
        let (sender, receiver) = sync_channel(0);
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, writing) = (state.clone(), store.clone());
        let writer = std::thread::Builder::new().name("import".to_owned()).spawn(move || {
            for batch in receiver {
                let written = write(&writing, account, run, quota, batch);
                faults.reach("import-written");
                let mut state = lock(&shared);
                match written {
                    Ok(done) => {
                        state.done.added += done.added;
                        state.done.bytes += done.bytes;
                        state.done.known += done.known;
                        state.done.full = done.full;
                    }
                    Err(error) => state.error = Some(error),
                }
                if state.error.is_some() || state.done.full.is_some() {
                    return;
                }
            }
        });
        let writer = writer.map_err(|source| Error::File { path: "thread".into(), source })?;
        Ok(Importer { store: store.clone(), run, sender: Some(sender), writer: Some(writer), state })
    }

    /// Takes the next messages; returns what was written so far. When it says that the account is full, or fails,
    /// nothing more is taken. Blocks.
    pub fn push(&mut self, batch: Batch) -> Result<Imported, Error> {
        let prepared = prepare(&self.store, batch)?;
        if let Some(sender) = &self.sender
            && sender.send(prepared).is_err()
        {
            self.end();
        }
        self.so_far()
    }

    /// Waits until all is written; returns what was. Blocks.
    pub fn finish(mut self) -> Result<Imported, Error> {
        self.end();
        let done = self.so_far()?;
        if done.full.is_none() {
            let run = self.run;
            self.store.write_blocking(move |store, tx| store.finish_import(tx, run))?;
        }
        Ok(done)
    }

    fn so_far(&self) -> Result<Imported, Error> {
        let mut state = lock(&self.state);
        match state.error.take() {
            Some(error) => Err(error),
            None => Ok(state.done),
        }
    }

    fn end(&mut self) {
        self.sender = None;
        if let Some(writer) = self.writer.take() {
            // A panic there is told by what is missing in the figures.
            let _ = writer.join();
        }
    }
}

impl Drop for Importer {
    fn drop(&mut self) {
        self.end();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write(
    store: &Store,
    account: AccountId,
    run: ImportRun,
    quota: Option<u64>,
    mut batch: Vec<ToImport>,
) -> Result<Imported, Error> {
    store.write_blocking(move |store, tx| store.import(tx, account, run, quota, &mut batch))
}

/// Hashes, reads and compresses the messages of a batch.
fn prepare(store: &Store, batch: Batch) -> Result<Vec<ToImport>, Error> {
    let items = batch.items;
    let share = items.len().div_ceil(WORKERS).max(1);
    let parts: Vec<Vec<Item>> = {
        let mut items = items.into_iter();
        std::iter::from_fn(|| Some(items.by_ref().take(share).collect::<Vec<_>>()).filter(|p| !p.is_empty()))
            .collect()
    };
    let prepare_all = |part: Vec<Item>| {
        part.into_iter().map(|item| prepare_one(store, item)).collect::<Result<Vec<_>, _>>()
    };
    let results: Vec<Result<Vec<ToImport>, Error>> = std::thread::scope(|scope| {
        let running: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| prepare_all(part))).collect();
        let ended = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(Error::Damaged("a message broke its reader".to_owned())))
        };
        running.into_iter().map(ended).collect()
    });
    let mut all = Vec::new();
    for result in results {
        all.extend(result?);
    }
    Ok(all)
}

fn prepare_one(store: &Store, item: Item) -> Result<ToImport, Error> {
    let mut hash = Context::new(&SHA256);
    hash.update(item.mailbox.as_str().as_bytes());
    hash.update(b"\0");
    hash.update(&item.bytes);
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    let mut digest = Digest::of(&item.bytes);
    digest.tags.clear();
    let mut incoming = Incoming::new(store);
    incoming.write(&item.bytes)?;
    Ok(ToImport {
        mailbox: item.mailbox,
        received: item.received,
        flags: item.marks.flags,
        keywords: item.marks.keywords,
        digest,
        content: incoming.finish()?,
        key,
    })
}
