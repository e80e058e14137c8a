//! How many reports may leave in a day: few beside the mail of those who live here, whoever asks for them.
//!
//! Somebody can make a server owe reports to thousands of domains by sending mail in their names. So in 24 hours no more
//! are begun than [`Cap::most`] says; what exceeds that waits, in turns between organizations, those that tell of failures
//! ahead, and what waits for too long expires. Reports by mail and https count alike, about TLS and DMARC together, each destination once
//! however often it is tried. Copies and samples count, and are never kept waiting: an operator asked for them.
//!
//! The count is taken in the transaction that queues a message or records a first attempt, so that a crash neither
//! forgets nor doubles one. The last 24 hours are this day and, as if it had been even, what is left of the day before.

use std::collections::HashMap;
use std::time::Duration;

use mox_clock::{Day, Timestamp};
use mox_db::rusqlite::Connection;
use mox_db::{ReadTx, Tx};
use mox_store::{Error, Store};

use crate::Reports;
use crate::tables::destination::{self, Destination};
use crate::tables::{report, traffic};
use crate::traffic::before;

/// Days whose mail says how many reports may leave.
const WEEK: u32 = 7;
/// Destinations that are put off in one transaction.
const CHUNK: u32 = 500;
/// What is kept waiting is tried at the full hour; reports without a failure so much later.
const AFTER_FAILURES: Duration = Duration::from_secs(60);

/// The rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cap {
    /// So many may leave in any case; none for no cap.
    pub(crate) floor: Option<u64>,
    /// Reports for each message of somebody.
    pub(crate) factor: u64,
}

/// What left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages of somebody in the seven days before this one.
    pub(crate) own: u64,
    /// Reports of the day before.
    pub(crate) yesterday: u64,
    /// Reports of this day.
    pub(crate) today: u64,
}

impl Cap {
    /// Most reports in 24 hours.
    fn most(self, counts: &Counts) -> Option<u64> {
        let relative = counts.own.saturating_mul(self.factor) / u64::from(WEEK);
        self.floor.map(|floor| floor.max(relative))
    }

    /// Why no further report may be begun at a time, if so.
    pub(crate) fn refuses(self, counts: &Counts, now: Timestamp) -> Option<String> {
        let most = self.most(counts)?;
        let left = now.day().next().start().since(now).as_secs();
        let before = u128::from(counts.yesterday) * u128::from(left);
        let before = u64::try_from(before.div_ceil(u128::from(Day::LENGTH.as_secs()))).unwrap_or(u64::MAX);
        let used = counts.today.saturating_add(before);
        (used >= most).then(|| format!("today's reports are used up: {used} of {most}"))
    }
}

impl Counts {
    fn read(conn: &Connection, now: Timestamp) -> Result<Counts, Error> {
        let (today, yesterday) = (now.day(), now.day().previous());
        Ok(Counts {
            own: traffic::own(conn, before(today, WEEK.into()), yesterday)?,
            yesterday: traffic::reports(conn, yesterday)?,
            today: traffic::reports(conn, today)?,
        })
    }
}

/// When what is kept waiting is tried: at the next full hour, those that tell of failures first.
fn next_turn(now: Timestamp, failed: bool) -> Timestamp {
    let (hour, ..) = now.time_of_day();
    let full = now.day().start().plus(Duration::from_secs(3600 * (u64::from(hour) + 1)));
    if failed { full } else { full.plus(AFTER_FAILURES) }
}

impl Reports {
    fn cap(&self) -> Cap {
        Cap { floor: self.0.options.cap_floor, factor: self.0.options.cap_factor }
    }

    fn used_up(&self, conn: &Connection, now: Timestamp) -> Result<Option<String>, Error> {
        match self.cap().floor {
            Some(_) => Ok(self.cap().refuses(&Counts::read(conn, now)?, now)),
            None => Ok(None),
        }
    }

    /// Counts a report that is begun with a destination, or puts it off: then the answer is false.
    ///
    /// Part of the transaction that queues its message, or records the attempt.
    pub(crate) fn begin(&self, tx: &mut Tx<'_>, one: &Destination, now: Timestamp) -> Result<bool, Error> {
        if one.attempts > 0 {
            return Ok(true);
        }
        if let Some(why) = self.used_up(tx.conn(), now)? {
            let told = report::told(tx.conn(), one.report)?;
            if !matches!(told.note.as_str(), "copy" | "sample") {
                destination::postpone(tx.conn(), one.id, next_turn(now, told.failed), &why)?;
                return Ok(false);
            }
        }
        traffic::count_report(tx.conn(), now.day())?;
        Ok(true)
    }

    /// Puts off all that is due when no more may be begun, before it is composed in vain. What is too old stays due:
    /// it is to expire.
    pub(crate) async fn put_off_excess(&self) -> Result<(), Error> {
        if self.cap().floor.is_none() {
            return Ok(());
        }
        let (this, now) = (self.clone(), self.0.seams.clock.now());
        let (failed, clean, fresh) =
            (next_turn(now, true), next_turn(now, false), now.minus(self.0.options.stale));
        let read = move |_: &Store, tx: &ReadTx<'_>| this.used_up(tx.conn(), now);
        let Some(why) = self.0.store.read(read).await? else { return Ok(()) };
        loop {
            let said = why.clone();
            let write = move |_: &Store, tx: &mut Tx<'_>| {
                destination::put_off(tx.conn(), now, fresh, failed, clean, &said, CHUNK)
            };
            let count = self.0.store.write(write).await?;
            if count > 0 {
                tracing::info!(count, reason = why, "reports wait");
            }
            if count < CHUNK as usize {
                return Ok(());
            }
        }
    }

    /// The same reports in turns: the first of each organization, then the second of each, and so on, in a turn those that
    /// tell of failures ahead of the others. Who has many names must not use up what others are owed.
    pub(crate) async fn in_turns(&self, ids: Vec<i64>) -> Result<Vec<i64>, Error> {
        if self.cap().floor.is_none() {
            return Ok(ids);
        }
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let (mut order, mut turns) = (Vec::with_capacity(ids.len()), HashMap::<String, u32>::new());
            for id in ids {
                let told = report::told(tx.conn(), id)?;
                let turn = turns.entry(end_of(&told.policy_domain)).or_default();
                order.push((*turn, !told.failed, id));
                *turn = turn.saturating_add(1);
            }
            order.sort_by_key(|(turn, fine, _)| (*turn, *fine));
            Ok::<_, Error>(order.into_iter().map(|(_, _, id)| id).collect())
        };
        self.0.store.read(read).await
    }
}

/// The last two labels of a name, which stand for its organization well enough to take turns by.
fn end_of(domain: &str) -> String {
    let labels: Vec<&str> = domain.rsplitn(3, '.').take(2).collect();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_organization_take_turns() {
        for (name, end) in [("a.example.org", "org.example"), ("example.org", "org.example"), ("org", "org")]
        {
            assert_eq!(end_of(name), end);
        }
    }

    #[test]
    fn reports_are_few_beside_other_mail() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        let (midnight, noon) = (at("2026-11-26T00:00:00Z"), at("2026-11-26T12:00:00Z"));
        let rule = |floor| Cap { floor, factor: 2 };
        for (floor, (own, yesterday, today), now, expected) in [
            (Some(200), (0, 0, 0), midnight, None),
            (Some(200), (0, 0, 199), noon, None),
            (Some(200), (0, 0, 200), noon, Some("200 of 200")),
            (Some(200), (0, 0, 500), noon, Some("500 of 200")),
            // A week of 7,000 messages: 1,000 a day.
            (Some(200), (7_000, 0, 1_999), noon, None),
            (Some(200), (7_000, 0, 2_000), noon, Some("2000 of 2000")),
            (Some(200), (699, 0, 199), noon, None),
            // The day before counts as far as it lies within 24 hours.
            (Some(200), (0, 200, 0), midnight, Some("200 of 200")),
            (Some(200), (0, 200, 99), noon, None),
            (Some(200), (0, 200, 100), noon, Some("200 of 200")),
            (Some(200), (0, 1, 199), noon, Some("200 of 200")),
            (Some(200), (0, 400, 0), at("2026-11-26T23:00:00Z"), None),
            (Some(0), (0, 0, 0), noon, Some("0 of 0")),
            (Some(0), (7, 0, 1), noon, None),
            (None, (0, u64::MAX, u64::MAX), noon, None),
            (
                Some(1),
                (u64::MAX, u64::MAX, u64::MAX),
                noon,
                Some("18446744073709551615 of 2635249153387078802"),
            ),
        ] {
            let said = rule(floor).refuses(&Counts { own, yesterday, today }, now);
            let expected = expected.map(|used| format!("today's reports are used up: {used}"));
            assert_eq!(said, expected, "{floor:?} {own} {yesterday} {today}");
        }
    }

    #[test]
    fn what_waits_has_its_turn_in_the_next_hour() {
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        for (now, failed, expected) in [
            ("2026-11-26T00:00:00Z", true, "2026-11-26T01:00:00Z"),
            ("2026-11-26T00:59:59Z", false, "2026-11-26T01:01:00Z"),
            ("2026-11-26T23:30:00Z", true, "2026-11-27T00:00:00Z"),
        ] {
            assert_eq!(next_turn(at(now), failed), at(expected));
        }
    }
}
