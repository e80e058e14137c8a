//! hyper's timers on a Clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use hyper_util::rt::TokioTimer;
use mox_clock::Clock;

/// Gives hyper the Clock's time; its `Instant`s only ever meet each other.
pub(crate) struct ClockTimer {
    clock: Arc<dyn Clock>,
    base: Instant,
    started: Duration,
}

impl ClockTimer {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> ClockTimer {
        let started = clock.monotonic();
        ClockTimer { clock, base: TokioTimer::new().now(), started }
    }
}

impl Timer for ClockTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(ClockSleep(Mutex::new(self.clock.sleep(duration))))
    }
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
    fn now(&self) -> Instant {
        self.base + self.clock.monotonic().saturating_sub(self.started)
    }
}

/// The lock is never contended: it only makes the future `Sync`, as hyper wants it.
struct ClockSleep(Mutex<mox_clock::Sleep>);

impl Sleep for ClockSleep {}

impl Future for ClockSleep {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}
