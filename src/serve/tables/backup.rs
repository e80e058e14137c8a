//! The last backups that this server took, or did not.

use mox_db::rusqlite::{Connection, params};
use mox_store::Error;

/// Adds one, and forgets all but the latest `keep`.
pub(crate) fn add(connection: &Connection, row: &str, keep: usize) -> Result<(), Error> {
    let keep = i64::try_from(keep).unwrap_or(i64::MAX);
    connection.execute("INSERT INTO backup_taken (row) VALUES (?1)", params![row])?;
    let sql = "DELETE FROM backup_taken WHERE id <= (SELECT max(id) FROM backup_taken) - ?1";
    connection.execute(sql, params![keep])?;
    Ok(())
}

/// All of them, the latest first.
pub(crate) fn all(connection: &Connection) -> Result<Vec<String>, Error> {
    let sql = "SELECT row FROM backup_taken ORDER BY id DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
