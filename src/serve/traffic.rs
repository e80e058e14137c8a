//! How much mail comes and goes: counted in memory, and written once a minute, and when the house stops, into a row for
//! each hour. Sessions pay one addition; the end of the process without a stop costs a minute of counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{Traffic as Asked, TrafficReport, TrafficRow};
use mox_clock::{Clock, Timestamp};
use mox_queue::Queue;
use mox_smtp::Reply;
use mox_smtpserver::Port;
use mox_store::{Error, Store};

use crate::tables::traffic as table;

/// Time between two writes.
const PAUSE: Duration = Duration::from_secs(60);
/// Seconds of an hour.
const HOUR: i64 = 3600;
/// Hours of a day.
const DAY: i64 = 24;
/// Hours that are kept.
const KEPT: i64 = 400 * DAY;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) incoming: u64,
    pub(crate) refused: u64,
    pub(crate) submitted: u64,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
}

impl Counts {
    fn map(self, other: Counts, f: impl Fn(u64, u64) -> u64) -> Counts {
        Counts {
            incoming: f(self.incoming, other.incoming),
            refused: f(self.refused, other.refused),
            submitted: f(self.submitted, other.submitted),
            delivered: f(self.delivered, other.delivered),
            failed: f(self.failed, other.failed),
        }
    }

    fn row(self, start: Timestamp) -> TrafficRow {
        let Counts { incoming, refused, submitted, delivered, failed } = self;
        TrafficRow { start: Time(start), incoming, refused, submitted, delivered, failed }
    }
}

/// What sessions count.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    incoming: AtomicU64,
    refused: AtomicU64,
    submitted: AtomicU64,
}

impl Counters {
    /// A transaction ended with this reply to its data.
    pub(crate) fn transaction(&self, port: Port, reply: &Reply) {
        match (port, reply.code) {
            (Port::Mx, 200..=299) => &self.incoming,
            (Port::Mx, _) => &self.refused,
            (_, 200..=299) => &self.submitted,
            _ => return,
        }
        .fetch_add(1, Ordering::Relaxed);
    }

    /// A command was answered.
    pub(crate) fn command(&self, port: Port, verb: &str, reply: &Reply) {
        if port == Port::Mx && reply.code >= 400 && verb == "RCPT" {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Keeps the counts; clones share them.
#[derive(Clone)]
pub(crate) struct Traffic {
    store: Store,
    queue: Queue,
    clock: Arc<dyn Clock>,
    counters: Arc<Counters>,
    /// What is written already.
    written: Arc<Mutex<Counts>>,
}

impl Traffic {
    pub(crate) fn new(store: Store, queue: Queue, clock: Arc<dyn Clock>, counters: Arc<Counters>) -> Traffic {
        Traffic { store, queue, clock, counters, written: Arc::default() }
    }

    /// Writes once a minute, until dropped.
    pub(crate) async fn run(self) {
        let mut hour = 0;
        loop {
            self.clock.sleep(PAUSE).await;
            if let Err(error) = self.write().await {
                tracing::warn!(%error, "counts of messages could not be written");
            }
            let now = hour_of(self.clock.now());
            if now != hour {
                hour = now;
                let forget = self.store.write(move |_, tx| table::forget(tx.conn(), now - KEPT));
                if let Err(error) = forget.await {
                    tracing::warn!(%error, "old counts of messages could not be removed");
                }
            }
        }
    }

    /// Writes what was counted since the last time; nothing where nothing was.
    pub(crate) async fn write(&self) -> Result<(), Error> {
        let (all, new) = {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            let all = self.counted();
            let new = all.map(*written, u64::saturating_sub);
            *written = all;
            (all, new)
        };
        if new == Counts::default() {
            return Ok(());
        }
        let hour = hour_of(self.clock.now());
        let done = self.store.write(move |_, tx| table::add(tx.conn(), hour, &new)).await;
        if done.is_err() {
            // It is written with what comes next.
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            *written = written.map(new, u64::saturating_sub);
            tracing::debug!(messages = all.incoming, "counts of messages wait");
        }
        done
    }

    fn counted(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (delivered, failed) = self.queue.ended();
        Counts {
            incoming: get(&self.counters.incoming),
            refused: get(&self.counters.refused),
            submitted: get(&self.counters.submitted),
            delivered,
            failed,
        }
    }

    /// What was counted until now.
    pub(crate) async fn report(&self, asked: &Asked) -> Result<TrafficReport, Error> {
        self.write().await?;
        let now = hour_of(self.clock.now());
        let (hours, days) = (asked.hours.min(Asked::MOST_HOURS), asked.days.min(Asked::MOST_DAYS));
        let first_hour = now - i64::from(hours) + 1;
        let today = now.div_euclid(DAY);
        let first_day = today - i64::from(days) + 1;
        let from = first_hour.min(first_day * DAY);
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            Ok::<_, Error>((table::since(tx.conn(), from)?, table::first(tx.conn())?))
        };
        let (rows, first) = self.store.read(read).await?;
        Ok(TrafficReport {
            since: first.map(|hour| Time(Timestamp::from_secs(hour * HOUR))),
            hours: folded(&rows, first_hour..=now, 1),
            days: folded(&rows, first_day..=today, DAY),
        })
    }
}

/// The rows of hours as those of spans of so many hours, with the spans that nothing was counted in.
fn folded(rows: &[(i64, Counts)], spans: std::ops::RangeInclusive<i64>, length: i64) -> Vec<TrafficRow> {
    let one = |span: i64| {
        let within = rows.iter().filter(|(hour, _)| hour.div_euclid(length) == span);
        let sum = within.fold(Counts::default(), |sum, (_, counts)| sum.map(*counts, u64::saturating_add));
        sum.row(Timestamp::from_secs(span * length * HOUR))
    };
    spans.map(one).collect()
}

fn hour_of(time: Timestamp) -> i64 {
    time.secs().div_euclid(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_count_what_came_in_and_what_did_not() {
        let counters = Counters::default();
        let reply = |code| Reply::new(code, mox_smtp::EnhancedCode(2, 0, 0), "x");
        for (port, code) in
            [(Port::Mx, 250), (Port::Mx, 550), (Port::Submission, 250), (Port::Submissions, 550)]
        {
            counters.transaction(port, &reply(code));
        }
        for (port, verb, code) in [
            (Port::Mx, "RCPT", 451),
            (Port::Mx, "RCPT", 250),
            (Port::Mx, "MAIL", 550),
            (Port::Submission, "RCPT", 550),
        ] {
            counters.command(port, verb, &reply(code));
        }
        let got = [&counters.incoming, &counters.refused, &counters.submitted];
        assert_eq!(got.map(|counter| counter.load(Ordering::Relaxed)), [1, 2, 1]);
    }

    #[test]
    fn hours_add_up_to_days_and_gaps_are_shown() {
        let counts = |incoming| Counts { incoming, ..Counts::default() };
        let rows = [(DAY * 10, counts(1)), (DAY * 10 + 23, counts(2)), (DAY * 12, counts(4))];
        let days = folded(&rows, 9..=12, DAY);
        assert_eq!(days.iter().map(|row| row.incoming).collect::<Vec<_>>(), [0, 3, 0, 4]);
        assert_eq!(days[1].start.to_string(), "1970-01-11T00:00:00Z");
        let hours = folded(&rows, DAY * 10 + 22..=DAY * 10 + 23, 1);
        assert_eq!(hours.iter().map(|row| row.incoming).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn rows_of_the_store_are_added_to_and_forgotten() {
        let connection = mox_db::rusqlite::Connection::open_in_memory().unwrap();
        for step in crate::tables::SCHEMA.steps {
            connection.execute_batch(step).unwrap();
        }
        let one = Counts { incoming: 1, refused: 2, submitted: 3, delivered: 4, failed: 5 };
        for hour in [7, 7, 9] {
            table::add(&connection, hour, &one).unwrap();
        }
        assert_eq!(table::first(&connection).unwrap(), Some(7));
        assert_eq!(table::since(&connection, 7).unwrap(), [(7, one.map(one, u64::saturating_add)), (9, one)]);
        table::forget(&connection, 9).unwrap();
        assert_eq!(table::since(&connection, 0).unwrap(), [(9, one)]);
    }
}
