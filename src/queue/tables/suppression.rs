//! Statements on `queue_suppression`.

use mox_admin::Time;
use mox_admin::ops::{SuppressKey, Suppression};
use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension, Row};
use mox_store::Error;

const COLUMNS: &str = "account, base, address, added, manual, reason";

fn suppression(row: &Row<'_>) -> Result<Suppression, mox_db::rusqlite::Error> {
    Ok(Suppression {
        account: row.get(0)?,
        base: row.get(1)?,
        address: row.get(2)?,
        added: Time(Timestamp::from_micros(row.get(3)?)),
        manual: row.get(4)?,
        reason: row.get(5)?,
    })
}

/// Those of an account or of all, that meet an address or any.
pub(crate) fn list(
    conn: &Connection,
    account: Option<&str>,
    base: Option<&str>,
    after: Option<&SuppressKey>,
    max: u32,
) -> Result<Vec<Suppression>, Error> {
    // Before all: accounts have names.
    let (after_account, after_base) = after.map_or(("", ""), |key| (&key.account, &key.base));
    let sql = format!(
        "SELECT {COLUMNS} FROM queue_suppression WHERE (account, base) > (?4, ?5)
         AND (?1 IS NULL OR account = ?1) AND (?2 IS NULL OR base = ?2) ORDER BY account, base LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((account, base, max, after_account, after_base), suppression)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn get(conn: &Connection, account: &str, base: &str) -> Result<Option<Suppression>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM queue_suppression WHERE account = ?1 AND base = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row((account, base), suppression).optional()?)
}

/// Adds one; what is there already stays.
pub(crate) fn add(conn: &Connection, new: &Suppression) -> Result<(), Error> {
    let sql = "INSERT OR IGNORE INTO queue_suppression (account, base, address, added, manual, reason)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let added = new.added.0.micros();
    let values = (&new.account, &new.base, &new.address, added, new.manual, &new.reason);
    conn.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, account: &str, base: &str) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM queue_suppression WHERE account = ?1 AND base = ?2")?
        .execute((account, base))?;
    Ok(())
}

/// Removes all of an account.
pub(crate) fn remove_all(conn: &Connection, account: &str) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM queue_suppression WHERE account = ?1")?.execute([account])?;
    Ok(())
}

/// Whether the last two messages of an account to an address failed, as far as they are kept.
pub(crate) fn failed_twice(conn: &Connection, account: &str, rcpt_to: &str) -> Result<bool, Error> {
    let sql = "SELECT count(*) FROM (SELECT state FROM queue WHERE keep_until IS NOT NULL AND account = ?1
      AND rcpt_to = ?2 COLLATE NOCASE AND state IN (1, 2) ORDER BY ended DESC LIMIT 2) WHERE state = 2";
    let failed: i64 = conn.prepare_cached(sql)?.query_row((account, rcpt_to), |r| r.get(0))?;
    Ok(failed == 2)
}
