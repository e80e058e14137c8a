//! Stored messages: list, show, delete, wait. A message itself travels as bytes ([`MessageCat`]), all else as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Verdicts;
use crate::Time;

/// Which messages; every field that is set must match, an empty filter matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageFilter {
    /// Account name.
    pub account: Option<String>,
    /// Mailbox name, exact.
    pub mailbox: Option<String>,
    /// Part of a recipient's address (envelope or `To`/`Cc` header), letter case ignored.
    pub to: Option<String>,
    /// Part of the sender's address (`From` header or reverse-path), letter case ignored.
    pub from: Option<String>,
    /// Part of the decoded subject, letter case ignored.
    pub subject: Option<String>,
    /// Words that all stand in the message: in its subject, addresses, text or names of attachments. The last word
    /// may be the beginning of one; letter case and accents are ignored.
    pub text: Option<String>,
    /// Has this tag.
    pub tag: Option<String>,
    /// Received at or after.
    pub since: Option<Time>,
}

/// Lists messages, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageList {
    /// Which messages.
    pub filter: MessageFilter,
    /// Only messages with a lower number: the page after the one that ended with it.
    pub before: Option<i64>,
    /// At most so many; none for [`MessageList::MAX`].
    pub limit: Option<u32>,
}

impl MessageList {
    /// Most rows in a reply.
    pub const MAX: u32 = 100_000;
}

/// One line of a list of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageRow {
    /// Number of the message in the store, never used again.
    pub id: i64,
    /// Account it belongs to.
    pub account: String,
    /// Mailbox it is in.
    pub mailbox: String,
    /// Envelope recipient of this copy; those of the header when the envelope is not known.
    pub to: String,
    /// Address of the `From` header; the reverse-path when there is none; empty for the null one.
    pub from: String,
    /// Decoded subject.
    pub subject: String,
    /// When the server took it.
    pub received: Time,
    /// Bytes, CRLF line ends.
    pub size: u64,
    /// IMAP system flags: `\Seen` once it was opened.
    pub flags: Vec<String>,
    /// IMAP keywords: tags that people or the message itself (`X-Tags`) gave it.
    pub tags: Vec<String>,
    /// IMAP UID in its mailbox.
    pub uid: u32,
    /// `Message-ID` with its angle brackets, if any.
    pub message_id: Option<String>,
    /// Number of its thread.
    pub thread: Option<i64>,
}

/// Shows one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageShow {
    /// Number in the store.
    pub id: i64,
}

/// One message for reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageDetail {
    /// The line it has in a list.
    #[serde(flatten)]
    pub row: MessageRow,
    /// Reverse-path of the envelope; empty for the null one.
    pub mail_from: String,
    /// Address the message came from, if over the network.
    pub remote_ip: Option<String>,
    /// TLS of the session that brought it, `TLSv1.3`; none for plain text.
    pub tls: Option<String>,
    /// What mail authentication found out; none when nothing was checked.
    pub verdicts: Option<Verdicts>,
    /// Header fields in order, decoded.
    pub headers: Vec<Header>,
    /// Leaf parts in order.
    pub parts: Vec<PartRow>,
    /// First text part, decoded, at most 1 MiB.
    pub text: Option<String>,
    /// Whether it has HTML.
    pub html: bool,
}

impl MessageDetail {
    /// Most bytes of `text`.
    pub const MAX_TEXT: usize = 1 << 20;
}

/// One header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// As written.
    pub name: String,
    /// Unfolded, encoded words decoded.
    pub value: String,
}

/// One leaf part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartRow {
    /// IMAP part number: `1.2`.
    pub part: String,
    /// Media type, lower case: `text/plain`.
    pub content_type: String,
    /// Decoded bytes.
    pub size: u64,
    /// File name, decoded, if any.
    pub filename: Option<String>,
    /// Content-ID without angle brackets, which HTML may show it by.
    pub content_id: Option<String>,
    /// The sender wants it kept apart from the text.
    pub attachment: bool,
}

/// Asks for a message as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageCat {
    /// Number in the store.
    pub id: i64,
}

/// Removes messages for good. One of `ids`, `filter` (not empty) or `all` must select.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageDelete {
    /// Numbers in the store; all must exist.
    pub ids: Vec<i64>,
    /// Which messages, when no ids are given.
    pub filter: MessageFilter,
    /// Every message; only then may the filter be empty.
    pub all: bool,
    /// Only look up.
    pub dry_run: bool,
}

/// Waits for a message that matches and was received at or after `filter.since` (none: from now on).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageWait {
    /// Which message.
    pub filter: MessageFilter,
    /// How long; at most [`MessageWait::MAX_MS`].
    pub timeout_ms: u64,
}

impl MessageWait {
    /// Longest wait of one call: an hour.
    pub const MAX_MS: u64 = 3_600_000;
}

/// The first message that matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageWaited {
    /// None when the time was over.
    pub message: Option<MessageRow>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;

    #[test]
    fn row_has_the_documented_names() {
        let row = MessageRow {
            id: 1,
            account: "mox".into(),
            mailbox: "Inbox".into(),
            to: "bob@example.org".into(),
            from: "amy@example.org".into(),
            subject: "hello".into(),
            received: Timestamp::from_secs(0).into(),
            size: 3,
            flags: vec!["\\Seen".into()],
            tags: vec!["red".into()],
            uid: 1,
            message_id: None,
            thread: Some(1),
        };
        assert_eq!(
            serde_json::to_string(&row).unwrap(),
            concat!(
                r#"{"id":1,"account":"mox","mailbox":"Inbox","to":"bob@example.org","from":"amy@example.org","#,
                r#""subject":"hello","received":"1970-01-01T00:00:00.000Z","size":3,"flags":["\\Seen"],"tags":["red"],"uid":1,"#,
                r#""message_id":null,"thread":1}"#
            )
        );
    }

    #[test]
    fn requests_may_leave_out_what_is_not_asked() {
        assert_eq!(serde_json::from_str::<MessageList>("{}").unwrap(), MessageList::default());
        let wait: MessageWait = serde_json::from_str(r#"{"filter":{"to":"a"},"timeout_ms":5}"#).unwrap();
        assert_eq!(wait.filter, MessageFilter { to: Some("a".into()), ..MessageFilter::default() });
    }
}
