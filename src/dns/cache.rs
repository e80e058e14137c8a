//! Answers remembered for as long as their TTL allows, positive and negative. RFC 2308.
//!
//! Limits: [`MAX_TTL`], [`MAX_NEGATIVE_TTL`], and the number of entries given at construction; when full, the
//! entries that expire first make room. Failures and bogus answers are not remembered.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mox_clock::Clock;

use crate::name::normalize;
use crate::{Answer, BoxFuture, Error, Explained, RecordType, Resolver};

/// Longest time a positive answer is kept.
pub const MAX_TTL: Duration = Duration::from_secs(86_400);
/// Longest time a negative answer is kept.
pub const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(3600);

type Key = (String, RecordType);

/// A resolver that asks another one once per TTL.
pub struct CachingResolver {
    inner: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    max_entries: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<Key, (Duration, Result<Answer, Error>)>,
    by_expiry: BTreeSet<(Duration, Key)>,
}

impl CachingResolver {
    /// Keeps up to `max_entries` answers of `inner`.
    pub fn new(inner: Arc<dyn Resolver>, clock: Arc<dyn Clock>, max_entries: usize) -> CachingResolver {
        CachingResolver { inner, clock, max_entries, entries: Mutex::default() }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.entries() = Entries::default();
    }

    /// How many answers are kept, expired ones included.
    pub fn len(&self) -> usize {
        self.entries().by_key.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kept answer, its TTL lessened by the time it was kept.
    fn get(&self, key: &Key) -> Option<Result<Answer, Error>> {
        let now = self.clock.monotonic();
        let mut entries = self.entries();
        let (expiry, result) = entries.by_key.get(key)?;
        let left = expiry.saturating_sub(now);
        if left.is_zero() {
            entries.remove(key);
            return None;
        }
        let mut result = result.clone();
        if let Some(ttl) = ttl_mut(&mut result) {
            *ttl = left;
        }
        Some(result)
    }

    fn put(&self, key: Key, mut result: Result<Answer, Error>) {
        let limit = if result.is_ok() { MAX_TTL } else { MAX_NEGATIVE_TTL };
        let Some(ttl) = ttl_mut(&mut result).map(|ttl| (*ttl).min(limit)).filter(|ttl| !ttl.is_zero()) else {
            return;
        };
        let expiry = self.clock.monotonic() + ttl;
        let mut entries = self.entries();
        entries.remove(&key);
        while entries.by_key.len() >= self.max_entries {
            let Some((_, first)) = entries.by_expiry.pop_first() else { return };
            entries.by_key.remove(&first);
        }
        entries.by_expiry.insert((expiry, key.clone()));
        entries.by_key.insert(key, (expiry, result));
    }
}

impl Entries {
    fn remove(&mut self, key: &Key) {
        if let Some((expiry, _)) = self.by_key.remove(key) {
            self.by_expiry.remove(&(expiry, key.clone()));
        }
    }
}

/// The TTL of what may be kept.
fn ttl_mut(result: &mut Result<Answer, Error>) -> Option<&mut Duration> {
    match result {
        Ok(answer) => Some(&mut answer.ttl),
        Err(Error::NxDomain { ttl, .. } | Error::NoData { ttl, .. }) => Some(ttl),
        Err(_) => None,
    }
}

impl Resolver for CachingResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = normalize(name);
        Box::pin(async move {
            let key = (name?, kind);
            if let Some(kept) = self.get(&key) {
                return kept;
            }
            let result = self.inner.lookup(&key.0, kind).await;
            self.put(key, result.clone());
            result
        })
    }

    /// Asks anew: what is kept does not say why it is so.
    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        self.inner.explain(name, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{SimResolver, TTL};
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;

    fn cached(max_entries: usize) -> (SimResolver, SimClock, CachingResolver) {
        let zone = "a.example. A 192.0.2.1\nb.example. A 192.0.2.2\nfail.example. ANY ; servfail\nbad.example. ANY ; bogus";
        let sim = SimResolver::from_zone(zone).unwrap();
        let clock = SimClock::new(Timestamp::from_secs(0));
        let cache = CachingResolver::new(Arc::new(sim.clone()), Arc::new(clock.clone()), max_entries);
        (sim, clock, cache)
    }

    #[tokio::test]
    async fn answers_are_kept_for_their_ttl() {
        let (sim, clock, cache) = cached(10);
        for name in ["a.example", "A.EXAMPLE.", "nx.example", "nx.example"] {
            let _ = cache.lookup(name, RecordType::A).await;
        }
        assert_eq!(sim.query_count(), 2);
        clock.advance(Duration::from_secs(100));
        let answer = cache.lookup("a.example", RecordType::A).await.unwrap();
        assert_eq!(answer.ttl, TTL - Duration::from_secs(100));
        assert_eq!(
            cache.lookup("nx.example", RecordType::A).await,
            Err(Error::NxDomain { authentic: true, ttl: TTL - Duration::from_secs(100) })
        );
        assert_eq!(sim.query_count(), 2);
        clock.advance(TTL);
        cache.lookup("a.example", RecordType::A).await.unwrap();
        assert_eq!(sim.query_count(), 3);
        cache.clear();
        assert!(cache.is_empty());
    }

    #[tokio::test]
    async fn failures_are_not_kept() {
        let (sim, _, cache) = cached(10);
        for name in ["fail.example", "fail.example", "bad.example", "bad.example"] {
            assert!(cache.lookup(name, RecordType::A).await.unwrap_err().is_temporary());
        }
        assert_eq!(sim.query_count(), 4);
        assert!(cache.is_empty());
    }

    #[tokio::test]
    async fn the_first_to_expire_makes_room() {
        let (sim, clock, cache) = cached(2);
        for name in ["a.example", "b.example", "nx.example"] {
            let _ = cache.lookup(name, RecordType::A).await;
            clock.advance(Duration::from_secs(1));
        }
        assert_eq!(cache.len(), 2);
        let _ = cache.lookup("b.example", RecordType::A).await;
        assert_eq!(sim.query_count(), 3);
        let _ = cache.lookup("a.example", RecordType::A).await;
        assert_eq!(sim.query_count(), 4);
        let (_, _, none) = cached(0);
        none.lookup("a.example", RecordType::A).await.unwrap();
        assert!(none.is_empty());
    }
}
