//! What the control endpoint can do with a running house: every operation of `mox_admin::ops`, on this house.

mod messages;
mod server;

use std::path::PathBuf;
use std::sync::Arc;

use mox_admin::ops::{
    QueueDrop, QueueDump, QueueHold, QueueList, QueueSchedule, QueueShow, QueueUnhold, QueueWait, QueueWatch,
};
use mox_admin::{OpError, Operations};
use mox_clock::{Clock, Random, Timestamp};
use mox_config::Handle;
use mox_queue::Queue;
use mox_store::{Error, Store};
use mox_telemetry::{Levels, Metrics};
use tokio::sync::watch;

/// What the operations work on.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) config: Arc<Handle>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) levels: Levels,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) listeners: Vec<mox_admin::ops::ListenerRow>,
    pub(crate) started: Timestamp,
    pub(crate) data: PathBuf,
    pub(crate) shutdown: watch::Sender<bool>,
}

/// All operations.
pub(crate) fn all(parts: Parts) -> Operations {
    let parts = Arc::new(parts);
    let operations = queue(Operations::new(), &parts.queue);
    server::add(messages::add(operations, &parts), &parts)
}

fn queue(operations: Operations, queue: &Queue) -> Operations {
    let queue = || queue.clone();
    let (list, show, hold, unhold, schedule) = (queue(), queue(), queue(), queue(), queue());
    let (drop, wait, watch, dump) = (queue(), queue(), queue(), queue());
    operations
        .on(move |op: QueueList| {
            let q = list.clone();
            async move { q.list(op).await }
        })
        .on(move |op: QueueShow| {
            let q = show.clone();
            async move { q.show(op).await }
        })
        .on(move |op: QueueHold| {
            let q = hold.clone();
            async move { q.hold(op).await }
        })
        .on(move |op: QueueUnhold| {
            let q = unhold.clone();
            async move { q.unhold(op).await }
        })
        .on(move |op: QueueSchedule| {
            let q = schedule.clone();
            async move { q.schedule(op).await }
        })
        .on(move |op: QueueDrop| {
            let q = drop.clone();
            async move { q.drop_messages(op).await }
        })
        .on(move |op: QueueWait| {
            let q = wait.clone();
            async move { q.wait(op).await }
        })
        .on(move |op: QueueWatch| {
            let q = watch.clone();
            async move { q.watch(op).await }
        })
        .on_raw(move |op: QueueDump| {
            let q = dump.clone();
            async move { q.dump(op).await }
        })
}

/// What a caller is told of a failure of the store.
pub(crate) fn failed(e: Error) -> OpError {
    match e {
        Error::NoSuchMessage(_) => OpError::not_found(e).hint("`mox message list` shows what is there"),
        Error::NoSuchAccount(_) | Error::NoSuchMailbox(_) => OpError::not_found(e),
        Error::BadMailboxName { .. } => OpError::usage(e),
        e => OpError::failed(e),
    }
}
