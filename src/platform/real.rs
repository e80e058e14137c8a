//! The real [`Clock`] and [`Random`]: the operating system's time and the crypto library's generator.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mox_clock::{Clock, Random, Sleep, Timestamp};

/// The operating system's clock. Monotonic time counts from the first use in this process, for every value alike.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the operating system's clock")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the operating system's clock")]
    fn now(&self) -> Timestamp {
        let epoch = Timestamp::from_micros(0);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => epoch.plus(since),
            Err(before) => epoch.minus(before.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        START.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that sleeps on the runtime")]
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The crypto library's generator: fit for keys. Where the system has no entropy the process ends, since every
/// answer would be a lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            tracing::error!("no random bytes from the system");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_and_chance_varies() {
        let clock = SystemClock;
        assert!(clock.now() > Timestamp::from_secs(1_750_000_000));
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first);
        let a = mox_clock::random_array::<32>(&SystemRandom);
        assert_ne!(a, mox_clock::random_array::<32>(&SystemRandom));
    }
}
