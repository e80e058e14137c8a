//! Stored messages, for those who look closer: parts, safe HTML, reports, transcripts, events; tags, release; and what
//! changes while one looks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExplainLine, MessageFilter, MessageRow};

/// Asks for the decoded bytes of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePart {
    /// Number in the store.
    pub id: i64,
    /// IMAP part number of a leaf: `1.2`.
    pub part: String,
}

/// Asks for the HTML of a message as a whole document that is safe to show in a sandboxed frame: no script, nothing
/// that would fetch, images of the message itself within it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageHtml {
    /// Number in the store.
    pub id: i64,
}

/// Asks how mail programs will take a message: its HTML, its links, its List-Unsubscribe. Nothing is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReport {
    /// Number in the store.
    pub id: i64,
}

/// Asks for the SMTP exchange that brought a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTranscript {
    /// Number in the store.
    pub id: i64,
}

/// An SMTP exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transcript {
    /// Lines that begin with `C: ` or `S: `, secrets masked, content counted; none when none was kept.
    pub text: Option<String>,
}

/// Asks what happened to a message: how it came, where it was put, where it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEvents {
    /// Number in the store.
    pub id: i64,
}

/// What happened to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageHistory {
    /// Which.
    pub id: i64,
    /// In order.
    pub lines: Vec<ExplainLine>,
    /// Its entries in the queue, which `mox queue explain` explains too.
    pub queue: Vec<i64>,
}

/// Lists mailboxes: in localserve one for every address that mail came for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailboxList {
    /// Account name; none for all.
    pub account: Option<String>,
}

/// A mailbox and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxRow {
    /// Account it belongs to.
    pub account: String,
    /// Its name: `Inbox`, or the address whose mail it holds.
    pub name: String,
    /// Messages in it.
    pub total: u64,
    /// Of them not seen.
    pub unseen: u64,
    /// Bytes.
    pub size: u64,
}

/// Lists the tags that messages have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagList {}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagRow {
    /// Its name.
    pub tag: String,
    /// Messages that have it.
    pub total: u64,
}

/// Marks messages as seen or not, gives and takes tags. One of `ids`, `filter` (not empty) or `all` must select.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageMark {
    /// Numbers in the store; all must exist.
    pub ids: Vec<i64>,
    /// Which messages, when no ids are given.
    pub filter: MessageFilter,
    /// Every message; only then may the filter be empty.
    pub all: bool,
    /// Seen, not seen, or as it is.
    pub seen: Option<bool>,
    /// Tags to give: 1 to 64 letters, digits and `._-` each, letter case is not kept.
    pub tag: Vec<String>,
    /// Tags to take.
    pub untag: Vec<String>,
    /// Only look up.
    pub dry_run: bool,
}

/// Sends copies of messages on to real recipients, through a relay that was named at start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageRelease {
    /// Numbers in the store; all must exist.
    pub ids: Vec<i64>,
    /// Recipients; none for the one of the message's envelope.
    pub to: Vec<String>,
    /// Only look up: which recipient would go through which relay.
    pub dry_run: bool,
}

/// What was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Released {
    /// Entries of the queue, in the order of messages and recipients; empty when nothing was changed.
    pub queued: Vec<i64>,
    /// What goes, or would go, where.
    pub plan: Vec<ReleaseRow>,
    /// Nothing was changed, only looked up.
    pub dry_run: bool,
}

/// One copy that is released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseRow {
    /// Number of the message in the store.
    pub id: i64,
    /// Recipient.
    pub to: String,
    /// How it goes: `through 127.0.0.1 port 2525`.
    pub route: String,
}

/// Lists the relays that mail may leave through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayList {}

/// A relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelayRow {
    /// For recipients at this domain and below; none for all.
    pub domain: Option<String>,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Only for messages that are released; otherwise all mail for the domain leaves by it.
    pub by_hand: bool,
}

/// Waits for changes to stored messages.
///
/// Answers at once when something changed after `token`, else when something changes or the time is over. Without a
/// token it answers at once with the token of now and no events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageWatch {
    /// Tells of messages that match; of those that are gone, whatever their text was.
    pub filter: MessageFilter,
    /// From the reply before.
    pub token: Option<String>,
    /// How long; at most [`super::MessageWait::MAX_MS`].
    pub timeout_ms: u64,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageWatched {
    /// Where to go on.
    pub token: String,
    /// In order. At most [`MessageWatched::MAX`].
    pub events: Vec<MessageEvent>,
    /// Some changes are no longer known: list anew.
    pub lost: bool,
}

impl MessageWatched {
    /// Most events in a reply.
    pub const MAX: usize = 500;
}

/// A change to a stored message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum MessageEvent {
    /// It arrived.
    Arrived {
        /// The line it has in a list.
        message: MessageRow,
    },
    /// Its flags or tags changed.
    Changed {
        /// The line it has in a list.
        message: MessageRow,
    },
    /// It is gone.
    Gone {
        /// Number it had in the store.
        id: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_say_what_they_are() {
        let gone = MessageEvent::Gone { id: 7 };
        assert_eq!(serde_json::to_string(&gone).unwrap(), r#"{"event":"gone","id":7}"#);
        assert_eq!(serde_json::from_str::<MessageEvent>(r#"{"event":"gone","id":7}"#).unwrap(), gone);
    }

    #[test]
    fn requests_may_leave_out_what_is_not_asked() {
        assert_eq!(serde_json::from_str::<MessageWatch>("{}").unwrap(), MessageWatch::default());
        let mark: MessageMark = serde_json::from_str(r#"{"ids":[1],"seen":true}"#).unwrap();
        assert_eq!(mark, MessageMark { ids: vec![1], seen: Some(true), ..MessageMark::default() });
    }
}
