//! What the queue does by rule, and what left it: hold rules, suppressed recipients, retired messages.

use serde::{Deserialize, Serialize};

use super::{QueueEnd, QueueFilter, QueueKey};
use crate::Time;

/// Chooses the transport of messages, whatever routes say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueTransport {
    /// Which messages; ids that do not exist are an error.
    pub filter: QueueFilter,
    /// Name of a transport of `mox.conf`; none for what routes say.
    pub transport: Option<String>,
    /// Only look up.
    pub dry_run: bool,
}

/// Says what TLS the delivery of messages must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueRequireTls {
    /// Which messages; ids that do not exist are an error.
    pub filter: QueueFilter,
    /// `true` for REQUIRETLS, `false` for `TLS-Required: No`, none for neither.
    pub require: Option<bool>,
    /// Only look up.
    pub dry_run: bool,
}

/// A rule: new messages that match all that is set are put on hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HoldRule {
    /// Its number, never used again.
    pub id: i64,
    /// Account of the sender.
    pub account: Option<String>,
    /// Domain of the reverse-path.
    pub from_domain: Option<String>,
    /// Domain of the recipient.
    pub to_domain: Option<String>,
}

/// Lists hold rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRuleList {}

/// Adds a hold rule, and puts on hold what is queued and matches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HoldRuleAdd {
    /// Account of the sender; none for any.
    pub account: Option<String>,
    /// Domain of the reverse-path; none for any.
    pub from_domain: Option<String>,
    /// Domain of the recipient; none for any.
    pub to_domain: Option<String>,
    /// Only look up.
    pub dry_run: bool,
}

/// What a new hold rule did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRuleAdded {
    /// The rule; number 0 when nothing was changed.
    pub rule: HoldRule,
    /// Queued messages that were, or would be, put on hold.
    pub held: Vec<i64>,
    /// Nothing was changed, only looked up.
    pub dry_run: bool,
}

/// Removes a hold rule; what it holds stays on hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HoldRuleRemove {
    /// Its number.
    pub id: i64,
    /// Only look up.
    pub dry_run: bool,
}

/// A recipient that an account sends nothing more to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The account.
    pub account: String,
    /// The address as it was added.
    pub address: String,
    /// The address in the form that addresses are compared in: lower case, without subaddress.
    pub base: String,
    /// Since when.
    pub added: Time,
    /// An operator added it; else a failed delivery did.
    pub manual: bool,
    /// Why: a note, or the reply to the delivery that failed.
    pub reason: String,
}

/// Lists suppressed recipients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuppressList {
    /// Of this account; none for all.
    pub account: Option<String>,
    /// Only those that this address would meet.
    pub address: Option<String>,
    /// Only what comes after this row, in order of accounts and base addresses.
    pub after: Option<SuppressKey>,
    /// At most so many; none for [`SuppressList::MAX`].
    pub limit: Option<u32>,
}

/// Where a page of the list ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressKey {
    /// The account.
    pub account: String,
    /// The base address.
    pub base: String,
}

impl SuppressList {
    /// Most rows in a reply.
    pub const MAX: u32 = 100_000;
}

/// Suppresses a recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuppressAdd {
    /// The account.
    pub account: String,
    /// The address.
    pub address: String,
    /// Why.
    pub reason: String,
    /// Only look up.
    pub dry_run: bool,
}

/// Takes a recipient off the list again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuppressRemove {
    /// The account.
    pub account: String,
    /// The address.
    pub address: String,
    /// Only look up.
    pub dry_run: bool,
}

/// Lists messages that left the queue, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetiredList {
    /// Account of the sender.
    pub account: Option<String>,
    /// Reverse-path: an address, or `@domain`.
    pub from: Option<String>,
    /// Forward-path: an address, or `@domain`.
    pub to: Option<String>,
    /// How they ended; `gone` for those an operator removed.
    pub end: Option<QueueEnd>,
    /// Ended before this.
    pub ended_before: Option<Time>,
    /// Ended at or after this.
    pub ended_after: Option<Time>,
    /// Only what comes after this row: the last one of the page before.
    pub after: Option<QueueKey>,
    /// At most so many; none for [`RetiredList::MAX`].
    pub limit: Option<u32>,
}

impl RetiredList {
    /// Most rows in a reply.
    pub const MAX: u32 = 100_000;
}

/// Shows one message that left the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredShow {
    /// Queue id.
    pub id: i64,
}

/// A message for one recipient that left the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredRow {
    /// Queue id.
    pub id: i64,
    /// Account of the sender.
    pub account: String,
    /// Reverse-path; empty for the null one.
    pub from: String,
    /// Forward-path.
    pub to: String,
    /// Bytes, CRLF line ends.
    pub size: u64,
    /// How it ended; `gone` when an operator removed it.
    pub end: QueueEnd,
    /// When it was queued.
    pub queued: Time,
    /// When it ended.
    pub ended: Time,
    /// Until when it is remembered, where its account says so.
    pub kept_until: Option<Time>,
    /// Attempts made.
    pub attempts: u32,
    /// Why the last attempt did not deliver.
    pub last_error: Option<String>,
    /// The host that answered last.
    pub host: Option<String>,
    /// TLS of the last attempt.
    pub last_tls: Option<String>,
    /// Decoded subject.
    pub subject: String,
    /// `Message-ID` with its angle brackets, if any.
    pub message_id: Option<String>,
}

/// A message that left the queue, and its attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredDetail {
    /// The message.
    #[serde(flatten)]
    pub row: RetiredRow,
    /// Its attempts, oldest first.
    pub tries: Vec<QueueAttempt>,
}

/// One attempt at delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueAttempt {
    /// Its number, 1 for the first.
    pub n: u32,
    /// When it began.
    pub started: Time,
    /// How long it took; none while it runs, or when the server stopped meanwhile.
    pub duration_ms: Option<u64>,
    /// `delivered`, `temporary` or `permanent`; none where there is no duration.
    pub outcome: Option<String>,
    /// The host that was reached or tried last.
    pub host: Option<String>,
    /// Its address.
    pub ip: Option<String>,
    /// Code of the reply.
    pub code: Option<u16>,
    /// Its enhanced code.
    pub enhanced: Option<String>,
    /// Its text, or what went wrong.
    pub text: Option<String>,
    /// TLS: `none`, or the version and what verified the host, as `TLSv1.3 verified by DANE`.
    pub tls: Option<String>,
}
