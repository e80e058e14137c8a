//! What calls and answers hold, as JSON. Fields that are left out, or null, have their default.

use mox_admin::Time;
use mox_webhooks::mail::{Message, NameAddress, Structure};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Takes null for the default.
fn lax<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// A file of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct File {
    /// File name.
    #[serde(default, deserialize_with = "lax")]
    pub name: String,
    /// Media type; application/octet-stream if empty.
    #[serde(default, deserialize_with = "lax")]
    pub content_type: String,
    /// The id by which HTML names it: `cid:ID`.
    #[serde(default, rename = "ContentID", deserialize_with = "lax")]
    pub content_id: String,
    /// The bytes, in base64.
    #[serde(default, deserialize_with = "lax")]
    pub data: String,
}

/// A message to be sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Send {
    /// Who sends: one address of the account. The login's if empty.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) from: Vec<NameAddress>,
    /// Recipients.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) to: Vec<NameAddress>,
    /// Recipients of a copy.
    #[serde(default, rename = "CC", deserialize_with = "lax")]
    pub(crate) cc: Vec<NameAddress>,
    /// Recipients that others do not see.
    #[serde(default, rename = "BCC", deserialize_with = "lax")]
    pub(crate) bcc: Vec<NameAddress>,
    /// Where answers go.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) reply_to: Vec<NameAddress>,
    /// Message-ID, with or without brackets; made if empty.
    #[serde(default, rename = "MessageID", deserialize_with = "lax")]
    pub(crate) message_id: String,
    /// Message-IDs of the messages that this one follows; the last is the one it answers.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) references: Vec<String>,
    /// Time in the field Date; now if absent.
    #[serde(default)]
    pub(crate) date: Option<Time>,
    /// Subject.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) subject: String,
    /// Text.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) text: String,
    /// The same as HTML.
    #[serde(default, rename = "HTML", deserialize_with = "lax")]
    pub(crate) html: String,
    /// Told again with each event about the message, and by QueueState.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) extra: BTreeMap<String, String>,
    /// More header fields: pairs of name and value.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) headers: Vec<(String, String)>,
    /// Other forms of the same text, as text/calendar.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) alternative_files: Vec<File>,
    /// Files that HTML shows.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) inline_files: Vec<File>,
    /// Files beside the text.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) attached_files: Vec<File>,
    /// True: only over verified TLS, all the way (REQUIRETLS). False: whatever policies ask for (TLS-Required: No).
    #[serde(default, rename = "RequireTLS")]
    pub(crate) require_tls: Option<bool>,
    /// Not sent before this; at most 60 days away.
    #[serde(default)]
    pub(crate) future_release: Option<Time>,
    /// A copy goes into the mailbox of sent mail.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) save_sent: bool,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Sent {
    /// Message-ID, in brackets.
    #[serde(rename = "MessageID")]
    pub(crate) message_id: String,
    /// One for each recipient.
    pub(crate) submissions: Vec<Submission>,
}

/// A message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Submission {
    /// The recipient.
    pub(crate) address: String,
    /// Its number in the queue.
    #[serde(rename = "QueueMsgID")]
    pub(crate) queue_msg_id: i64,
    /// The id in its reverse-path; empty for logins that are not in FromIDLoginAddresses.
    #[serde(rename = "FromID")]
    pub(crate) from_id: String,
}

/// Which messages that were sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct QueueState {
    /// Numbers of the queue; at most 1000.
    #[serde(default, rename = "QueueMsgIDs", deserialize_with = "lax")]
    pub(crate) queue_msg_ids: Vec<i64>,
    /// The id in a reverse-path.
    #[serde(default, rename = "FromID", deserialize_with = "lax")]
    pub(crate) from_id: String,
}

/// How they are.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueStates {
    /// Those that are known, the latest first: while they are queued, and for a week after, or as long as
    /// KeepRetiredMessagePeriod says.
    pub(crate) messages: Vec<QueueMessage>,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Waits for its next attempt.
    Queued,
    /// Waits for an operator.
    Held,
    /// Is being delivered.
    Delivering,
    /// The next server took it.
    Delivered,
    /// Given up.
    Failed,
    /// Removed from the queue.
    Canceled,
}

/// A message for one recipient, queued or ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueMessage {
    /// Its number in the queue.
    #[serde(rename = "QueueMsgID")]
    pub(crate) queue_msg_id: i64,
    /// The id in its reverse-path; empty where there is none.
    #[serde(rename = "FromID")]
    pub(crate) from_id: String,
    /// Message-ID, in brackets.
    #[serde(rename = "MessageID")]
    pub(crate) message_id: String,
    /// The recipient.
    pub(crate) address: String,
    /// Subject.
    pub(crate) subject: String,
    /// Where it is.
    pub(crate) state: State,
    /// When it was queued.
    pub(crate) queued: Time,
    /// Attempts so far.
    pub(crate) attempts: u32,
    /// When it is tried next; none once it ended.
    pub(crate) next_attempt: Option<Time>,
    /// When it ended.
    pub(crate) ended: Option<Time>,
    /// Why the last attempt did not deliver.
    pub(crate) last_error: String,
    /// Code of the last reply of a server; 0 for none.
    #[serde(rename = "SMTPCode")]
    pub(crate) smtp_code: u16,
    /// Its enhanced code without the first digit, as `7.1`; empty for none.
    #[serde(rename = "SMTPEnhancedCode")]
    pub(crate) smtp_enhanced_code: String,
    /// What Send was given.
    pub(crate) extra: BTreeMap<String, String>,
}

/// Nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// Recipients that the account sends nothing more to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Suppressions {
    /// By address.
    pub(crate) suppressions: Vec<Suppression>,
}

/// A recipient that the account sends nothing more to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Suppression {
    /// Since when.
    pub(crate) created: Time,
    /// In the form that addresses are compared in: lower case, without what follows a plus.
    pub(crate) base_address: String,
    /// As it was added.
    pub(crate) original_address: String,
    /// Added by a person or program, not because messages failed.
    pub(crate) manual: bool,
    /// Why.
    pub(crate) reason: String,
}

/// A recipient to send nothing more to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SuppressionAdd {
    /// Address.
    pub(crate) email_address: String,
    /// Taken for the sake of other clients; what a program adds always counts as manual.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) manual: bool,
    /// Why.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) reason: String,
}

/// An address.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct EmailAddress {
    /// Address.
    pub(crate) email_address: String,
}

/// Whether it is there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Present {
    /// Whether it is there.
    pub(crate) present: bool,
}

/// A message of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MessageId {
    /// Its number.
    #[serde(rename = "MsgID")]
    pub(crate) msg_id: i64,
}

/// A part of a message.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MessagePart {
    /// Number of the message.
    #[serde(rename = "MsgID")]
    pub(crate) msg_id: i64,
    /// The way to the part through Parts of Structure, each counted from 0; empty for the message itself.
    #[serde(default, deserialize_with = "lax")]
    pub(crate) part_path: Vec<usize>,
}

/// Flags of a message.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MessageFlags {
    /// Number of the message.
    #[serde(rename = "MsgID")]
    pub(crate) msg_id: i64,
    /// Flags, as `\Seen` and `$Forwarded`, and keywords: letters, digits and `._-`.
    pub(crate) flags: Vec<String>,
}

/// Where a message goes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct MessageMove {
    /// Number of the message.
    #[serde(rename = "MsgID")]
    pub(crate) msg_id: i64,
    /// A mailbox of the account, which exists.
    pub(crate) dest_mailbox_name: String,
}

/// What a message is after it was moved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Moved {
    /// Its number from now on: the old one is gone, as it is for IMAP.
    #[serde(rename = "MsgID")]
    pub(crate) msg_id: i64,
}

/// A message of the account.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct MessageGot {
    /// What it says.
    pub(crate) message: Message,
    /// Its parts.
    pub(crate) structure: Structure,
    /// What is known of it.
    pub(crate) meta: Meta,
}

/// What is known of a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Meta {
    /// Bytes.
    pub(crate) size: u64,
    /// It is a notification about the delivery of a message.
    #[serde(rename = "DSN")]
    pub(crate) dsn: bool,
    /// Flags and keywords.
    pub(crate) flags: Vec<String>,
    /// Reverse-path; empty for the null one.
    pub(crate) mail_from: String,
    /// Whether SPF says that it came from there.
    pub(crate) mail_from_validated: bool,
    /// Forward-path.
    pub(crate) rcpt_to: String,
    /// Address in From.
    pub(crate) msg_from: String,
    /// Whether DMARC says that its domain stands behind it.
    pub(crate) msg_from_validated: bool,
    /// Domains with a signature that is right.
    #[serde(rename = "DKIMVerifiedDomains")]
    pub(crate) dkim_verified_domains: Vec<String>,
    /// Address that handed it to us.
    #[serde(rename = "RemoteIP")]
    pub(crate) remote_ip: String,
    /// When it came in.
    pub(crate) received: Time,
    /// The mailbox it is in.
    pub(crate) mailbox_name: String,
    /// A program sent it, or a list.
    pub(crate) automated: bool,
}
