//! Backups by the running server: the store holds removals back, the writer goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::{BackedUp, Backup};
use mox_admin::{OpError, Operations};
use mox_backup::{Ground, Source};

use super::Parts;

/// Rest between two steps of a backup, for the disk's other users.
const REST: Duration = Duration::from_millis(2);

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let parts = parts.clone();
    operations.on(move |op: Backup| backup(parts.clone(), op))
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
