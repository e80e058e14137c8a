//! Backups by the running server: the store holds removals back, the writer goes on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::ops::{BackedUp, Backup, BackupList, BackupRow};
use mox_admin::{ErrorKind, OpError, Operations, Time};
use mox_backup::{Ground, Source};

use super::{Parts, failed};
use crate::tables::backup as table;

/// Rest between two steps of a backup, for the disk's other users.
const REST: Duration = Duration::from_millis(2);

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (take, list) = (parts.clone(), parts.clone());
    let going: Arc<Going> = Arc::default();
    let goes_on = going.clone();
    operations
        .on(move |op: Backup| remembered(take.clone(), going.clone(), op))
        .on(move |_: BackupList| all(list.clone(), goes_on.clone()))
}

/// The backup that goes on.
type Going = Mutex<Option<BackupRow>>;

/// Takes a backup and remembers what came of it.
async fn remembered(parts: Arc<Parts>, going: Arc<Going>, op: Backup) -> Result<BackedUp, OpError> {
    if op.dry_run {
        return backup(parts, op).await;
    }
    let row = begun(&op, Time(parts.clock.now()));
    enter(&going, &row)?;
    // It goes on when who asked is gone, and is remembered then, too.
    let task = tokio::spawn(async move {
        let taken = backup(parts.clone(), op).await;
        going.lock().unwrap_or_else(PoisonError::into_inner).take();
        keep(&parts, row, &taken).await;
        taken
    });
    task.await.map_err(OpError::failed)?
}

/// One goes on at a time.
fn enter(going: &Going, row: &BackupRow) -> Result<(), OpError> {
    let mut going = going.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(other) = &*going {
        let text = format!("a backup to {} goes on since {}", other.destination, other.begun);
        return Err(OpError::failed(text).hint("wait until it has ended"));
    }
    *going = Some(row.clone());
    Ok(())
}

/// Remembers what came of a backup; a request that made no sense is none.
async fn keep(parts: &Parts, mut row: BackupRow, taken: &Result<BackedUp, OpError>) {
    row.ended = Some(Time(parts.clock.now()));
    match taken {
        Ok(taken) => {
            row.database_bytes = taken.database_bytes;
            row.contents = taken.contents;
            row.content_bytes = taken.content_bytes;
            row.skipped = taken.skipped.len() as u64;
        }
        Err(error) if error.kind == ErrorKind::Usage => return,
        Err(error) => row.error = Some(error.message.clone()),
    }
    let text = serde_json::to_string(&row).unwrap_or_default();
    let kept = parts.store.write(move |_, tx| table::add(tx.conn(), &text, BackupList::MAX)).await;
    if let Err(error) = kept {
        tracing::warn!(%error, "what came of a backup could not be kept");
    }
}

fn begun(op: &Backup, begun: Time) -> BackupRow {
    BackupRow {
        begun,
        ended: None,
        destination: op.destination.clone(),
        error: None,
        database_bytes: 0,
        contents: 0,
        content_bytes: 0,
        skipped: 0,
    }
}

/// The one that goes on, and the last ones.
async fn all(parts: Arc<Parts>, going: Arc<Going>) -> Result<Vec<BackupRow>, OpError> {
    let rows = parts.store.read(|_, tx| table::all(tx.conn())).await.map_err(failed)?;
    let now = going.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(now.into_iter().chain(rows.iter().filter_map(|row| serde_json::from_str(row).ok())).collect())
}

async fn backup(parts: Arc<Parts>, op: Backup) -> Result<BackedUp, OpError> {
    let destination = PathBuf::from(&op.destination);
    if !destination.is_absolute() {
        return Err(OpError::usage(format!("{} is no absolute path", op.destination)));
    }
    let runtime = tokio::runtime::Handle::current();
    let run = move || {
        let rest = |_: &str| {
            runtime.block_on(parts.clock.sleep(REST));
            !*parts.shutdown.borrow()
        };
        take(&parts, &destination, op.dry_run, &rest)
    };
    let taken = tokio::task::spawn_blocking(run).await.map_err(OpError::failed)??;
    if !taken.dry_run {
        tracing::info!(
            destination = taken.destination,
            contents = taken.contents,
            linked = taken.linked,
            "backup taken"
        );
    }
    Ok(taken)
}

fn take(
    parts: &Parts,
    destination: &Path,
    dry_run: bool,
    rest: &dyn Fn(&str) -> bool,
) -> Result<BackedUp, OpError> {
    let config = parts.config.load();
    let source = Source {
        config: Some(config.file.clone()),
        data: parts.data.clone(),
        hostname: config.server.hostname.ascii().to_owned(),
        store: Some(&parts.store),
    };
    let ground = Ground {
        version: crate::house::VERSION,
        now: parts.clock.now(),
        between: rest,
        faults: &*parts.faults,
    };
    mox_backup::take(&source, destination, dry_run, &ground).map_err(refused)
}

/// What a caller is told of a backup that failed.
fn refused(e: mox_backup::Error) -> OpError {
    use mox_backup::Error::{Foreign, Inside, NotEmpty};
    let hint = e.hint();
    let error = match e {
        Inside(_) | NotEmpty(_) | Foreign { .. } => OpError::usage(e),
        e => OpError::failed(e),
    };
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
