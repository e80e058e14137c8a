//! The table of calls and every SQL statement on it. Times are microseconds since the epoch, UTC.

use mox_admin::Time;
use mox_admin::ops::{HookRow, HookState};
use mox_clock::Timestamp;
use mox_db::Schema;
use mox_db::rusqlite::{Connection, OptionalExtension, Row, params};
use mox_store::Error;

use super::New;

pub(super) const SCHEMA: Schema = Schema { room: "webhooks", steps: &[STEP_1] };

const STEP_1: &str = "
CREATE TABLE webhook (
  hook_id INTEGER PRIMARY KEY AUTOINCREMENT,
  state INTEGER NOT NULL,           -- 0 pending, 1 taken, 2 given up, 3 canceled, 4 superseded
  busy INTEGER NOT NULL DEFAULT 0,  -- being called; cleared at start
  account TEXT NOT NULL,
  url TEXT NOT NULL,
  incoming INTEGER NOT NULL,
  event TEXT NOT NULL,
  queue_id INTEGER,                 -- of the message that was sent
  message_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  payload TEXT NOT NULL,
  submitted INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt INTEGER NOT NULL,
  last_attempt INTEGER,
  last_status INTEGER,              -- of HTTP; none when there was no answer
  last_error TEXT,
  last_answer TEXT,
  ended INTEGER,
  keep_until INTEGER
);
CREATE INDEX webhook_due ON webhook (next_attempt, hook_id) WHERE state = 0 AND busy = 0;
CREATE INDEX webhook_busy ON webhook (url) WHERE busy = 1;
CREATE INDEX webhook_account ON webhook (account) WHERE state = 0;
CREATE INDEX webhook_message ON webhook (queue_id) WHERE state = 0 AND queue_id IS NOT NULL;
CREATE INDEX webhook_kept ON webhook (keep_until) WHERE state <> 0;
";

/// How a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Taken = 1,
    GivenUp = 2,
    Canceled = 3,
    Superseded = 4,
}

impl State {
    /// That of a call which ended.
    pub(super) fn of(state: HookState) -> Option<State> {
        match state {
            HookState::Taken => Some(State::Taken),
            HookState::GivenUp => Some(State::GivenUp),
            HookState::Canceled => Some(State::Canceled),
            HookState::Superseded => Some(State::Superseded),
            HookState::Pending | HookState::Calling => None,
        }
    }
}

/// The end of a call.
pub(super) struct Ended {
    pub(super) state: State,
    pub(super) at: Timestamp,
    /// None: it is forgotten at once.
    pub(super) keep_until: Option<Timestamp>,
}

/// A call to be made.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) id: i64,
    pub(super) account: String,
    pub(super) url: String,
    pub(super) incoming: bool,
    pub(super) attempt: u32,
    pub(super) payload: String,
}

/// What became of a call.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) answer: String,
}

const COLUMNS: &str =
    "hook_id, state, busy, account, url, incoming, event, queue_id, message_id, subject, submitted,
  attempts, next_attempt, last_attempt, last_status, last_error, last_answer, ended";

fn shown(row: &Row<'_>) -> Result<HookRow, mox_db::rusqlite::Error> {
    let time = |at: i64| Time(Timestamp::from_micros(at));
    let state = match (row.get::<_, i64>(1)?, row.get::<_, bool>(2)?) {
        (0, true) => HookState::Calling,
        (0, false) => HookState::Pending,
        (1, _) => HookState::Taken,
        (2, _) => HookState::GivenUp,
        (3, _) => HookState::Canceled,
        _ => HookState::Superseded,
    };
    Ok(HookRow {
        id: row.get(0)?,
        state,
        account: row.get(3)?,
        url: row.get(4)?,
        incoming: row.get(5)?,
        event: row.get(6)?,
        queue_id: row.get(7)?,
        message_id: row.get(8)?,
        subject: row.get(9)?,
        submitted: time(row.get(10)?),
        attempts: row.get(11)?,
        next_attempt: time(row.get(12)?),
        last_attempt: row.get::<_, Option<i64>>(13)?.map(time),
        last_status: row.get(14)?,
        last_error: row.get(15)?,
        last_answer: row.get(16)?,
        ended: row.get::<_, Option<i64>>(17)?.map(time),
    })
}

pub(super) fn insert(conn: &Connection, now: Timestamp, new: &New<'_>) -> Result<(), Error> {
    let sql =
        "INSERT INTO webhook (state, account, url, incoming, event, queue_id, message_id, subject, payload,
      submitted, next_attempt) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)";
    conn.prepare_cached(sql)?.execute(params![
        new.account,
        new.url,
        new.incoming,
        new.event,
        new.queue_id,
        new.message_id,
        new.subject,
        new.payload,
        now.micros(),
    ])?;
    Ok(())
}

/// How many calls of an account wait.
pub(super) fn pending(conn: &Connection, account: &str) -> Result<u32, Error> {
    let sql = "SELECT count(*) FROM webhook WHERE state = 0 AND account = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([account], |r| r.get(0))?)
}

/// Ends calls about a message that wait.
pub(super) fn supersede(conn: &Connection, account: &str, queue_id: i64, ended: &Ended) -> Result<(), Error> {
    let sql = "SELECT hook_id FROM webhook WHERE state = 0 AND busy = 0 AND account = ?1 AND queue_id = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement.query_map((account, queue_id), |r| r.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    ids.into_iter().try_for_each(|id| end(conn, id, ended))
}

/// Ends a call.
pub(super) fn end(conn: &Connection, id: i64, ended: &Ended) -> Result<(), Error> {
    match ended.keep_until {
        Some(until) => {
            let sql =
                "UPDATE webhook SET state = ?2, busy = 0, ended = ?3, keep_until = ?4 WHERE hook_id = ?1";
            conn.prepare_cached(sql)?.execute((id, ended.state as i64, ended.at.micros(), until.micros()))?
        }
        None => conn.prepare_cached("DELETE FROM webhook WHERE hook_id = ?1")?.execute([id])?,
    };
    Ok(())
}

/// Takes the first call that is due, at a URL that is not being called: counts the attempt and says when the next is.
pub(super) fn take(
    conn: &Connection,
    now: Timestamp,
    next: impl Fn(u32) -> Timestamp,
) -> Result<Option<Due>, Error> {
    let sql =
        "SELECT hook_id, account, url, incoming, attempts, payload FROM webhook WHERE state = 0 AND busy = 0
      AND next_attempt <= ?1 AND url NOT IN (SELECT url FROM webhook WHERE busy = 1)
      ORDER BY next_attempt, hook_id LIMIT 1";
    let due = conn.prepare_cached(sql)?.query_row([now.micros()], |r| {
        Ok(Due {
            id: r.get(0)?,
            account: r.get(1)?,
            url: r.get(2)?,
            incoming: r.get(3)?,
            attempt: r.get::<_, u32>(4)?.saturating_add(1),
            payload: r.get(5)?,
        })
    });
    let Some(due) = due.optional()? else { return Ok(None) };
    let sql = "UPDATE webhook SET busy = 1, attempts = ?2, last_attempt = ?3, next_attempt = ?4,
      last_error = 'the call began, and how it went is not known yet' WHERE hook_id = ?1";
    let values = (due.id, due.attempt, now.micros(), next(due.attempt).micros());
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(Some(due))
}

/// Removes all calls of an account.
pub(super) fn remove_all(conn: &Connection, account: &str) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM webhook WHERE account = ?1")?.execute([account])?;
    Ok(())
}

/// When the next call is due, at a URL that is not being called.
pub(super) fn next(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT min(next_attempt) FROM webhook WHERE state = 0 AND busy = 0
      AND url NOT IN (SELECT url FROM webhook WHERE busy = 1)";
    let next: Option<i64> = conn.prepare_cached(sql)?.query_row([], |r| r.get(0))?;
    Ok(next.map(Timestamp::from_micros))
}

/// Writes down how a call went, which waits again.
pub(super) fn settle(conn: &Connection, id: i64, last: &Last) -> Result<(), Error> {
    let sql =
        "UPDATE webhook SET busy = 0, last_status = ?2, last_error = ?3, last_answer = ?4 WHERE hook_id = ?1";
    conn.prepare_cached(sql)?.execute((id, last.status, &last.error, &last.answer))?;
    Ok(())
}

/// Calls that were under way when the server stopped wait again.
pub(super) fn recover(conn: &Connection) -> Result<(), Error> {
    conn.execute("UPDATE webhook SET busy = 0 WHERE busy = 1", [])?;
    Ok(())
}

/// Whether there are calls that were kept until `now`.
pub(super) fn has_old(conn: &Connection, now: Timestamp) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM webhook WHERE state <> 0 AND keep_until < ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([now.micros()], |r| r.get(0))?)
}

/// Forgets calls that were kept until `now`, at most 1000.
pub(super) fn forget(conn: &Connection, now: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM webhook WHERE hook_id IN (SELECT hook_id FROM webhook WHERE state <> 0
      AND keep_until < ?1 ORDER BY keep_until LIMIT 1000)";
    conn.prepare_cached(sql)?.execute([now.micros()])?;
    Ok(())
}

/// Which calls are listed.
pub(super) struct Which {
    /// Those that ended; else those that wait.
    pub(super) ended: bool,
    /// That ended so.
    pub(super) state: Option<State>,
    pub(super) account: Option<String>,
    /// With lower ids.
    pub(super) before: Option<i64>,
    /// At most so many.
    pub(super) max: u32,
}

/// Calls, the latest first.
pub(super) fn list(conn: &Connection, which: &Which) -> Result<Vec<HookRow>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook WHERE (state <> 0) = ?1 AND (?2 IS NULL OR account = ?2)
         AND (?3 IS NULL OR hook_id < ?3) AND (?5 IS NULL OR state = ?5) ORDER BY hook_id DESC LIMIT ?4"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let state = which.state.map(|state| state as i64);
    let values = (which.ended, &which.account, which.before, which.max, state);
    Ok(statement.query_map(values, shown)?.collect::<Result<_, _>>()?)
}

/// A call and what it says.
pub(super) fn get(conn: &Connection, id: i64) -> Result<Option<(HookRow, String)>, Error> {
    let sql = format!("SELECT {COLUMNS}, payload FROM webhook WHERE hook_id = ?1");
    let read = |row: &Row<'_>| Ok((shown(row)?, row.get(18)?));
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// Moves the next attempt.
pub(super) fn set_next(conn: &Connection, id: i64, next: Timestamp) -> Result<(), Error> {
    conn.prepare_cached("UPDATE webhook SET next_attempt = ?2 WHERE hook_id = ?1")?
        .execute((id, next.micros()))?;
    Ok(())
}
