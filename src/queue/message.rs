//! A queued message for one recipient, and what is needed to queue one.

use mox_address::{IpDomain, Path, ReversePath};
use mox_clock::Timestamp;
use mox_smtp::{Body, EnhancedCode, Notify, OriginalRecipient, Return};
use mox_store::{ContentId, MessageId};

/// A queued message for one recipient; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId(pub i64);

impl std::fmt::Display for QueueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a message is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Class {
    /// Somebody's mail.
    #[default]
    Normal,
    /// A delivery status notification of ours.
    Dsn,
    /// A TLS report of ours: sent whatever TLS the receiver has, and never the reason for a report.
    TlsReport,
    /// A DMARC report of ours: never sent without TLS after TLS failed, and the reason for a TLS report only when it
    /// failed.
    DmarcReport,
}

impl Class {
    /// Whether it is a report of ours, whose end the report engine hears of.
    pub fn is_report(self) -> bool {
        matches!(self, Class::TlsReport | Class::DmarcReport)
    }

    pub(crate) fn code(self) -> i64 {
        match self {
            Class::Normal => 0,
            Class::Dsn => 1,
            Class::TlsReport => 2,
            Class::DmarcReport => 3,
        }
    }

    pub(crate) fn from_code(code: i64) -> Class {
        match code {
            1 => Class::Dsn,
            2 => Class::TlsReport,
            3 => Class::DmarcReport,
            _ => Class::Normal,
        }
    }
}

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The next-hop took it.
    Delivered,
    /// It was given up; the sender was told unless that was not wanted.
    Failed,
    /// An operator removed it.
    Dropped,
}

impl End {
    pub(crate) fn code(self) -> i64 {
        match self {
            End::Delivered => 1,
            End::Failed => 2,
            End::Dropped => 3,
        }
    }

    pub(crate) fn from_code(code: i64) -> Option<End> {
        match code {
            1 => Some(End::Delivered),
            2 => Some(End::Failed),
            3 => Some(End::Dropped),
            _ => None,
        }
    }
}

/// A recipient to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// Where to.
    pub forward_path: Path,
    /// When to notify the sender; none when it did not say (RFC 3461 §4.1).
    pub notify: Option<Notify>,
    /// The recipient the sender knew (RFC 3461 §4.2).
    pub orcpt: Option<OriginalRecipient>,
    /// The copy of the same message that a mailbox here holds, to find the row by.
    pub copy: Option<MessageId>,
    /// A reverse-path of its own.
    pub own_path: Option<OwnPath>,
}

/// A reverse-path that only one recipient of a message has, so that what comes back leads to that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPath {
    /// The reverse-path, which holds the id.
    pub path: Path,
    /// The id; never used again.
    pub from_id: String,
}

impl From<Path> for NewRecipient {
    fn from(forward_path: Path) -> NewRecipient {
        NewRecipient { forward_path, notify: None, orcpt: None, copy: None, own_path: None }
    }
}

/// A message to be queued for some recipients.
#[derive(Debug, Clone)]
pub struct NewQueued {
    /// Account of the sender, where DSNs go.
    pub account: String,
    /// Reverse-path.
    pub reverse_path: ReversePath,
    /// To whom; each becomes a row.
    pub recipients: Vec<NewRecipient>,
    /// Its bytes, a row of the same transaction. One reference for each recipient is taken over from the caller.
    pub content: ContentId,
    /// Size of the content in bytes.
    pub content_size: u64,
    /// Header lines that go before the content.
    pub prefix: Vec<u8>,
    /// What the body holds.
    pub body: Body,
    /// Whether it needs SMTPUTF8.
    pub smtputf8: bool,
    /// `Some(true)` for REQUIRETLS, `Some(false)` for `TLS-Required: No` (RFC 8689), none for neither.
    pub require_tls: Option<bool>,
    /// It waits until an operator releases it.
    pub hold: bool,
    /// Not tried before this (FUTURERELEASE, RFC 4865).
    pub not_before: Option<Timestamp>,
    /// What a DSN returns.
    pub ret: Option<Return>,
    /// The sender's envelope identifier.
    pub envid: Option<String>,
    /// Decoded subject.
    pub subject: String,
    /// `Message-ID` without brackets.
    pub message_id: Option<String>,
    /// What it is to us.
    pub class: Class,
    /// Attempts after which it fails; none for as many as [`crate::Options::retry`] has.
    pub max_attempts: Option<u32>,
    /// What its sender wants to be told with each event about it: a JSON object of texts.
    pub extra: Option<String>,
}

impl NewQueued {
    /// An ordinary message, due now.
    pub fn new(
        account: impl Into<String>,
        reverse_path: ReversePath,
        recipients: Vec<NewRecipient>,
        content: ContentId,
        content_size: u64,
    ) -> NewQueued {
        NewQueued {
            account: account.into(),
            reverse_path,
            recipients,
            content,
            content_size,
            prefix: Vec::new(),
            body: Body::SevenBit,
            smtputf8: false,
            require_tls: None,
            hold: false,
            not_before: None,
            ret: None,
            envid: None,
            subject: String::new(),
            message_id: None,
            class: Class::Normal,
            max_attempts: None,
            extra: None,
        }
    }
}

/// A message for one recipient, queued or ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// Its id.
    pub id: QueueId,
    /// The same for all recipients queued together; 0 when there is one alone.
    pub base: i64,
    /// Its bytes; none once it ended.
    pub content: Option<ContentId>,
    /// Header lines before the content.
    pub prefix: Vec<u8>,
    /// Account of the sender.
    pub account: String,
    /// Reverse-path.
    pub reverse_path: ReversePath,
    /// Forward-path.
    pub forward_path: Path,
    /// Bytes, prefix included.
    pub size: u64,
    /// What the body holds.
    pub body: Body,
    /// Whether it needs SMTPUTF8.
    pub smtputf8: bool,
    /// REQUIRETLS, TLS-Required: No, or neither.
    pub require_tls: Option<bool>,
    /// When it was queued.
    pub queued: Timestamp,
    /// When it is tried next.
    pub next_attempt: Timestamp,
    /// Attempts begun.
    pub attempts: u32,
    /// Attempts after which it fails.
    pub max_attempts: u32,
    /// Not tried until released.
    pub hold: bool,
    /// Being delivered now.
    pub busy: bool,
    /// Why the last attempt did not deliver.
    pub last_error: Option<String>,
    /// When the last attempt began.
    pub last_attempt: Option<Timestamp>,
    /// Code of the last reply.
    pub last_code: Option<u16>,
    /// Its enhanced code.
    pub last_enhanced: Option<EnhancedCode>,
    /// The host that gave it.
    pub remote_mta: Option<String>,
    /// TLS of the last attempt: `none`, `TLSv1.3 verified`, `TLSv1.3 unverified`.
    pub last_tls: Option<String>,
    /// FUTURERELEASE: not tried before.
    pub not_before: Option<Timestamp>,
    /// What a DSN returns.
    pub ret: Option<Return>,
    /// The sender's envelope identifier.
    pub envid: Option<String>,
    /// When to notify.
    pub notify: Option<Notify>,
    /// The recipient the sender knew.
    pub orcpt: Option<OriginalRecipient>,
    /// Decoded subject.
    pub subject: String,
    /// `Message-ID` without brackets.
    pub message_id: Option<String>,
    /// What it is to us.
    pub class: Class,
    /// How it ended; none while it is queued.
    pub end: Option<End>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The copy that a mailbox here holds, if any.
    pub copy: Option<MessageId>,
    /// The transport that an operator chose; none for what routes say.
    pub transport: Option<String>,
    /// The id within a reverse-path that only this row has.
    pub from_id: Option<String>,
    /// What its sender wants to be told with each event about it: a JSON object of texts.
    pub extra: Option<String>,
}

impl Queued {
    /// The domain or address literal it goes to.
    pub fn domain(&self) -> &IpDomain {
        &self.forward_path.domain
    }
}
