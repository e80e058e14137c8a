//! Reads the messages of an account page by page, for those who write them elsewhere.
//!
//! A page is a snapshot of its own. What is expunged while pages are read is missing, what arrives after the list of
//! mailboxes was made is left out.

use mox_db::ReadTx;
use mox_store::{Account, Error, MailboxId, MailboxName, Store};
use serde::{Deserialize, Serialize};

use crate::item::{Batch, Item};
use crate::status::Marks;

/// A mailbox to export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Messages in it.
    pub messages: u64,
    /// The highest UID it has.
    pub last: i64,
}

/// The mailboxes of an account, by name; only `mailbox` and what is below it, if that is given.
pub fn folders(store: &Store, account: &str, mailbox: Option<&MailboxName>) -> Result<Vec<Folder>, Error> {
    let wanted = |name: &str| {
        mailbox.is_none_or(|wanted| {
            name.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let all = store.read_blocking(|store, tx: &ReadTx<'_>| {
        let Account { id, .. } = store.account(tx, account)?;
        store.mailboxes(tx, id)
    })?;
    let found: Vec<Folder> = all
        .into_iter()
        .filter(|m| wanted(&m.name))
        .map(|m| Folder {
            id: m.id.0,
            messages: u64::try_from(m.total).unwrap_or(0),
            last: m.uidnext - 1,
            name: m.name,
        })
        .collect();
    match mailbox {
        Some(name) if found.is_empty() => Err(Error::NoSuchMailbox(name.as_str().to_owned())),
        _ => Ok(found),
    }
}

/// The next messages of a mailbox, those with UIDs above `after` up to `last`: none at its end.
pub fn page(store: &Store, account: &str, mailbox: i64, after: i64, last: i64) -> Result<Batch, Error> {
    let max = u32::try_from(crate::item::BATCH_COUNT).unwrap_or(u32::MAX);
    store.read_blocking(|store, tx: &ReadTx<'_>| {
        let account = store.account(tx, account)?.id;
        let Some(place) = store.mailbox(tx, account, MailboxId(mailbox))? else {
            return Ok(Batch::default());
        };
        let name = MailboxName::parse(&place.name)?;
        let mut batch = Batch::default();
        for id in store.page(tx, account, MailboxId(mailbox), after, last, max)? {
            let m = store.message(tx, id)?;
            batch.push(Item {
                mailbox: name.clone(),
                uid: m.uid,
                received: m.received,
                bytes: store.content(tx, &m)?.bytes()?,
                marks: Marks { flags: m.flags, keywords: m.keywords },
            });
            if batch.is_full() {
                break;
            }
        }
        Ok(batch)
    })
}
