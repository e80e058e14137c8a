//! Which destination is served when: fair between domains, bounded in all, patient with those that fail.
//!
//! A destination is a recipient domain. The one whose turn is longest due gets the next free worker; a worker has
//! its destination for [`Options::per_turn`] transactions at most and then queues up behind the others. Where the
//! last connection failed one worker is enough, and all failing destinations together get half of the workers, so
//! that timeouts of dead hosts do not hold up living ones. Memory grows with the workers, not with the queue.
//!
//! [`Options::per_turn`]: crate::Options::per_turn

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use mox_clock::Timestamp;
use mox_db::Tx;
use mox_store::{Error, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{End, Queue, Verdict, tables};

/// Longest sleep: after that wall time is looked at again, which may have been stepped.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Destinations looked at for free workers: first few, then many.
const PAGES: [usize; 2] = [64, 5000];
/// Failing destinations that are remembered.
const MAX_FAILING: usize = 10_000;

/// What the scheduler remembers of a destination while it is served or fails.
#[derive(Debug, Default)]
pub(crate) struct Destination {
    /// Workers on it.
    workers: usize,
    /// The newest worker has not taken anything yet.
    starting: bool,
    /// The last connection failed.
    failing: bool,
}

impl Queue {
    /// Delivers what is due until `shutdown` says true, then waits for what is under way, [`Options::grace`] at most.
    ///
    /// [`Options::grace`]: crate::Options::grace
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let clock = self.0.seams.clock.clone();
        let started = clock.now();
        let queue = self.clone();
        let recover = move |store: &Store, tx: &mut Tx<'_>| {
            for (id, content, account) in tables::arrived(tx.conn())? {
                queue.end_row(tx, id, &account, End::Delivered, started)?;
                let verdict = Verdict::delivered("it was in its mailbox before the server stopped");
                if let Some(row) = tables::get(tx.conn(), id)? {
                    if row.class.is_report() {
                        queue.0.seams.reporting.ended(tx, &row, End::Delivered, &verdict)?;
                    }
                    queue.happened(tx, &row, crate::Event::Delivered, Some(&verdict), false)?;
                }
                if let Some(content) = content {
                    crate::outcome::release(store, tx, id, content)?;
                }
            }
            let domains = tables::recover(tx.conn())?;
            domains.iter().try_for_each(|d| tables::refresh(tx.conn(), d, Timestamp::from_micros(0)))
        };
        while let Err(e) = self.0.store.write::<_, Error, _>(recover.clone()).await {
            tracing::error!(error = %e, "queue cannot start");
            tokio::select! {
                () = clock.sleep(LOOK_AGAIN) => {}
                _ = shutdown.wait_for(|stop| *stop) => return,
            }
        }
        let mut workers = JoinSet::new();
        let mut forget_next = clock.now();
        while !*shutdown.borrow() {
            let sleep = match self.start_due(&mut workers, &shutdown).await {
                Ok(next) => next.map_or(LOOK_AGAIN, |next| next.since(clock.now())).min(LOOK_AGAIN),
                Err(e) => {
                    tracing::error!(error = %e, "queue cannot be read");
                    LOOK_AGAIN
                }
            };
            if clock.now() >= forget_next && !self.forget_ended().await {
                forget_next = clock.now().plus(LOOK_AGAIN * 60);
            }
            tokio::select! {
                stopped = shutdown.changed() => if stopped.is_err() { break },
                () = self.0.wake.notified() => {}
                Some(_) = workers.join_next() => {}
                () = clock.sleep(sleep.max(Duration::from_millis(1))) => {}
            }
        }
        tokio::select! {
            () = async { while workers.join_next().await.is_some() {} } => {}
            () = clock.sleep(self.0.options.grace) => {
                tracing::info!(workers = workers.len(), "queue: deliveries under way are broken off, tried again later");
            }
        }
    }

    /// Gives free workers to destinations that are due; answers when the next one is.
    async fn start_due(
        &self,
        workers: &mut JoinSet<()>,
        shutdown: &watch::Receiver<bool>,
    ) -> Result<Option<Timestamp>, Error> {
        let max = self.0.options.concurrency.max(1);
        for page in PAGES {
            if workers.len() >= max {
                return Ok(None);
            }
            let now = self.0.seams.clock.now();
            let list = self.0.store.read(move |_, tx| tables::destinations(tx.conn(), page)).await?;
            let all = list.len() < page;
            for (domain, next) in list {
                if next > now {
                    return Ok(Some(next));
                }
                if workers.len() < max
                    && let Some(claim) = self.claim(domain)
                {
                    workers.spawn(self.clone().work(claim, shutdown.clone()));
                }
            }
            if all {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// A worker for the destination, if it may have one more.
    fn claim(&self, domain: String) -> Option<Claim> {
        let mut map = self.destinations();
        let failing_workers: usize = map.values().filter(|d| d.failing).map(|d| d.workers).sum();
        let one = map.entry(domain.clone()).or_default();
        let may = if one.failing {
            one.workers == 0 && failing_workers < (self.0.options.concurrency / 2).max(1)
        } else {
            !one.starting && one.workers < self.0.options.per_destination.max(1)
        };
        if !may {
            return None;
        }
        one.workers += 1;
        one.starting = true;
        drop(map);
        Some(Claim { queue: self.clone(), domain })
    }

    fn destinations(&self) -> MutexGuard<'_, HashMap<String, Destination>> {
        self.0.destinations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker's hold on a destination; dropping it frees the place, whatever happened.
pub(crate) struct Claim {
    queue: Queue,
    pub(crate) domain: String,
}

impl Claim {
    /// The worker has taken its first message, or found none: another worker may start.
    pub(crate) fn started(&self) {
        if let Some(one) = self.queue.destinations().get_mut(&self.domain) {
            one.starting = false;
        }
        self.queue.0.wake.notify_one();
    }

    /// Remembers whether the destination could be connected to.
    pub(crate) fn failing(&self, failing: bool) {
        let mut map = self.queue.destinations();
        let room = map.len() < MAX_FAILING;
        if let Some(one) = map.get_mut(&self.domain) {
            one.failing = failing && room;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut map = self.queue.destinations();
        if let Some(one) = map.get_mut(&self.domain) {
            one.workers = one.workers.saturating_sub(1);
            one.starting = false;
            if one.workers == 0 && !one.failing {
                map.remove(&self.domain);
            }
        }
    }
}
