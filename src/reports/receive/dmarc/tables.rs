//! The tables of received DMARC reports and the SQL statements on them alone.
//!
//! Texts in JSON are named as in [`mox_dmarcrpt`].

use aws_lc_rs::digest::{SHA256, digest};
use mox_address::Domain;
use mox_clock::{Day, Timestamp};
use mox_db::rusqlite::{Connection, OptionalExtension, Row, Statement, params};
use mox_dmarcrpt::{Action, Form, Metadata, Record};
use mox_store::{Error, MessageId};
use serde::{Deserialize, Serialize};

use super::{Aggregate, Failure};
use crate::organization::organization;
use crate::receive::tables::{Table, Which, signed, sum, unsigned};
use crate::receive::{KEEP, KEEP_FAILURES};

/// Aggregate reports.
pub(crate) const AGGREGATE: Table =
    Table { name: "dmarc_in", id: "report_id", below: Some("dmarc_in_row"), keep: KEEP };

/// Reports about single messages.
pub(crate) const FAILURE: Table =
    Table { name: "failure_in", id: "failure_id", below: None, keep: KEEP_FAILURES };

/// The second step of the schema of received reports.
pub(crate) const STEP_2: &str = "
-- What an aggregate report says of one policy domain. The key is what makes a second one impossible.
CREATE TABLE dmarc_in (
  report_id INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_domain TEXT NOT NULL,
  sender TEXT NOT NULL,             -- the domain in From of the message, which passed DMARC
  organization TEXT NOT NULL,       -- as the report says
  name TEXT NOT NULL,               -- the id in the report
  start INTEGER NOT NULL,
  until INTEGER NOT NULL,           -- last second of the period
  day INTEGER NOT NULL,             -- of the start
  received INTEGER NOT NULL,
  message_id INTEGER,               -- of the store; may be gone
  messages INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  form TEXT NOT NULL,               -- rfc9990, rfc7489
  policy TEXT NOT NULL,             -- JSON of the policy as published
  metadata TEXT NOT NULL,           -- JSON: email, extra_contact_info, error, generator
  oddities TEXT NOT NULL,           -- JSON array of texts
  organization_domain TEXT NOT NULL DEFAULT '', -- of the sender
  bytes INTEGER NOT NULL DEFAULT 0, -- about so many are kept of it, rows included
  UNIQUE (sender, organization, name, policy_domain, start)
);
CREATE INDEX dmarc_in_domain ON dmarc_in (policy_domain, start);
CREATE INDEX dmarc_in_start ON dmarc_in (start);
CREATE INDEX dmarc_in_received ON dmarc_in (received, bytes);
CREATE INDEX dmarc_in_organization ON dmarc_in (organization_domain, received, bytes);

CREATE TABLE dmarc_in_row (
  row_id INTEGER PRIMARY KEY,
  report_id INTEGER NOT NULL REFERENCES dmarc_in ON DELETE CASCADE,
  source TEXT NOT NULL,             -- address; empty where it is not told
  header_from TEXT NOT NULL,
  envelope_from TEXT,
  envelope_to TEXT,
  count INTEGER NOT NULL,
  disposition TEXT NOT NULL,        -- none, pass, quarantine, reject
  dkim INTEGER NOT NULL,            -- passed and is aligned
  spf INTEGER NOT NULL,
  reasons TEXT NOT NULL,            -- JSON array
  dkim_results TEXT NOT NULL,       -- JSON array
  spf_results TEXT NOT NULL         -- JSON array
);
CREATE INDEX dmarc_in_row_report ON dmarc_in_row (report_id);

-- Reports about single messages (RFC 9991, 6591).
CREATE TABLE failure_in (
  failure_id INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_domain TEXT NOT NULL,
  sender TEXT NOT NULL,
  received INTEGER NOT NULL,
  message_id INTEGER,
  fields TEXT NOT NULL,             -- JSON: what the report says
  header TEXT NOT NULL,             -- of the message it is about, as far as it is told
  digest BLOB NOT NULL,             -- SHA-256 of both: a second one is impossible
  organization_domain TEXT NOT NULL, -- of the sender
  bytes INTEGER NOT NULL,           -- of fields and header
  UNIQUE (sender, digest)
);
CREATE INDEX failure_in_domain ON failure_in (policy_domain, received);
CREATE INDEX failure_in_received ON failure_in (received, bytes);
CREATE INDEX failure_in_organization ON failure_in (organization_domain, received, bytes);
";

/// What the column `metadata` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Contact {
    pub(crate) email: String,
    pub(crate) extra_contact_info: String,
    pub(crate) error: Vec<String>,
    pub(crate) generator: String,
}

impl Contact {
    fn of(metadata: &Metadata) -> Contact {
        let Metadata { email, extra_contact_info, error, generator, .. } = metadata.clone();
        Contact { email, extra_contact_info, error, generator }
    }
}

/// The word for a form.
fn form(form: Form) -> &'static str {
    match form {
        Form::Rfc9990 => "rfc9990",
        Form::Rfc7489 => "rfc7489",
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// About so many bytes are kept of a report, rows included.
pub(crate) fn size(report: &Aggregate) -> u64 {
    let Metadata { org_name, report_id, .. } = &report.feedback.metadata;
    let head = [
        json(&report.feedback.policy).len(),
        json(&Contact::of(&report.feedback.metadata)).len(),
        json(&report.oddities).len(),
        // The key stands in an index, too.
        2 * (org_name.len() + report_id.len()),
    ];
    let rows = report.feedback.records.iter().map(row_size);
    head.into_iter().chain(rows).fold(256, |sum, bytes| sum.saturating_add(bytes as u64))
}

/// About the bytes of a row.
pub(crate) fn row_size(record: &Record) -> usize {
    let texts = |a: &str, b: &str, c: &str| 80 + a.len() + b.len() + c.len();
    let name = |name: &Option<String>| name.as_deref().map_or(0, str::len);
    let reasons: usize = record.reasons.iter().map(|reason| texts(&reason.comment, "", "")).sum();
    let dkim = record.dkim_results.iter().map(|d| texts(&d.domain, &d.selector, &d.human_result));
    let spf = record.spf_results.iter().map(|s| texts(&s.domain, "", &s.human_result));
    let names = record.header_from.len() + name(&record.envelope_from) + name(&record.envelope_to);
    100 + names + reasons + dkim.sum::<usize>() + spf.sum::<usize>()
}

/// Adds a report; false when it was there before.
pub(crate) fn insert(
    conn: &Connection,
    sender: &Domain,
    report: &Aggregate,
    message: Option<MessageId>,
    at: Timestamp,
) -> Result<bool, Error> {
    let (feedback, totals) = (&report.feedback, &report.totals);
    let metadata = &feedback.metadata;
    let sql = "INSERT INTO dmarc_in (policy_domain, sender, organization, name, start, until, day, received,
      message_id, messages, passed, quarantined, rejected, rows, form, policy, metadata, oddities,
      organization_domain, bytes)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
      ON CONFLICT DO NOTHING";
    let added = conn.prepare_cached(sql)?.execute(params![
        report.domain.ascii(),
        sender.ascii(),
        metadata.org_name,
        metadata.report_id,
        metadata.begin.micros(),
        metadata.end.micros(),
        metadata.begin.day().number(),
        at.micros(),
        message.map(|id| id.0),
        signed(totals.messages),
        signed(totals.passed),
        signed(totals.quarantined),
        signed(totals.rejected),
        signed(feedback.records.len() as u64),
        form(feedback.form),
        json(&feedback.policy),
        json(&Contact::of(metadata)),
        json(&report.oddities),
        organization(sender.ascii()),
        signed(size(report)),
    ])?;
    if added == 0 {
        return Ok(false);
    }
    let id = conn.last_insert_rowid();
    let sql = "INSERT INTO dmarc_in_row (report_id, source, header_from, envelope_from, envelope_to, count,
      disposition, dkim, spf, reasons, dkim_results, spf_results)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let mut statement = conn.prepare_cached(sql)?;
    for record in &feedback.records {
        insert_row(&mut statement, id, record)?;
    }
    Ok(true)
}

fn insert_row(statement: &mut Statement<'_>, report: i64, record: &Record) -> Result<(), Error> {
    statement.execute(params![
        report,
        record.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        record.header_from,
        record.envelope_from,
        record.envelope_to,
        signed(record.count),
        record.disposition.keyword(),
        record.dkim,
        record.spf,
        json(&record.reasons),
        json(&record.dkim_results),
        json(&record.spf_results),
    ])?;
    Ok(())
}

/// A report without its rows.
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
    pub(crate) messages: u64,
    pub(crate) passed: u64,
    pub(crate) quarantined: u64,
    pub(crate) rejected: u64,
    pub(crate) rows: u64,
    pub(crate) form: String,
}

pub(super) const COLUMNS: &str =
    "report_id, policy_domain, sender, organization, name, start, until, received, message_id,
  messages, passed, quarantined, rejected, rows, form";

pub(super) fn listed(row: &Row<'_>) -> Result<Listed, mox_db::rusqlite::Error> {
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
        messages: unsigned(row.get(9)?),
        passed: unsigned(row.get(10)?),
        quarantined: unsigned(row.get(11)?),
        rejected: unsigned(row.get(12)?),
        rows: unsigned(row.get(13)?),
        form: row.get(14)?,
    })
}

/// The latest first.
pub(crate) fn list(conn: &Connection, which: &Which, limit: u32) -> Result<Vec<Listed>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM dmarc_in WHERE {} ORDER BY start DESC, report_id DESC LIMIT ?3",
        which.sql("start")
    );
    let (domain, since) = which.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since, limit), listed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Messages of one day of one policy domain, as one reporter counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Daily {
    pub(crate) policy_domain: String,
    pub(crate) day: Day,
    pub(crate) sender: String,
    pub(crate) reports: u64,
    pub(crate) messages: u64,
    pub(crate) passed: u64,
    pub(crate) quarantined: u64,
    pub(crate) rejected: u64,
}

/// Sums of days, the latest first. Sums that do not fit are the largest number.
pub(crate) fn days(conn: &Connection, which: &Which, limit: u32) -> Result<Vec<Daily>, Error> {
    let sql = format!(
        "SELECT policy_domain, day, sender, count(*), total(messages), total(passed), total(quarantined),
           total(rejected)
         FROM dmarc_in WHERE {}
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
            messages: sum(row.get(4)?),
            passed: sum(row.get(5)?),
            quarantined: sum(row.get(6)?),
            rejected: sum(row.get(7)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A report: the row, and the columns that are JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) listed: Listed,
    pub(crate) policy: String,
    pub(crate) metadata: String,
    pub(crate) oddities: String,
}

/// One report without its rows.
pub(crate) fn get(conn: &Connection, id: i64) -> Result<Option<Whole>, Error> {
    let sql = format!("SELECT {COLUMNS}, policy, metadata, oddities FROM dmarc_in WHERE report_id = ?1");
    let read = |row: &Row<'_>| {
        let (policy, metadata, oddities) = (row.get(15)?, row.get(16)?, row.get(17)?);
        Ok(Whole { listed: listed(row)?, policy, metadata, oddities })
    };
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}

/// The rows of a report, in the order in which they were kept. What cannot be read in one counts as not told.
pub(crate) fn rows(conn: &Connection, id: i64) -> Result<Vec<Record>, Error> {
    let sql =
        "SELECT source, header_from, envelope_from, envelope_to, count, disposition, dkim, spf, reasons,
      dkim_results, spf_results FROM dmarc_in_row WHERE report_id = ?1 ORDER BY row_id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([id], record)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn record(row: &Row<'_>) -> Result<Record, mox_db::rusqlite::Error> {
    let text = |column| row.get::<_, String>(column);
    let disposition = text(5)?;
    let disposition = Action::ALL.into_iter().find(|action| action.keyword() == disposition);
    Ok(Record {
        source_ip: text(0)?.parse().ok(),
        header_from: text(1)?,
        envelope_from: row.get(2)?,
        envelope_to: row.get(3)?,
        count: unsigned(row.get(4)?),
        disposition: disposition.unwrap_or_default(),
        dkim: row.get(6)?,
        spf: row.get(7)?,
        reasons: serde_json::from_str(&text(8)?).unwrap_or_default(),
        dkim_results: serde_json::from_str(&text(9)?).unwrap_or_default(),
        spf_results: serde_json::from_str(&text(10)?).unwrap_or_default(),
    })
}

/// So many bytes are kept of a report about a message.
pub(crate) fn failure_size(failure: &Failure) -> u64 {
    (json(&failure.fields).len() + failure.header.len()) as u64
}

/// Adds a report about a message; false when it was there before.
pub(crate) fn insert_failure(
    conn: &Connection,
    sender: &Domain,
    failure: &Failure,
    message: Option<MessageId>,
    at: Timestamp,
) -> Result<bool, Error> {
    let fields = json(&failure.fields);
    let digest = digest(&SHA256, [fields.as_bytes(), b"\n", failure.header.as_bytes()].concat().as_slice());
    let sql = "INSERT INTO failure_in (policy_domain, sender, received, message_id, fields, header, digest,
      organization_domain, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
    let added = conn.prepare_cached(sql)?.execute(params![
        failure.domain.ascii(),
        sender.ascii(),
        at.micros(),
        message.map(|id| id.0),
        fields,
        failure.header,
        digest.as_ref(),
        organization(sender.ascii()),
        signed(failure_size(failure)),
    ])?;
    Ok(added > 0)
}

/// A report about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedFailure {
    pub(crate) id: i64,
    pub(crate) policy_domain: String,
    pub(crate) sender: String,
    pub(crate) received: Timestamp,
    pub(crate) message_id: Option<i64>,
    /// JSON.
    pub(crate) fields: String,
}

pub(super) const FAILURE_COLUMNS: &str = "failure_id, policy_domain, sender, received, message_id, fields";

pub(super) fn listed_failure(row: &Row<'_>) -> Result<ListedFailure, mox_db::rusqlite::Error> {
    Ok(ListedFailure {
        id: row.get(0)?,
        policy_domain: row.get(1)?,
        sender: row.get(2)?,
        received: Timestamp::from_micros(row.get(3)?),
        message_id: row.get(4)?,
        fields: row.get(5)?,
    })
}

/// Those that arrived since some time, the latest first.
pub(crate) fn list_failures(
    conn: &Connection,
    which: &Which,
    limit: u32,
) -> Result<Vec<ListedFailure>, Error> {
    let sql = format!(
        "SELECT {FAILURE_COLUMNS} FROM failure_in WHERE {} ORDER BY received DESC, failure_id DESC LIMIT ?3",
        which.sql("received")
    );
    let (domain, since) = which.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since, limit), listed_failure)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One, with the header of the message that it is about.
pub(crate) fn get_failure(conn: &Connection, id: i64) -> Result<Option<(ListedFailure, String)>, Error> {
    let sql = format!("SELECT {FAILURE_COLUMNS}, header FROM failure_in WHERE failure_id = ?1");
    let read = |row: &Row<'_>| Ok((listed_failure(row)?, row.get(6)?));
    Ok(conn.prepare_cached(&sql)?.query_row([id], read).optional()?)
}
