//! Where reports go, and how far they came.

use std::collections::HashSet;

use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension, Row, params};
use mox_store::Error;

/// How far a report came on its way to one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It waits for its time, or for its next attempt.
    Sealed,
    /// It is in the queue.
    Queued,
    Delivered,
    /// It was refused for good.
    Failed,
    /// It could not be delivered in time.
    Expired,
    /// The address gets no reports now.
    Suppressed,
    /// Nothing can be sent there.
    Withheld,
}

impl State {
    const ALL: [State; 7] = [
        State::Sealed,
        State::Queued,
        State::Delivered,
        State::Failed,
        State::Expired,
        State::Suppressed,
        State::Withheld,
    ];

    pub(crate) fn code(self) -> i64 {
        match self {
            State::Sealed => 0,
            State::Queued => 1,
            State::Delivered => 2,
            State::Failed => 3,
            State::Expired => 4,
            State::Suppressed => 5,
            State::Withheld => 6,
        }
    }

    fn from_code(code: i64) -> State {
        State::ALL.into_iter().find(|s| s.code() == code).unwrap_or(State::Withheld)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Sealed => "sealed",
            State::Queued => "queued",
            State::Delivered => "delivered",
            State::Failed => "failed",
            State::Expired => "expired",
            State::Suppressed => "suppressed",
            State::Withheld => "withheld",
        }
    }

    /// Whether there is more to come.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, State::Sealed | State::Queued)
    }
}

/// A destination of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) id: i64,
    pub(crate) report: i64,
    /// As published.
    pub(crate) uri: String,
    /// In one spelling.
    pub(crate) address: String,
    /// Who is asked to take it.
    pub(crate) host: String,
    pub(crate) state: State,
    pub(crate) attempts: u32,
    pub(crate) next: Timestamp,
    pub(crate) first_attempt: Option<Timestamp>,
    pub(crate) queue_id: Option<i64>,
    pub(crate) why: String,
    pub(crate) ended: Option<Timestamp>,
}

const COLUMNS: &str = "destination_id, report_id, uri, address, host, state, attempts, next, first_attempt, queue_id, why, ended";

fn read(row: &Row<'_>) -> Result<Destination, mox_db::rusqlite::Error> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|t| t.map(Timestamp::from_micros));
    Ok(Destination {
        id: row.get(0)?,
        report: row.get(1)?,
        uri: row.get(2)?,
        address: row.get(3)?,
        host: row.get(4)?,
        state: State::from_code(row.get(5)?),
        attempts: row.get(6)?,
        next: Timestamp::from_micros(row.get(7)?),
        first_attempt: time(8)?,
        queue_id: row.get(9)?,
        why: row.get(10)?,
        ended: time(11)?,
    })
}

/// A new destination; nothing where the report has the address, so that what strangers publish cannot make this fail.
pub(crate) fn insert(conn: &Connection, d: &Destination) -> Result<(), Error> {
    let sql =
        "INSERT INTO report_destination (report_id, uri, address, host, state, attempts, next, why, ended)
      VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8) ON CONFLICT (report_id, address) DO NOTHING";
    conn.prepare_cached(sql)?.execute(params![
        d.report,
        d.uri,
        d.address,
        d.host,
        d.state.code(),
        d.next.micros(),
        d.why,
        d.ended.map(Timestamp::micros),
    ])?;
    Ok(())
}

pub(crate) fn get(conn: &Connection, id: i64) -> Result<Option<Destination>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM report_destination WHERE destination_id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// Those of a report, in their order.
pub(crate) fn of(conn: &Connection, report: i64) -> Result<Vec<Destination>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM report_destination WHERE report_id = ?1 ORDER BY destination_id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([report], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// That whose message is in the queue.
pub(crate) fn of_queue(conn: &Connection, queue_id: i64) -> Result<Option<Destination>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM report_destination WHERE queue_id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([queue_id], read).optional()?)
}

/// Those that are due, one a host, earliest first. A host to which a message was queued after `busy`, and that has not
/// ended, has its turn later.
pub(crate) fn due(
    conn: &Connection,
    now: Timestamp,
    busy: Timestamp,
    max: usize,
) -> Result<Vec<Destination>, Error> {
    // In the order of an index, and read no further than needed.
    let sql = format!(
        "SELECT {COLUMNS} FROM report_destination d WHERE state = 0 AND next <= ?1 AND NOT EXISTS
         (SELECT 1 FROM report_destination o WHERE o.state = 1 AND o.host = d.host AND o.last_attempt > ?2)
         ORDER BY next, destination_id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((now.micros(), busy.micros()))?;
    let (mut due, mut hosts) = (Vec::new(), HashSet::new());
    while due.len() < max
        && let Some(row) = rows.next()?
    {
        let one = read(row)?;
        if hosts.insert(one.host.clone()) {
            due.push(one);
        }
    }
    Ok(due)
}

/// When the next one is due after `now`.
pub(crate) fn next(conn: &Connection, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT min(next) FROM report_destination WHERE state = 0 AND next > ?1";
    let next: Option<i64> = conn.prepare_cached(sql)?.query_row([now.micros()], |r| r.get(0))?;
    Ok(next.map(Timestamp::from_micros))
}

/// Records an attempt before it is made.
pub(crate) fn attempt(conn: &Connection, id: i64, now: Timestamp, next: Timestamp) -> Result<(), Error> {
    let sql =
        "UPDATE report_destination SET attempts = attempts + 1, first_attempt = ifnull(first_attempt, ?2),
      last_attempt = ?2, next = ?3 WHERE destination_id = ?1";
    conn.prepare_cached(sql)?.execute((id, now.micros(), next.micros()))?;
    Ok(())
}

/// Its message is in the queue.
pub(crate) fn queued(conn: &Connection, id: i64, queue_id: i64, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE report_destination SET state = 1, queue_id = ?2, first_attempt = ?3, last_attempt = ?3, why = ''
      WHERE destination_id = ?1";
    conn.prepare_cached(sql)?.execute((id, queue_id, now.micros()))?;
    Ok(())
}

/// It will be tried again.
pub(crate) fn postpone(conn: &Connection, id: i64, next: Timestamp, why: &str) -> Result<(), Error> {
    let sql = "UPDATE report_destination SET next = ?2, why = ?3 WHERE destination_id = ?1 AND state = 0";
    conn.prepare_cached(sql)?.execute((id, next.micros(), why))?;
    Ok(())
}

/// It came to an end.
pub(crate) fn end(conn: &Connection, id: i64, state: State, why: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE report_destination SET state = ?2, why = ?3, ended = ?4 WHERE destination_id = ?1";
    conn.prepare_cached(sql)?.execute((id, state.code(), why, now.micros()))?;
    Ok(())
}

/// Puts off those that are due and were not tried yet, of reports that were due after `fresh`: to `failed` where the
/// report tells of failures, else to `clean`. Copies and samples stay due. At most `max`; answers how many there were.
pub(crate) fn put_off(
    conn: &Connection,
    now: Timestamp,
    fresh: Timestamp,
    failed: Timestamp,
    clean: Timestamp,
    why: &str,
    max: u32,
) -> Result<usize, Error> {
    let sql = "UPDATE report_destination SET why = ?5, next = CASE WHEN
         (SELECT r.failed FROM report_out r WHERE r.report_id = report_destination.report_id) > 0 THEN ?3 ELSE ?4 END
       WHERE destination_id IN (SELECT d.destination_id FROM report_destination d JOIN report_out r USING (report_id)
         WHERE d.state = 0 AND d.next <= ?1 AND d.attempts = 0 AND r.due >= ?2 AND r.note NOT IN ('copy', 'sample')
         LIMIT ?6)";
    let times = (now.micros(), fresh.micros(), failed.micros(), clean.micros());
    Ok(conn.prepare_cached(sql)?.execute((times.0, times.1, times.2, times.3, why, max))?)
}

/// What makes the reverse-path of its message one that cannot be guessed.
pub(crate) fn set_chance(conn: &Connection, id: i64, chance: u32) -> Result<(), Error> {
    let sql = "UPDATE report_destination SET chance = ?2 WHERE destination_id = ?1";
    conn.prepare_cached(sql)?.execute((id, chance))?;
    Ok(())
}

/// The same, if it has one.
pub(crate) fn chance(conn: &Connection, id: i64) -> Result<Option<u32>, Error> {
    let sql = "SELECT chance FROM report_destination WHERE destination_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.flatten())
}
