//! Messages waiting to leave, one a recipient.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::QueueAttempt;
use crate::Time;

/// Which queued messages; every field that is set must match, an empty filter matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueFilter {
    /// Queue ids; empty for any.
    pub ids: Vec<i64>,
    /// Account of the sender.
    pub account: Option<String>,
    /// Reverse-path: an address, or `@domain`.
    pub from: Option<String>,
    /// Forward-path: an address, or `@domain`.
    pub to: Option<String>,
    /// On hold or not.
    pub hold: Option<bool>,
    /// Next attempt before this.
    pub next_attempt_before: Option<Time>,
    /// Next attempt at or after this.
    pub next_attempt_after: Option<Time>,
    /// Queued before this.
    pub queued_before: Option<Time>,
    /// Queued at or after this.
    pub queued_after: Option<Time>,
    /// The transport that was chosen; empty for those where routes decide.
    pub transport: Option<String>,
}

/// Order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueSort {
    /// By next attempt.
    #[default]
    NextAttempt,
    /// By the time it was queued.
    Queued,
}

/// Where a page of a list ends. Rows that share its millisecond may come again when the row itself has moved meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueKey {
    /// The time that the list is in order of, as the row shows it.
    pub at: Time,
    /// Queue id of the row.
    pub id: i64,
}

/// Lists the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueList {
    /// Which messages.
    pub filter: QueueFilter,
    /// Order; ties by id.
    pub sort: QueueSort,
    /// Latest first.
    pub descending: bool,
    /// Only what comes after this row: the last one of the page before.
    pub after: Option<QueueKey>,
    /// At most so many; none for [`QueueList::MAX`].
    pub limit: Option<u32>,
}

impl QueueList {
    /// Most rows in a reply.
    pub const MAX: u32 = 100_000;
}

/// One queued message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    /// Queue id, never used again.
    pub id: i64,
    /// Account of the sender.
    pub account: String,
    /// Reverse-path; empty for the null one.
    pub from: String,
    /// Forward-path.
    pub to: String,
    /// Bytes, CRLF line ends.
    pub size: u64,
    /// When it was queued.
    pub queued: Time,
    /// When it is tried next.
    pub next_attempt: Time,
    /// Attempts made.
    pub attempts: u32,
    /// Attempts after which it fails.
    pub max_attempts: u32,
    /// Not tried until released.
    pub hold: bool,
    /// Why the last attempt did not deliver; none before the first.
    pub last_error: Option<String>,
    /// When the last attempt began.
    pub last_attempt: Option<Time>,
    /// What TLS the delivery asks: `opportunistic`, `required` (REQUIRETLS), `none` (TLS-Required: No).
    pub tls: String,
    /// Decoded subject.
    pub subject: String,
    /// `Message-ID` with its angle brackets, if any.
    pub message_id: Option<String>,
    /// TLS of the last attempt: `none`, or the version and what verified the host; none before the first.
    #[serde(default)]
    pub last_tls: Option<String>,
    /// The transport that was chosen for it; none where routes decide.
    #[serde(default)]
    pub transport: Option<String>,
}

/// A queued message and its attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDetail {
    /// The message.
    #[serde(flatten)]
    pub row: QueueRow,
    /// Its attempts, oldest first.
    pub tries: Vec<QueueAttempt>,
}

/// Shows one queued message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueShow {
    /// Queue id.
    pub id: i64,
}

/// Writes a request that changes a selection of the queue.
macro_rules! change {
    ($(#[doc = $doc:literal] $name:ident;)*) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// Which messages; ids that do not exist are an error.
            pub filter: QueueFilter,
            /// Only look up.
            pub dry_run: bool,
        }
    )* };
}

change! {
    #[doc = "Puts messages on hold."]
    QueueHold;
    #[doc = "Releases messages from hold."]
    QueueUnhold;
    #[doc = "Gives messages up now: the sender gets a DSN."]
    QueueFail;
    #[doc = "Removes messages without telling the sender."]
    QueueDrop;
}

/// Moves the next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSchedule {
    /// Which messages; ids that do not exist are an error.
    #[serde(default)]
    pub filter: QueueFilter,
    /// To when.
    pub when: When,
    /// Only look up.
    #[serde(default)]
    pub dry_run: bool,
}

/// A time for the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At this instant.
    At(Time),
    /// So many milliseconds from now.
    InMs(u64),
    /// So many milliseconds later (negative: earlier) than each message's present next attempt.
    ByMs(i64),
}

/// Asks for a queued message as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueDump {
    /// Queue id.
    pub id: i64,
}

/// What a wait waits for, and how a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueEnd {
    /// The next-hop took it.
    Delivered,
    /// It was given up.
    Failed,
    /// It is no longer queued, for whatever reason.
    Gone,
}

/// Waits until a message has ended, or ended in another way than asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueWait {
    /// Queue id.
    pub id: i64,
    /// Which end.
    pub until: QueueEnd,
    /// How long; at most an hour.
    pub timeout_ms: u64,
}

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueOutcome {
    /// Queue id.
    pub id: i64,
    /// The end that was waited for has come.
    pub reached: bool,
    /// How the message ended; none while it is still queued.
    pub end: Option<QueueEnd>,
    /// Attempts made.
    pub attempts: u32,
    /// Last error, if any.
    pub last_error: Option<String>,
}

/// Answers as soon as the queue differs from what `token` stood for, or at the timeout.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueWatch {
    /// Which messages.
    pub filter: QueueFilter,
    /// Token of the last answer; none answers at once.
    pub token: Option<String>,
    /// How long; at most an hour.
    pub timeout_ms: u64,
}

/// The queue now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueWatched {
    /// Stands for this state of the queue; opaque.
    pub token: String,
    /// The messages, by next attempt.
    pub rows: Vec<QueueRow>,
}

/// Asks why a message is where it is. Works for some days after its end, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueExplain {
    /// Queue id.
    pub id: i64,
}

/// What happened to a message, step by step, oldest first; the last lines say what comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueExplanation {
    /// Queue id.
    pub id: i64,
    /// The steps.
    pub lines: Vec<ExplainLine>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainLine {
    /// When it happened or will happen.
    pub at: Option<Time>,
    /// Stable word: `queued`, `route`, `mx`, `connect`, `tls`, `mail`, `rcpt`, `data`, `delivered`, `retry`, `failed`, `next`.
    pub step: String,
    /// It went well; none where there is nothing to judge.
    pub ok: Option<bool>,
    /// One sentence.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;

    #[test]
    fn row_has_the_documented_names() {
        let at = Time(Timestamp::from_secs(0));
        let row = QueueRow {
            id: 5,
            account: "mox".into(),
            from: String::new(),
            to: "bob@example.org".into(),
            size: 3,
            queued: at,
            next_attempt: at,
            attempts: 1,
            max_attempts: 8,
            hold: false,
            last_error: Some("451 4.3.0 later".into()),
            last_attempt: None,
            tls: "opportunistic".into(),
            subject: String::new(),
            message_id: None,
            last_tls: None,
            transport: None,
        };
        let json = serde_json::to_value(&row).unwrap();
        for name in [
            "id",
            "account",
            "from",
            "to",
            "size",
            "queued",
            "next_attempt",
            "attempts",
            "hold",
            "last_error",
            "tls",
        ] {
            assert!(json.get(name).is_some(), "{name}");
        }
        assert_eq!(serde_json::from_value::<QueueRow>(json).unwrap(), row);
    }

    #[test]
    fn when_is_one_of_three() {
        for (when, json) in [
            (When::At(Time(Timestamp::from_secs(0))), r#"{"at":"1970-01-01T00:00:00.000Z"}"#),
            (When::InMs(5), r#"{"in_ms":5}"#),
            (When::ByMs(-5), r#"{"by_ms":-5}"#),
        ] {
            assert_eq!(serde_json::to_string(&when).unwrap(), json);
            assert_eq!(serde_json::from_str::<When>(json).unwrap(), when);
        }
    }
}
