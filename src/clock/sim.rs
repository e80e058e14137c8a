//! Simulated time and chance: a clock that moves only when told, and dice that repeat by seed.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::{Clock, Random, Sleep, Timestamp};

/// A clock that stands still until [`SimClock::advance`].
#[derive(Clone)]
pub struct SimClock(Arc<Mutex<State>>);

struct State {
    now: Timestamp,
    monotonic: Duration,
    sleepers: BTreeMap<(Duration, u64), Waker>,
    next_sleeper: u64,
}

impl SimClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> SimClock {
        let state = State { now, monotonic: Duration::ZERO, sleepers: BTreeMap::new(), next_sleeper: 0 };
        SimClock(Arc::new(Mutex::new(state)))
    }

    /// Moves wall and monotonic time on and wakes who slept that long.
    pub fn advance(&self, by: Duration) {
        let woken = {
            let mut state = self.state();
            state.now = state.now.plus(by);
            state.monotonic += by;
            let later = (state.monotonic, u64::MAX);
            let rest = state.sleepers.split_off(&later);
            std::mem::replace(&mut state.sleepers, rest)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// Sets wall time alone, as an operator or NTP does; monotonic time goes on.
    pub fn step_to(&self, now: Timestamp) {
        self.state().now = now;
    }

    /// Time until the earliest sleeper is due; none when nobody sleeps.
    pub fn until_next_sleeper(&self) -> Option<Duration> {
        let state = self.state();
        state.sleepers.keys().next().map(|(due, _)| due.saturating_sub(state.monotonic))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }
    fn monotonic(&self) -> Duration {
        self.state().monotonic
    }
    fn sleep(&self, duration: Duration) -> Sleep {
        let due = self.state().monotonic.saturating_add(duration);
        Box::pin(SimSleep { clock: self.clone(), due, key: None })
    }
}

struct SimSleep {
    clock: SimClock,
    due: Duration,
    key: Option<(Duration, u64)>,
}

impl Future for SimSleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.monotonic >= self.due {
            return Poll::Ready(());
        }
        let key = match self.key {
            Some(key) => key,
            None => {
                state.next_sleeper += 1;
                (self.due, state.next_sleeper)
            }
        };
        state.sleepers.insert(key, cx.waker().clone());
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for SimSleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.state().sleepers.remove(&key);
        }
    }
}

/// Dice that repeat by seed (SplitMix64). Not for keys.
pub struct SimRandom(Mutex<u64>);

impl SimRandom {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> SimRandom {
        SimRandom(Mutex::new(seed))
    }
}

impl Random for SimRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            for (byte, value) in chunk.iter_mut().zip(z.to_le_bytes()) {
                *byte = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleepers_wake_when_time_moves() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let mut sleep = clock.sleep(Duration::from_secs(10));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        assert_eq!(clock.until_next_sleeper(), Some(Duration::from_secs(10)));
        clock.advance(Duration::from_secs(9));
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        clock.advance(Duration::from_secs(1));
        assert!(sleep.as_mut().poll(&mut cx).is_ready());
        drop(sleep);
        assert_eq!(clock.until_next_sleeper(), None);
        assert_eq!(clock.now(), Timestamp::from_secs(10));
    }

    #[test]
    fn dice_repeat() {
        let (a, b) = (SimRandom::new(7), SimRandom::new(7));
        assert_eq!(crate::random_array::<20>(&a), crate::random_array::<20>(&b));
    }
}
