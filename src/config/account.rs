//! Accounts of `domains.conf` and their destinations.

use mox_address::Domain;

use crate::route::Route;
use crate::section::{Table, section};
use crate::values::SmtpError;

/// Messages an account may send in 24 hours unless it says otherwise.
pub const DEFAULT_MAX_OUTGOING: u32 = 1000;
/// New recipients an account may write to in 24 hours unless it says otherwise.
pub const DEFAULT_MAX_FIRST_TIME: u32 = 200;

section! {
    /// Someone with mail here.
    Account {
        /// If not empty, logins fail with this text after a correct password. Mail is still received.
        "LoginDisabled" login_disabled: String = String::new(),
        /// Domain for addresses that have none: of destinations that are only a localpart.
        "Domain" domain: Domain,
        /// Free text.
        "Description" description: String = String::new(),
        /// Name shown in From of messages.
        "FullName" full_name: String = String::new(),
        /// Addresses of this account. @domain stands for all addresses of a domain that are not found otherwise.
        "Destinations" destinations: Table<String, Destination> = Table::default(),
        /// Most bytes of message content: 0 for that of mox.conf, less than 0 for no limit.
        "QuotaMessageSize" quota_message_size: i64 = 0,
        /// Mailbox for messages that were refused, so that mistakes can be found; none if empty. Not Inbox.
        "RejectsMailbox" rejects_mailbox: String = String::new(),
        /// Messages that may be sent in 24 hours, counted by recipient. 0 for the default. Bounds the damage
        /// when a password is stolen.
        "MaxOutgoingMessagesPerDay" max_outgoing_messages_per_day: u32 = DEFAULT_MAX_OUTGOING,
        /// Recipients in 24 hours that this account has not written to before. 0 for the default.
        "MaxFirstTimeRecipientsPerDay" max_first_time_recipients_per_day: u32 = DEFAULT_MAX_FIRST_TIME,
        /// Routes for mail from this account.
        "Routes" routes: Vec<Route> = Vec::new(),
    }
}

section! {
    /// What happens to mail for an address.
    optional Destination {
        /// Mailbox that gets it; Inbox if empty.
        "Mailbox" mailbox: String = String::new(),
        /// If set, mail is refused with this code (421 or 550) and text, as: 550 no longer here.
        "SMTPError" smtp_error: Option<SmtpError> = None,
        /// Name shown in From of messages from this address, if not that of the account.
        "FullName" full_name: String = String::new(),
    }
}

impl Destination {
    /// The mailbox in effect.
    pub fn mailbox(&self) -> &str {
        if self.mailbox.is_empty() { "Inbox" } else { &self.mailbox }
    }
}

impl Account {
    /// An account with no destinations yet and defaults for the rest.
    pub fn new(domain: Domain) -> Account {
        Account {
            login_disabled: String::new(),
            domain,
            description: String::new(),
            full_name: String::new(),
            destinations: Table::default(),
            quota_message_size: 0,
            rejects_mailbox: String::new(),
            max_outgoing_messages_per_day: DEFAULT_MAX_OUTGOING,
            max_first_time_recipients_per_day: DEFAULT_MAX_FIRST_TIME,
            routes: Vec::new(),
        }
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        if self.max_outgoing_messages_per_day == 0 {
            self.max_outgoing_messages_per_day = DEFAULT_MAX_OUTGOING;
        }
        if self.max_first_time_recipients_per_day == 0 {
            self.max_first_time_recipients_per_day = DEFAULT_MAX_FIRST_TIME;
        }
    }

    /// Most bytes of message content, none for no limit; `global` is the QuotaMessageSize of `mox.conf`.
    pub fn quota(&self, global: u64) -> Option<u64> {
        match self.quota_message_size {
            0 => Some(global).filter(|q| *q > 0),
            own => u64::try_from(own).ok(),
        }
    }
}
