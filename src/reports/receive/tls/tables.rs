//! The tables of received reports about TLS and the SQL statements on them alone.

use mox_address::Domain;
use mox_clock::{Day, Timestamp};
use mox_db::rusqlite::{Connection, OptionalExtension, Row, params};
use mox_store::{Error, MessageId};

use super::Part;
use crate::insight::tables::TlsFailure;
use crate::organization::organization;
use crate::receive::KEEP;
use crate::receive::tables::{Table, Which, signed, sum, unsigned};

/// Reports.
pub(crate) const TABLE: Table =
    Table { name: "report_in", id: "report_id", below: Some("report_in_failure"), keep: KEEP };

/// The first step of the schema of received reports.
pub(crate) const STEP_1: &str = "
-- What a report says of one policy domain. The key is what makes a second one impossible.
CREATE TABLE report_in (
  report_id INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_domain TEXT NOT NULL,
  sender TEXT NOT NULL,             -- the domain that signed the message
  organization TEXT NOT NULL,       -- as the report says
  name TEXT NOT NULL,               -- the id in the report
  start INTEGER NOT NULL,
  until INTEGER NOT NULL,           -- last second of the period
  day INTEGER NOT NULL,             -- of the start
  received INTEGER NOT NULL,
  message_id INTEGER,               -- of the store; may be gone
  successful INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  details INTEGER NOT NULL,         -- kinds of failure
  document TEXT NOT NULL,           -- JSON: the report, this policy domain alone
  oddities TEXT NOT NULL,           -- JSON array of texts
  UNIQUE (sender, organization, name, policy_domain, start)
);
CREATE INDEX report_in_domain ON report_in (policy_domain, start);
CREATE INDEX report_in_start ON report_in (start);
CREATE INDEX report_in_received ON report_in (received);
CREATE INDEX report_in_sender ON report_in (sender, received);

-- What failed, to be added up over reports.
CREATE TABLE report_in_failure (
  failure_id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES report_in ON DELETE CASCADE,
  policy_type TEXT NOT NULL,
  mx TEXT NOT NULL,                 -- name, else address, else empty
  result TEXT NOT NULL,
  reason TEXT NOT NULL,
  failed INTEGER NOT NULL
);
CREATE INDEX report_in_failure_report ON report_in_failure (report_id);
";

/// The third step: how much an organization brings is counted by index.
pub(crate) const STEP_3: &str = "
ALTER TABLE report_in ADD COLUMN organization_domain TEXT NOT NULL DEFAULT ''; -- of the sender
ALTER TABLE report_in ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0; -- about so many are kept of it
UPDATE report_in SET organization_domain = sender, bytes = length(document);
DROP INDEX report_in_sender;
DROP INDEX report_in_received;
CREATE INDEX report_in_received ON report_in (received, bytes);
CREATE INDEX report_in_organization ON report_in (organization_domain, received, bytes);
";

/// The step for pages: what is counted stands in one index, and failures of a host in another. A year of reports is
/// summed up without reading one.
pub(crate) const STEP_COUNTS: &str = "
CREATE INDEX report_in_counts ON report_in
  (policy_domain, start, until, day, sender, successful, failed, details);
CREATE INDEX report_in_failure_mx ON report_in_failure (mx, report_id, failed);
";

/// Adds what a report says of a policy domain; false when it was there before.
pub(crate) fn insert(
    conn: &Connection,
    sender: &Domain,
    part: &Part,
    message: Option<MessageId>,
    at: Timestamp,
) -> Result<bool, Error> {
    let report = &part.report;
    let (successful, failed) = part.sessions();
    let details: usize = report.policies.iter().map(|p| p.details.len()).sum();
    let sql = "INSERT INTO report_in (policy_domain, sender, organization, name, start, until, day, received,
      message_id, successful, failed, details, document, oddities, organization_domain, bytes)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT DO NOTHING";
    let added = conn.prepare_cached(sql)?.execute(params![
        part.domain.ascii(),
        sender.ascii(),
        report.organization_name,
        report.report_id,
        report.start.micros(),
        report.end.micros(),
        report.start.day().number(),
        at.micros(),
        message.map(|id| id.0),
        signed(successful),
        signed(failed),
        signed(details as u64),
        report.to_json(),
        serde_json::to_string(&part.oddities).unwrap_or_default(),
        organization(sender.ascii()),
        signed(part.size()),
    ])?;
    if added == 0 {
        return Ok(false);
    }
    let id = conn.last_insert_rowid();
    let sql = "INSERT INTO report_in_failure (report_id, policy_type, mx, result, reason, failed)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = conn.prepare_cached(sql)?;
    for policy in &report.policies {
        for detail in &policy.details {
            let mx = if detail.mx_hostname.is_empty() { &detail.receiving_ip } else { &detail.mx_hostname };
            let mx = mx.trim_end_matches('.').to_ascii_lowercase();
            let kind = policy.policy.kind.as_str();
            let count = signed(detail.failed);
            statement.execute(params![id, kind, mx, detail.result.as_str(), detail.reason, count])?;
        }
    }
    Ok(true)
}

/// A report without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: i64,
    pub(crate) policy_domain: String,
    pub(crate) sender: String,
    pub(crate) organization: String,
    pub(crate) name: String,
    pub(crate) start: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) received: Timestamp,
    pub(crate) message_id: Option<i64>,
    pub(crate) successful: u64,
    pub(crate) failed: u64,
    pub(crate) details: u64,
}

const COLUMNS: &str =
    "report_id, policy_domain, sender, organization, name, start, until, received, message_id,
  successful, failed, details";

fn listed(row: &Row<'_>) -> Result<Listed, mox_db::rusqlite::Error> {
    Ok(Listed {
        id: row.get(0)?,
        policy_domain: row.get(1)?,
        sender: row.get(2)?,
        organization: row.get(3)?,
        name: row.get(4)?,
        start: Timestamp::from_micros(row.get(5)?),
        until: Timestamp::from_micros(row.get(6)?),
        received: Timestamp::from_micros(row.get(7)?),
        message_id: row.get(8)?,
        successful: unsigned(row.get(9)?),
        failed: unsigned(row.get(10)?),
        details: unsigned(row.get(11)?),
    })
}

/// The latest first.
pub(crate) fn list(conn: &Connection, which: &Which, limit: u32) -> Result<Vec<Listed>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM report_in WHERE {} ORDER BY start DESC, report_id DESC LIMIT ?3",
        which.sql("start")
    );
    let (domain, since) = which.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since, limit), listed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One report: the row, its document and oddities as JSON.
pub(crate) fn get(conn: &Connection, id: i64) -> Result<Option<(Listed, String, String)>, Error> {
    let sql = format!("SELECT {COLUMNS}, document, oddities FROM report_in WHERE report_id = ?1");
    let read = |row: &Row<'_>| Ok((listed(row)?, row.get(12)?, row.get(13)?));
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// Sessions of one day with one policy domain, as one reporter counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Daily {
    pub(crate) policy_domain: String,
    pub(crate) day: Day,
    pub(crate) sender: String,
    pub(crate) reports: u64,
    pub(crate) successful: u64,
    pub(crate) failed: u64,
}

/// Sums of days, the latest first. Sums that do not fit are the largest number.
pub(crate) fn days(conn: &Connection, which: &Which, limit: u32) -> Result<Vec<Daily>, Error> {
    let sql = format!(
        "SELECT policy_domain, day, sender, count(*), total(successful), total(failed) FROM report_in WHERE {}
         GROUP BY policy_domain, day, sender ORDER BY day DESC, policy_domain, sender LIMIT ?3",
        which.sql("start")
    );
    let (domain, since) = which.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since, limit), |row| {
        Ok(Daily {
            policy_domain: row.get(0)?,
            day: Day::from_number(row.get(1)?),
            sender: row.get(2)?,
            reports: unsigned(row.get(3)?),
            successful: sum(row.get(4)?),
            failed: sum(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A cause of failures, over all reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) policy_domain: String,
    pub(crate) policy_type: String,
    pub(crate) mx: String,
    pub(crate) result: String,
    pub(crate) reason: String,
    pub(crate) since: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) sessions: u64,
    pub(crate) senders: u64,
}

/// Causes, the latest first.
pub(crate) fn causes(conn: &Connection, which: &Which, limit: u32) -> Result<Vec<Cause>, Error> {
    let sql = format!(
        "SELECT policy_domain, policy_type, mx, result, reason, min(start), max(until), total(f.failed),
           count(DISTINCT sender)
         FROM report_in r CROSS JOIN report_in_failure f ON f.report_id = r.report_id WHERE {}
         GROUP BY policy_domain, policy_type, mx, result, reason
         ORDER BY max(until) DESC, total(f.failed) DESC, policy_domain, mx, result, reason LIMIT ?3",
        which.sql("start")
    );
    let (domain, since) = which.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since, limit), |row| {
        Ok(Cause {
            policy_domain: row.get(0)?,
            policy_type: row.get(1)?,
            mx: row.get(2)?,
            result: row.get(3)?,
            reason: row.get(4)?,
            since: Timestamp::from_micros(row.get(5)?),
            last: Timestamp::from_micros(row.get(6)?),
            sessions: sum(row.get(7)?),
            senders: unsigned(row.get(8)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Which reports a page is of.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) domain: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) since: Timestamp,
    /// Not included.
    pub(crate) until: Option<Timestamp>,
    /// Those with failures alone.
    pub(crate) failed: bool,
}

/// A page of reports, the latest first, before one of them.
pub(crate) fn page(
    conn: &Connection,
    asked: &Asked,
    before: Option<i64>,
    max: u32,
) -> Result<Vec<Listed>, Error> {
    let of = if asked.domain.is_some() { "policy_domain = ?1" } else { "?1 IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS} FROM report_in WHERE {of} AND start >= ?2 AND (start, report_id) < (?3, ?4)
         AND (?5 IS NULL OR sender = ?5) AND failed >= ?6 ORDER BY start DESC, report_id DESC LIMIT ?7"
    );
    let start = "SELECT start FROM report_in WHERE report_id = ?1";
    let end = asked.until.map_or((i64::MAX, i64::MAX), |until| (until.micros(), i64::MIN));
    let (time, id) = match before {
        None => end,
        // One that is gone was among the oldest: nothing is before it.
        Some(id) => {
            let found: Option<i64> =
                conn.prepare_cached(start)?.query_row([id], |row| row.get(0)).optional()?;
            (found.unwrap_or(i64::MIN), id).min(end)
        }
    };
    let mut statement = conn.prepare_cached(&sql)?;
    let values =
        params![asked.domain, asked.since.micros(), time, id, asked.sender, i64::from(asked.failed), max];
    let rows = statement.query_map(values, listed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What reports of one day count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) reports: u64,
    pub(crate) successful: u64,
    pub(crate) failed: u64,
}

/// Gives day, sessions that went well and that failed of each report since some time, about a policy domain or all. It
/// reads an index alone, in no order of days.
pub(crate) fn each_count(
    conn: &Connection,
    domain: Option<&str>,
    since: Timestamp,
    mut take: impl FnMut(Day, u64, u64),
) -> Result<(), Error> {
    let mut statement = conn.prepare_cached(&counts_sql(domain))?;
    let mut rows = statement.query((domain, since.micros()))?;
    while let Some(row) = rows.next()? {
        take(Day::from_number(row.get(0)?), unsigned(row.get(1)?), unsigned(row.get(2)?));
    }
    Ok(())
}

fn counts_sql(domain: Option<&str>) -> String {
    let of = if domain.is_some() { "policy_domain = ?1" } else { "?1 IS NULL" };
    format!(
        "SELECT day, successful, failed FROM report_in INDEXED BY report_in_counts
         WHERE {of} AND start >= ?2"
    )
}

/// Gives day and failed sessions of each failure with an MX host since some time, about a policy domain or all but one.
pub(crate) fn each_failure_at(
    conn: &Connection,
    mx: &str,
    domain: Option<&str>,
    but: &str,
    since: Timestamp,
    mut take: impl FnMut(Day, u64),
) -> Result<(), Error> {
    let sql = "SELECT day, f.failed FROM report_in_failure f INDEXED BY report_in_failure_mx
      CROSS JOIN report_in r ON r.report_id = f.report_id
      WHERE f.mx = ?1 AND start >= ?2 AND (?3 IS NULL OR policy_domain = ?3) AND policy_domain <> ?4";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((mx, since.micros(), domain, but))?;
    while let Some(row) = rows.next()? {
        take(Day::from_number(row.get(0)?), unsigned(row.get(1)?));
    }
    Ok(())
}

/// What reports count of one policy domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfDomain {
    pub(crate) policy_domain: String,
    pub(crate) last: Timestamp,
    pub(crate) reports: u64,
    pub(crate) senders: u64,
    pub(crate) successful: u64,
    pub(crate) failed: u64,
}

/// A page of policy domains with reports since some time, by name, behind one of them.
pub(crate) fn domains(
    conn: &Connection,
    after: &str,
    since: Timestamp,
    max: u32,
) -> Result<Vec<OfDomain>, Error> {
    let sql =
        "SELECT policy_domain, max(start), count(*), count(DISTINCT sender), total(successful), total(failed)
      FROM report_in INDEXED BY report_in_counts WHERE policy_domain > ?1 AND start >= ?2
      GROUP BY policy_domain ORDER BY policy_domain LIMIT ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((after, since.micros(), max), |row| {
        Ok(OfDomain {
            policy_domain: row.get(0)?,
            last: Timestamp::from_micros(row.get(1)?),
            reports: unsigned(row.get(2)?),
            senders: unsigned(row.get(3)?),
            successful: sum(row.get(4)?),
            failed: sum(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The latest reports with failures since some time, about a policy domain or all, as a table; ?1 and ?2 are the domain
/// and the time.
fn failing(domain: Option<&str>) -> String {
    let of = if domain.is_some() { "policy_domain = ?1" } else { "?1 IS NULL" };
    format!(
        "(SELECT report_id, policy_domain, sender, start, until FROM report_in INDEXED BY report_in_counts
          WHERE {of} AND start >= ?2 AND details > 0 ORDER BY start DESC LIMIT {MAX_FAILING})"
    )
}

/// Most reports with failures that are summed up for a page; there the latest matter.
const MAX_FAILING: u32 = 10_000;

/// What fails, the most sessions first, with one MX host or all.
pub(crate) fn failures(
    conn: &Connection,
    domain: Option<&str>,
    mx: Option<&str>,
    since: Timestamp,
    max: u32,
) -> Result<Vec<TlsFailure>, Error> {
    let sql = format!(
        "SELECT policy_domain, policy_type, mx, result, reason, min(start), max(until), total(f.failed),
           count(DISTINCT sender)
         FROM {} r CROSS JOIN report_in_failure f ON f.report_id = r.report_id WHERE ?3 IS NULL OR mx = ?3
         GROUP BY policy_domain, policy_type, mx, result, reason
         ORDER BY total(f.failed) DESC, max(until) DESC, policy_domain, mx, result, reason LIMIT ?4",
        failing(domain)
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since.micros(), mx, max), |row| {
        Ok(TlsFailure {
            domain: row.get(0)?,
            policy_type: row.get(1)?,
            mx: row.get(2)?,
            result: row.get(3)?,
            reason: row.get(4)?,
            since: Timestamp::from_micros(row.get(5)?),
            last: Timestamp::from_micros(row.get(6)?),
            sessions: sum(row.get(7)?),
            reporters: unsigned(row.get(8)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// MX hosts with failures: name or address, failed sessions, reporters; the most first.
pub(crate) fn hosts(
    conn: &Connection,
    domain: Option<&str>,
    since: Timestamp,
    max: u32,
) -> Result<Vec<(String, u64, u64)>, Error> {
    let sql = format!(
        "SELECT mx, total(f.failed), count(DISTINCT sender)
         FROM {} r CROSS JOIN report_in_failure f ON f.report_id = r.report_id
         GROUP BY mx ORDER BY 2 DESC, mx LIMIT ?3",
        failing(domain)
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since.micros(), max), |row| {
        Ok((row.get(0)?, sum(row.get(1)?), unsigned(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
