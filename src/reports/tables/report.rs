//! Reports that were made, and periods for which none was.

use mox_admin::ops::ReportFamily;
use mox_clock::{Day, Timestamp};
use mox_db::rusqlite::types::{ToSqlOutput, ValueRef};
use mox_db::rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use mox_store::Error;
use mox_unpack::gzip;

use crate::kind::Kind;

/// A report, or a period that was discarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// 0 before it is stored.
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) policy_domain: String,
    pub(crate) start: Timestamp,
    /// Which of the reports of a period; empty where there is one alone.
    pub(crate) variant: String,
    /// 0 for the whole period, else the number of an extra report.
    pub(crate) part: u32,
    /// Last second of the period.
    pub(crate) until: Timestamp,
    /// Of an extra report: `partial`, `copy`, `sample`.
    pub(crate) note: String,
    /// The id in the report; empty where nothing was made.
    pub(crate) name: String,
    pub(crate) submitter: String,
    pub(crate) file_name: String,
    /// None where nothing was made.
    pub(crate) document: Option<Document>,
    /// The same in the form of RFC 7489, compressed, where a destination needs it.
    pub(crate) legacy: Option<Vec<u8>>,
    pub(crate) sealed: Timestamp,
    pub(crate) due: Timestamp,
    /// Why it was discarded.
    pub(crate) why: String,
    pub(crate) successful: u64,
    pub(crate) failed: u64,
}

/// The finished document, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Document {
    /// JSON about TLS.
    Text(String),
    /// XML about DMARC, compressed as it is sent.
    Packed(Vec<u8>),
}

impl Document {
    /// As it is sent.
    pub(crate) fn packed(&self) -> Vec<u8> {
        match self {
            Document::Text(text) => gzip::compress(text.as_bytes()),
            Document::Packed(bytes) => bytes.clone(),
        }
    }

    /// As it is read.
    pub(crate) fn text(&self) -> Result<String, Error> {
        match self {
            Document::Text(text) => Ok(text.clone()),
            Document::Packed(bytes) => {
                let damaged = |e: &dyn std::fmt::Display| Error::Damaged(format!("a stored report: {e}"));
                let text = gzip::expand_own(bytes).map_err(|e| damaged(&e))?;
                String::from_utf8(text).map_err(|e| damaged(&e))
            }
        }
    }

    fn of(value: ValueRef<'_>) -> Option<Document> {
        match value {
            ValueRef::Text(text) => Some(Document::Text(String::from_utf8_lossy(text).into_owned())),
            ValueRef::Blob(bytes) => Some(Document::Packed(bytes.to_vec())),
            _ => None,
        }
    }
}

impl ToSql for Document {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, mox_db::rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Document::Text(text) => ValueRef::Text(text.as_bytes()),
            Document::Packed(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Made {
    pub(crate) fn day(&self) -> Day {
        self.start.day()
    }
}

const COLUMNS: &str =
    "report_id, kind, policy_domain, start, part, until, note, name, submitter, file_name, document,
  sealed, due, why, successful, failed, variant, legacy";

fn read(row: &Row<'_>) -> Result<Made, mox_db::rusqlite::Error> {
    let time = |at: usize| row.get(at).map(Timestamp::from_micros);
    Ok(Made {
        id: row.get(0)?,
        kind: Kind::from_code(row.get(1)?),
        policy_domain: row.get(2)?,
        start: time(3)?,
        part: row.get(4)?,
        until: time(5)?,
        note: row.get(6)?,
        name: row.get(7)?,
        submitter: row.get(8)?,
        file_name: row.get(9)?,
        document: Document::of(row.get_ref(10)?),
        sealed: time(11)?,
        due: time(12)?,
        why: row.get(13)?,
        successful: u64::try_from(row.get::<_, i64>(14)?).unwrap_or(0),
        failed: u64::try_from(row.get::<_, i64>(15)?).unwrap_or(0),
        variant: row.get(16)?,
        legacy: row.get(17)?,
    })
}

/// Stores one; answers its id, or none when there is one with the same key.
pub(crate) fn insert(conn: &Connection, made: &Made) -> Result<Option<i64>, Error> {
    let sql =
        "INSERT INTO report_out (kind, policy_domain, start, part, until, note, name, submitter, file_name,
      document, sealed, due, why, successful, failed, variant, legacy)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
      ON CONFLICT (kind, policy_domain, start, variant, part) DO NOTHING";
    let inserted = conn.prepare_cached(sql)?.execute(params![
        made.kind.code(),
        made.policy_domain,
        made.start.micros(),
        made.part,
        made.until.micros(),
        made.note,
        made.name,
        made.submitter,
        made.file_name,
        made.document,
        made.sealed.micros(),
        made.due.micros(),
        made.why,
        i64::try_from(made.successful).unwrap_or(i64::MAX),
        i64::try_from(made.failed).unwrap_or(i64::MAX),
        made.variant,
        made.legacy,
    ])?;
    Ok((inserted == 1).then(|| conn.last_insert_rowid()))
}

pub(crate) fn get(conn: &Connection, id: i64) -> Result<Option<Made>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM report_out WHERE report_id = ?1");
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// What kind one is of.
pub(crate) fn kind(conn: &Connection, id: i64) -> Result<Kind, Error> {
    let sql = "SELECT kind FROM report_out WHERE report_id = ?1";
    let code: Option<i64> = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(Kind::from_code(code.unwrap_or_default()))
}

/// That of a period and part; of several, the first.
pub(crate) fn find(
    conn: &Connection,
    kind: Kind,
    policy_domain: &str,
    start: Timestamp,
    part: u32,
) -> Result<Option<Made>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM report_out WHERE kind = ?1 AND policy_domain = ?2 AND start = ?3 AND part = ?4
         ORDER BY variant LIMIT 1"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    Ok(statement.query_row((kind.code(), policy_domain, start.micros(), part), read).optional()?)
}

/// Number of the next extra report of a period.
pub(crate) fn next_part(
    conn: &Connection,
    kind: Kind,
    policy_domain: &str,
    start: Timestamp,
) -> Result<u32, Error> {
    let sql = "SELECT ifnull(max(part), 0) + 1 FROM report_out
      WHERE kind = ?1 AND policy_domain = ?2 AND start = ?3";
    Ok(conn.prepare_cached(sql)?.query_row((kind.code(), policy_domain, start.micros()), |r| r.get(0))?)
}

/// Newest first, of one policy domain or all, without documents.
pub(crate) fn list(
    conn: &Connection,
    family: ReportFamily,
    domain: Option<&str>,
    max: u32,
) -> Result<Vec<Made>, Error> {
    let columns = COLUMNS.replace("document", "NULL").replace("legacy", "NULL");
    let sql = format!(
        "SELECT {columns} FROM report_out WHERE (?1 IS NULL OR policy_domain = ?1) AND (kind = 2) = ?3
         ORDER BY sealed DESC, report_id DESC LIMIT ?2"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, max, family == ReportFamily::Dmarc), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those about DMARC before one, newest first, of one policy domain or all, without documents; at most `max`. Before
/// one that is gone there is nothing left.
pub(crate) fn page(
    conn: &Connection,
    domain: Option<&str>,
    before: Option<i64>,
    max: u32,
) -> Result<Vec<Made>, Error> {
    let (sealed, id) = match before {
        None => (i64::MAX, i64::MAX),
        Some(id) => {
            let sql = "SELECT sealed FROM report_out WHERE report_id = ?1";
            let found: Option<i64> = conn.prepare_cached(sql)?.query_row([id], |r| r.get(0)).optional()?;
            let Some(sealed) = found else { return Ok(Vec::new()) };
            (sealed, id)
        }
    };
    let columns = COLUMNS.replace("document", "NULL").replace("legacy", "NULL");
    // The plus keeps the index by time from being taken for the few reports of one domain.
    let (of, plus) = if domain.is_some() { ("policy_domain = ?1", "+") } else { ("?1 IS NULL", "") };
    let sql = format!(
        "SELECT {columns} FROM report_out WHERE {of} AND kind = 2 AND ({plus}sealed, report_id) < (?2, ?3)
         ORDER BY {plus}sealed DESC, report_id DESC LIMIT ?4"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, sealed, id, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All of a period and part, in the order in which they were made.
pub(crate) fn all_of(
    conn: &Connection,
    kind: Kind,
    policy_domain: &str,
    start: Timestamp,
    part: u32,
) -> Result<Vec<Made>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM report_out WHERE kind = ?1 AND policy_domain = ?2 AND start = ?3 AND part = ?4
         ORDER BY report_id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((kind.code(), policy_domain, start.micros(), part), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When a report is handed over.
pub(crate) fn set_due(conn: &Connection, id: i64, due: Timestamp) -> Result<(), Error> {
    conn.prepare_cached("UPDATE report_out SET due = ?2 WHERE report_id = ?1")?
        .execute((id, due.micros()))?;
    let sql = "UPDATE report_destination SET next = ?2 WHERE report_id = ?1 AND state = 0 AND attempts = 0";
    conn.prepare_cached(sql)?.execute((id, due.micros()))?;
    Ok(())
}

/// Whether something was made before some time.
pub(crate) fn any_before(conn: &Connection, before: Timestamp) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM report_out WHERE sealed < ?1)";
    Ok(conn.prepare_cached(sql)?.query_row([before.micros()], |r| r.get(0))?)
}

/// Forgets those made before some time whose destinations have all ended; at most `max`. Answers how many went.
pub(crate) fn forget(conn: &Connection, before: Timestamp, max: u32) -> Result<usize, Error> {
    let sql = "SELECT report_id FROM report_out r WHERE sealed < ?1 AND NOT EXISTS
      (SELECT 1 FROM report_destination d WHERE d.report_id = r.report_id AND d.state IN (0, 1)) LIMIT ?2";
    let ids: Vec<i64> = conn
        .prepare_cached(sql)?
        .query_map((before.micros(), max), |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &ids {
        conn.prepare_cached("DELETE FROM report_destination WHERE report_id = ?1")?.execute([id])?;
        conn.prepare_cached("DELETE FROM report_out WHERE report_id = ?1")?.execute([id])?;
    }
    Ok(ids.len())
}

/// What matters for when a report may leave.
pub(crate) struct Told {
    /// Of an extra report: `partial`, `copy`, `sample`.
    pub(crate) note: String,
    /// It tells of failures.
    pub(crate) failed: bool,
    pub(crate) policy_domain: String,
}

/// That of a report, without reading its document.
pub(crate) fn told(conn: &Connection, id: i64) -> Result<Told, Error> {
    let sql = "SELECT note, failed > 0, policy_domain FROM report_out WHERE report_id = ?1";
    let read =
        |row: &Row<'_>| Ok(Told { note: row.get(0)?, failed: row.get(1)?, policy_domain: row.get(2)? });
    Ok(conn.prepare_cached(sql)?.query_row([id], read)?)
}

/// A page of those about TLS, the newest first, before one of them, without documents: of one policy domain or all.
pub(crate) fn tls_page(
    conn: &Connection,
    domain: Option<&str>,
    before: Option<i64>,
    max: u32,
) -> Result<Vec<Made>, Error> {
    let columns = COLUMNS.replace("document", "NULL").replace("legacy", "NULL");
    // Those of one domain are few enough to be sorted; of all, the order is that of an index.
    let of = match domain {
        Some(_) => "INDEXED BY report_out_key WHERE policy_domain = ?1",
        None => "INDEXED BY report_out_sealed WHERE ?1 IS NULL",
    };
    let sql = format!(
        "SELECT {columns} FROM report_out {of} AND kind IN (0, 1) AND (sealed, report_id) < (?2, ?3)
         ORDER BY sealed DESC, report_id DESC LIMIT ?4"
    );
    let sealed = "SELECT sealed FROM report_out WHERE report_id = ?1";
    let (time, id) = match before {
        None => (i64::MAX, i64::MAX),
        // One that is gone was among the oldest: nothing is before it.
        Some(id) => (conn.prepare_cached(sealed)?.query_row([id], |r| r.get(0)).optional()?.unwrap_or(0), id),
    };
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, time, id, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
