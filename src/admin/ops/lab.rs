//! The lab of a test server: its time, and what its domains do next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// How far time moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabMove {
    /// So many milliseconds, at most [`LabAdvance::MAX_MS`].
    ByMs(u64),
    /// To the next midnight, UTC.
    Midnight,
}

/// Moves the time of the lab on. Who sleeps until a moment that is past then wakes; waits on peers are not cut short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabAdvance {
    /// How far.
    pub by: LabMove,
    /// Only say what time it would be.
    #[serde(default)]
    pub dry_run: bool,
}

impl LabAdvance {
    /// Furthest move: ten years.
    pub const MAX_MS: u64 = 10 * 366 * 86_400_000;
}

/// What time it was and is, or with `dry_run` would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabAdvanced {
    /// Before.
    pub before: Time,
    /// After.
    pub now: Time,
    /// Nothing was changed.
    pub dry_run: bool,
}

/// Lets a domain with a history do what it does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabStep {
    /// Its whole name.
    pub domain: String,
    /// Only say what it would do.
    #[serde(default)]
    pub dry_run: bool,
}

/// What it does from now on, or with `dry_run` would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabStepped {
    /// The domain.
    pub domain: String,
    /// What it does.
    pub does: String,
    /// Nothing was changed.
    pub dry_run: bool,
}

/// Asks what time it is in the lab, and what its domains do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabShow {}

/// The lab as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabShown {
    /// Its time.
    pub now: Time,
    /// In the order of their groups.
    pub domains: Vec<LabRow>,
}

/// A domain of the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabRow {
    /// Its whole name.
    pub domain: String,
    /// What it is among: `senders`, or a group of receivers.
    pub group: String,
    /// What it does now.
    pub does: String,
    /// What to expect now of mail from a sender, or of mail to a receiver.
    pub expect: String,
    /// What it does next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<LabNext>,
}

/// What a domain with a history does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabNext {
    /// What.
    pub does: String,
    /// It comes by itself, so many seconds after the first message; else [`LabStep`] brings it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_secs: Option<u64>,
}

/// Sends a message to a receiver of the lab, or one as a sender of it does, to the server's own SMTP port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabTry {
    /// The domain's whole name.
    pub domain: String,
    /// Only say what would be sent.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was sent, or with `dry_run` would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabTried {
    /// Address of MAIL FROM.
    pub mail_from: String,
    /// Address of From.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// Domain that signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<String>,
    /// Whether the server took it.
    pub accepted: bool,
    /// The server's reply, or why there is none; empty with `dry_run`.
    pub reply: String,
    /// What to expect of it.
    pub expect: String,
    /// Nothing was sent.
    pub dry_run: bool,
}
