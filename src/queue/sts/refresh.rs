//! Fetches policies in force again, a day at a time, so that they do not run out while nobody sends.
//!
//! A round takes what was not fetched for [`STALE`], in random order, spread over [`SPREAD`]; at most [`AT_ONCE`] policy
//! hosts are asked at the same time. What expired and what no delivery used for [`UNUSED`] goes first.
//! RFC 8461 §10.2 (proactive refresh).

use std::time::Duration;

use mox_address::Domain;
use mox_clock::random_below;
use mox_store::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Policies, Why, tables};

/// Before the first round: a server that starts has other work.
const START: Duration = Duration::from_secs(5 * 60);
/// From round to round.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// How old a policy is before it is fetched again.
const STALE: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a round takes.
const SPREAD: Duration = Duration::from_secs(3 * 60 * 60);
/// How long a policy is kept that no delivery asks for.
const UNUSED: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// Policy hosts asked at the same time.
const AT_ONCE: usize = 8;
/// Most policies in a round.
const MAX_ROUND: u32 = 100_000;
/// Rows deleted in one transaction.
const PURGE: u32 = 500;

impl Policies {
    /// Keeps policies fresh until `shutdown` says true.
    pub async fn refresh(self, mut shutdown: watch::Receiver<bool>) {
        tokio::select! {
            () = self.rounds() => {}
            _ = shutdown.wait_for(|stop| *stop) => {}
        }
    }

    async fn rounds(&self) {
        let clock = &self.0.clock;
        clock.sleep(START).await;
        loop {
            let started = clock.monotonic();
            if let Err(error) = self.round().await {
                tracing::error!(error = %error, "MTA-STS policies cannot be refreshed");
            }
            clock.sleep(EVERY.saturating_sub(clock.monotonic().saturating_sub(started))).await;
        }
    }

    async fn round(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        let (stale, unused) = (now.minus(STALE), now.minus(UNUSED));
        while self.0.store.write(move |_, tx| tables::purge(tx.conn(), now, unused, PURGE)).await? > 0 {}
        let mut due = self.0.store.read(move |_, tx| tables::due(tx.conn(), stale, MAX_ROUND)).await?;
        self.shuffle(&mut due);
        let started = self.0.clock.monotonic();
        let pace = SPREAD.checked_div(u32::try_from(due.len()).unwrap_or(MAX_ROUND)).unwrap_or_default();
        let mut asking = JoinSet::new();
        let mut turn = Duration::ZERO;
        for domain in due {
            // Somewhere in its share of the round, so that no two servers of a kind march in step.
            let share = u64::try_from(pace.as_micros()).unwrap_or(u64::MAX).max(1);
            let at = turn.saturating_add(Duration::from_micros(random_below(&*self.0.random, share)));
            turn = turn.saturating_add(pace);
            self.0.clock.sleep(at.saturating_sub(self.0.clock.monotonic().saturating_sub(started))).await;
            while asking.len() >= AT_ONCE {
                asking.join_next().await;
            }
            let policies = self.clone();
            asking.spawn(async move { policies.refresh_one(&domain).await });
        }
        while asking.join_next().await.is_some() {}
        Ok(())
    }

    /// Looks at record and policy of a domain now.
    pub(super) async fn refresh_one(&self, domain: &Domain) {
        self.0.flights.share(domain, || self.look(domain, Why::Refresh)).await;
    }

    fn shuffle(&self, domains: &mut [Domain]) {
        for last in (1..domains.len()).rev() {
            let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
            let other = usize::try_from(random_below(&*self.0.random, bound)).unwrap_or(last);
            domains.swap(last, other.min(last));
        }
    }
}
