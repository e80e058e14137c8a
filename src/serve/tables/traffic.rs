//! Counts of messages, a row for each hour that something was counted in.

use mox_db::rusqlite::{Connection, OptionalExtension, Row, params};
use mox_store::Error;

use crate::traffic::Counts;

/// Adds to an hour.
pub(crate) fn add(connection: &Connection, hour: i64, counts: &Counts) -> Result<(), Error> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let sql = "INSERT INTO traffic (hour, incoming, refused, submitted, delivered, failed) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (hour) DO UPDATE SET \
               incoming = incoming + ?2, refused = refused + ?3, submitted = submitted + ?4, \
               delivered = delivered + ?5, failed = failed + ?6";
    connection.prepare_cached(sql)?.execute(params![
        hour,
        number(counts.incoming),
        number(counts.refused),
        number(counts.submitted),
        number(counts.delivered),
        number(counts.failed),
    ])?;
    Ok(())
}

/// The hours from `hour` on, the earliest first.
pub(crate) fn since(connection: &Connection, hour: i64) -> Result<Vec<(i64, Counts)>, Error> {
    let sql = "SELECT hour, incoming, refused, submitted, delivered, failed FROM traffic WHERE hour >= ?1 ORDER BY hour";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([hour], |row| {
        let count =
            |at: usize| Ok::<_, mox_db::rusqlite::Error>(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0));
        let counts = Counts {
            incoming: count(1)?,
            refused: count(2)?,
            submitted: count(3)?,
            delivered: count(4)?,
            failed: count(5)?,
        };
        Ok((row.get(0)?, counts))
    });
    let rows = rows?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first hour there is.
pub(crate) fn first(connection: &Connection) -> Result<Option<i64>, Error> {
    let get = |row: &Row<'_>| row.get(0);
    let first = connection.query_row("SELECT hour FROM traffic ORDER BY hour LIMIT 1", [], get).optional();
    Ok(first?)
}

/// Removes hours before `hour`.
pub(crate) fn forget(connection: &Connection, hour: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM traffic WHERE hour < ?1", [hour])?;
    Ok(())
}
