//! How patient the queue is, and how much it does at once.

use std::time::Duration;

use mox_clock::{Backoff, Random};

/// When a message that failed temporarily is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retry {
    /// Waits that grow, until so many attempts were made.
    Backoff {
        /// The waits.
        backoff: Backoff,
        /// Attempts after which the message fails.
        max_attempts: u32,
    },
    /// Exactly these waits: one attempt more than there are waits.
    Waits(Vec<Duration>),
}

impl Retry {
    /// Attempts after which a message fails.
    pub fn max_attempts(&self) -> u32 {
        match self {
            Retry::Backoff { max_attempts, .. } => (*max_attempts).max(1),
            Retry::Waits(waits) => u32::try_from(waits.len()).unwrap_or(u32::MAX).saturating_add(1),
        }
    }

    /// The wait after attempt number `attempt` (1 for the first).
    pub fn wait(&self, attempt: u32, random: &dyn Random) -> Duration {
        match self {
            Retry::Backoff { backoff, .. } => backoff.wait(attempt, random),
            Retry::Waits(waits) => {
                let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
                waits.get(at).or(waits.last()).copied().unwrap_or(Duration::from_secs(1))
            }
        }
    }
}

/// The settings of a queue.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of this host, in DSNs (Reporting-MTA) and their From address.
    pub hostname: String,
    /// When to try again.
    pub retry: Retry,
    /// The attempt after which the sender hears of the delay, once; none for never.
    pub delay_dsn_after: Option<u32>,
    /// Deliveries at once.
    pub concurrency: usize,
    /// Deliveries at once to one destination.
    pub per_destination: usize,
    /// Transactions of one worker before other destinations get their turn.
    pub per_turn: u32,
    /// Recipients in one transaction, before a limit of the server.
    pub max_recipients: usize,
    /// How long the record of an ended message is kept.
    pub keep_ended: Duration,
    /// How many of them at most; the oldest go first.
    pub max_ended: u32,
    /// How long deliveries may go on after shutdown was asked for.
    pub grace: Duration,
}

impl Options {
    /// The settings of a server: 8 attempts over about 16 hours, the first retry after 7.5 minutes.
    pub fn new(hostname: impl Into<String>) -> Options {
        let minutes = |m: u64| Duration::from_secs(m * 60);
        let backoff =
            Backoff { first: Duration::from_secs(450), longest: minutes(16 * 60), jitter_percent: 1 };
        Options {
            hostname: hostname.into(),
            retry: Retry::Backoff { backoff, max_attempts: 8 },
            delay_dsn_after: Some(5),
            concurrency: 20,
            per_destination: 2,
            per_turn: 50,
            max_recipients: 100,
            keep_ended: minutes(7 * 24 * 60),
            max_ended: 100_000,
            grace: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    #[test]
    fn waits_are_as_listed_or_grow() {
        let random = SimRandom::new(1);
        let listed = Retry::Waits([1, 5].map(Duration::from_secs).to_vec());
        assert_eq!(listed.max_attempts(), 3);
        assert_eq!([1, 2, 3].map(|n| listed.wait(n, &random).as_secs()), [1, 5, 5]);
        let server = Options::new("mx.example.org").retry;
        assert_eq!(server.max_attempts(), 8);
        let all: u64 = (1..8).map(|n| server.wait(n, &random).as_secs()).sum();
        assert!(all.abs_diff(450 * 127) < 1000, "{all}");
    }
}
