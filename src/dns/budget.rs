//! A bound on what one message, or one check, may cost: so many questions, and so much time.
//!
//! Past the bound every question is a temporary error, never "no records": who asks too much learns nothing, and
//! nothing is refused for good because of it. All checks of a message share one budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mox_clock::Clock;

use crate::{Answer, BoxFuture, Error, Explained, RecordType, Resolver};

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

impl BudgetedResolver {
    /// Takes a question from the budget; the time that is left for its answer.
    fn take(&self) -> Result<Duration, Error> {
        let before = self.used.fetch_add(1, Ordering::Relaxed);
        if before >= self.questions {
            self.used.store(self.questions, Ordering::Relaxed);
            return Err(Error::temporary(format!("more than {} questions for one message", self.questions)));
        }
        let passed = self.clock.monotonic().saturating_sub(self.begun);
        self.time.checked_sub(passed).filter(|left| !left.is_zero()).ok_or_else(out_of_time)
    }
}

impl Resolver for BudgetedResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let left = match self.take() {
            Ok(left) => left,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let answer = self.inner.lookup(name, kind);
        Box::pin(async move {
            tokio::select! {
                answer = answer => answer,
                () = self.clock.sleep(left) => Err(out_of_time()),
            }
        })
    }

    /// One question of the budget, as a lookup is: what either asks behind it to validate is not counted.
    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        let left = match self.take() {
            Ok(left) => left,
            Err(error) => return Box::pin(async { Explained::of(Err(error), Vec::new()) }),
        };
        let explained = self.inner.explain(name, kind);
        Box::pin(async move {
            tokio::select! {
                explained = explained => explained,
                () = self.clock.sleep(left) => Explained::of(Err(out_of_time()), Vec::new()),
            }
        })
    }
}

fn out_of_time() -> Error {
    Error::temporary("no time is left for this message")
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

    /// Knows why, which an explanation made of the answer alone does not.
    struct Knows;

    impl Resolver for Knows {
        fn lookup(&self, _: &str, _: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
            Box::pin(async { Err(Error::temporary("not asked")) })
        }

        fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
            let outcome = self.lookup(name, kind);
            Box::pin(async move { Explained::of(outcome.await, vec!["the parent has no DS".to_owned()]) })
        }
    }

    #[tokio::test]
    async fn an_explanation_is_that_of_the_resolver_and_a_question() {
        let clock = SimClock::new(mox_clock::Timestamp::from_secs(0));
        let budget = BudgetedResolver::new(Arc::new(Knows), Arc::new(clock), 1, Duration::from_secs(60));
        assert_eq!(budget.explain("a.example", RecordType::A).await.why, ["the parent has no DS"]);
        assert_eq!(budget.used(), 1);
        let past = budget.explain("a.example", RecordType::A).await;
        assert!(past.why.is_empty());
        assert!(past.outcome.unwrap_err().to_string().contains("more than 1 questions"));
    }

    #[tokio::test]
    async fn an_explanation_ends_with_the_time() {
        let (budget, clock) = budgeted(9);
        let slow = budget.explain("slow.example", RecordType::A);
        let (explained, ()) = tokio::join!(slow, async { clock.advance(Duration::from_secs(61)) });
        assert!(explained.outcome.unwrap_err().is_temporary());
        assert!(budget.explain("a.example", RecordType::A).await.outcome.unwrap_err().is_temporary());
    }
}
