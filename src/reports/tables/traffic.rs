//! How much mail left on each day: somebody's, and reports.

use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

/// Counts a message of somebody that another host took.
pub(crate) fn count_own(conn: &Connection, day: Day) -> Result<(), Error> {
    let sql = "INSERT INTO report_traffic (day, own, reports) VALUES (?1, 1, 0)
      ON CONFLICT DO UPDATE SET own = own + 1";
    conn.prepare_cached(sql)?.execute([day.number()])?;
    Ok(())
}

/// Counts a report that is begun.
pub(crate) fn count_report(conn: &Connection, day: Day) -> Result<(), Error> {
    let sql = "INSERT INTO report_traffic (day, own, reports) VALUES (?1, 0, 1)
      ON CONFLICT DO UPDATE SET reports = reports + 1";
    conn.prepare_cached(sql)?.execute([day.number()])?;
    Ok(())
}

/// Messages of somebody from one day to another, both included.
pub(crate) fn own(conn: &Connection, from: Day, to: Day) -> Result<u64, Error> {
    let sql = "SELECT ifnull(sum(own), 0) FROM report_traffic WHERE day BETWEEN ?1 AND ?2";
    let own: i64 = conn.prepare_cached(sql)?.query_row((from.number(), to.number()), |row| row.get(0))?;
    Ok(u64::try_from(own).unwrap_or(0))
}

/// Reports that were begun on a day.
pub(crate) fn reports(conn: &Connection, day: Day) -> Result<u64, Error> {
    let sql = "SELECT ifnull(sum(reports), 0) FROM report_traffic WHERE day = ?1";
    let reports: i64 = conn.prepare_cached(sql)?.query_row([day.number()], |row| row.get(0))?;
    Ok(u64::try_from(reports).unwrap_or(0))
}

/// Whether there is a day before some day.
pub(crate) fn any_before(conn: &Connection, before: Day) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM report_traffic WHERE day < ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([before.number()], |row| row.get(0))?)
}

/// Forgets the days before some day.
pub(crate) fn forget(conn: &Connection, before: Day) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM report_traffic WHERE day < ?1")?.execute([before.number()])?;
    Ok(())
}
