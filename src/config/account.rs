//! Accounts of `domains.conf` and their destinations.

use mox_address::{Address, Domain};

use crate::junk::{AutomaticJunkFlags, JunkFilter, SubjectPass};
use crate::route::Route;
use crate::ruleset::Ruleset;
use crate::section::{Table, section};
use crate::values::{Interval, SmtpError};
use crate::webhook::{IncomingWebhook, OutgoingWebhook};

/// Messages an account may send in 24 hours unless it says otherwise.
pub const DEFAULT_MAX_OUTGOING: u32 = 1000;
/// New recipients an account may write to in 24 hours unless it says otherwise.
pub const DEFAULT_MAX_FIRST_TIME: u32 = 200;

section! {
    /// Someone with mail here.
    Account {
        /// Requests to a program about mail that was sent.
        "OutgoingWebhook" outgoing_webhook: Option<OutgoingWebhook> = None,
        /// Requests to a program about mail that arrived.
        "IncomingWebhook" incoming_webhook: Option<IncomingWebhook> = None,
        /// Addresses of this account whose logins send with a reverse-path of their own for each message: an id
        /// follows the catchall separator, which their domain must have. So a DSN leads to its message.
        "FromIDLoginAddresses" fromid_login_addresses: Vec<Address> = Vec::new(),
        /// How long messages are kept that left the queue, as 168h; 0 for not at all. Needed for the suppression
        /// list, and for leading DSNs to messages.
        "KeepRetiredMessagePeriod" keep_retired_message_period: Interval = Interval::secs(0),
        /// How long webhook requests are kept that are done, as 168h; 0 for not at all.
        "KeepRetiredWebhookPeriod" keep_retired_webhook_period: Interval = Interval::secs(0),
        /// If not empty, logins fail with this text after a correct password. Mail is still received.
        "LoginDisabled" login_disabled: String = String::new(),
        /// Domain of the account, as for new addresses. It is also that of destinations which are only a localpart;
        /// write whole addresses instead.
        "Domain" domain: Domain,
        /// Free text.
        "Description" description: String = String::new(),
        /// Name shown in From of messages.
        "FullName" full_name: String = String::new(),
        /// Addresses of this account. @domain stands for all addresses of a domain that are not found otherwise.
        "Destinations" destinations: Table<String, Destination> = Table::default(),
        /// A way out for senders whose mail is refused as likely junk: they are told to send it again with a text in
        /// the subject.
        "SubjectPass" subject_pass: SubjectPass = SubjectPass::default(),
        /// Most bytes of message content: 0 for that of mox.conf, less than 0 for no limit.
        "QuotaMessageSize" quota_message_size: i64 = 0,
        /// Mailbox for messages that were refused, so that mistakes can be found; none if empty. Not Inbox, as
        /// messages are removed there after some time.
        "RejectsMailbox" rejects_mailbox: String = String::new(),
        /// Do not remove messages from RejectsMailbox.
        "KeepRejects" keep_rejects: bool = false,
        /// Mailbox for mail of senders that this account does not know, instead of Inbox; none if empty.
        "Introbox" introbox: String = String::new(),
        /// Junk flags that follow from the mailbox which a message is put into, as most mail programs cannot set
        /// them.
        "AutomaticJunkFlags" automatic_junk_flags: AutomaticJunkFlags = AutomaticJunkFlags::default(),
        /// A filter that learns from the junk flags of messages; none if absent.
        "JunkFilter" junk_filter: Option<JunkFilter> = None,
        /// Messages that may be sent in 24 hours, counted by recipient. 0 for the default. Bounds the damage
        /// when a password is stolen.
        "MaxOutgoingMessagesPerDay" max_outgoing_messages_per_day: u32 = DEFAULT_MAX_OUTGOING,
        /// Recipients in 24 hours that this account has not written to before. 0 for the default.
        "MaxFirstTimeRecipientsPerDay" max_first_time_recipients_per_day: u32 = DEFAULT_MAX_FIRST_TIME,
        /// Take mail of unknown senders without a delay. For addresses that answer by themselves.
        "NoFirstTimeSenderDelay" no_first_time_sender_delay: bool = false,
        /// Let the user only have passwords that are made here, not choose one.
        "NoCustomPassword" no_custom_password: bool = false,
        /// Capabilities that IMAP does not offer to this account, as COMPRESS=DEFLATE, because a mail program
        /// stumbles over them.
        "IMAPCapabilitiesDisabled" imap_capabilities_disabled: Vec<String> = Vec::new(),
        /// Routes for mail from this account.
        "Routes" routes: Vec<Route> = Vec::new(),
    }
}

section! {
    /// What happens to mail for an address.
    optional Destination {
        /// Mailbox that gets it if no rule of Rulesets matches; Inbox if empty.
        "Mailbox" mailbox: String = String::new(),
        /// Rules that choose another mailbox; the first that matches is used.
        "Rulesets" rulesets: Vec<Ruleset> = Vec::new(),
        /// If set, mail is refused with this code (421 or 550) and text, as: 550 no longer here.
        "SMTPError" smtp_error: Option<SmtpError> = None,
        /// If not empty, mail whose From is not verified by SPF or DKIM is refused with this text. For addresses
        /// that answer by themselves, so that they do not answer forgeries.
        "MessageAuthRequiredSMTPError" message_auth_required_smtp_error: String = String::new(),
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
            outgoing_webhook: None,
            incoming_webhook: None,
            fromid_login_addresses: Vec::new(),
            keep_retired_message_period: Interval::default(),
            keep_retired_webhook_period: Interval::default(),
            login_disabled: String::new(),
            domain,
            description: String::new(),
            full_name: String::new(),
            destinations: Table::default(),
            subject_pass: SubjectPass::default(),
            quota_message_size: 0,
            rejects_mailbox: String::new(),
            keep_rejects: false,
            introbox: String::new(),
            automatic_junk_flags: AutomaticJunkFlags::default(),
            junk_filter: None,
            max_outgoing_messages_per_day: DEFAULT_MAX_OUTGOING,
            max_first_time_recipients_per_day: DEFAULT_MAX_FIRST_TIME,
            no_first_time_sender_delay: false,
            no_custom_password: false,
            imap_capabilities_disabled: Vec::new(),
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
