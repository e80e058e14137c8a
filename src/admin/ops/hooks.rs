//! Webhook calls of accounts: those that wait, and those that are done.

use serde::{Deserialize, Serialize};

use crate::Time;

/// Lists webhook calls that wait, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookList {
    /// Of this account; none for all.
    pub account: Option<String>,
    /// Only those with lower ids.
    pub before: Option<i64>,
    /// At most so many; none for [`HookList::MAX`].
    pub limit: Option<u32>,
}

impl HookList {
    /// Most rows in a reply.
    pub const MAX: u32 = 10_000;
}

/// Lists webhook calls that are done and kept, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookRetired {
    /// Of this account; none for all.
    pub account: Option<String>,
    /// That ended so; none for all.
    pub state: Option<HookState>,
    /// Only those with lower ids.
    pub before: Option<i64>,
    /// At most so many; none for [`HookList::MAX`].
    pub limit: Option<u32>,
}

/// Shows a webhook call, whether it waits or is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookShow {
    /// Its number.
    pub id: i64,
}

/// Takes webhook calls back that wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookCancel {
    /// Their numbers; one that does not wait is an error, and nothing changes.
    pub ids: Vec<i64>,
    /// Only look up.
    pub dry_run: bool,
}

/// Moves the next attempt of webhook calls that wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookSchedule {
    /// Their numbers; one that does not wait is an error, and nothing changes.
    pub ids: Vec<i64>,
    /// Milliseconds from now.
    pub in_ms: u64,
    /// Only look up.
    pub dry_run: bool,
}

/// How a webhook call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookState {
    /// Waits for its next attempt.
    Pending,
    /// Is being made.
    Calling,
    /// The URL answered with status 200.
    Taken,
    /// No attempts are left.
    GivenUp,
    /// An operator took it back.
    Canceled,
    /// Something newer happened to the same message.
    Superseded,
}

impl HookState {
    /// How calls end.
    pub const ENDS: [HookState; 4] =
        [HookState::Taken, HookState::GivenUp, HookState::Canceled, HookState::Superseded];

    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            HookState::Pending => "waits",
            HookState::Calling => "calling",
            HookState::Taken => "taken",
            HookState::GivenUp => "given up",
            HookState::Canceled => "canceled",
            HookState::Superseded => "superseded",
        }
    }

    /// In one word, for addresses and arguments.
    pub fn word(self) -> String {
        self.text().replace(' ', "-")
    }

    /// The way of ending that a word says.
    pub fn end(word: &str) -> Option<HookState> {
        HookState::ENDS.into_iter().find(|state| state.word() == word)
    }
}

/// Where the configuration of an account wants calls to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookTarget {
    /// Where.
    pub url: String,
    /// Whether calls have an Authorization header field.
    pub authorization: bool,
    /// What is told; everything if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

/// Makes one call at once with made-up content, to the URL that the configuration of an account names. It is not
/// repeated and not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookTest {
    /// Of this account.
    pub account: String,
    /// As for mail that arrived; else as for mail that was sent.
    pub incoming: bool,
}

/// How a call for trying went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookTested {
    /// What was called.
    pub url: String,
    /// Whether the URL took it, as it takes others: with status 200.
    pub taken: bool,
    /// Status of HTTP that the URL answered with.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub error: Option<String>,
    /// First 512 bytes of the answer.
    pub answer: String,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// JSON that was posted.
    pub payload: String,
}

/// A webhook call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRow {
    /// Its number, as `X-Mox-Webhook-ID` says.
    pub id: i64,
    /// How it stands.
    pub state: HookState,
    /// Whose it is.
    pub account: String,
    /// Where it goes.
    pub url: String,
    /// About mail that arrived; else about mail that was sent.
    pub incoming: bool,
    /// `incoming`, or what happened to a message that was sent.
    pub event: String,
    /// The message that was sent, by its number in the queue.
    pub queue_id: Option<i64>,
    /// Message-ID without brackets.
    pub message_id: String,
    /// Subject.
    pub subject: String,
    /// When it happened.
    pub submitted: Time,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried next.
    pub next_attempt: Time,
    /// When the last attempt began.
    pub last_attempt: Option<Time>,
    /// Status of HTTP that the URL answered with.
    pub last_status: Option<u16>,
    /// Why it was not taken.
    pub last_error: Option<String>,
    /// First 512 bytes of the answer.
    pub last_answer: Option<String>,
    /// When it ended.
    pub ended: Option<Time>,
}

/// A webhook call and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookDetail {
    /// The call.
    #[serde(flatten)]
    pub row: HookRow,
    /// JSON.
    pub payload: String,
}
