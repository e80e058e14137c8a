//! Results that wait for their report.

use mox_clock::Day;
use mox_db::rusqlite::{Connection, OptionalExtension, Row, params};
use mox_store::Error;
use mox_tlsrpt::PolicyResult;

/// What is known of one recipient domain under the policies of one policy domain on one day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) id: i64,
    /// Grows with every change.
    pub(crate) version: i64,
    pub(crate) policy_domain: String,
    pub(crate) day: Day,
    pub(crate) recipient_domain: String,
    pub(crate) is_host: bool,
    pub(crate) send_report: bool,
    pub(crate) results: Vec<PolicyResult>,
    /// Where reports about the recipient domain go, once they were looked up for its own report.
    pub(crate) rua: Option<Vec<String>>,
}

const COLUMNS: &str =
    "result_id, version, policy_domain, day, recipient_domain, is_host, send_report, results, rua";

fn read(row: &Row<'_>) -> Result<Found, mox_db::rusqlite::Error> {
    let (results, rua): (String, Option<String>) = (row.get(7)?, row.get(8)?);
    Ok(Found {
        id: row.get(0)?,
        version: row.get(1)?,
        policy_domain: row.get(2)?,
        day: Day::from_number(row.get(3)?),
        recipient_domain: row.get(4)?,
        is_host: row.get(5)?,
        send_report: row.get(6)?,
        results: parse(&results),
        rua: rua.map(|text| serde_json::from_str(&text).unwrap_or_default()),
    })
}

/// What cannot be read back is lost, which is no reason to collect no more.
fn parse(text: &str) -> Vec<PolicyResult> {
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, "stored TLS results");
        Vec::new()
    })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::Damaged(e.to_string()))
}

/// Whether a host has a row of a recipient domain and day, or may have one: there are at most `max`.
pub(crate) fn has_room(
    conn: &Connection,
    policy_domain: &str,
    day: Day,
    recipient_domain: &str,
    max: u32,
) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM tls_result
        WHERE policy_domain = ?1 AND day = ?2 AND recipient_domain = ?3 AND is_host = 1)
      OR (SELECT count(*) FROM tls_result WHERE recipient_domain = ?3 AND day = ?2 AND is_host = 1) < ?4";
    let values = (policy_domain, day.number(), recipient_domain, max);
    Ok(conn.prepare_cached(sql)?.query_row(values, |r| r.get(0))?)
}

/// Adds to a row, or makes it.
pub(crate) fn add(
    conn: &Connection,
    policy_domain: &str,
    day: Day,
    recipient_domain: &str,
    is_host: bool,
    send_report: bool,
    change: impl FnOnce(&mut Vec<PolicyResult>),
) -> Result<(), Error> {
    let sql = "SELECT result_id, results FROM tls_result
      WHERE policy_domain = ?1 AND day = ?2 AND recipient_domain = ?3 AND is_host = ?4";
    let found = conn
        .prepare_cached(sql)?
        .query_row((policy_domain, day.number(), recipient_domain, is_host), |r| {
            Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?))
        })
        .optional()?;
    let mut results = found.as_ref().map(|(_, text)| parse(text)).unwrap_or_default();
    change(&mut results);
    let text = json(&results)?;
    if let Some((id, _)) = found {
        let sql =
            "UPDATE tls_result SET results = ?2, send_report = max(send_report, ?3), version = version + 1
          WHERE result_id = ?1";
        conn.prepare_cached(sql)?.execute((id, text, send_report))?;
    } else {
        let sql =
            "INSERT INTO tls_result (policy_domain, day, recipient_domain, is_host, version, send_report,
          results, domain_done, host_done) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, 0, ?7)";
        conn.prepare_cached(sql)?.execute(params![
            policy_domain,
            day.number(),
            recipient_domain,
            is_host,
            send_report,
            text,
            !is_host
        ])?;
    }
    Ok(())
}

/// Which rows a report is made of: its policy domain and day are ?1 and ?2.
fn which(is_host: bool) -> &'static str {
    match is_host {
        false => "recipient_domain = ?1 AND day = ?2 AND domain_done = 0 ORDER BY is_host, policy_domain",
        true => "policy_domain = ?1 AND day = ?2 AND is_host = 1 AND host_done = 0 ORDER BY recipient_domain",
    }
}

/// The rows that a report of the policy domain would be made of.
pub(crate) fn of(
    conn: &Connection,
    is_host: bool,
    policy_domain: &str,
    day: Day,
) -> Result<Vec<Found>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM tls_result WHERE {}", which(is_host));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((policy_domain, day.number()), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Policy domains with rows that wait for a report of this kind, of days from `from` up to `to`, oldest day first.
pub(crate) fn groups(
    conn: &Connection,
    is_host: bool,
    from: Day,
    to: Day,
) -> Result<Vec<(String, Day)>, Error> {
    let sql = match is_host {
        false => {
            "SELECT DISTINCT recipient_domain, day FROM tls_result
              WHERE day >= ?1 AND day <= ?2 AND domain_done = 0 ORDER BY 2, 1"
        }
        true => {
            "SELECT DISTINCT policy_domain, day FROM tls_result
              WHERE day >= ?1 AND day <= ?2 AND is_host = 1 AND host_done = 0 ORDER BY 2, 1"
        }
    };
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement
        .query_map((from.number(), to.number()), |r| Ok((r.get(0)?, Day::from_number(r.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a report about a recipient domain of a host's rows is still undecided.
pub(crate) fn domains_open(conn: &Connection, host: &str, day: Day) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM tls_result
      WHERE policy_domain = ?1 AND day = ?2 AND is_host = 1 AND host_done = 0 AND domain_done = 0)";
    Ok(conn.prepare_cached(sql)?.query_row((host, day.number()), |r| r.get(0))?)
}

/// Ids and versions of the same rows in the same order.
pub(crate) fn versions(
    conn: &Connection,
    is_host: bool,
    policy_domain: &str,
    day: Day,
) -> Result<Vec<(i64, i64)>, Error> {
    let sql = format!("SELECT result_id, version FROM tls_result WHERE {}", which(is_host));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((policy_domain, day.number()), |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes a policy domain's rows of a day out of what waits. `rua` is where its reports went.
pub(crate) fn done(
    conn: &Connection,
    is_host: bool,
    policy_domain: &str,
    day: Day,
    rua: Option<&[String]>,
) -> Result<(), Error> {
    match is_host {
        false => {
            let sql = "DELETE FROM tls_result WHERE recipient_domain = ?1 AND day = ?2 AND host_done = 1";
            conn.prepare_cached(sql)?.execute((policy_domain, day.number()))?;
            let rua = rua.map(|rua| json(&rua)).transpose()?;
            let sql =
                "UPDATE tls_result SET domain_done = 1, rua = ?3 WHERE recipient_domain = ?1 AND day = ?2";
            conn.prepare_cached(sql)?.execute((policy_domain, day.number(), rua))?;
        }
        true => {
            let sql = "DELETE FROM tls_result
              WHERE policy_domain = ?1 AND day = ?2 AND is_host = 1 AND domain_done = 1";
            conn.prepare_cached(sql)?.execute((policy_domain, day.number()))?;
            let sql =
                "UPDATE tls_result SET host_done = 1 WHERE policy_domain = ?1 AND day = ?2 AND is_host = 1";
            conn.prepare_cached(sql)?.execute((policy_domain, day.number()))?;
        }
    }
    Ok(())
}

/// Rows that wait, of one day or all, of one policy or recipient domain or all; at most `max`.
pub(crate) fn list(
    conn: &Connection,
    day: Option<Day>,
    domain: Option<&str>,
    max: u32,
) -> Result<Vec<Found>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tls_result WHERE (?1 IS NULL OR day = ?1)
         AND (?2 IS NULL OR policy_domain = ?2 OR recipient_domain = ?2)
         ORDER BY day DESC, recipient_domain, is_host, policy_domain LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((day.map(Day::number), domain, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of rows that wait, the latest day and row first, before a day and row: of one day or all, of one policy or
/// recipient domain or all.
pub(crate) fn page(
    conn: &Connection,
    day: Option<Day>,
    domain: Option<&str>,
    before: Option<(Day, i64)>,
    max: u32,
) -> Result<Vec<Found>, Error> {
    let of = if domain.is_some() { "(policy_domain = ?1 OR recipient_domain = ?1)" } else { "?1 IS NULL" };
    // Rows are long: what is sorted is their ids alone.
    let sql = format!(
        "SELECT {COLUMNS} FROM tls_result WHERE result_id IN (
           SELECT result_id FROM tls_result WHERE {of} AND day >= ?2 AND (day, result_id) < (?3, ?4)
           ORDER BY day DESC, result_id DESC LIMIT ?5)
         ORDER BY day DESC, result_id DESC"
    );
    let first = day.map_or(i64::MIN, Day::number);
    let end = day.map_or((i64::MAX, i64::MAX), |day| (day.next().number(), i64::MIN));
    let (last, id) = before.map_or(end, |(day, id)| (day.number(), id).min(end));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, first, last, id, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of policy domains and days with rows that wait for a report of this kind, by name and day, behind one of them.
pub(crate) fn groups_after(
    conn: &Connection,
    is_host: bool,
    after: (&str, Day),
    max: u32,
) -> Result<Vec<(String, Day)>, Error> {
    let mut statement = conn.prepare_cached(groups_sql(is_host))?;
    let rows = statement
        .query_map((after.0, after.1.number(), max), |r| Ok((r.get(0)?, Day::from_number(r.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// In the order of an index, so that a page reads no more than its rows.
fn groups_sql(is_host: bool) -> &'static str {
    match is_host {
        false => {
            "SELECT recipient_domain, day FROM tls_result
              WHERE (recipient_domain, day) > (?1, ?2) AND domain_done = 0
              GROUP BY recipient_domain, day ORDER BY recipient_domain, day LIMIT ?3"
        }
        true => {
            "SELECT policy_domain, day FROM tls_result
              WHERE (policy_domain, day) > (?1, ?2) AND is_host = 1 AND host_done = 0
              GROUP BY policy_domain, day ORDER BY policy_domain, day LIMIT ?3"
        }
    }
}
