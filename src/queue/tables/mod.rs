//! The tables of the queue and every SQL statement on them.
//!
//! `destination` has a row for each domain with a message that is not on hold: when its first message is due, or
//! when it had its last turn if that is later, so that destinations with much mail queue up behind the others.
//! Times are microseconds since the epoch, UTC.

pub(crate) mod attempt;
#[cfg(test)]
pub(crate) mod bulk;
pub(crate) mod holdrule;
pub(crate) mod retired;
pub(crate) mod row;
pub(crate) mod select;
pub(crate) mod suppression;

use std::collections::HashMap;

use mox_clock::Timestamp;
use mox_db::Schema;
use mox_db::rusqlite::{Connection, OptionalExtension};
use mox_store::{ContentId, Error, MessageId};

use crate::{End, NewQueued, QueueId, Queued};

pub(crate) const SCHEMA: Schema = Schema { room: "queue", steps: &[STEP_1, STEP_2, STEP_3, STEP_4] };

const STEP_1: &str = "
CREATE TABLE queue (
  queue_id INTEGER PRIMARY KEY AUTOINCREMENT,
  base_id INTEGER NOT NULL,         -- of all recipients queued together; 0 when there is one alone
  state INTEGER NOT NULL,           -- 0 queued, 1 delivered, 2 failed, 3 dropped
  content_id INTEGER,               -- none once ended
  prefix BLOB,
  account TEXT NOT NULL,
  mail_from TEXT NOT NULL,          -- empty for the null reverse-path
  from_domain TEXT NOT NULL,        -- A-label or address literal
  rcpt_to TEXT NOT NULL,
  domain TEXT NOT NULL,             -- A-label or address literal
  size INTEGER NOT NULL,
  body INTEGER NOT NULL,            -- 0 7bit, 1 8bitmime, 2 binarymime
  smtputf8 INTEGER NOT NULL,
  require_tls INTEGER,              -- 1 REQUIRETLS, 0 TLS-Required: No
  queued INTEGER NOT NULL,
  next_attempt INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  busy INTEGER NOT NULL DEFAULT 0,  -- a worker has it; cleared at start
  last_error TEXT,
  last_attempt INTEGER,
  last_code INTEGER,
  last_enhanced TEXT,
  remote_mta TEXT,
  last_tls TEXT,
  not_before INTEGER,
  ret INTEGER,                      -- 0 headers, 1 full
  envid TEXT,
  notify INTEGER,                   -- bits: 1 success, 2 failure, 4 delay; 0 never
  orcpt TEXT,                       -- kind;address
  subject TEXT NOT NULL,
  message_id TEXT,
  class INTEGER NOT NULL,           -- 0 normal, 1 dsn, 2 tls report, 3 dmarc report
  ended INTEGER
);
CREATE INDEX queue_due ON queue (domain, next_attempt, queue_id) WHERE state = 0 AND hold = 0 AND busy = 0;
CREATE INDEX queue_busy ON queue (queue_id) WHERE busy = 1;
CREATE INDEX queue_next ON queue (next_attempt, queue_id) WHERE state = 0;
CREATE INDEX queue_base ON queue (base_id) WHERE state = 0 AND base_id <> 0;
CREATE INDEX queue_ended ON queue (ended) WHERE state <> 0;

CREATE TABLE destination (
  domain TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX destination_next ON destination (next, domain);

-- One row an attempt; duration is none while it runs, or when a crash ended it.
CREATE TABLE queue_attempt (
  queue_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  started INTEGER NOT NULL,
  duration INTEGER,                 -- microseconds
  outcome INTEGER,                  -- 1 delivered, 2 temporary, 3 permanent
  host TEXT,
  ip TEXT,
  code INTEGER,
  enhanced TEXT,
  text TEXT,
  tls TEXT,
  steps TEXT,                       -- JSON
  PRIMARY KEY (queue_id, n)
) WITHOUT ROWID;

-- What else happened: hold, release, schedule, DSNs, the end.
CREATE TABLE queue_note (
  note_id INTEGER PRIMARY KEY,
  queue_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  step TEXT NOT NULL,
  ok INTEGER,
  text TEXT NOT NULL
);
CREATE INDEX queue_note_queue ON queue_note (queue_id);
";

const STEP_2: &str = "
-- Message of the store that is the same one, in a mailbox here.
ALTER TABLE queue ADD COLUMN copy_id INTEGER;
CREATE INDEX queue_copy ON queue (copy_id) WHERE copy_id IS NOT NULL;
";

const STEP_3: &str = "
-- The transport that an operator chose; none for what routes say.
ALTER TABLE queue ADD COLUMN transport TEXT;
-- Of what ended: kept at least until then, because its account asks for it.
ALTER TABLE queue ADD COLUMN keep_until INTEGER;
CREATE INDEX queue_kept ON queue (keep_until) WHERE keep_until IS NOT NULL;
CREATE INDEX queue_forget ON queue (ended) WHERE state <> 0 AND keep_until IS NULL;
CREATE INDEX queue_history ON queue (account, rcpt_to COLLATE NOCASE, ended) WHERE keep_until IS NOT NULL;

-- New messages that match all that is set are put on hold.
CREATE TABLE queue_holdrule (
  rule_id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT,
  from_domain TEXT,                 -- A-label or address literal
  domain TEXT                       -- A-label or address literal
);

-- Recipients that an account sends nothing more to.
CREATE TABLE queue_suppression (
  account TEXT NOT NULL,
  base TEXT NOT NULL,               -- address in the form that addresses are compared in
  address TEXT NOT NULL,            -- as it was added
  added INTEGER NOT NULL,
  manual INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (account, base)
) WITHOUT ROWID;
";

const STEP_4: &str = "
-- For lists in either order. What is filtered by is in them, so that rows that do not match are not read.
DROP INDEX queue_next;
CREATE INDEX queue_next ON queue
  (next_attempt, queue_id, domain, from_domain, account, hold, transport, queued) WHERE state = 0;
CREATE INDEX queue_queued ON queue
  (queued, queue_id, domain, from_domain, account, hold, transport, next_attempt) WHERE state = 0;
-- The id within a reverse-path that only this row has.
ALTER TABLE queue ADD COLUMN from_id TEXT;
CREATE INDEX queue_from_id ON queue (from_id) WHERE from_id IS NOT NULL;
-- What the sender wants to be told with each event: a JSON object of texts.
ALTER TABLE queue ADD COLUMN extra TEXT;
";

pub(crate) fn insert(
    conn: &Connection,
    new: &NewQueued,
    now: Timestamp,
    max_attempts: u32,
) -> Result<Vec<QueueId>, Error> {
    let sql = "INSERT INTO queue (base_id, state, content_id, prefix, account, mail_from, from_domain, rcpt_to,
      domain, size, body, smtputf8, require_tls, queued, next_attempt, attempts, max_attempts, hold, not_before,
      ret, envid, notify, orcpt, subject, message_id, class, copy_id, from_id, extra)
      VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, ?15, ?16, ?17, ?18, ?19, ?20,
      ?21, ?22, ?23, ?24, ?25, ?26, ?27)";
    let mut statement = conn.prepare_cached(sql)?;
    let size = i64::try_from(new.prefix.len() as u64 + new.content_size).unwrap_or(i64::MAX);
    let mail_from = new.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default();
    let from_domain = new.reverse_path.as_ref().map(|p| p.domain.to_string()).unwrap_or_default();
    let next = new.not_before.map_or(now, |t| t.max(now)).micros();
    let mut base = 0;
    let mut ids = Vec::with_capacity(new.recipients.len());
    for rcpt in &new.recipients {
        let domain = rcpt.forward_path.domain.to_string();
        let rule = holdrule::matching(conn, &new.account, &from_domain, &domain)?;
        let hold = new.hold || rule.is_some();
        statement.execute(mox_db::rusqlite::params![
            base,
            new.content.0,
            new.prefix,
            new.account,
            rcpt.own_path.as_ref().map_or_else(|| mail_from.clone(), |own| own.path.to_string()),
            from_domain,
            rcpt.forward_path.to_string(),
            domain,
            size,
            row::body_code(new.body),
            new.smtputf8,
            new.require_tls,
            now.micros(),
            next,
            max_attempts,
            hold,
            new.not_before.map(Timestamp::micros),
            new.ret.map(row::ret_code),
            new.envid,
            rcpt.notify.map(row::notify_bits),
            rcpt.orcpt.as_ref().map(|o| format!("{};{}", o.kind, o.address)),
            new.subject,
            new.message_id,
            new.class.code(),
            rcpt.copy.map(|copy| copy.0),
            rcpt.own_path.as_ref().map(|own| &own.from_id),
            new.extra,
        ])?;
        let id = conn.last_insert_rowid();
        ids.push(QueueId(id));
        if base == 0 && new.recipients.len() > 1 {
            base = id;
            conn.prepare_cached("UPDATE queue SET base_id = queue_id WHERE queue_id = ?1")?.execute([id])?;
        }
        if let Some(rule) = rule {
            let text = format!("put on hold by rule {rule}");
            attempt::note(conn, QueueId(id), now, "hold", None, &text)?;
        }
        if !hold {
            let sql = "INSERT INTO destination (domain, next) VALUES (?1, ?2)
              ON CONFLICT (domain) DO UPDATE SET next = min(next, excluded.next)";
            conn.prepare_cached(sql)?.execute((domain, next))?;
        }
    }
    Ok(ids)
}

/// A row, queued or ended.
pub(crate) fn get(conn: &Connection, id: QueueId) -> Result<Option<Queued>, Error> {
    let sql = format!("SELECT {} FROM queue WHERE queue_id = ?1", row::COLUMNS);
    conn.prepare_cached(&sql)?.query_row([id.0], |r| Ok(row::read(r))).optional()?.transpose()
}

/// Recomputes when a destination is due next, but not before `turn`.
pub(crate) fn refresh(conn: &Connection, domain: &str, turn: Timestamp) -> Result<(), Error> {
    let sql = "SELECT min(next_attempt) FROM queue WHERE state = 0 AND hold = 0 AND busy = 0 AND domain = ?1";
    let next: Option<i64> = conn.prepare_cached(sql)?.query_row([domain], |r| r.get(0))?;
    match next {
        Some(next) => conn
            .prepare_cached("INSERT OR REPLACE INTO destination (domain, next) VALUES (?1, ?2)")?
            .execute((domain, next.max(turn.micros())))?,
        None => conn.prepare_cached("DELETE FROM destination WHERE domain = ?1")?.execute([domain])?,
    };
    Ok(())
}

/// Destinations in order of their next turn.
pub(crate) fn destinations(conn: &Connection, max: usize) -> Result<Vec<(String, Timestamp)>, Error> {
    let sql = "SELECT domain, next FROM destination ORDER BY next, domain LIMIT ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let rows = statement.query_map([max], |r| Ok((r.get(0)?, Timestamp::from_micros(r.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The messages of a destination that are due, earliest first.
pub(crate) fn due(conn: &Connection, domain: &str, now: Timestamp, max: u32) -> Result<Vec<Queued>, Error> {
    let sql = format!(
        "SELECT {} FROM queue WHERE state = 0 AND hold = 0 AND busy = 0 AND domain = ?1 AND next_attempt <= ?2
         ORDER BY next_attempt, queue_id LIMIT ?3",
        row::COLUMNS
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, now.micros(), max), |r| Ok(row::read(r)))?;
    rows.map(|r| r?).collect()
}

/// The other recipients of the same message at the same destination that are due.
pub(crate) fn siblings(
    conn: &Connection,
    first: &Queued,
    now: Timestamp,
    max: usize,
) -> Result<Vec<Queued>, Error> {
    let sql = format!(
        "SELECT {} FROM queue WHERE state = 0 AND base_id <> 0 AND base_id = ?1 AND domain = ?2 AND hold = 0
         AND busy = 0 AND attempts = ?3 AND next_attempt <= ?4 AND queue_id <> ?5 AND require_tls IS ?7
         AND transport IS ?8 AND from_id IS NULL ORDER BY queue_id LIMIT ?6",
        row::COLUMNS
    );
    if first.from_id.is_some() {
        // Its reverse-path is its own, so it goes alone.
        return Ok(Vec::new());
    }
    let domain = first.domain().to_string();
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(&sql)?;
    let of = (first.require_tls, &first.transport);
    let parameters = (first.base, domain, first.attempts, now.micros(), first.id.0, max, of.0, of.1);
    let rows = statement.query_map(parameters, |r| Ok(row::read(r)))?;
    rows.map(|r| r?).collect()
}

/// Gives a row to a worker: counts the attempt and says when the next one is.
pub(crate) fn mark(
    conn: &Connection,
    id: QueueId,
    attempts: u32,
    now: Timestamp,
    next: Timestamp,
    error: &str,
) -> Result<(), Error> {
    let sql =
        "UPDATE queue SET attempts = ?2, last_attempt = ?3, next_attempt = ?4, last_error = ?5, busy = 1
      WHERE queue_id = ?1";
    conn.prepare_cached(sql)?.execute((id.0, attempts, now.micros(), next.micros(), error))?;
    Ok(())
}

/// What the last attempt said.
pub(crate) struct Last<'a> {
    pub(crate) error: Option<&'a str>,
    pub(crate) code: Option<u16>,
    pub(crate) enhanced: Option<String>,
    pub(crate) host: &'a str,
    pub(crate) tls: &'a str,
}

/// Takes a row back from its worker.
pub(crate) fn set_last(conn: &Connection, id: QueueId, last: &Last<'_>) -> Result<(), Error> {
    let sql = "UPDATE queue SET last_error = ?2, last_code = ?3, last_enhanced = ?4, remote_mta = ?5,
      last_tls = ?6, busy = 0 WHERE queue_id = ?1";
    conn.prepare_cached(sql)?.execute((
        id.0,
        last.error,
        last.code,
        &last.enhanced,
        none_if_empty(last.host),
        none_if_empty(last.tls),
    ))?;
    Ok(())
}

pub(crate) fn none_if_empty(text: &str) -> Option<&str> {
    Some(text).filter(|t| !t.is_empty())
}

pub(crate) fn set_next(conn: &Connection, id: QueueId, next: Timestamp) -> Result<(), Error> {
    conn.prepare_cached("UPDATE queue SET next_attempt = ?2 WHERE queue_id = ?1")?
        .execute((id.0, next.micros()))?;
    Ok(())
}

/// Takes a row back from its worker as if the attempt had not been.
pub(crate) fn unmark(conn: &Connection, q: &Queued, next: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE queue SET attempts = ?2, next_attempt = ?3, last_error = NULL, busy = 0
      WHERE queue_id = ?1 AND state = 0";
    conn.prepare_cached(sql)?.execute((q.id.0, q.attempts.saturating_sub(1), next.micros()))?;
    conn.prepare_cached("DELETE FROM queue_attempt WHERE queue_id = ?1 AND n = ?2")?
        .execute((q.id.0, q.attempts))?;
    Ok(())
}

/// The rows that a worker had when the server stopped, but that have arrived ([`attempt::arrived`]), their content and
/// account.
pub(crate) fn arrived(conn: &Connection) -> Result<Vec<(QueueId, Option<ContentId>, String)>, Error> {
    let sql = "SELECT queue_id, content_id, account FROM queue JOIN queue_attempt USING (queue_id)
      WHERE busy = 1 AND n = attempts AND outcome = 1";
    let mut statement = conn.prepare(sql)?;
    let rows = statement
        .query_map([], |r| Ok((QueueId(r.get(0)?), r.get::<_, Option<i64>>(1)?.map(ContentId), r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Takes all rows back that a worker had when the server stopped; answers their destinations.
pub(crate) fn recover(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare("UPDATE queue SET busy = 0 WHERE busy = 1 RETURNING domain")?;
    let mut domains = statement.query_map([], |r| r.get(0))?.collect::<Result<Vec<String>, _>>()?;
    domains.sort();
    domains.dedup();
    Ok(domains)
}

pub(crate) fn set_hold(conn: &Connection, id: QueueId, hold: bool) -> Result<(), Error> {
    conn.prepare_cached("UPDATE queue SET hold = ?2 WHERE queue_id = ?1")?.execute((id.0, hold))?;
    Ok(())
}

pub(crate) fn set_transport(conn: &Connection, id: QueueId, transport: Option<&str>) -> Result<(), Error> {
    conn.prepare_cached("UPDATE queue SET transport = ?2 WHERE queue_id = ?1")?.execute((id.0, transport))?;
    Ok(())
}

pub(crate) fn set_require_tls(conn: &Connection, id: QueueId, require: Option<bool>) -> Result<(), Error> {
    conn.prepare_cached("UPDATE queue SET require_tls = ?2 WHERE queue_id = ?1")?.execute((id.0, require))?;
    Ok(())
}

/// Ends a row; its reference to the content is the caller's to release.
pub(crate) fn end(
    conn: &Connection,
    id: QueueId,
    end: End,
    at: Timestamp,
    keep_until: Option<Timestamp>,
) -> Result<(), Error> {
    let sql = "UPDATE queue SET state = ?2, ended = ?3, keep_until = ?4, content_id = NULL, prefix = NULL, hold = 0,
      busy = 0 WHERE queue_id = ?1 AND state = 0";
    let keep_until = keep_until.map(Timestamp::micros);
    conn.prepare_cached(sql)?.execute((id.0, end.code(), at.micros(), keep_until))?;
    Ok(())
}

pub(crate) fn content_refs(conn: &Connection) -> Result<HashMap<i64, i64>, Error> {
    let sql = "SELECT content_id, count(*) FROM queue WHERE content_id IS NOT NULL GROUP BY content_id";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The row of an account with this id in its reverse-path, queued or ended.
pub(crate) fn of_from_id(conn: &Connection, account: &str, from_id: &str) -> Result<Option<Queued>, Error> {
    let sql = format!("SELECT {} FROM queue WHERE from_id = ?1 AND account = ?2", row::COLUMNS);
    let found = conn.prepare_cached(&sql)?.query_row((from_id, account), |r| Ok(row::read(r))).optional()?;
    found.transpose()
}

/// Rows of an account, queued or ended, the latest first: with these ids, and with this id in the reverse-path.
pub(crate) fn of_account(
    conn: &Connection,
    account: &str,
    ids: &[i64],
    from_id: Option<&str>,
    max: u32,
) -> Result<Vec<Queued>, Error> {
    let list = serde_json::to_string(ids).unwrap_or_default();
    let sql = format!(
        "SELECT {} FROM queue WHERE queue_id IN (SELECT value FROM json_each(?2)
         UNION SELECT queue_id FROM queue WHERE from_id = ?3) AND account = ?1 ORDER BY queue_id DESC LIMIT ?4",
        row::COLUMNS
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((account, list, from_id, max), |r| Ok(row::read(r)))?;
    rows.map(|r| r?).collect()
}

/// Rows of a message that a mailbox here holds, those that ended too, at most `max`.
pub(crate) fn of_copy(conn: &Connection, copy: MessageId, max: u32) -> Result<Vec<QueueId>, Error> {
    let sql = "SELECT queue_id FROM queue WHERE copy_id = ?1 ORDER BY queue_id LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let ids = statement.query_map((copy.0, max), |row| row.get(0).map(QueueId))?;
    Ok(ids.collect::<Result<_, _>>()?)
}
