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
