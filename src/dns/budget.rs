//! A bound on what one message, or one check, may cost: so many questions, and so much time.
//!
//! Past the bound every question is a temporary error, never "no records": who asks too much learns nothing, and
//! nothing is refused for good because of it. All checks of a message share one budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mox_clock::Clock;

use crate::{Answer, BoxFuture, Error, RecordType, Resolver};

/// A resolver that answers only so many questions, and only for so long.
pub struct BudgetedResolver {
    inner: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    used: AtomicU32,
    questions: u32,
    time: Duration,
    /// When the time began to run, by the monotonic clock.
    begun: Duration,
}

impl BudgetedResolver {
    /// Asks `inner` at most so many `questions` within `time` from now.
    pub fn new(
        inner: Arc<dyn Resolver>,
        clock: Arc<dyn Clock>,
        questions: u32,
        time: Duration,
    ) -> BudgetedResolver {
        let begun = clock.monotonic();
        BudgetedResolver { inner, clock, used: AtomicU32::new(0), questions, time, begun }
    }

    /// How many questions were asked so far.
    pub fn used(&self) -> u32 {
        self.used.load(Ordering::Relaxed).min(self.questions)
    }
}

impl Resolver for BudgetedResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let before = self.used.fetch_add(1, Ordering::Relaxed);
        if before >= self.questions {
            self.used.store(self.questions, Ordering::Relaxed);
            let most = self.questions;
            return Box::pin(async move {
                Err(Error::temporary(format!("more than {most} questions for one message")))
            });
        }
        let passed = self.clock.monotonic().saturating_sub(self.begun);
        let Some(left) = self.time.checked_sub(passed).filter(|left| !left.is_zero()) else {
            return Box::pin(async { Err(Error::temporary("no time is left for this message")) });
        };
        let answer = self.inner.lookup(name, kind);
        Box::pin(async move {
            tokio::select! {
                answer = answer => answer,
                () = self.clock.sleep(left) => Err(Error::temporary("no time is left for this message")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SimResolver;
    use mox_clock::sim::SimClock;

    fn budgeted(questions: u32) -> (BudgetedResolver, SimClock) {
        let clock = SimClock::new(mox_clock::Timestamp::from_secs(0));
        let sim =
            SimResolver::from_zone("a.example. A 192.0.2.1\nslow.example. A 192.0.2.1 ; delay 90").unwrap();
        let sim = Arc::new(sim.with_clock(Arc::new(clock.clone())));
        (BudgetedResolver::new(sim, Arc::new(clock.clone()), questions, Duration::from_secs(60)), clock)
    }

    #[tokio::test]
    async fn past_the_last_question_nothing_is_known() {
        let (budget, _) = budgeted(2);
        for expected in [true, true, false, false] {
            let answer = budget.lookup("a.example", RecordType::A).await;
            assert_eq!(answer.is_ok(), expected);
            assert!(expected || answer.unwrap_err().is_temporary());
        }
        assert_eq!(budget.used(), 2);
    }

    #[tokio::test]
    async fn past_the_time_nothing_is_known() {
        let (budget, clock) = budgeted(9);
        let slow = budget.lookup("slow.example", RecordType::A);
        let (answer, ()) = tokio::join!(slow, async { clock.advance(Duration::from_secs(61)) });
        assert!(answer.unwrap_err().is_temporary());
        assert!(budget.lookup("a.example", RecordType::A).await.unwrap_err().is_temporary());
    }
}
