//! Addresses that get no reports for a while.

use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension, Row};
use mox_store::Error;

/// An address that gets none until some time; afterwards what is remembered of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suppressed {
    pub(crate) address: String,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) automatic: bool,
    pub(crate) failures: u32,
    pub(crate) comment: String,
}

const COLUMNS: &str = "address, since, until, automatic, failures, comment";

fn read(row: &Row<'_>) -> Result<Suppressed, mox_db::rusqlite::Error> {
    Ok(Suppressed {
        address: row.get(0)?,
        since: Timestamp::from_micros(row.get(1)?),
        until: Timestamp::from_micros(row.get(2)?),
        automatic: row.get(3)?,
        failures: row.get(4)?,
        comment: row.get(5)?,
    })
}

pub(crate) fn get(conn: &Connection, address: &str) -> Result<Option<Suppressed>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM report_suppress WHERE address = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([address], read).optional()?)
}

/// The suppression of an address that is in force.
pub(crate) fn active(conn: &Connection, address: &str, now: Timestamp) -> Result<Option<Suppressed>, Error> {
    Ok(get(conn, address)?.filter(|found| found.until > now))
}

/// All that are in force.
pub(crate) fn list(conn: &Connection, now: Timestamp) -> Result<Vec<Suppressed>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM report_suppress WHERE until > ?1 ORDER BY address");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([now.micros()], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those in force behind an address; at most `max`.
pub(crate) fn page(
    conn: &Connection,
    now: Timestamp,
    after: &str,
    max: u32,
) -> Result<Vec<Suppressed>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM report_suppress WHERE address > ?2 AND until > ?1 ORDER BY address LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((now.micros(), after, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn put(conn: &Connection, s: &Suppressed) -> Result<(), Error> {
    let sql = format!("INSERT OR REPLACE INTO report_suppress ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    conn.prepare_cached(&sql)?.execute((
        &s.address,
        s.since.micros(),
        s.until.micros(),
        s.automatic,
        s.failures,
        &s.comment,
    ))?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, address: &str) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM report_suppress WHERE address = ?1")?.execute([address])?;
    Ok(())
}

/// A report was taken: nothing is suppressed any more. What was refused before is remembered: the report may come back.
pub(crate) fn forgive(conn: &Connection, address: &str, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE report_suppress SET accepted = ifnull(accepted, ?2), until = min(until, ?2)
      WHERE address = ?1 AND automatic = 1";
    conn.prepare_cached(sql)?.execute((address, now.micros()))?;
    Ok(())
}

/// When an address first took a report after it had refused one.
pub(crate) fn accepted(conn: &Connection, address: &str) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT accepted FROM report_suppress WHERE address = ?1";
    let accepted: Option<Option<i64>> =
        conn.prepare_cached(sql)?.query_row([address], |r| r.get(0)).optional()?;
    Ok(accepted.flatten().map(Timestamp::from_micros))
}

/// Whether one ends after some time.
pub(crate) fn any_after(conn: &Connection, time: Timestamp) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM report_suppress WHERE until > ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([time.micros()], |r| r.get(0))?)
}

/// Whether one ended before some time.
pub(crate) fn any_before(conn: &Connection, before: Timestamp) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM report_suppress WHERE until < ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([before.micros()], |r| r.get(0))?)
}

/// Forgets those that ended before some time.
pub(crate) fn forget(conn: &Connection, before: Timestamp) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM report_suppress WHERE until < ?1")?.execute([before.micros()])?;
    Ok(())
}
