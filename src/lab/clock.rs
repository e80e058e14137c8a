//! The lab's clock: it goes at real pace, and can be moved on.
//!
//! An advance is what a suspended machine sees when it wakes: wall time and monotonic time both jump, and whoever slept
//! until a moment that is past now wakes. That is right for schedules, and wrong for waits on a peer: a connection would
//! time out in the jump. So whoever waits on a peer takes [`LabClock::paced`], which shows the lab's wall time, and whose
//! monotonic time and sleeps know no jumps.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mox_clock::{Clock, Sleep, Timestamp};

/// A clock ahead of another. Clones are the same clock.
#[derive(Clone)]
pub struct LabClock {
    inner: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    offset: Duration,
    sleepers: BTreeMap<u64, Waker>,
    next_sleeper: u64,
}

impl LabClock {
    /// A clock that shows what `inner` shows.
    pub fn new(inner: Arc<dyn Clock>) -> LabClock {
        LabClock { inner, state: Arc::default() }
    }

    /// Moves time on, and wakes who slept that long.
    pub fn advance(&self, by: Duration) {
        let sleepers = {
            let mut state = self.state();
            state.offset = state.offset.saturating_add(by);
            std::mem::take(&mut state.sleepers)
        };
        // Each looks for itself whether it is time, and sleeps on when it is not.
        sleepers.into_values().for_each(Waker::wake);
    }

    /// How far it is ahead.
    pub fn offset(&self) -> Duration {
        self.state().offset
    }

    /// The same wall time, for waits on a peer: an advance does not end them.
    pub fn paced(&self) -> Arc<dyn Clock> {
        Arc::new(Paced(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for LabClock {
    fn now(&self) -> Timestamp {
        self.inner.now().plus(self.offset())
    }
    fn monotonic(&self) -> Duration {
        self.inner.monotonic().saturating_add(self.offset())
    }
    fn sleep(&self, duration: Duration) -> Sleep {
        let due = self.monotonic().saturating_add(duration);
        Box::pin(LabSleep { clock: self.clone(), due, inner: None, key: None })
    }
}

struct LabSleep {
    clock: LabClock,
    due: Duration,
    /// Sleep of the clock behind, and the offset for which its length is right.
    inner: Option<(Duration, Sleep)>,
    key: Option<u64>,
}

impl Future for LabSleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let offset = self.register(cx.waker());
            let left = self.due.saturating_sub(self.clock.inner.monotonic().saturating_add(offset));
            if left.is_zero() {
                return Poll::Ready(());
            }
            let mut inner = match self.inner.take() {
                Some((at, inner)) if at == offset => inner,
                _ => self.clock.inner.sleep(left),
            };
            if inner.as_mut().poll(cx).is_pending() {
                self.inner = Some((offset, inner));
                return Poll::Pending;
            }
            if self.clock.offset() == offset {
                return Poll::Ready(());
            }
        }
    }
}

impl LabSleep {
    /// Will be woken by the next advance; the offset until then.
    fn register(&mut self, waker: &Waker) -> Duration {
        let mut state = self.clock.state();
        let key = match self.key {
            Some(key) => key,
            None => {
                state.next_sleeper += 1;
                state.next_sleeper
            }
        };
        state.sleepers.insert(key, waker.clone());
        let offset = state.offset;
        drop(state);
        self.key = Some(key);
        offset
    }
}

impl Drop for LabSleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.state().sleepers.remove(&key);
        }
    }
}

/// See [`LabClock::paced`].
struct Paced(LabClock);

impl Clock for Paced {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
    fn monotonic(&self) -> Duration {
        self.0.inner.monotonic()
    }
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.inner.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimClock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    const SECOND: Duration = Duration::from_secs(1);
    const WEEK: Duration = Duration::from_secs(7 * 86_400);

    #[test]
    fn an_advance_wakes_whose_time_it_is() {
        let sim = SimClock::new(Timestamp::from_secs(1000));
        let clock = LabClock::new(Arc::new(sim.clone()));
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut cx = Context::from_waker(&waker);
        let (mut soon, mut late) = (clock.sleep(10 * SECOND), clock.sleep(2 * WEEK));
        let mut peer = clock.paced().sleep(10 * SECOND);
        assert!(soon.as_mut().poll(&mut cx).is_pending() && late.as_mut().poll(&mut cx).is_pending());
        assert!(peer.as_mut().poll(&mut cx).is_pending());
        clock.advance(WEEK);
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
        assert!(soon.as_mut().poll(&mut cx).is_ready());
        assert!(late.as_mut().poll(&mut cx).is_pending(), "a week is left");
        assert!(peer.as_mut().poll(&mut cx).is_pending(), "waits on peers know no jumps");
        assert_eq!((clock.now(), clock.monotonic()), (Timestamp::from_secs(1000).plus(WEEK), WEEK));
        assert_eq!(clock.paced().now(), clock.now());
        assert_eq!(clock.paced().monotonic(), Duration::ZERO);
        clock.advance(WEEK);
        assert!(late.as_mut().poll(&mut cx).is_ready());
        drop((soon, late));
        assert!(clock.state().sleepers.is_empty());
    }

    #[test]
    fn without_an_advance_it_goes_with_the_clock_behind() {
        let sim = SimClock::new(Timestamp::from_secs(0));
        let clock = LabClock::new(Arc::new(sim.clone()));
        clock.advance(SECOND);
        let mut cx = Context::from_waker(Waker::noop());
        let mut sleep = clock.sleep(10 * SECOND);
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        clock.advance(4 * SECOND);
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        sim.advance(5 * SECOND);
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
        sim.advance(SECOND);
        assert!(sleep.as_mut().poll(&mut cx).is_ready());
    }
}
