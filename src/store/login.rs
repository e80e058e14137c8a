//! What an account's password is checked against: verifiers, never the password.
//!
//! Verifiers are read once and kept until they change; a plain password that was right is remembered as a keyed
//! hash for a while, because the real check costs tens of milliseconds by design.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};
use mox_sasl::Verifiers;

use crate::tables::account as table;
use crate::{Error, Store};

/// The kind of credential that holds verifiers.
pub(crate) const PASSWORD: &str = "password";

/// How long a right password is remembered.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

/// Accounts kept in memory.
const CACHED_MAX: usize = 10_000;

#[derive(Default)]
pub(crate) struct Cache {
    accounts: Mutex<HashMap<String, Cached>>,
    /// Counts changes of passwords; moves under the lock of `accounts` alone.
    changes: AtomicU64,
    hasher: (RandomState, RandomState),
}

struct Cached {
    verifiers: Arc<Verifiers>,
    /// 128-bit keyed hash of a password that was right, and until when that counts.
    right: Option<((u64, u64), Duration)>,
}

impl Store {
    /// Sets the verifiers of an account's password, and ends the sessions of its pages.
    pub fn set_password(&self, tx: &mut Tx<'_>, account: &str, verifiers: &Verifiers) -> Result<(), Error> {
        let found =
            table::by_name(tx.conn(), account)?.ok_or_else(|| Error::NoSuchAccount(account.to_owned()))?;
        let value = serde_json::to_string(verifiers).map_err(|e| Error::Damaged(e.to_string()))?;
        table::set_credential(tx.conn(), found.id, PASSWORD, &value, self.clock().now())?;
        self.end_web_sessions(tx, account)?;
        let (store, account) = (self.clone(), account.to_owned());
        tx.on_commit(move || store.logins().forget(&account));
        Ok(())
    }

    /// Whether an account has a password.
    pub fn has_password(&self, tx: &ReadTx<'_>, account: &str) -> Result<bool, Error> {
        Ok(table::credential(tx.conn(), account, PASSWORD)?.is_some())
    }

    /// The verifiers of an account's password, if it has one. Blocks on disk the first time.
    pub fn verifiers(&self, account: &str) -> Result<Option<Arc<Verifiers>>, Error> {
        if let Some(found) = self.logins().get(account) {
            return Ok(Some(found));
        }
        let seen = self.logins().changes();
        let text =
            self.read_blocking(|_, tx: &ReadTx<'_>| table::credential(tx.conn(), account, PASSWORD))?;
        let Some(text) = text else { return Ok(None) };
        let verifiers: Verifiers =
            serde_json::from_str(&text).map_err(|e| Error::Damaged(format!("password of {account}: {e}")))?;
        let verifiers = Arc::new(verifiers);
        self.logins().keep(account, verifiers.clone(), seen);
        Ok(Some(verifiers))
    }

    /// Whether the password is right. Costs tens of milliseconds of CPU unless it was right a short while ago.
    pub fn check_password(&self, account: &str, password: &str) -> Result<bool, Error> {
        let Some(verifiers) = self.verifiers(account)? else { return Ok(false) };
        let now = self.clock().monotonic();
        if self.logins().was_right(account, password, now) {
            return Ok(true);
        }
        let right = verifiers.verify_plain(password);
        if right {
            self.logins().remember(account, &verifiers, password, now + REMEMBERED);
        }
        Ok(right)
    }
}

/// A TLS client key that logs in by itself (SASL EXTERNAL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// SHA-256 of the subject public key info of its certificates.
    pub spki_sha256: [u8; 32],
    /// Account that it logs in to.
    pub account: String,
    /// Address that it logs in as.
    pub address: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub added: Timestamp,
}

impl Store {
    /// Whom the holder of a TLS client key logs in as: account, address, and what the key is called. Whether the
    /// account is still in the configuration is for the caller to look up. Blocks on disk.
    pub fn public_key_account(
        &self,
        fingerprint: &[u8; 32],
    ) -> Result<Option<(String, String, String)>, Error> {
        let found =
            self.read_blocking(|_, tx: &ReadTx<'_>| table::client_key_entry(tx.conn(), fingerprint))?;
        Ok(found.map(|key| (key.account, key.address, key.name)))
    }

    /// TLS client keys of an account, or of all, oldest first.
    pub fn client_keys(&self, tx: &ReadTx<'_>, account: Option<&str>) -> Result<Vec<ClientKey>, Error> {
        table::client_keys(tx.conn(), account)
    }

    /// The address that the holder of a TLS client key logs in as (SASL EXTERNAL). Blocks on disk.
    pub fn client_key(&self, spki_sha256: &[u8; 32]) -> Result<Option<String>, Error> {
        self.read_blocking(|_, tx: &ReadTx<'_>| table::client_key(tx.conn(), spki_sha256))
    }

    /// Lets the holder of a TLS client key log in as an address of an account; `name` is for people.
    pub fn set_client_key(
        &self,
        tx: &mut Tx<'_>,
        spki_sha256: &[u8; 32],
        account: &str,
        address: &str,
        name: &str,
    ) -> Result<(), Error> {
        let found =
            table::by_name(tx.conn(), account)?.ok_or_else(|| Error::NoSuchAccount(account.to_owned()))?;
        table::set_client_key(tx.conn(), spki_sha256, found.id, address, name, self.clock().now())
    }

    /// Takes a TLS client key away; whether it was there.
    pub fn remove_client_key(&self, tx: &mut Tx<'_>, spki_sha256: &[u8; 32]) -> Result<bool, Error> {
        table::remove_client_key(tx.conn(), spki_sha256)
    }
}

impl Cache {
    fn accounts(&self) -> std::sync::MutexGuard<'_, HashMap<String, Cached>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hash(&self, account: &str, password: &str) -> (u64, u64) {
        (self.hasher.0.hash_one((account, password)), self.hasher.1.hash_one((account, password)))
    }

    fn get(&self, account: &str) -> Option<Arc<Verifiers>> {
        self.accounts().get(account).map(|c| c.verifiers.clone())
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Keeps what was read, unless a password was changed since `seen`: then it may be the old one.
    fn keep(&self, account: &str, verifiers: Arc<Verifiers>, seen: u64) {
        let mut accounts = self.accounts();
        if self.changes() != seen {
            return;
        }
        if accounts.len() >= CACHED_MAX {
            accounts.clear();
        }
        accounts.insert(account.to_owned(), Cached { verifiers, right: None });
    }

    pub(crate) fn forget(&self, account: &str) {
        let mut accounts = self.accounts();
        self.changes.fetch_add(1, Ordering::Release);
        accounts.remove(account);
    }

    fn was_right(&self, account: &str, password: &str, now: Duration) -> bool {
        let hash = self.hash(account, password);
        self.accounts()
            .get(account)
            .and_then(|c| c.right)
            .is_some_and(|(right, until)| right == hash && now < until)
    }

    /// Remembers, unless the password was changed meanwhile.
    fn remember(&self, account: &str, checked: &Arc<Verifiers>, password: &str, until: Duration) {
        let hash = self.hash(account, password);
        if let Some(cached) = self.accounts().get_mut(account)
            && Arc::ptr_eq(&cached.verifiers, checked)
        {
            cached.right = Some((hash, until));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let old = Arc::new(Verifiers::derive("old-password", &SimRandom::new(1)).unwrap());
        let cache = Cache::default();
        let seen = cache.changes();
        cache.forget("mox");
        cache.keep("mox", old.clone(), seen);
        assert!(cache.get("mox").is_none());
        cache.keep("mox", old, cache.changes());
        assert!(cache.get("mox").is_some());
    }
}
