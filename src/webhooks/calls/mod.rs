//! Webhooks of accounts: calls about mail that was sent or received, kept until their URL took them.
//!
//! States (function that moves): PENDING [`Calls::outgoing`, [`Calls::incoming`], in the transaction of what they tell]
//! -> BUSY [`run`, committed before the URL is called] -> TAKEN (status 200) | PENDING (the next of [`WAITS`]) | GIVEN
//! UP; PENDING -> SUPERSEDED [a newer event of the same message], CANCELED [`Calls::cancel`].
//!
//! Invariants: 1. What happened and the call about it are one commit. 2. One call at a time to a URL, [`AT_ONCE`] in
//! all. 3. A crash during a call repeats it, under the same id. 4. URLs lead to where the client lets them: public
//! addresses, unless `AllowEgress` says otherwise. 5. Authorization is read from the configuration when a call is made,
//! and only for the URL that the configuration names: it is not stored.

mod event;
mod ops;
mod run;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Clock, Timestamp};
use mox_config::Handle;
use mox_config::webhook::OutgoingEvent;
use mox_db::{Schema, Tx};
use mox_https::{Client, Limits};
use mox_store::{Error, Store};
use mox_telemetry::Metrics;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

pub use event::{About, Arrived, Received};

/// The tables of this part.
pub const SCHEMA: Schema = table::SCHEMA;

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// Waits after a call that was not taken; after the last one it is given up.
pub const WAITS: [Duration; 11] = [
    minutes(1),
    minutes(2),
    minutes(4),
    Duration::from_secs(450),
    minutes(15),
    minutes(30),
    minutes(60),
    minutes(2 * 60),
    minutes(4 * 60),
    minutes(8 * 60),
    minutes(16 * 60),
];

/// Calls at once.
pub const AT_ONCE: usize = 10;

/// Bytes of an answer that are kept.
pub const MAX_ANSWER: usize = 512;

/// Calls of an account that wait; more are dropped, which is logged.
const MAX_PENDING: u32 = 10_000;

/// What a server that is called may take.
pub const CALL_LIMITS: Limits = Limits {
    time: Duration::from_secs(60),
    connect: Duration::from_secs(10),
    head: 16 * 1024,
    body: MAX_ANSWER,
};

/// The calls of a house; clones share them.
#[derive(Clone)]
pub struct Calls(Arc<Inner>);

struct Inner {
    store: Store,
    config: Arc<Handle>,
    client: Client,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    /// There is something to look at.
    wake: Notify,
    /// Messages are read whole, few at a time.
    reading: Semaphore,
}

/// A call to be kept.
struct New<'a> {
    account: &'a str,
    url: &'a str,
    incoming: bool,
    event: String,
    queue_id: Option<i64>,
    message_id: &'a str,
    subject: &'a str,
    payload: String,
}

impl Calls {
    /// The calls in `store`, which was opened with [`SCHEMA`]. `client` says where calls may go. Nothing is called
    /// before [`Calls::run`].
    pub fn new(
        store: Store,
        config: Arc<Handle>,
        client: Client,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Calls {
        let client = Client { limits: CALL_LIMITS, ..client };
        Calls(Arc::new(Inner {
            store,
            config,
            client,
            clock,
            metrics,
            wake: Notify::new(),
            reading: Semaphore::new(2),
        }))
    }

    /// Keeps a call about a message that an account sent, if the account wants to hear of it. Older ones about the same
    /// message that wait are superseded.
    pub fn outgoing(
        &self,
        tx: &mut Tx<'_>,
        account: &str,
        event: OutgoingEvent,
        about: &About<'_>,
    ) -> Result<(), Error> {
        let config = self.0.config.load();
        let Some(hook) = config.dynamic.accounts.get(account).and_then(|a| a.outgoing_webhook.as_ref())
        else {
            return Ok(());
        };
        if !hook.events.is_empty() && !hook.events.contains(&event) {
            return Ok(());
        }
        let now = self.0.clock.now();
        let ended =
            table::Ended { state: table::State::Superseded, at: now, keep_until: self.keep(account, now) };
        table::supersede(tx.conn(), account, about.queue_id, &ended)?;
        self.add(
            tx,
            now,
            &New {
                account,
                url: hook.url.as_str(),
                incoming: false,
                event: event.to_string(),
                queue_id: Some(about.queue_id),
                message_id: about.message_id,
                subject: about.subject,
                payload: event::outgoing(&event.to_string(), about, now),
            },
        )
    }

    /// Forgets the calls of an account that is removed, those that wait too.
    pub fn forget_account(tx: &mut Tx<'_>, account: &str) -> Result<(), Error> {
        table::remove_all(tx.conn(), account)
    }

    /// Waits until a message may be read for a call; held while it is in memory.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.0.reading.acquire().await.ok()
    }

    /// Whether an account wants to hear of mail that arrives.
    pub fn wants_incoming(&self, account: &str) -> bool {
        let config = self.0.config.load();
        config.dynamic.accounts.get(account).is_some_and(|a| a.incoming_webhook.is_some())
    }

    /// Keeps a call about a message that arrived, if the account wants to hear of it.
    pub fn incoming(
        &self,
        tx: &mut Tx<'_>,
        account: &str,
        read: &Received,
        arrived: &Arrived<'_>,
    ) -> Result<(), Error> {
        let config = self.0.config.load();
        let Some(hook) = config.dynamic.accounts.get(account).and_then(|a| a.incoming_webhook.as_ref())
        else {
            return Ok(());
        };
        self.add(
            tx,
            self.0.clock.now(),
            &New {
                account,
                url: hook.url.as_str(),
                incoming: true,
                event: "incoming".to_owned(),
                queue_id: None,
                message_id: read.message_id(),
                subject: read.subject(),
                payload: read.payload(arrived),
            },
        )
    }

    /// The id of a message that was sent, if the recipient is the reverse-path that only that one had.
    pub fn from_id(&self, rcpt: &str) -> Option<String> {
        let path: mox_address::Path = rcpt.parse().ok()?;
        let config = self.0.config.load();
        let domain = config.dynamic.domains.get(path.domain.domain()?)?;
        let localpart = path.localpart.as_str();
        let behind = |separator: &&str| localpart.rsplit_once(*separator).map(|(_, id)| id.to_owned());
        domain.separators().iter().find_map(behind).filter(|id| !id.is_empty())
    }

    fn add(&self, tx: &mut Tx<'_>, now: Timestamp, new: &New<'_>) -> Result<(), Error> {
        if table::pending(tx.conn(), new.account)? >= MAX_PENDING {
            tracing::error!(
                account = new.account,
                "webhook calls wait already as many as may; this one is dropped"
            );
            return Ok(());
        }
        table::insert(tx.conn(), now, new)?;
        let calls = self.clone();
        tx.on_commit(move || calls.0.wake.notify_one());
        Ok(())
    }

    /// Until when a call of an account is kept that is done; none for not at all.
    fn keep(&self, account: &str, now: Timestamp) -> Option<Timestamp> {
        let config = self.0.config.load();
        let period = config.dynamic.accounts.get(account)?.keep_retired_webhook_period;
        let period = *period;
        (!period.is_zero()).then(|| now.plus(period))
    }
}
