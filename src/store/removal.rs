//! Accounts whose data shall go: marked while they are in use, removed at the next start.
//!
//! A mark outlives a crash, and a removal that was cut short goes on at the start after. Nothing else is marked.
//! What logs in to an account does not wait for that: it goes with [`Store::end_access`].

use mox_db::{ReadTx, Tx};

use crate::login::PASSWORD;
use crate::tables::{account as table, apppassword, attempt, imported, message};
use crate::{Error, Store};

/// The kind of credential that is the mark: rows of it have nothing to say but that they are there.
const MARK: &str = "removal";

/// Messages expunged in one transaction, so that others get their turn.
const BATCH: u32 = 500;

impl Store {
    /// Takes away all that logs in to an account: its password, app passwords, TLS client keys, sessions of its pages.
    /// Logins of before count as those of no account, so that one of the same name does not see them.
    pub fn end_access(&self, tx: &mut Tx<'_>, name: &str) -> Result<(), Error> {
        attempt::disown(tx.conn(), name)?;
        let Some(found) = table::by_name(tx.conn(), name)? else { return Ok(()) };
        table::remove_credential(tx.conn(), found.id, PASSWORD)?;
        table::remove_client_keys(tx.conn(), found.id)?;
        apppassword::remove_all(tx.conn(), found.id)?;
        self.end_web_sessions(tx, name)?;
        let (store, name) = (self.clone(), name.to_owned());
        tx.on_commit(move || store.logins().forget(&name));
        Ok(())
    }

    /// Marks the data of an account for removal; whether there is any.
    pub fn mark_for_removal(&self, tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
        let Some(found) = table::by_name(tx.conn(), name)? else { return Ok(false) };
        table::set_credential(tx.conn(), found.id, MARK, "", self.clock().now())?;
        Ok(true)
    }

    /// Takes the mark away; whether there was one.
    pub fn keep_after_all(&self, tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
        let Some(found) = table::by_name(tx.conn(), name)? else { return Ok(false) };
        table::remove_credential(tx.conn(), found.id, MARK)
    }

    /// Accounts that are marked, by name.
    pub fn marked_for_removal(&self, tx: &ReadTx<'_>) -> Result<Vec<String>, Error> {
        table::with_credential(tx.conn(), MARK)
    }

    /// Removes some of the messages of an account; once there are none, all else that is kept of it, and then it
    /// says that it is done. The account must not be in use.
    pub fn remove_account(&self, tx: &mut Tx<'_>, name: &str) -> Result<bool, Error> {
        let Some(found) = table::by_name(tx.conn(), name)? else { return Ok(true) };
        if found.messages > 0 {
            let some = message::beyond(tx.conn(), found.id, found.messages, BATCH)?;
            self.expunge(tx, &some)?;
            if !some.is_empty() {
                return Ok(false);
            }
        }
        // The number of an account may be given out again: what its successor imports would be taken for known.
        if imported::forget_account(tx.conn(), found.id, BATCH)? > 0 {
            return Ok(false);
        }
        table::remove(tx.conn(), found.id)?;
        let (store, name) = (self.clone(), name.to_owned());
        tx.on_commit(move || store.logins().forget(&name));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::House;
    use crate::{Digest, Flags, Imported, MailboxName, Store, ToImport};

    fn import(house: &House, account: &'static str, count: u8) -> Imported {
        let item = |n: u8| ToImport {
            mailbox: MailboxName::inbox(),
            received: house.store.clock().now(),
            flags: Flags::NONE,
            keywords: Vec::new(),
            digest: Digest::default(),
            content: house.prepare(b"x\r\n"),
            key: [n; 16],
        };
        let mut batch: Vec<ToImport> = (0..count).map(item).collect();
        house.change(move |store, tx| {
            let account = store.open_account(tx, account).unwrap();
            let run = store.begin_import(tx, account).unwrap();
            store.import(tx, account, run, None, &mut batch).unwrap()
        })
    }

    fn remove(house: &House, account: &'static str) {
        let step = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.remove_account(tx, account).unwrap();
        while !house.change(step) {}
    }

    #[test]
    fn an_account_that_comes_after_imports_what_the_one_before_had() {
        let house = House::new();
        assert_eq!(import(&house, "amy", 20).added, 20);
        assert_eq!(import(&house, "amy", 20).known, 20);
        remove(&house, "amy");
        for account in ["bob", "amy"] {
            assert_eq!(import(&house, account, 20).added, 20, "{account}");
        }
        assert_eq!(house.problems(false), []);
    }
}
