//! Tells sessions what changed, after the commit: the account and its new modseq.
//!
//! A receiver that lags learns that it missed something and looks at the modseqs (RFC 7162) to catch up.

use tokio::sync::broadcast;

use crate::{AccountId, MailboxId, MessageId};

/// Changes that a slow receiver may lag behind.
const BACKLOG: usize = 1024;

/// Something that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A message was appended.
    Appended {
        /// In which account.
        account: AccountId,
        /// In which mailbox.
        mailbox: MailboxId,
        /// Which.
        message: MessageId,
        /// The account's modseq now.
        modseq: i64,
    },
    /// Flags, mailboxes or the set of messages changed otherwise.
    Other {
        /// In which account.
        account: AccountId,
        /// The account's modseq now.
        modseq: i64,
    },
}

/// Where changes are told and heard; clones share it.
#[derive(Clone)]
pub struct Changes(broadcast::Sender<Change>);

impl Changes {
    pub(crate) fn new() -> Changes {
        Changes(broadcast::Sender::new(BACKLOG))
    }

    /// Hears every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }

    pub(crate) fn tell(&self, change: Change) {
        // Nobody listening is fine.
        let _ = self.0.send(change);
    }
}
