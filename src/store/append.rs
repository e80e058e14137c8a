//! The one way to add a message to a mailbox.
//!
//! In one transaction: UID, modseq, thread, counts, row. The content row is inserted by the caller once and
//! shared by all recipients. The caller answers 250 after the commit.

use mox_clock::Timestamp;
use mox_db::Tx;

use crate::flags::keywords;
use crate::message::{Digest, Message, SmtpEnvelope, Trace};
use crate::tables::{Counter, mailbox, message, next};
use crate::{AccountId, Change, ContentId, Error, Flags, MailboxId, MessageId, Store};

/// What is added.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Whose.
    pub account: AccountId,
    /// Where.
    pub mailbox: MailboxId,
    /// Its bytes, as a row of this transaction; one reference is taken over from the caller.
    pub content: ContentId,
    /// Size of the content in bytes.
    pub content_size: u64,
    /// Header lines of this copy alone, put before the content: Return-Path, Delivered-To, Received.
    pub prefix: &'a [u8],
    /// When it came in (INTERNALDATE).
    pub received: Timestamp,
    /// Its first flags.
    pub flags: Flags,
    /// How it came.
    pub envelope: &'a SmtpEnvelope,
    /// What its header says.
    pub digest: &'a Digest,
    /// What mail authentication found, as JSON.
    pub verdicts: Option<String>,
    /// Its first keywords; those that [`crate::keyword`] does not take are left out.
    pub keywords: Vec<String>,
    /// Bytes that the account may hold; none for no limit.
    pub quota: Option<u64>,
}

/// What was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: MessageId,
    /// Its UID in the mailbox.
    pub uid: i64,
    /// Its modseq.
    pub modseq: i64,
}

impl Store {
    /// Adds a message. Fails with [`Error::OverQuota`] when the account would hold too much.
    pub fn append(&self, tx: &mut Tx<'_>, new: &NewMessage<'_>) -> Result<Stored, Error> {
        let size = i64::try_from(new.prefix.len() as u64 + new.content_size).unwrap_or(i64::MAX);
        let (modseq, used) = self.advance(tx, new.account, 1, size)?;
        let used = u64::try_from(used).unwrap_or(0);
        if let Some(quota) = new.quota.filter(|quota| used > *quota) {
            return Err(Error::OverQuota { used, quota });
        }
        let id = next(tx.conn(), Counter::Message)?;
        let (unseen, deleted) = (!new.flags.contains(Flags::SEEN), new.flags.contains(Flags::DELETED));
        let uid = mailbox::take_uid(tx.conn(), new.account, new.mailbox, modseq, unseen, deleted, size)?;
        let thread = self.assign_thread(tx, new.account, id, new.digest, modseq)?;
        let row = Message {
            account: new.account,
            id: MessageId(id),
            mailbox: new.mailbox,
            uid,
            email_id: id,
            thread,
            created_modseq: modseq,
            modseq,
            content: new.content,
            size,
            received: new.received,
            saved: self.clock().now(),
            flags: new.flags,
            keywords: keywords(&new.keywords),
            mail_from: new.envelope.mail_from.clone(),
            rcpt_to: new.envelope.rcpt_to.clone(),
            remote_ip: new.envelope.remote_ip.clone(),
            helo: new.envelope.helo.clone(),
            tls: new.envelope.tls.clone(),
            header_id: new.digest.header_id.clone(),
            subject: new.digest.subject.clone(),
            from_address: new.digest.from_address.clone(),
            from_text: new.digest.from_text.clone(),
            to_text: new.digest.to_text.clone(),
            sent: new.digest.sent,
        };
        let trace = Trace { prefix: new.prefix.to_vec(), verdicts: new.verdicts.clone() };
        message::insert(tx.conn(), &row, &trace)?;
        self.note_keywords(tx, &row, &row.keywords, modseq)?;
        let appended =
            Change::Appended { account: new.account, mailbox: new.mailbox, message: MessageId(id), modseq };
        self.tell(tx, appended);
        Ok(Stored { id: MessageId(id), uid, modseq })
    }
}
