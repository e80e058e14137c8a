//! The outgoing queue: life of a message on its way to another host, one row a recipient.
//!
//! States (function that moves):
//! QUEUED -> HELD [`Queue::hold`] -> QUEUED [`Queue::unhold`];
//! QUEUED -> BUSY [`worker`, committed before anything is dialed: the attempt is counted and the next one set];
//! BUSY -> DELIVERED | QUEUED | FAILED [`outcome`, one transaction with the DSN];
//! QUEUED -> FAILED [`Queue::fail`], QUEUED -> DROPPED [`Queue::drop_messages`].
//! What ended stays as a record without content for a while ([`retired`]). New messages that a rule matches start HELD
//! ([`hold`]); messages to recipients that refused before are FAILED at their first attempt, without a connection
//! ([`suppress`]).
//!
//! Invariants: 1. A queued row holds one reference to its content. 2. A row has at most one worker; a start
//! makes what is BUSY QUEUED again, due at the next attempt that was committed with BUSY. 3. No domain waits
//! for another: destinations take turns, see [`schedule`]. 4. A crash between the remote host's 250 and the
//! commit of the outcome repeats that delivery (RFC 5321 §4.2.5 makes the sender do so); nothing is ever lost. A
//! session that delivers into this store says so in its own transaction ([`arrived`]) and is not repeated.
//! RFC 5321 §4.5.4 (sending strategy), RFC 3461, RFC 4865.

mod add;
mod direct;
mod dsn;
mod explain;
mod hold;
mod ledger;
mod message;
mod ops;
mod options;
mod outcome;
mod probe;
mod retired;
mod route;
mod schedule;
mod seam;
mod smtp;
mod sts;
mod suppress;
mod tables;
#[cfg(test)]
mod tests;
mod tlsplan;
mod transport;
mod worker;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use mox_clock::{Clock, Random};
use mox_db::{ReadTx, Schema};
use mox_platform::faults::Faults;
use mox_store::{Error, Store};
use mox_telemetry::Metrics;
use tokio::sync::{Notify, watch};

pub use message::{Class, End, NewQueued, NewRecipient, OwnPath, QueueId, Queued};
pub use mox_db::Tx;
pub use options::{Options, Retry};
pub use outcome::arrived;
pub use probe::Probe;
pub use route::{DirectOptions, Leaving, Relay, RelayAuth, RelayTls, Route, Router, Socks};
pub use seam::{
    BoxFuture, Confirms, Event, Happened, LocalDelivery, NoReporting, Notice, OpenFailure, Opened, Outbound,
    Outcome, Outgoing, Peer, Reporting, Sent, Session, Step, Target, TlsResults, Verdict,
};
pub use smtp::Smtp;
pub use sts::{Asking, Cached, Failure, Found, Policies, STS_SCHEMA, StsPolicies};
pub use transport::ConfigRouter;

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
    /// Destinations that are being served or failed lately.
    destinations: Mutex<HashMap<String, schedule::Destination>>,
    ended: Ended,
}

/// Messages that left the queue since it was made, each recipient counted; they only grow.
#[derive(Debug, Default)]
struct Ended {
    delivered: AtomicU64,
    failed: AtomicU64,
}

/// What the queue is given from outside.
#[derive(Clone)]
pub struct Seams {
    /// Says where mail for a domain goes.
    pub router: Arc<dyn Router>,
    /// Puts DSNs into mailboxes here.
    pub local: Arc<dyn LocalDelivery>,
    /// Hears how TLS went, and how reports of ours end.
    pub reporting: Arc<dyn Reporting>,
    /// Makes SMTP sessions.
    pub outbound: Arc<dyn Outbound>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Points at which a test ends the process.
    pub faults: Arc<dyn Faults>,
    /// Attempts are counted here.
    pub metrics: Arc<Metrics>,
}

impl Ended {
    fn count(&self, end: End) {
        let counter = match end {
            End::Delivered => &self.delivered,
            End::Failed => &self.failed,
            End::Dropped => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
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
            destinations: Mutex::default(),
            ended: Ended::default(),
        }))
    }

    /// How many messages left the queue since it was made: those delivered, those given up.
    pub fn ended(&self) -> (u64, u64) {
        let Ended { delivered, failed } = &self.0.ended;
        (delivered.load(Ordering::Relaxed), failed.load(Ordering::Relaxed))
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
}
