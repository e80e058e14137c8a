//! The latest lines of the log of the running server, which it keeps in memory.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Asks for lines of the log: the newest first, with `after` the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LogTail {
    /// Only lines with a smaller number: the next page.
    pub before: Option<u64>,
    /// Only lines with a larger number, the oldest first: what came since.
    pub after: Option<u64>,
    /// Only lines of this level and worse: `error`, `warn`, `info`, `debug` or `trace`.
    pub level: Option<String>,
    /// Only lines of this room, as `smtpserver`: `pkg` in the log.
    pub room: Option<String>,
    /// Only lines that hold this text, in either case.
    pub text: Option<String>,
    /// At most so many lines; none for [`LogTail::LIMIT`].
    pub limit: Option<u32>,
    /// With `after`: wait so long for lines when there are none; at most [`LogTail::MAX_WAIT_MS`].
    pub timeout_ms: u64,
}

impl LogTail {
    /// Lines of a reply where nothing else is asked for.
    pub const LIMIT: u32 = 100;
    /// Most lines of a reply.
    pub const MAX: u32 = 10_000;
    /// Longest wait.
    pub const MAX_WAIT_MS: u64 = 300_000;
    /// Longest text that is looked for, in bytes.
    pub const MAX_TEXT: usize = 200;
}

/// Lines of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLines {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// There are more that were asked for, beyond the last of these.
    pub more: bool,
    /// Number of the newest line of all; 0 while there is none.
    pub newest: u64,
    /// Number of the oldest line that is kept; 0 while there is none.
    pub oldest: u64,
    /// Rooms that lines are kept of, by name.
    pub rooms: Vec<String>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// Its number, which grows with each line since the server started.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// Which room: `pkg` in the log.
    pub room: String,
    /// What happened.
    pub message: String,
    /// The facts, as they stand in the log after `pkg`; control characters are escaped.
    pub fields: String,
}
