//! Copying and moving messages between mailboxes of one account, and changing their flags.
//!
//! A copy shares content and email id with its original; a move is a copy and an expunge, so that every
//! session sees the UID go (RFC 6851 §3.3). RFC 9051 §6.4.6, §6.4.7.

use mox_db::Tx;

use crate::tables::{Counter, mailbox, message, next};
use crate::{AccountId, Change, Error, Flags, MailboxId, Message, MessageId, Store, Stored};

/// What [`Store::mark`] changes.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    /// Flags to set.
    pub set: Flags,
    /// Flags to take away.
    pub clear: Flags,
    /// Keywords to add, as [`crate::keyword`] gives them.
    pub tag: Vec<String>,
    /// Keywords to take away, in lower case.
    pub untag: Vec<String>,
}

impl Store {
    /// Copies messages into a mailbox of the same account.
    pub fn copy(&self, tx: &mut Tx<'_>, messages: &[Message], to: MailboxId) -> Result<Vec<Stored>, Error> {
        messages.iter().map(|m| self.copy_one(tx, m, to)).collect()
    }

    fn copy_one(&self, tx: &mut Tx<'_>, original: &Message, to: MailboxId) -> Result<Stored, Error> {
        let (account, size) = (original.account, original.size);
        let trace = message::trace(tx.conn(), account, original.id)?;
        self.retain(tx, original.content)?;
        let (modseq, _) = self.advance(tx, account, 1, size)?;
        let id = next(tx.conn(), Counter::Message)?;
        let flags = original.flags;
        let (unseen, deleted) = (!flags.contains(Flags::SEEN), flags.contains(Flags::DELETED));
        let uid = mailbox::take_uid(tx.conn(), account, to, modseq, unseen, deleted, size)?;
        let saved = self.clock().now();
        let copy = Message {
            id: MessageId(id),
            mailbox: to,
            uid,
            created_modseq: modseq,
            modseq,
            saved,
            ..original.clone()
        };
        message::insert(tx.conn(), &copy, &trace)?;
        self.note_keywords(tx, &copy, &copy.keywords, modseq)?;
        self.tell(tx, Change::Appended { account, mailbox: to, message: copy.id, modseq });
        Ok(Stored { id: copy.id, uid, modseq })
    }

    /// Moves messages into a mailbox of the same account.
    pub fn move_messages(
        &self,
        tx: &mut Tx<'_>,
        messages: &[Message],
        to: MailboxId,
    ) -> Result<Vec<Stored>, Error> {
        let stored = self.copy(tx, messages, to)?;
        self.expunge(tx, messages)?;
        Ok(stored)
    }

    pub(crate) fn move_all(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        from: MailboxId,
        to: MailboxId,
    ) -> Result<(), Error> {
        loop {
            let messages = message::in_mailbox(tx.conn(), account, from, 1000)?;
            if messages.is_empty() {
                return Ok(());
            }
            self.move_messages(tx, &messages, to)?;
        }
    }

    /// Sets a message's flags and keywords; returns the new modseq, or none when nothing changes.
    ///
    /// Keywords are kept in lower case, sorted, each once.
    pub fn set_flags(
        &self,
        tx: &mut Tx<'_>,
        m: &Message,
        flags: Flags,
        keywords: &[String],
    ) -> Result<Option<i64>, Error> {
        let mut keywords: Vec<String> = keywords.iter().map(|k| k.to_lowercase()).collect();
        keywords.sort();
        keywords.dedup();
        if m.flags == flags && m.keywords == keywords {
            return Ok(None);
        }
        let (modseq, _) = self.advance(tx, m.account, 0, 0)?;
        message::set_flags(tx.conn(), m, flags, &keywords, modseq)?;
        let count = |flag: Flags| i64::from(flags.contains(flag)) - i64::from(m.flags.contains(flag));
        let delta = mailbox::Delta {
            unseen: -count(Flags::SEEN),
            deleted: count(Flags::DELETED),
            ..Default::default()
        };
        mailbox::count(tx.conn(), m.account, m.mailbox, modseq, delta)?;
        self.note_keywords(tx, m, &keywords, modseq)?;
        self.tell(tx, Change::Other { account: m.account, modseq });
        Ok(Some(modseq))
    }

    /// Sets and takes flags and keywords of messages; those that are gone are passed over. Returns how many changed.
    pub fn mark(&self, tx: &mut Tx<'_>, messages: &[MessageId], mark: &Mark) -> Result<usize, Error> {
        let mut changed = 0;
        for id in messages {
            let Some(m) = message::find(tx.conn(), *id)? else { continue };
            let flags = (m.flags | mark.set).without(mark.clear);
            let mut keywords: Vec<String> = m.keywords.iter().chain(&mark.tag).cloned().collect();
            keywords.retain(|keyword| !mark.untag.contains(keyword));
            changed += usize::from(self.set_flags(tx, &m, flags, &keywords)?.is_some());
        }
        Ok(changed)
    }

    /// Adds keywords to those that the mailbox has seen.
    pub(crate) fn note_keywords(
        &self,
        tx: &mut Tx<'_>,
        m: &Message,
        used: &[String],
        modseq: i64,
    ) -> Result<(), Error> {
        if used.is_empty() {
            return Ok(());
        }
        let Some(found) = mailbox::get(tx.conn(), m.account, m.mailbox)? else { return Ok(()) };
        let mut all = found.keywords.clone();
        all.extend(used.iter().cloned());
        all.sort();
        all.dedup();
        if all != found.keywords {
            mailbox::set_keywords(tx.conn(), m.account, m.mailbox, modseq, &all.join(" "))?;
        }
        Ok(())
    }
}
