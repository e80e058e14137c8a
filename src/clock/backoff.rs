//! A retry schedule: the wait doubles from a first to a longest one, with jitter, until a lifetime is over.

use std::time::Duration;

use crate::{Random, random_below};

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Wait after the first failure.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
    /// Each wait is shortened or lengthened by up to this many percent.
    pub jitter_percent: u32,
}

impl Backoff {
    /// The wait after failure number `failures` (1 for the first).
    pub fn wait(&self, failures: u32, random: &dyn Random) -> Duration {
        let doublings = failures.saturating_sub(1).min(32);
        let base = self.first.saturating_mul(2u32.saturating_pow(doublings)).min(self.longest);
        let spread = base.saturating_mul(self.jitter_percent) / 100;
        let micros = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
        let shift = Duration::from_micros(random_below(random, micros.saturating_mul(2).saturating_add(1)));
        base.saturating_sub(spread).saturating_add(shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SimRandom;

    #[test]
    fn doubles_up_to_the_longest() {
        let random = SimRandom::new(1);
        let backoff = Backoff {
            first: Duration::from_secs(450),
            longest: Duration::from_secs(7200),
            jitter_percent: 1,
        };
        let waits: Vec<u64> = (1..=6).map(|n| backoff.wait(n, &random).as_secs()).collect();
        for (wait, want) in waits.iter().zip([450u64, 900, 1800, 3600, 7200, 7200]) {
            assert!(wait.abs_diff(want) <= want / 100, "{waits:?}");
        }
    }
}
