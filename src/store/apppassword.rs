//! App passwords: more passwords of an account, each for one program, which can be taken away one by one.
//!
//! They are made here, of 79 random bits, so that a plain SHA-256 keeps them: nobody guesses them, and to check one
//! takes no longer for an account that has many. They are for PLAIN and LOGIN: SCRAM and CRAM-MD5 prove that the
//! client knows one certain password, and that is the account's own.

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::tables::{account as accounts, apppassword as table};
use crate::{Error, Store};

/// Most of one account.
pub const APP_PASSWORDS_MAX: usize = 100;

/// When a password was last used is kept to this many seconds.
const USED_SECS: i64 = 60;

/// A password for one program; the password itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPassword {
    /// Its number, never used again.
    pub id: i64,
    /// Account that it logs in to.
    pub account: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used, to the minute; none if never.
    pub used: Option<Timestamp>,
}

impl Store {
    /// Adds a password that a program logs in with; it must be a random one, of [`mox_sasl::random_password`].
    pub fn add_app_password(
        &self,
        tx: &mut Tx<'_>,
        account: &str,
        name: &str,
        password: &str,
    ) -> Result<AppPassword, Error> {
        let found =
            accounts::by_name(tx.conn(), account)?.ok_or_else(|| Error::NoSuchAccount(account.to_owned()))?;
        let created = self.clock().now();
        let id = table::insert(tx.conn(), found.id, name, &mox_sasl::hash_random(password), created)?;
        Ok(AppPassword { id, account: found.name, name: name.to_owned(), created, used: None })
    }

    /// App passwords of an account, oldest first.
    pub fn app_passwords(&self, tx: &ReadTx<'_>, account: &str) -> Result<Vec<AppPassword>, Error> {
        table::list(tx.conn(), account)
    }

    /// Takes an app password of an account away; whether it was there.
    pub fn remove_app_password(&self, tx: &mut Tx<'_>, account: &str, id: i64) -> Result<bool, Error> {
        let Some(found) = accounts::by_name(tx.conn(), account)? else { return Ok(false) };
        table::remove(tx.conn(), found.id, id)
    }

    /// Takes all app passwords of an account away; answers how many.
    pub fn remove_app_passwords(&self, tx: &mut Tx<'_>, account: &str) -> Result<usize, Error> {
        let Some(found) = accounts::by_name(tx.conn(), account)? else { return Ok(0) };
        table::remove_all(tx.conn(), found.id)
    }

    /// Whether this is an app password of an account; then it was used now. Blocks on the disk.
    pub fn check_app_password(&self, account: &str, password: &str) -> Result<bool, Error> {
        let hash = mox_sasl::hash_random(password);
        let found = self.read_blocking(|_, tx: &ReadTx<'_>| table::by_hash(tx.conn(), account, &hash))?;
        let Some(found) = found else { return Ok(false) };
        let now = self.clock().now();
        let fresh = |used: Timestamp| (0..USED_SECS).contains(&(now.secs() - used.secs()));
        if !found.used.is_some_and(fresh) {
            let id = found.id;
            let note = move |_: &Store, tx: &mut Tx<'_>| table::set_used(tx.conn(), id, now);
            // A full disk is no reason to refuse a right password.
            if let Err(error) = self.write_blocking(note) {
                tracing::warn!(account, %error, "the use of an app password was not noted");
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::tests::House;

    #[test]
    fn app_passwords_are_of_one_account_and_go_one_by_one() {
        let house = House::new();
        let (laptop, phone) = house.change(|s, tx| {
            s.open_account(tx, "amy").unwrap();
            s.open_account(tx, "bob").unwrap();
            let laptop = s.add_app_password(tx, "amy", "laptop", "abcd-efgh-jkmn-pqrs").unwrap();
            (laptop, s.add_app_password(tx, "amy", "phone", "tuvw-xyz2-3456-789a").unwrap())
        });
        let check = |account, password| house.store.check_app_password(account, password).unwrap();
        assert!(check("amy", "abcd-efgh-jkmn-pqrs") && check("amy", "tuvw-xyz2-3456-789a"));
        for (account, password) in
            [("bob", "abcd-efgh-jkmn-pqrs"), ("amy", ""), ("amy", "abcd"), ("none", "abcd-efgh-jkmn-pqrs")]
        {
            assert!(!check(account, password), "{account} {password}");
        }
        let list = || house.store.read_blocking(|s, tx| s.app_passwords(tx, "amy")).unwrap();
        let first = list().first().unwrap().used;
        assert!(first.is_some());
        house.clock.advance(Duration::from_secs(30));
        check("amy", "abcd-efgh-jkmn-pqrs");
        assert_eq!(list().first().unwrap().used, first, "not noted each time");
        house.clock.advance(Duration::from_secs(31));
        check("amy", "abcd-efgh-jkmn-pqrs");
        assert!(list().first().unwrap().used > first);
        let remove = |account: &'static str, id| {
            house.change(move |s, tx| s.remove_app_password(tx, account, id).unwrap())
        };
        assert!(!remove("bob", laptop.id), "not of that account");
        assert!(remove("amy", laptop.id) && !remove("amy", laptop.id));
        assert!(!check("amy", "abcd-efgh-jkmn-pqrs") && check("amy", "tuvw-xyz2-3456-789a"));
        assert_eq!(house.change(|s, tx| s.remove_app_passwords(tx, "amy").unwrap()), 1);
        assert!(!check("amy", "tuvw-xyz2-3456-789a") && phone.id > laptop.id);
    }
}
