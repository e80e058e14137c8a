//! Expunging messages, and forgetting what was expunged long ago.
//!
//! An expunged message stays as a tombstone, so that QRESYNC and JMAP clients learn of it; its content goes at
//! once when nothing else refers to it (a file later, see `content`). RFC 7162 §3.2.10, RFC 8620 §5.2.

use mox_db::Tx;

use crate::tables::{account, mailbox, message};
use crate::{AccountId, Change, Error, Flags, Message, Store};

/// What an expunge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expunged {
    /// Messages that are gone.
    pub messages: usize,
    /// Their bytes.
    pub size: i64,
}

impl Store {
    /// Expunges messages (rows as read in this transaction or found to be unchanged).
    pub fn expunge(&self, tx: &mut Tx<'_>, messages: &[Message]) -> Result<Expunged, Error> {
        let mut done = Expunged::default();
        for listed in messages {
            let Some(m) = message::get(tx.conn(), listed.account, listed.id)? else { continue };
            let (modseq, _) = self.advance(tx, m.account, -1, -m.size)?;
            message::expunge(tx.conn(), &m, modseq)?;
            let delta = mailbox::Delta {
                total: -1,
                unseen: -i64::from(!m.flags.contains(Flags::SEEN)),
                deleted: -i64::from(m.flags.contains(Flags::DELETED)),
                size: -m.size,
            };
            mailbox::count(tx.conn(), m.account, m.mailbox, modseq, delta)?;
            self.release(tx, m.content)?;
            message::drop_empty_thread(tx.conn(), m.account, m.thread)?;
            self.tell(tx, Change::Other { account: m.account, modseq });
            done.messages += 1;
            done.size += m.size;
        }
        Ok(done)
    }

    /// Expunges the oldest messages of an account beyond the newest `keep`, at most `max` of them.
    pub fn trim(&self, tx: &mut Tx<'_>, name: &str, keep: i64, max: u32) -> Result<Expunged, Error> {
        let Some(found) = account::by_name(tx.conn(), name)? else { return Ok(Expunged::default()) };
        let surplus = message::beyond(tx.conn(), found.id, found.messages - keep, max)?;
        self.expunge(tx, &surplus)
    }

    /// Forgets tombstones with a modseq up to `modseq`, at most `max`; clients with an older state sync anew.
    pub fn purge(&self, tx: &mut Tx<'_>, id: AccountId, modseq: i64, max: u32) -> Result<usize, Error> {
        account::set_purged(tx.conn(), id, modseq)?;
        message::purge(tx.conn(), id, modseq, max)
    }
}
