//! Sessions of owners of accounts, kept in the store: they outlive the process, and end with the password.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::OpError;
use mox_clock::{Clock, Random};
use mox_net::BoxFuture;
use mox_store::{Error, Store};
use mox_web::session::{Session, Sessions, Who, token};

/// When a session was used is kept to this many seconds.
const USED_SECS: i64 = 60;

/// Sessions in the store.
pub(crate) struct Stored {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    /// How long one lasts after its last use.
    pub(crate) lifetime: Duration,
    /// Most of one account.
    pub(crate) most: u32,
}

impl Stored {
    async fn started(&self, who: Who) -> Result<Session, OpError> {
        let session = Session { who, token: token(&*self.random), csrf: token(&*self.random) };
        let (new, bounds) = (session.clone(), (self.lifetime, self.most));
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            let Who { account, login } = &new.who;
            store.start_web_session(tx, &new.token, account, (login, &new.csrf), bounds)
        };
        self.store.write(write).await.map_err(OpError::failed)?;
        Ok(session)
    }

    async fn found(&self, token: &str) -> Result<Option<Session>, OpError> {
        let (asked, lifetime) = (token.to_owned(), self.lifetime);
        let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| store.web_session(tx, &asked, lifetime);
        let Some(found) = self.store.read(read).await.map_err(OpError::failed)? else { return Ok(None) };
        if !(0..USED_SECS).contains(&(self.clock.now().secs() - found.used.secs())) {
            let used = token.to_owned();
            let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.use_web_session(tx, &used);
            // A disk that is full is no reason to show nothing.
            if let Err(error) = self.store.write(write).await {
                tracing::warn!(account = found.account, %error, "the use of a session was not noted");
            }
        }
        let who = Who { account: found.account, login: found.login };
        Ok(Some(Session { who, token: token.to_owned(), csrf: found.csrf }))
    }

    async fn ended(&self, token: &str) -> Result<(), OpError> {
        let token = token.to_owned();
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            store.end_web_session(tx, &token).map(drop)?;
            Ok::<_, Error>(())
        };
        self.store.write(write).await.map_err(OpError::failed)
    }
}

impl Sessions for Stored {
    fn start(&self, who: Who) -> BoxFuture<'_, Result<Session, OpError>> {
        Box::pin(self.started(who))
    }

    fn find<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Session>, OpError>> {
        Box::pin(self.found(token))
    }

    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<(), OpError>> {
        Box::pin(self.ended(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::{SimClock, SimRandom};

    #[tokio::test]
    async fn a_session_outlives_the_process_and_is_used_on() {
        let dir = tempfile::tempdir().unwrap();
        let clock = SimClock::new(Timestamp::from_secs(1_800_000_000));
        let (lifetime, random) = (Duration::from_secs(3600), Arc::new(SimRandom::new(3)));
        let open = || {
            let clock: Arc<dyn Clock> = Arc::new(clock.clone());
            let store = Store::open(dir.path(), &[], clock.clone(), random.clone()).unwrap();
            Stored { store, clock, random: random.clone(), lifetime, most: 5 }
        };
        let first = open();
        let made =
            first.store.write(|s: &Store, tx: &mut mox_db::Tx<'_>| s.open_account(tx, "amy").map(drop));
        made.await.unwrap();
        let who = Who { account: "amy".into(), login: "amy@example.org".into() };
        let session = first.start(who.clone()).await.unwrap();
        drop(first);
        let again = open();
        for _ in 0..3 {
            clock.advance(Duration::from_secs(3599));
            assert_eq!(again.find(&session.token).await.unwrap(), Some(session.clone()));
        }
        assert!(again.find("").await.unwrap().is_none());
        let two = again.start(who).await.unwrap();
        again.end(&two.token).await.unwrap();
        assert!(again.find(&two.token).await.unwrap().is_none());
        clock.advance(lifetime);
        assert!(again.find(&session.token).await.unwrap().is_none());
    }
}
