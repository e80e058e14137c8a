//! Imports and exports: batches of messages between a command and the store.
//!
//! One import at a time goes into an account. One that begins takes the place of the one before, after waiting for what
//! that one has begun to write: its command may be gone, and nobody would tell.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mox_address::Address;
use mox_admin::ops::{
    ExportFolder, ExportFolders, ExportPage, ImportBegin, ImportBegun, ImportEnd, ImportMessages,
    ImportProgress,
};
use mox_admin::{OpError, Operations};
use mox_config::Config;
use mox_platform::faults::NoFaults;
use mox_store::{Imported, MailboxName};
use mox_transfer::{Batch, Importer, export};

use super::{Parts, failed};

/// The imports that go on, by account.
#[derive(Default)]
struct Imports {
    last: AtomicU64,
    open: Mutex<HashMap<String, Open>>,
}

#[derive(Clone)]
struct Open {
    number: u64,
    /// None once another took its place, or it came to its end.
    importer: Arc<Mutex<Option<Importer>>>,
}

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let imports = Arc::new(Imports::default());
    let (begins, pushes, ends) = (imports.clone(), imports.clone(), imports);
    let (begin_parts, folder_parts, page_parts) = (parts.clone(), parts.clone(), parts.clone());
    operations
        .on(move |op: ImportBegin| {
            let (parts, imports) = (begin_parts.clone(), begins.clone());
            async move { run_blocking(move || begin(&parts, &imports, &op)).await }
        })
        .on_bulk(move |op: ImportMessages, bytes| {
            let imports = pushes.clone();
            async move { run_blocking(move || imports.push(op.import, &bytes)).await }
        })
        .on(move |op: ImportEnd| {
            let imports = ends.clone();
            async move { run_blocking(move || imports.end(op.import)).await }
        })
        .on(move |op: ExportFolders| {
            let parts = folder_parts.clone();
            async move { run_blocking(move || folders(&parts, &op)).await }
        })
        .on_raw(move |op: ExportPage| {
            let parts = page_parts.clone();
            async move { run_blocking(move || page(&parts, &op)).await }
        })
}

async fn run_blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, OpError> + Send + 'static,
) -> Result<T, OpError> {
    tokio::task::spawn_blocking(run).await.map_err(OpError::failed)?
}

/// The account of that name or address, and how many bytes it may hold.
fn account_of(config: &Config, named: &str) -> Result<(String, Option<u64>), OpError> {
    find_account(config, named).ok_or_else(|| {
        OpError::not_found(format!("no account \"{named}\"")).hint("domains.conf lists the accounts")
    })
}

/// The name of the account of that name or address, and how many bytes it may hold.
pub fn find_account(config: &Config, named: &str) -> Option<(String, Option<u64>)> {
    let by_address = named.parse::<Address>().ok().and_then(|a| config.account_of(&a).map(str::to_owned));
    let name = by_address.unwrap_or_else(|| named.to_owned());
    let account = config.dynamic.accounts.get(&name)?;
    Some((name, account.quota(config.server.quota_message_size)))
}

fn begin(parts: &Parts, imports: &Imports, op: &ImportBegin) -> Result<ImportBegun, OpError> {
    let (account, quota) = account_of(&parts.config.load(), &op.account)?;
    let number = imports.last.fetch_add(1, Ordering::Relaxed) + 1;
    let open = Open { number, importer: Arc::default() };
    let mut own = lock(&open.importer);
    let before = lock(&imports.open).insert(account.clone(), open.clone());
    if let Some(before) = before {
        // Waits for what is being written.
        drop(lock(&before.importer).take());
    }
    let importer = Importer::begin(&parts.store, &account, quota, op.again, Arc::new(NoFaults));
    *own = Some(importer.map_err(failed)?);
    Ok(ImportBegun { import: number, account })
}

impl Imports {
    fn find(&self, number: u64) -> Result<Open, OpError> {
        let open = lock(&self.open);
        open.values().find(|open| open.number == number).cloned().ok_or_else(gone)
    }

    fn push(&self, number: u64, bytes: &[u8]) -> Result<ImportProgress, OpError> {
        let batch = Batch::decode(bytes).map_err(OpError::usage)?;
        let open = self.find(number)?;
        let mut importer = lock(&open.importer);
        importer.as_mut().ok_or_else(gone)?.push(batch).map(progress).map_err(failed)
    }

    fn end(&self, number: u64) -> Result<ImportProgress, OpError> {
        let open = self.find(number)?;
        let importer = lock(&open.importer).take().ok_or_else(gone)?;
        let done = importer.finish().map(progress).map_err(failed);
        lock(&self.open).retain(|_, open| open.number != number);
        done
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gone() -> OpError {
    OpError::conflict("another import into the account took the place of this one")
        .hint("what was imported is kept; the same command goes on where this one ended")
}

fn progress(done: Imported) -> ImportProgress {
    ImportProgress { added: done.added, bytes: done.bytes, known: done.known, full: done.full }
}

fn folders(parts: &Parts, op: &ExportFolders) -> Result<Vec<ExportFolder>, OpError> {
    let (account, _) = account_of(&parts.config.load(), &op.account)?;
    let mailbox = op.mailbox.as_deref().map(MailboxName::parse).transpose().map_err(failed)?;
    let found = export::folders(&parts.store, &account, mailbox.as_ref()).map_err(failed)?;
    let folder =
        |f: export::Folder| ExportFolder { id: f.id, name: f.name, messages: f.messages, last: f.last };
    Ok(found.into_iter().map(folder).collect())
}

fn page(parts: &Parts, op: &ExportPage) -> Result<Vec<u8>, OpError> {
    let (account, _) = account_of(&parts.config.load(), &op.account)?;
    let batch = export::page(&parts.store, &account, op.mailbox, op.after, op.last).map_err(failed)?;
    Ok(batch.encode())
}
