//! Times of one kind, and what they say.

use std::time::Duration;

/// Times, sorted. Quantiles of nothing are zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn of(mut times: Vec<Duration>) -> Sample {
        times.sort_unstable();
        Sample(times)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time that this part of all, 0 to 1, does not exceed, in milliseconds.
    pub(crate) fn quantile_ms(&self, part: f64) -> f64 {
        let rank = (self.0.len() as f64 * part).ceil() as usize;
        millis(self.0.get(rank.max(1) - 1).copied().unwrap_or_default())
    }

    /// In milliseconds.
    pub(crate) fn median_ms(&self) -> f64 {
        self.quantile_ms(0.5)
    }

    /// In milliseconds.
    pub(crate) fn p99_ms(&self) -> f64 {
        self.quantile_ms(0.99)
    }

    /// In milliseconds.
    pub(crate) fn max_ms(&self) -> f64 {
        self.quantile_ms(1.0)
    }
}

/// In milliseconds, with the part below one.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
