//! Mailboxes: a tree of names, each with its UIDs and figures. A removed mailbox stays as a tombstone.
//!
//! Names use `/` between levels and are never file system paths. `Inbox` exists always, in any case of letters.
//! RFC 9051 §5.1, RFC 6154 (special use), RFC 8621 §2.

use mox_db::{ReadTx, Tx};

use crate::tables::{mailbox as table, message};
use crate::{AccountId, Change, Error, MailboxId, Store};

/// Longest name in bytes.
const NAME_MAX: usize = 1000;

/// A mailbox with its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Whose it is.
    pub account: AccountId,
    /// Its key.
    pub id: MailboxId,
    /// The mailbox above it.
    pub parent: Option<MailboxId>,
    /// Full name with `/` between levels.
    pub name: String,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// Changes when UIDs of another mailbox of the same name would be reused.
    pub uidvalidity: i64,
    /// The next message gets this UID.
    pub uidnext: i64,
    /// Modseq of its creation.
    pub created_modseq: i64,
    /// Modseq of its last change; CONDSTORE's HIGHESTMODSEQ.
    pub modseq: i64,
    /// Messages.
    pub total: i64,
    /// Messages without \Seen.
    pub unseen: i64,
    /// Messages with \Deleted.
    pub deleted: i64,
    /// Their bytes.
    pub size: i64,
    /// Keywords ever used here.
    pub keywords: Vec<String>,
}

/// What a mailbox is for (RFC 6154).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SpecialUse {
    Archive,
    Drafts,
    Junk,
    Sent,
    Trash,
}

impl SpecialUse {
    /// IMAP name, as in `\Sent`.
    pub fn name(self) -> &'static str {
        match self {
            SpecialUse::Archive => "\\Archive",
            SpecialUse::Drafts => "\\Drafts",
            SpecialUse::Junk => "\\Junk",
            SpecialUse::Sent => "\\Sent",
            SpecialUse::Trash => "\\Trash",
        }
    }

    pub(crate) fn named(name: &str) -> Option<SpecialUse> {
        use SpecialUse::{Archive, Drafts, Junk, Sent, Trash};
        [Archive, Drafts, Junk, Sent, Trash].into_iter().find(|s| s.name() == name)
    }
}

/// A name that a mailbox may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MailboxName(String);

impl MailboxName {
    /// Checks a name; the first level `inbox` in any case becomes `Inbox`.
    pub fn parse(name: &str) -> Result<MailboxName, Error> {
        let bad = |reason| Err(Error::BadMailboxName { name: name.to_owned(), reason });
        if name.len() > NAME_MAX {
            return bad("it is longer than 1000 bytes");
        }
        if name.starts_with('#') {
            return bad("it begins with #");
        }
        if name.split('/').any(|level| matches!(level, "" | "." | "..")) {
            return bad("a level is empty, . or ..");
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return bad("it holds control characters");
        }
        let (first, rest) = name.split_once('/').map_or((name, None), |(first, rest)| (first, Some(rest)));
        Ok(MailboxName(match (first.eq_ignore_ascii_case("inbox"), rest) {
            (true, None) => "Inbox".to_owned(),
            (true, Some(rest)) => format!("Inbox/{rest}"),
            (false, _) => name.to_owned(),
        }))
    }

    /// The mailbox that every account has.
    pub fn inbox() -> MailboxName {
        MailboxName("Inbox".to_owned())
    }

    /// The mailbox that catches an address: named by it, in one level.
    pub fn for_address(address: &str) -> Result<MailboxName, Error> {
        MailboxName::parse(&address.replace('%', "%25").replace('/', "%2F"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parent(&self) -> Option<MailboxName> {
        self.0.rsplit_once('/').map(|(parent, _)| MailboxName(parent.to_owned()))
    }
}

impl Store {
    /// The mailbox of that name; created with the levels above it if there is none.
    pub fn open_mailbox(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        name: &MailboxName,
    ) -> Result<MailboxId, Error> {
        match table::id_by_name(tx.conn(), account, name.as_str())? {
            Some(id) => Ok(id),
            None => Ok(self.create_mailbox(tx, account, name.as_str(), None)?.id),
        }
    }

    /// The mailbox with that use; the one of that name, made where there is none, when no mailbox has it.
    pub fn open_special(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        special: SpecialUse,
        name: &MailboxName,
    ) -> Result<MailboxId, Error> {
        match table::id_by_use(tx.conn(), account, special)? {
            Some(id) => Ok(id),
            None => self.open_mailbox(tx, account, name),
        }
    }

    /// Creates a mailbox, and the levels above it where they are missing.
    pub fn create_mailbox(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        name: &str,
        special: Option<SpecialUse>,
    ) -> Result<Mailbox, Error> {
        let name = MailboxName::parse(name)?;
        if table::id_by_name(tx.conn(), account, name.as_str())?.is_some() {
            return Err(Error::MailboxExists(name.0));
        }
        let parent = match name.parent() {
            Some(parent) => Some(self.open_mailbox(tx, account, &parent)?),
            None => None,
        };
        let (modseq, _) = self.advance(tx, account, 0, 0)?;
        let id = table::insert(tx.conn(), account, parent, name.as_str(), special, modseq)?;
        self.tell(tx, Change::Other { account, modseq });
        table::get(tx.conn(), account, id)?.ok_or(Error::NoSuchMailbox(name.0))
    }

    /// Renames a mailbox and all below it. Renaming `Inbox` moves its messages and leaves it empty
    /// (RFC 9051 §6.3.6).
    pub fn rename_mailbox(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        from: &str,
        to: &str,
    ) -> Result<(), Error> {
        let (from, to) = (MailboxName::parse(from)?, MailboxName::parse(to)?);
        let id = self.mailbox_id(tx, account, from.as_str())?;
        if from.as_str() == "Inbox" {
            let target = self.create_mailbox(tx, account, to.as_str(), None)?;
            return self.move_all(tx, account, id, target.id);
        }
        if table::id_by_name(tx.conn(), account, to.as_str())?.is_some() {
            return Err(Error::MailboxExists(to.0));
        }
        if to.as_str().strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/')) {
            return Err(Error::BadMailboxName { name: to.0, reason: "it lies below itself" });
        }
        let parent = match to.parent() {
            Some(parent) => Some(self.open_mailbox(tx, account, &parent)?),
            None => None,
        };
        let (modseq, _) = self.advance(tx, account, 0, 0)?;
        table::rename(tx.conn(), account, id, parent, to.as_str(), modseq)?;
        for below in table::list(tx.conn(), account)? {
            if let Some(rest) = below.name.strip_prefix(from.as_str()).filter(|rest| rest.starts_with('/')) {
                let name = format!("{}{rest}", to.as_str());
                table::rename(tx.conn(), account, below.id, below.parent, &name, modseq)?;
            }
        }
        self.tell(tx, Change::Other { account, modseq });
        Ok(())
    }

    /// Removes a mailbox without children, and expunges its messages.
    pub fn remove_mailbox(&self, tx: &mut Tx<'_>, account: AccountId, name: &str) -> Result<(), Error> {
        let name = MailboxName::parse(name)?;
        let id = self.mailbox_id(tx, account, name.as_str())?;
        if name.as_str() == "Inbox" {
            return Err(Error::MailboxNotRemovable(name.0, "it is the Inbox"));
        }
        if table::list(tx.conn(), account)?.iter().any(|m| m.parent == Some(id)) {
            return Err(Error::MailboxNotRemovable(name.0, "it has mailboxes below it"));
        }
        loop {
            let messages = message::in_mailbox(tx.conn(), account, id, 1000)?;
            if messages.is_empty() {
                break;
            }
            self.expunge(tx, &messages)?;
        }
        let (modseq, _) = self.advance(tx, account, 0, 0)?;
        table::expunge(tx.conn(), account, id, modseq)?;
        self.tell(tx, Change::Other { account, modseq });
        Ok(())
    }

    fn mailbox_id(&self, tx: &Tx<'_>, account: AccountId, name: &str) -> Result<MailboxId, Error> {
        table::id_by_name(tx.conn(), account, name)?.ok_or_else(|| Error::NoSuchMailbox(name.to_owned()))
    }

    /// The mailboxes of an account, by name.
    pub fn mailboxes(&self, tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<Mailbox>, Error> {
        table::list(tx.conn(), account)
    }

    /// One mailbox.
    pub fn mailbox(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        id: MailboxId,
    ) -> Result<Option<Mailbox>, Error> {
        table::get(tx.conn(), account, id)
    }

    /// The mailbox of that name, if there is one.
    pub fn find_mailbox(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        name: &MailboxName,
    ) -> Result<Option<MailboxId>, Error> {
        table::id_by_name(tx.conn(), account, name.as_str())
    }

    /// Subscribes to a name, or ends that; the mailbox need not exist (RFC 9051 §6.3.7).
    pub fn subscribe(&self, tx: &mut Tx<'_>, account: AccountId, name: &str, on: bool) -> Result<(), Error> {
        table::subscribe(tx.conn(), account, name, on)
    }

    /// Names subscribed to.
    pub fn subscriptions(&self, tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<String>, Error> {
        table::subscriptions(tx.conn(), account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(MailboxName::parse("iNBoX").unwrap().as_str(), "Inbox");
        assert_eq!(MailboxName::parse("INBOX/a").unwrap().as_str(), "Inbox/a");
        assert_eq!(MailboxName::for_address("a/b%@example.org").unwrap().as_str(), "a%2Fb%25@example.org");
        for bad in ["", "/a", "a/", "a//b", "a/../b", "#x", "a\nb", &"x".repeat(1001)] {
            assert!(MailboxName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
