//! How much mail comes and goes, by hour and by day, and how far reports are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ReportFamily;
use crate::Time;

/// Asks for counts of messages. They are kept for 400 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Traffic {
    /// The last so many hours, this one among them; at most [`Traffic::MOST_HOURS`].
    pub hours: u32,
    /// The last so many days, today among them; at most [`Traffic::MOST_DAYS`].
    pub days: u32,
}

impl Traffic {
    /// Most hours in a reply.
    pub const MOST_HOURS: u32 = 24 * 31;
    /// Most days in a reply.
    pub const MOST_DAYS: u32 = 400;
}

impl Default for Traffic {
    fn default() -> Traffic {
        Traffic { hours: 24, days: 30 }
    }
}

/// Counts of messages, the earliest hour and day first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficReport {
    /// The first hour that anything was counted in; none when nothing was.
    pub since: Option<Time>,
    /// By hour.
    pub hours: Vec<TrafficRow>,
    /// By UTC day.
    pub days: Vec<TrafficRow>,
}

/// What was counted in an hour or a day, to the minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficRow {
    /// When it begins.
    pub start: Time,
    /// Messages accepted on MX ports.
    pub incoming: u64,
    /// Recipients and messages refused there, for good or for now.
    pub refused: u64,
    /// Messages accepted from users.
    pub submitted: u64,
    /// Messages that left the queue delivered, each recipient counted.
    pub delivered: u64,
    /// Messages that were given up, each recipient counted.
    pub failed: u64,
}

impl TrafficRow {
    /// An hour or day without mail.
    pub fn none(start: Time) -> TrafficRow {
        TrafficRow { start, incoming: 0, refused: 0, submitted: 0, delivered: 0, failed: 0 }
    }
}

/// Asks how far reports to others are, and those of others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportState {}

/// How far the reports of one kind are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportStateRow {
    /// `tls` or `dmarc`.
    pub family: ReportFamily,
    /// Reports about today are made soon after this, the end of the UTC day, and sent in the hours that follow.
    pub next: Time,
    /// When the last was made; none where none was.
    pub last: Option<Time>,
    /// What became of it, as in [`super::ReportHistoryRow::outcome`]; empty where none was made.
    pub outcome: String,
    /// Its policy domain; empty where none was made.
    pub policy_domain: String,
    /// Reports of others that arrived since the start of this UTC day.
    pub received_today: u64,
    /// When the last arrived within 30 days; none where none did.
    pub last_received: Option<Time>,
}
