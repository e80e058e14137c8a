//! What DMARC was applied to and waits for its report: per policy domain, day and published policy, with a row for all
//! messages that had everything in common that a report tells.

use mox_clock::Day;
use mox_db::rusqlite::{Connection, OptionalExtension, Row, params};
use mox_store::Error;

/// What a domain asked for on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) id: i64,
    pub(crate) policy_domain: String,
    pub(crate) day: Day,
    /// JSON of the policy as published.
    pub(crate) config: String,
    /// Messages it was applied to; grows with every change.
    pub(crate) messages: i64,
    /// Of those, messages that may be the reason for a report.
    pub(crate) reasons: i64,
    /// Messages that passed.
    pub(crate) passed: i64,
    /// Rows.
    pub(crate) rows: i64,
    /// Messages for which there was no room.
    pub(crate) unlisted: i64,
}

const COLUMNS: &str = "policy_id, policy_domain, day, config, messages, reasons, passed, rows, unlisted";

fn read(row: &Row<'_>) -> Result<Asked, mox_db::rusqlite::Error> {
    Ok(Asked {
        id: row.get(0)?,
        policy_domain: row.get(1)?,
        day: Day::from_number(row.get(2)?),
        config: row.get(3)?,
        messages: row.get(4)?,
        reasons: row.get(5)?,
        passed: row.get(6)?,
        rows: row.get(7)?,
        unlisted: row.get(8)?,
    })
}

/// What one message adds.
pub(crate) struct New<'a> {
    pub(crate) policy_domain: &'a str,
    pub(crate) day: Day,
    pub(crate) config: &'a str,
    /// Address: 4 or 16 octets.
    pub(crate) source: &'a [u8],
    /// Of `record`.
    pub(crate) digest: &'a [u8],
    /// JSON of the row without its count.
    pub(crate) record: &'a str,
    pub(crate) is_reason: bool,
    pub(crate) passed: bool,
}

/// Counts a message. There are at most `max_configs` policies of a domain and day, the last of which takes what comes
/// under further ones, and at most `max_rows` rows of each, beyond which messages are only counted.
pub(crate) fn add(conn: &Connection, new: &New<'_>, max_configs: u32, max_rows: i64) -> Result<(), Error> {
    let (id, rows) = policy(conn, new, max_configs)?;
    let sql = "UPDATE dmarc_row SET count = count + 1 WHERE policy_id = ?1 AND source = ?2 AND digest = ?3";
    let known = conn.prepare_cached(sql)?.execute((id, new.source, new.digest))? == 1;
    let room = known || rows < max_rows;
    if !known && room {
        let sql =
            "INSERT INTO dmarc_row (policy_id, source, digest, record, count) VALUES (?1, ?2, ?3, ?4, 1)";
        conn.prepare_cached(sql)?.execute((id, new.source, new.digest, new.record))?;
    }
    let sql = "UPDATE dmarc_policy SET messages = messages + 1, reasons = reasons + ?2, passed = passed + ?3,
      rows = rows + ?4, unlisted = unlisted + ?5 WHERE policy_id = ?1";
    conn.prepare_cached(sql)?.execute((id, new.is_reason, new.passed, !known && room, !room))?;
    Ok(())
}

/// The policy that a message counts under, and its rows.
fn policy(conn: &Connection, new: &New<'_>, max_configs: u32) -> Result<(i64, i64), Error> {
    let pair = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let sql =
        "SELECT policy_id, rows FROM dmarc_policy WHERE policy_domain = ?1 AND day = ?2 AND config = ?3";
    let values = (new.policy_domain, new.day.number(), new.config);
    if let Some(found) = conn.prepare_cached(sql)?.query_row(values, pair).optional()? {
        return Ok(found);
    }
    let sql = "SELECT count(*), max(policy_id) FROM dmarc_policy WHERE policy_domain = ?1 AND day = ?2";
    let (count, last): (u32, Option<i64>) = conn
        .prepare_cached(sql)?
        .query_row((new.policy_domain, new.day.number()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some(last) = last.filter(|_| count >= max_configs) {
        let sql = "SELECT policy_id, rows FROM dmarc_policy WHERE policy_id = ?1";
        return Ok(conn.prepare_cached(sql)?.query_row([last], pair)?);
    }
    let sql =
        "INSERT INTO dmarc_policy (policy_domain, day, config, messages, reasons, passed, rows, unlisted)
      VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0)";
    conn.prepare_cached(sql)?.execute(values)?;
    Ok((conn.last_insert_rowid(), 0))
}

/// What a report of the policy domain would be made of, a report each, in the order in which they came.
pub(crate) fn of(conn: &Connection, policy_domain: &str, day: Day) -> Result<Vec<Asked>, Error> {
    // The plus keeps the index by day from being taken for its order: all policies of the day stand there.
    let sql = format!(
        "SELECT {COLUMNS} FROM dmarc_policy WHERE policy_domain = ?1 AND day = ?2 ORDER BY +policy_id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((policy_domain, day.number()), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ids and numbers of messages of the same, in the same order.
pub(crate) fn versions(conn: &Connection, policy_domain: &str, day: Day) -> Result<Vec<(i64, i64)>, Error> {
    let sql = "SELECT policy_id, messages FROM dmarc_policy WHERE policy_domain = ?1 AND day = ?2
      ORDER BY +policy_id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((policy_domain, day.number()), |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Policy domains with rows that wait, of days from `from` up to `to`, oldest day first.
pub(crate) fn groups(conn: &Connection, from: Day, to: Day) -> Result<Vec<(String, Day)>, Error> {
    let sql =
        "SELECT DISTINCT policy_domain, day FROM dmarc_policy WHERE day >= ?1 AND day <= ?2 ORDER BY 2, 1";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement
        .query_map((from.number(), to.number()), |r| Ok((r.get(0)?, Day::from_number(r.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes a policy domain's rows of a day out of what waits. The rows themselves go piece by piece, by [`sweep`].
pub(crate) fn done(conn: &Connection, policy_domain: &str, day: Day) -> Result<(), Error> {
    let sql = "INSERT INTO dmarc_swept (policy_id) SELECT policy_id FROM dmarc_policy
      WHERE policy_domain = ?1 AND day = ?2";
    conn.prepare_cached(sql)?.execute((policy_domain, day.number()))?;
    let sql = "DELETE FROM dmarc_policy WHERE policy_domain = ?1 AND day = ?2";
    conn.prepare_cached(sql)?.execute((policy_domain, day.number()))?;
    Ok(())
}

/// Whether rows are left of what was taken out.
pub(crate) fn any_swept(conn: &Connection) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM dmarc_swept)";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Removes at most `max` rows of what was taken out; false when there are none left.
pub(crate) fn sweep(conn: &Connection, max: u32) -> Result<bool, Error> {
    let mut left = max;
    while left > 0 {
        let sql = "SELECT policy_id FROM dmarc_swept ORDER BY policy_id LIMIT 1";
        let id: Option<i64> = conn.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        let Some(id) = id else { return Ok(false) };
        let sql = "DELETE FROM dmarc_row WHERE policy_id = ?1 AND (source, digest) IN
          (SELECT source, digest FROM dmarc_row WHERE policy_id = ?1 LIMIT ?2)";
        let gone = u32::try_from(conn.prepare_cached(sql)?.execute((id, left))?).unwrap_or(left);
        if gone < left {
            conn.prepare_cached("DELETE FROM dmarc_swept WHERE policy_id = ?1")?.execute([id])?;
        }
        // One that had no rows costs something, too.
        left = left.saturating_sub(gone.max(1));
    }
    Ok(true)
}

/// A row: its key, its JSON and its count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) source: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) record: String,
    pub(crate) count: i64,
}

/// The rows of a policy behind a key, in their order; at most `max`.
pub(crate) fn rows(
    conn: &Connection,
    id: i64,
    behind: Option<(&[u8], &[u8])>,
    max: u32,
) -> Result<Vec<Counted>, Error> {
    let (source, digest) = behind.unwrap_or_default();
    let sql = "SELECT source, digest, record, count FROM dmarc_row
      WHERE policy_id = ?1 AND (source, digest) > (?2, ?3) ORDER BY source, digest LIMIT ?4";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![id, source, digest, max], |row| {
        Ok(Counted { source: row.get(0)?, digest: row.get(1)?, record: row.get(2)?, count: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What waits, of one day or all, of one policy domain or all; at most `max`.
pub(crate) fn list(
    conn: &Connection,
    day: Option<Day>,
    domain: Option<&str>,
    max: u32,
) -> Result<Vec<Asked>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM dmarc_policy WHERE (?1 IS NULL OR day = ?1)
         AND (?2 IS NULL OR policy_domain = ?2) ORDER BY day DESC, policy_domain, policy_id LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((day.map(Day::number), domain, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Policy domains and days that wait, the latest day first, then by domain, behind a key; at most `max`.
pub(crate) fn page(
    conn: &Connection,
    domain: Option<&str>,
    after: Option<(Day, &str)>,
    max: u32,
) -> Result<Vec<(String, Day)>, Error> {
    let (day, name) = after.map_or((i64::MAX, ""), |(day, name)| (day.number(), name));
    let mut statement = conn.prepare_cached(&page_sql(domain.is_some()))?;
    let rows =
        statement.query_map((domain, day, name, max), |r| Ok((r.get(0)?, Day::from_number(r.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Written for the case at hand, so that it follows the index on the domain or that on the day.
fn page_sql(of_domain: bool) -> String {
    let of = if of_domain { "policy_domain = ?1" } else { "?1 IS NULL" };
    format!(
        "SELECT DISTINCT policy_domain, day FROM dmarc_policy
         WHERE {of} AND day <= ?2 AND (day < ?2 OR policy_domain > ?3)
         ORDER BY day DESC, policy_domain LIMIT ?4"
    )
}

/// Messages of a policy by what was done with them, of its first `max` rows; each with the number of rows.
pub(crate) fn dispositions(conn: &Connection, id: i64, max: u32) -> Result<Vec<(String, u64, u32)>, Error> {
    let sql = "SELECT ifnull(json_extract(record, '$.disposition'), ''), total(count), count(*)
      FROM (SELECT record, count FROM dmarc_row WHERE policy_id = ?1 LIMIT ?2) GROUP BY 1";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement
        .query_map((id, max), |r| Ok((r.get(0)?, crate::receive::tables::sum(r.get(1)?), r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
