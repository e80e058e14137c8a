//! The outgoing queue: life of a message on its way to another host, one row a recipient.
//!
//! States (function that moves):
//! QUEUED -> HELD [`Queue::hold`] -> QUEUED [`Queue::unhold`];
//! QUEUED -> BUSY [`schedule`, committed before anything is dialed: the attempt is counted and the next one set];
//! BUSY -> DELIVERED | QUEUED | FAILED [`schedule`, one transaction with the DSN];
//! QUEUED -> FAILED [`Queue::fail`], QUEUED -> DROPPED [`Queue::drop_messages`].
//! What ended stays as a record without content for [`Options::keep_ended`], for `wait` and `explain`.
//!
//! Invariants: 1. A queued row holds one reference to its content. 2. A row has at most one worker: BUSY is kept
//! in memory, so a crash makes it QUEUED again, due at the next attempt that was committed. 3. No domain waits
//! for another: destinations take turns, see [`schedule`]. 4. A crash between the remote host's 250 and the
//! commit of the outcome repeats that delivery (RFC 5321 §4.2.5 makes the sender do so); nothing is ever lost.
//! RFC 5321 §4.5.4 (sending strategy), RFC 3461, RFC 4865.

#![expect(dead_code, reason = "the scheduler that uses the rest follows")]

mod add;
mod message;
mod ops;
mod options;
mod seam;
mod tables;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mox_clock::{Clock, Random};
use mox_db::{ReadTx, Schema, Tx};
use mox_store::{Error, Store};
use tokio::sync::{Notify, watch};

pub use message::{Class, End, NewQueued, NewRecipient, QueueId, Queued};
pub use options::{Options, Retry};
pub use seam::{
    BoxFuture, LocalDelivery, NoResults, Notice, OpenFailure, Opened, Outbound, Outcome, Outgoing, Peer,
    Relay, RelayAuth, RelayTls, ResultSink, Route, Router, Sent, Session, Step, Target, TlsAttempt, Verdict,
};

/// The tables of this room.
pub const SCHEMA: Schema = tables::SCHEMA;

/// The queue; clones share it.
#[derive(Clone)]
pub struct Queue(Arc<Inner>);

struct Inner {
    store: Store,
    options: Options,
    seams: Seams,
    /// The scheduler has something to look at.
    wake: Notify,
    /// Counts committed changes, for those who wait and watch.
    version: watch::Sender<u64>,
    /// Rows that a worker has. Only changed within transactions, which run one after another.
    busy: Mutex<HashSet<i64>>,
    /// Destinations that are being served or failed lately.
    destinations: Mutex<HashMap<String, Destination>>,
}

/// What the scheduler remembers of a destination while it is served.
#[derive(Debug, Default)]
struct Destination {
    /// Workers on it.
    workers: usize,
    /// The newest worker has not taken anything yet.
    starting: bool,
}

/// What the queue is given from outside.
#[derive(Clone)]
pub struct Seams {
    /// Says where mail for a domain goes.
    pub router: Arc<dyn Router>,
    /// Puts DSNs into mailboxes here.
    pub local: Arc<dyn LocalDelivery>,
    /// Hears how TLS went.
    pub results: Arc<dyn ResultSink>,
    /// Makes SMTP sessions.
    pub outbound: Arc<dyn Outbound>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

impl Queue {
    /// The queue in `store`, which was opened with [`SCHEMA`]. Nothing is delivered before `Queue::run`.
    pub fn new(store: Store, options: Options, seams: Seams) -> Queue {
        Queue(Arc::new(Inner {
            store,
            options,
            seams,
            wake: Notify::new(),
            version: watch::Sender::new(0),
            busy: Mutex::default(),
            destinations: Mutex::default(),
        }))
    }

    /// Delivers what is due until `shutdown` says true.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        // A sender that is gone means shutdown as well.
        let _ = shutdown.wait_for(|stop| *stop).await;
    }

    /// References to content that the queue holds, by content id: for the checker of the store.
    pub fn content_refs(tx: &ReadTx<'_>) -> Result<HashMap<i64, i64>, Error> {
        tables::content_refs(tx.conn())
    }

    /// Once `tx` is committed, the scheduler looks again and those who wait are told.
    fn changed(&self, tx: &mut Tx<'_>) {
        let queue = self.clone();
        tx.on_commit(move || {
            queue.0.version.send_modify(|version| *version += 1);
            queue.0.wake.notify_one();
        });
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.0.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
