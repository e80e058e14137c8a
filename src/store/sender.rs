//! Senders that an account knows, and mailboxes that hold the newest messages only.

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::tables::{account as accounts, message, outgoing};
use crate::{AccountId, Digest, Error, Expunged, MailboxId, Store};

/// Most messages that one call expunges.
const AT_ONCE: u32 = 200;

impl Store {
    /// Whether an account has a message of a sender, or ever wrote to one of the addresses of his. Messages in the
    /// mailbox for junk and in `without` do not count.
    pub fn knows_sender(
        &self,
        tx: &ReadTx<'_>,
        account: &str,
        from: &str,
        addresses: &[String],
        without: &str,
    ) -> Result<bool, Error> {
        let Some(found) = accounts::by_name(tx.conn(), account)? else { return Ok(false) };
        for address in addresses {
            if outgoing::is_known(tx.conn(), found.id, &address.to_lowercase())? {
                return Ok(true);
            }
        }
        Ok(!from.is_empty() && message::has_from(tx.conn(), found.id, from, without)?)
    }

    /// Whether a mailbox has the same message from the same author already. `size` is without trace fields.
    pub fn has_alike(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        mailbox: MailboxId,
        digest: &Digest,
        size: i64,
    ) -> Result<bool, Error> {
        let what = (digest.from_address.as_str(), digest.header_id.as_deref(), digest.subject.as_str());
        message::has_alike(tx.conn(), (account, mailbox), what, size)
    }

    /// Expunges what a mailbox holds beyond the newest `keep`, and what came before a time; not all of it at once
    /// where it is much.
    pub fn trim_mailbox(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        mailbox: MailboxId,
        keep: u32,
        before: Timestamp,
    ) -> Result<Expunged, Error> {
        let gone = message::surplus(tx.conn(), (account, mailbox), keep, before, AT_ONCE)?;
        self.expunge(tx, &gone)
    }
}
