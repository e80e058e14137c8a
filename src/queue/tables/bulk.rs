//! For tests: many rows at once, and what statements cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mox_db::rusqlite::Connection;
use mox_store::Error;

use crate::QueueId;

/// Copies a row so many times, and takes as many references to its content.
pub(crate) fn copy(conn: &Connection, id: QueueId, count: u32) -> Result<(), Error> {
    let mut statement =
        conn.prepare("SELECT name FROM pragma_table_info('queue') WHERE name <> 'queue_id'")?;
    let columns = statement.query_map([], |r| r.get(0))?.collect::<Result<Vec<String>, _>>()?.join(", ");
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO queue ({columns}) SELECT {columns} FROM queue, n WHERE queue_id = ?1"
    );
    conn.execute(&sql, (id.0, count))?;
    let refs = "UPDATE content SET refs = refs + ?2 WHERE content_id =
      (SELECT content_id FROM queue WHERE queue_id = ?1)";
    conn.execute(refs, (id.0, count))?;
    Ok(())
}

/// Steps of the database's machine that `f` takes, to about 100.
pub(crate) fn steps<T>(conn: &mut Connection, f: impl FnOnce(&Connection) -> Result<T, Error>) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let seen = count.clone();
    let handler = move || {
        seen.fetch_add(100, Ordering::Relaxed);
        false
    };
    conn.progress_handler(100, Some(handler)).unwrap();
    f(conn).unwrap();
    conn.progress_handler(0, None::<fn() -> bool>).unwrap();
    count.load(Ordering::Relaxed)
}
