//! Accounts whose data shall go: marked while they are in use, removed at the next start.
//!
//! A mark outlives a crash, and a removal that was cut short goes on at the start after. Nothing else is marked.

use mox_db::{ReadTx, Tx};

use crate::tables::{account as table, message};
use crate::{Error, Store};

/// The kind of credential that is the mark: rows of it have nothing to say but that they are there.
const MARK: &str = "removal";

/// Messages expunged in one transaction, so that others get their turn.
const BATCH: u32 = 500;

impl Store {
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
        table::remove(tx.conn(), found.id)?;
        let (store, name) = (self.clone(), name.to_owned());
        tx.on_commit(move || store.logins().forget(&name));
        Ok(true)
    }
}
