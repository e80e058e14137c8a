//! Who is logged in to the pages of an account: sessions that outlive the process, and end with the password.
//!
//! The token of a session is not kept, only its SHA-256: who reads the database cannot take a session over.

use std::time::Duration;

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::tables::{account as accounts, websession as table};
use crate::{Error, Store};

/// A login to pages that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSession {
    /// Account.
    pub account: String,
    /// What was typed as name.
    pub login: String,
    /// What forms of the session carry.
    pub csrf: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used; see [`Store::use_web_session`].
    pub used: Timestamp,
}

fn before(now: Timestamp, lifetime: Duration) -> Timestamp {
    let lifetime = i64::try_from(lifetime.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_sub(lifetime))
}

impl Store {
    /// Starts a session. Those that were not used for `lifetime` go, and of the account those beyond `most` that were
    /// used longest ago.
    pub fn start_web_session(
        &self,
        tx: &mut Tx<'_>,
        token: &str,
        account: &str,
        (login, csrf): (&str, &str),
        (lifetime, most): (Duration, u32),
    ) -> Result<(), Error> {
        let found =
            accounts::by_name(tx.conn(), account)?.ok_or_else(|| Error::NoSuchAccount(account.to_owned()))?;
        let now = self.clock().now();
        table::trim(tx.conn(), found.id, before(now, lifetime), most.saturating_sub(1))?;
        table::insert(tx.conn(), &mox_sasl::hash_random(token), found.id, login, csrf, now)
    }

    /// The session with this token, if it was used within `lifetime`.
    pub fn web_session(
        &self,
        tx: &ReadTx<'_>,
        token: &str,
        lifetime: Duration,
    ) -> Result<Option<WebSession>, Error> {
        let since = before(self.clock().now(), lifetime);
        let found = table::find(tx.conn(), &mox_sasl::hash_random(token))?;
        Ok(found.filter(|session| session.used > since))
    }

    /// Notes that a session is used now.
    pub fn use_web_session(&self, tx: &mut Tx<'_>, token: &str) -> Result<(), Error> {
        table::set_used(tx.conn(), &mox_sasl::hash_random(token), self.clock().now())
    }

    /// Ends a session; whether it was there.
    pub fn end_web_session(&self, tx: &mut Tx<'_>, token: &str) -> Result<bool, Error> {
        table::remove(tx.conn(), &mox_sasl::hash_random(token))
    }

    /// Ends all sessions of an account; answers how many.
    pub fn end_web_sessions(&self, tx: &mut Tx<'_>, account: &str) -> Result<usize, Error> {
        let Some(found) = accounts::by_name(tx.conn(), account)? else { return Ok(0) };
        table::remove_all(tx.conn(), found.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::House;
    use mox_clock::sim::SimRandom;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn start(house: &House, token: &'static str, account: &'static str) {
        house.change(move |s, tx| {
            s.open_account(tx, account).unwrap();
            s.start_web_session(tx, token, account, ("login", "csrf"), (DAY, 2)).unwrap();
        });
    }

    fn there(house: &House, token: &str) -> bool {
        house.store.read_blocking(|s, tx| s.web_session(tx, token, DAY)).unwrap().is_some()
    }

    #[test]
    fn sessions_end_by_disuse_by_number_by_wish_and_with_the_password() {
        let house = House::new();
        start(&house, "one", "amy");
        start(&house, "other", "bob");
        let found = house.store.read_blocking(|s, tx| s.web_session(tx, "one", DAY)).unwrap().unwrap();
        assert_eq!(
            (found.account.as_str(), found.login.as_str(), found.csrf.as_str()),
            ("amy", "login", "csrf")
        );
        assert!(!there(&house, "") && !there(&house, "two"));
        house.clock.advance(DAY - Duration::from_secs(1));
        house.change(|s, tx| s.use_web_session(tx, "one").unwrap());
        house.clock.advance(Duration::from_secs(1));
        assert!(there(&house, "one") && !there(&house, "other"), "one was used");
        start(&house, "two", "amy");
        house.clock.advance(Duration::from_secs(1));
        house.change(|s, tx| s.use_web_session(tx, "one").unwrap());
        start(&house, "three", "amy");
        assert!(there(&house, "one") && there(&house, "three") && !there(&house, "two"), "room was made");
        assert!(house.change(|s, tx| s.end_web_session(tx, "three").unwrap()));
        assert!(!there(&house, "three"));
        start(&house, "four", "amy");
        start(&house, "other", "bob");
        let verifiers = mox_sasl::Verifiers::derive("moxmoxmox", &SimRandom::new(1)).unwrap();
        house.change(move |s, tx| s.set_password(tx, "amy", &verifiers).unwrap());
        assert!(!there(&house, "one") && !there(&house, "four") && there(&house, "other"));
        assert_eq!(house.change(|s, tx| s.end_web_sessions(tx, "bob").unwrap()), 1);
        assert!(!there(&house, "other"));
    }
}
