//! Who is connected now, and which networks may not do more for now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Asks for the connections that are open now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Connections {
    /// Only those with a smaller number: the next page.
    pub before: Option<u64>,
    /// At most so many connections and groups each.
    pub limit: u32,
}

impl Default for Connections {
    fn default() -> Connections {
        Connections { before: None, limit: 100 }
    }
}

/// The connections that are open now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionList {
    /// How many there are in all.
    pub total: u64,
    /// How many there are of each listener and network, the most first.
    pub groups: Vec<ConnectionGroup>,
    /// The latest first.
    pub connections: Vec<ConnectionRow>,
    /// There are earlier ones: ask with `before` the last number.
    pub more: bool,
}

/// Connections of a network to a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionGroup {
    /// Name of the listener in the config.
    pub listener: String,
    /// What is spoken, as in [`super::ListenerRow::service`].
    pub service: String,
    /// IPv4 /26, IPv6 /48.
    pub network: String,
    /// How many.
    pub count: u64,
}

/// A connection that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionRow {
    /// Its number, which grows with each connection.
    pub id: u64,
    /// Name of the listener in the config.
    pub listener: String,
    /// What is spoken, as in [`super::ListenerRow::service`].
    pub service: String,
    /// Our address and port.
    pub local: String,
    /// Address and port of the other side.
    pub remote: String,
    /// Since when.
    pub since: Time,
}

/// Asks which networks are at a limit, or over half of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateLimits {}

impl RateLimits {
    /// Most rows in a reply.
    pub const MAX: usize = 200;
}

/// How much a network does, of what it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateLimitRow {
    /// `connections`: new ones; `open`: connections at once; `logins`: failed ones.
    pub what: String,
    /// The network, as `192.0.2.0/26`.
    pub network: String,
    /// How much it did.
    pub count: u64,
    /// How much it may.
    pub limit: u64,
    /// In so many seconds; none for connections at once.
    pub window_secs: Option<u64>,
    /// More is refused now.
    pub limited: bool,
}
