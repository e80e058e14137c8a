//! The table of MTA-STS policies and every SQL statement on it.
//!
//! Times are microseconds since the epoch, UTC. A text that no longer reads as a policy is as good as no row.

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_db::Schema;
use mox_db::rusqlite::{self, Connection, OptionalExtension, params};
use mox_mtasts::{Fetched, Policy};
use mox_store::Error;
use mox_tlsrpt::ResultType;

use super::{Cached, Failure};

pub(super) const SCHEMA: Schema = Schema { room: "mtasts", steps: &[STEP_1] };

const STEP_1: &str = "
CREATE TABLE mtasts_policy (
  domain TEXT PRIMARY KEY,          -- A-labels
  text TEXT,                        -- the file as served; none while it cannot be had
  record_id TEXT NOT NULL,
  fetched INTEGER NOT NULL,         -- when text was, or was tried to be
  expires INTEGER NOT NULL,         -- end of max_age, or of leaving the policy host alone
  used INTEGER NOT NULL,            -- by a delivery, within a day
  retry INTEGER NOT NULL,           -- not fetched again before
  result TEXT,                      -- of the last fetch, when it failed: RFC 8460 result type
  reason TEXT
);
CREATE INDEX mtasts_policy_expires ON mtasts_policy (expires);
CREATE INDEX mtasts_policy_used ON mtasts_policy (used);
CREATE INDEX mtasts_policy_fetched ON mtasts_policy (fetched);
";

const COLUMNS: &str = "domain, text, record_id, fetched, expires, used, retry, result, reason";

/// What is remembered of a domain.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) held: Option<Fetched>,
    pub(super) record_id: String,
    pub(super) fetched: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) used: Timestamp,
    pub(super) retry: Timestamp,
    pub(super) failure: Option<Failure>,
}

impl Row {
    /// Of a domain whose policy cannot be had, and is not tried before `retry`.
    pub(super) fn failing(record_id: String, now: Timestamp, retry: Timestamp, failure: Failure) -> Row {
        let failure = Some(failure);
        Row { held: None, record_id, fetched: now, expires: retry, used: now, retry, failure }
    }

    pub(super) fn known(self, domain: Domain) -> Cached {
        Cached {
            domain,
            policy: self.held.map(|held| held.policy),
            record_id: self.record_id,
            fetched: self.fetched,
            expires: self.expires,
            used: self.used,
            failure: self.failure,
        }
    }
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(String, Option<Row>)> {
    let text: Option<String> = row.get(1)?;
    let held = match text {
        None => None,
        Some(text) => match Policy::parse(text.as_bytes()) {
            Ok(policy) => Some(Fetched { policy, text }),
            Err(_) => return Ok((row.get(0)?, None)),
        },
    };
    let time = |index: usize| row.get(index).map(Timestamp::from_micros);
    let result: Option<String> = row.get(7)?;
    let reason = row.get::<_, Option<String>>(8)?.unwrap_or_default();
    let failure = result.map(|result| Failure { result_type: ResultType::from(result), reason });
    let (record_id, fetched, expires) = (row.get(2)?, time(3)?, time(4)?);
    Ok((
        row.get(0)?,
        Some(Row { held, record_id, fetched, expires, used: time(5)?, retry: time(6)?, failure }),
    ))
}

pub(super) fn get(conn: &Connection, domain: &Domain) -> Result<Option<Row>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM mtasts_policy WHERE domain = ?1");
    let found = conn.prepare_cached(&sql)?.query_row([domain.ascii()], read).optional()?;
    Ok(found.and_then(|(_, row)| row))
}

pub(super) fn put(conn: &Connection, domain: &Domain, row: &Row) -> Result<(), Error> {
    let sql = format!(
        "INSERT OR REPLACE INTO mtasts_policy ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    );
    conn.prepare_cached(&sql)?.execute(params![
        domain.ascii(),
        row.held.as_ref().map(|held| &held.text),
        row.record_id,
        row.fetched.micros(),
        row.expires.micros(),
        row.used.micros(),
        row.retry.micros(),
        row.failure.as_ref().map(|failure| failure.result_type.as_str()),
        row.failure.as_ref().map(|failure| &failure.reason),
    ])?;
    Ok(())
}

/// Notes that a policy in force could not be fetched again.
pub(super) fn set_failed(
    conn: &Connection,
    domain: &Domain,
    retry: Timestamp,
    used: Timestamp,
    failure: &Failure,
) -> Result<(), Error> {
    let sql = "UPDATE mtasts_policy SET retry = ?2, used = ?3, result = ?4, reason = ?5 WHERE domain = ?1";
    let result = failure.result_type.as_str();
    let values = (domain.ascii(), retry.micros(), used.micros(), result, &failure.reason);
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn set_used(conn: &Connection, domain: &Domain, used: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE mtasts_policy SET used = ?2 WHERE domain = ?1";
    conn.prepare_cached(sql)?.execute((domain.ascii(), used.micros()))?;
    Ok(())
}

/// Whether there was something.
pub(super) fn delete(conn: &Connection, domain: &Domain) -> Result<bool, Error> {
    let sql = "DELETE FROM mtasts_policy WHERE domain = ?1";
    Ok(conn.prepare_cached(sql)?.execute([domain.ascii()])? > 0)
}

/// Deletes what expired, and what was not used since; at most `max`. Answers how many went.
pub(super) fn purge(conn: &Connection, now: Timestamp, used: Timestamp, max: u32) -> Result<usize, Error> {
    let sql = "DELETE FROM mtasts_policy WHERE domain IN
      (SELECT domain FROM mtasts_policy WHERE expires <= ?1 OR used < ?2 LIMIT ?3)";
    Ok(conn.prepare_cached(sql)?.execute((now.micros(), used.micros(), max))?)
}

/// Domains with a policy that was fetched before then.
pub(super) fn due(conn: &Connection, before: Timestamp, max: u32) -> Result<Vec<Domain>, Error> {
    let sql =
        "SELECT domain FROM mtasts_policy WHERE fetched < ?1 AND text IS NOT NULL ORDER BY fetched LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let names = statement.query_map((before.micros(), max), |row| row.get::<_, String>(0))?;
    let names = names.collect::<Result<Vec<_>, _>>()?;
    Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
}

/// Those with `part` in their names behind `after`, in order of names.
pub(super) fn list(conn: &Connection, part: &str, after: &str, max: u32) -> Result<Vec<Cached>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mtasts_policy WHERE domain > ?2 AND instr(domain, ?1) > 0 ORDER BY domain"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    // What cannot be read takes no place of what can.
    let known = |(name, row): (String, Option<Row>)| Some(row?.known(name.parse().ok()?));
    let rows = statement.query_map((part, after), read)?;
    let rows = rows.filter_map(|row| row.map(known).transpose()).take(max as usize);
    Ok(rows.collect::<Result<_, _>>()?)
}
