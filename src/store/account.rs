//! Accounts: created with their first mailboxes, counted, given modseqs.

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::tables::account as table;
use crate::{AccountId, Change, Error, SpecialUse, Store};

/// An account with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its key.
    pub id: AccountId,
    /// Name in the configuration.
    pub name: String,
    /// When it was created.
    pub created: Timestamp,
    /// Highest modseq given out; the JMAP state.
    pub modseq: i64,
    /// Tombstones up to this modseq are gone.
    pub purged_modseq: i64,
    /// Messages that are not expunged.
    pub messages: i64,
    /// Their bytes.
    pub size: i64,
}

/// Mailboxes that an account starts with beside `Inbox`, where nothing else is said.
const FIRST: [(&str, Option<SpecialUse>); 5] = [
    ("Archive", Some(SpecialUse::Archive)),
    ("Drafts", Some(SpecialUse::Drafts)),
    ("Junk", Some(SpecialUse::Junk)),
    ("Sent", Some(SpecialUse::Sent)),
    ("Trash", Some(SpecialUse::Trash)),
];

impl Store {
    /// The account of that name; created with its first mailboxes if there is none.
    pub fn open_account(&self, tx: &mut Tx<'_>, name: &str) -> Result<AccountId, Error> {
        if let Some(account) = table::by_name(tx.conn(), name)? {
            return Ok(account.id);
        }
        let id = table::insert(tx.conn(), name, self.clock().now())?;
        let mut first = match self.0.first.get() {
            Some(first) => first.clone(),
            None => FIRST.map(|(name, special)| (name.to_owned(), special)).to_vec(),
        };
        // A level above others comes before them, so that it is made with its own use.
        first.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, special) in std::iter::once(("Inbox".to_owned(), None)).chain(first) {
            let mailbox = self.create_mailbox(tx, id, &name, special)?;
            self.subscribe(tx, id, &mailbox.name, true)?;
        }
        Ok(id)
    }

    /// The account of that name.
    pub fn account(&self, tx: &ReadTx<'_>, name: &str) -> Result<Account, Error> {
        table::by_name(tx.conn(), name)?.ok_or_else(|| Error::NoSuchAccount(name.to_owned()))
    }

    /// All accounts, by name.
    pub fn accounts(&self, tx: &ReadTx<'_>) -> Result<Vec<Account>, Error> {
        table::list(tx.conn())
    }

    /// Gives out the next modseq and counts; the change is told once it is committed.
    pub(crate) fn advance(
        &self,
        tx: &mut Tx<'_>,
        id: AccountId,
        messages: i64,
        bytes: i64,
    ) -> Result<(i64, i64), Error> {
        table::advance(tx.conn(), id, messages, bytes)
    }

    pub(crate) fn tell(&self, tx: &mut Tx<'_>, change: Change) {
        let store = self.clone();
        tx.on_commit(move || store.changes().tell(change));
    }
}
