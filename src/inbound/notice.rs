//! Delivery status notifications of our own queue, put into a mailbox here.

use std::sync::Arc;

use mox_db::Tx;
use mox_message::trace;
use mox_queue::{LocalDelivery, Notice};
use mox_store::{Error, Flags, NewMessage, SmtpEnvelope, Store};

use crate::Recipients;

/// Delivers notifications to senders that live here.
pub struct Notices {
    recipients: Arc<dyn Recipients>,
}

impl Notices {
    /// To the mailboxes that `recipients` names.
    pub fn new(recipients: Arc<dyn Recipients>) -> Notices {
        Notices { recipients }
    }
}

impl LocalDelivery for Notices {
    fn deliver(&self, store: &Store, tx: &mut Tx<'_>, notice: &Notice<'_>) -> Result<bool, Error> {
        let Some(local) = self.recipients.for_notice(notice.account, notice.to) else { return Ok(false) };
        let account = store.open_account(tx, &local.account)?;
        let mailbox = store.open_mailbox(tx, account, &local.mailbox)?;
        let prefix = trace::return_path(&None);
        let envelope = SmtpEnvelope {
            mail_from: Some(String::new()),
            rcpt_to: Some(notice.to.to_string()),
            ..SmtpEnvelope::default()
        };
        let new = NewMessage {
            account,
            mailbox,
            content: notice.content,
            content_size: notice.content_size,
            prefix: prefix.as_bytes(),
            received: notice.received,
            flags: Flags::NONE,
            envelope: &envelope,
            digest: notice.digest,
            verdicts: None,
            keywords: Vec::new(),
            // A bounce is small and must not get lost over a full mailbox.
            quota: None,
        };
        store.append(tx, &new)?;
        Ok(true)
    }
}
