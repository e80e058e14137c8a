//! What every connection to the database has, whether it writes or reads.
//!
//! Invariant: plans do not depend on values that are bound. SQLite peeks at them otherwise (a LIMIT, a pattern of
//! LIKE, a comparison that may fit a partial index), and a statement so planned is planned again whenever its values
//! change. A cached statement gives its values up after each use, so it was planned again at every one, which costs
//! many times what it does to find a row.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::Error;

/// Sets a new connection up.
pub(crate) fn apply(connection: &Connection) -> Result<(), Error> {
    // The query planner stability guarantee.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(crate::functions::register(connection)?)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    const SCHEMA: &str =
        "CREATE TABLE t (a INTEGER, b INTEGER, c TEXT COLLATE NOCASE, PRIMARY KEY (a, b)) WITHOUT ROWID;
                          CREATE INDEX part ON t (a, b) WHERE a = 1;
                          CREATE INDEX word ON t (c);
                          INSERT INTO t VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 3, 'z');";
    const STATEMENTS: [&str; 3] = [
        "SELECT b FROM t WHERE a = ?1 AND b > 0",
        "SELECT b FROM t ORDER BY c LIMIT ?1",
        "SELECT b FROM t WHERE c LIKE ?1",
    ];

    /// How often a cached statement was planned again in five uses with other values.
    fn planned_again(connection: &Connection, sql: &str) -> i32 {
        for value in 1..=5 {
            let mut statement = connection.prepare_cached(sql).unwrap();
            let mut rows = statement.query([value]).unwrap();
            while rows.next().unwrap().is_some() {}
        }
        connection.prepare_cached(sql).unwrap().get_status(StatementStatus::RePrepare)
    }

    #[test]
    fn a_cached_statement_is_planned_once_whatever_its_values() {
        let (plain, set) = (Connection::open_in_memory().unwrap(), Connection::open_in_memory().unwrap());
        apply(&set).unwrap();
        for connection in [&plain, &set] {
            connection.execute_batch(SCHEMA).unwrap();
        }
        for sql in STATEMENTS {
            assert!(planned_again(&plain, sql) >= 4, "{sql} shows nothing");
            assert_eq!(planned_again(&set, sql), 0, "{sql}");
        }
    }
}
