//! The running house itself: how it is, end it, its log levels, its config.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Asks how the house is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {}

/// How the house is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusReport {
    /// Version of the server.
    pub version: String,
    /// Process id.
    pub pid: u32,
    /// When it started.
    pub started: Time,
    /// Config file in use; none when localserve runs on built-in settings.
    pub config: Option<String>,
    /// Folder that holds the database.
    pub data_dir: String,
    /// Sockets that accept.
    pub listeners: Vec<ListenerRow>,
    /// Accounts known.
    pub accounts: u64,
    /// Messages stored, all accounts.
    pub messages: u64,
    /// Of them those whose text a search does not look at yet: the index follows behind.
    pub unindexed: u64,
    /// Messages waiting to leave.
    pub queue: QueueCounts,
    /// Sessions open now.
    pub connections: u64,
    /// Bytes free on the disk of the data folder, where the system says.
    pub disk_free: Option<u64>,
    /// Why the config files on disk, which changed, are not in use; none when they are or could be.
    pub config_error: Option<String>,
}

/// A socket that accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListenerRow {
    /// Name of the listener in the config.
    pub listener: String,
    /// What is spoken: `smtp`, `submission`, `submissions`, `http`, `https`, `metrics`.
    pub service: String,
    /// Address and port.
    pub address: String,
    /// `none`, `starttls` or `immediate`.
    pub tls: String,
}

/// Queue at a glance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueCounts {
    /// All queued messages, one a recipient.
    pub total: u64,
    /// Those whose next attempt is due.
    pub due: u64,
    /// Those on hold.
    pub held: u64,
}

/// Ends the house: stops accepting, lets sessions finish for `grace_ms`, then closes the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// How long sessions may finish.
    pub grace_ms: u64,
}

/// The house will end; answered before it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Process id that will be gone.
    pub pid: u32,
}

/// Checks the stored data of the running house; changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyData {}

/// What the check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Accounts looked at.
    pub accounts: u64,
    /// Messages looked at.
    pub messages: u64,
    /// Contents read back.
    pub contents: u64,
    /// What is not in order.
    pub problems: Vec<DataProblem>,
}

/// One thing that is not in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProblem {
    /// `database`, `mailbox`, `account`, `message`, `content` or `file`.
    pub kind: String,
    /// Which one.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
    /// It was mended.
    pub fixed: bool,
}

/// Asks for the log levels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLevelsGet {}

/// Sets one log level until the next start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLevelsSet {
    /// Room (`smtpserver`) or none for the default level.
    #[serde(default)]
    pub package: Option<String>,
    /// `error`, `warn`, `info`, `debug` or `trace`; none removes the room's own level.
    #[serde(default)]
    pub level: Option<String>,
}

/// All log levels, the default first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogLevels(pub Vec<LogLevel>);

/// One log level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLevel {
    /// Room, or none for the default.
    pub package: Option<String>,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

/// Reads `domains.conf` again now instead of at its next change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigReload {}

/// The config was read and is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// It differs from what was in use.
    pub changed: bool,
    /// Fields whose feature this version does not have, and the like.
    pub warnings: Vec<String>,
}
