//! Domains with which mail went well: that sent us mail they stand behind, or took mail of ours.
//!
//! Stored by their labels from the right, so that a domain and all below it lie next to each other.

use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

/// `example.com` as `com.example.`.
fn reversed(domain: &str) -> String {
    domain.rsplit('.').fold(String::new(), |all, label| all + label + ".")
}

/// Notes that mail went well with a domain on a day.
pub(crate) fn note(conn: &Connection, domain: &str, day: Day) -> Result<(), Error> {
    let sql = "INSERT INTO good_exchange (domain, last) VALUES (?1, ?2)
      ON CONFLICT DO UPDATE SET last = excluded.last WHERE last < excluded.last";
    conn.prepare_cached(sql)?.execute((reversed(domain), day.number()))?;
    Ok(())
}

/// Whether mail went well with a domain or one below it.
pub(crate) fn any(conn: &Connection, domain: &str) -> Result<bool, Error> {
    let first = reversed(domain);
    // The sign behind a point.
    let past = first.strip_suffix('.').map(|all| format!("{all}/")).unwrap_or_default();
    let sql = "SELECT EXISTS (SELECT 1 FROM good_exchange WHERE domain >= ?1 AND domain < ?2)";
    Ok(conn.prepare_cached(sql)?.query_row((first, past), |row| row.get(0))?)
}

/// Whether one was last noted before a day.
pub(crate) fn any_before(conn: &Connection, before: Day) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM good_exchange WHERE last < ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([before.number()], |row| row.get(0))?)
}

/// Forgets those that were last noted before a day.
pub(crate) fn forget(conn: &Connection, before: Day) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM good_exchange WHERE last < ?1")?.execute([before.number()])?;
    Ok(())
}
