//! Who is logged in to pages: sessions, each found by a token that one browser has, with a second token for its forms.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::OpError;
use mox_clock::{Clock, Random};
use mox_net::BoxFuture;

/// Who logged in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// Account; empty for the administrator.
    pub account: String,
    /// What was typed as name; empty where none is asked for.
    pub login: String,
}

/// A login that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub who: Who,
    /// What the browser shows with each request.
    pub token: String,
    /// What its forms carry.
    pub csrf: String,
}

/// Where sessions are kept.
pub trait Sessions: Send + Sync {
    /// A new one. Where there are too many of one account, its oldest ends.
    fn start(&self, who: Who) -> BoxFuture<'_, Result<Session, OpError>>;

    /// The one with this token, unless its time is over.
    fn find<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>, OpError>>;

    /// Ends one.
    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<(), OpError>>;
}

/// A new token: 128 bits that nobody guesses, in hexadecimal.
pub fn token(random: &dyn Random) -> String {
    let bytes: [u8; 16] = mox_clock::random_array(random);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two tokens are the same, in a time that does not tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differ == 0
}

/// Sessions in memory: they end with the process.
pub struct Memory {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// How long one lasts after its last use.
    lifetime: Duration,
    /// Most of one account.
    most: usize,
    all: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    session: Session,
    used: Duration,
}

impl Memory {
    /// Sessions that end `lifetime` after their last use, at most `most` of one account.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, lifetime: Duration, most: usize) -> Memory {
        Memory { clock, random, lifetime, most, all: Mutex::default() }
    }

    /// Ends all.
    pub fn end_all(&self) {
        self.with(|all, _| all.clear());
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Kept>, Duration) -> T) -> T {
        let now = self.clock.monotonic();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| now.saturating_sub(kept.used) < self.lifetime);
        work(&mut all, now)
    }
}

impl Sessions for Memory {
    fn start(&self, who: Who) -> BoxFuture<'_, Result<Session, OpError>> {
        let session = Session { who, token: token(&*self.random), csrf: token(&*self.random) };
        self.with(|all, now| {
            let of = |kept: &Kept| kept.session.who.account == session.who.account;
            while all.values().filter(|kept| of(kept)).count() >= self.most {
                let oldest = all.values().filter(|kept| of(kept)).min_by_key(|kept| kept.used);
                let Some(oldest) = oldest.map(|kept| kept.session.token.clone()) else { break };
                all.remove(&oldest);
            }
            all.insert(session.token.clone(), Kept { session: session.clone(), used: now });
        });
        Box::pin(std::future::ready(Ok(session)))
    }

    fn find<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>, OpError>> {
        let found = self.with(|all, now| {
            all.get_mut(token).map(|kept| {
                kept.used = now;
                kept.session.clone()
            })
        });
        Box::pin(std::future::ready(Ok(found)))
    }

    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<(), OpError>> {
        self.with(|all, _| all.remove(token));
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::{SimClock, SimRandom};

    #[tokio::test]
    async fn sessions_end_by_disuse_by_number_and_by_wish() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let lifetime = Duration::from_secs(3600);
        let sessions = Memory::new(Arc::new(clock.clone()), Arc::new(SimRandom::new(1)), lifetime, 2);
        let who = |name: &str| Who { account: name.into(), login: String::new() };
        let one = sessions.start(who("a")).await.unwrap();
        assert_eq!(sessions.find(&one.token).await.unwrap(), Some(one.clone()));
        assert!(sessions.find("").await.unwrap().is_none() && one.token != one.csrf);
        clock.advance(Duration::from_secs(3599));
        let two = sessions.start(who("a")).await.unwrap();
        let other = sessions.start(who("b")).await.unwrap();
        assert!(sessions.find(&one.token).await.unwrap().is_some(), "used");
        clock.advance(Duration::from_secs(1));
        sessions.find(&one.token).await.unwrap();
        let three = sessions.start(who("a")).await.unwrap();
        assert!(sessions.find(&two.token).await.unwrap().is_none(), "the oldest made room");
        sessions.end(&three.token).await.unwrap();
        assert!(sessions.find(&three.token).await.unwrap().is_none());
        clock.advance(lifetime);
        for gone in [one, other] {
            assert!(sessions.find(&gone.token).await.unwrap().is_none());
        }
        let last = sessions.start(who("a")).await.unwrap();
        sessions.end_all();
        assert!(sessions.find(&last.token).await.unwrap().is_none());
    }

    #[test]
    fn tokens_are_compared_whole() {
        assert!(same("ab", "ab") && same("", ""));
        assert!(!same("ab", "a") && !same("ab", "ac") && !same("", "a"));
    }
}
