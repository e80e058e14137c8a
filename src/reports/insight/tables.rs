//! Every SQL statement on received reports of both kinds taken together.
//!
//! Each statement follows an index and has a bound. Times are microseconds since the epoch, days are days since the
//! epoch, UTC; a report belongs to the time at which its period begins. Domains are A-labels.

use mox_address::Domain;
use mox_clock::{Day, Timestamp};
use mox_db::rusqlite::{Connection, Row, params};
use mox_dmarcrpt::{Action, PolicyPublished, Record};
use mox_store::Error;

use crate::receive::tables::{sum, unsigned};

/// Most reports that are summed up: those of a hundred days, when as many arrive as are taken.
pub(crate) const MAX_REPORTS: u64 = 1_000_000;

/// The two kinds of reports, by their table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tls,
    Dmarc,
}

impl Kind {
    const fn table(self) -> &'static str {
        match self {
            Kind::Tls => "report_in",
            Kind::Dmarc => "dmarc_in",
        }
    }

    /// What is counted, and the part of it that failed.
    const fn sums(self) -> &'static str {
        match self {
            Kind::Tls => "total(successful) + total(failed), total(failed)",
            Kind::Dmarc => "total(messages), total(max(messages - passed, 0))",
        }
    }

    /// The latest reports of a time, as a table; no more than [`MAX_REPORTS`].
    fn latest(self, span: &Span) -> String {
        let columns = match self {
            Kind::Tls => "report_id, successful, failed",
            Kind::Dmarc => "messages, passed",
        };
        format!(
            "(SELECT policy_domain, sender, day, start, until, {columns} FROM {} WHERE {}
              ORDER BY start DESC LIMIT {MAX_REPORTS})",
            self.table(),
            span.sql(),
        )
    }
}

/// Reports of a time, about all policy domains or one.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) domain: Option<String>,
    pub(crate) since: Timestamp,
    /// Not included.
    pub(crate) until: Timestamp,
}

impl Span {
    /// The condition; written for the case at hand, so that it follows the index on the domain or that on the time.
    fn sql(&self) -> &'static str {
        match self.domain {
            Some(_) => "policy_domain = ?1 AND start >= ?2 AND start < ?3",
            None => "?1 IS NULL AND start >= ?2 AND start < ?3",
        }
    }

    fn values(&self) -> (Option<&str>, i64, i64) {
        (self.domain.as_deref(), self.since.micros(), self.until.micros())
    }
}

/// What a domain's reports of some time count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) domain: String,
    pub(crate) reports: u64,
    pub(crate) reporters: u64,
    /// Sessions or messages.
    pub(crate) total: u64,
    pub(crate) failed: u64,
}

/// Sums a policy domain, those with most failures first.
pub(crate) fn totals(conn: &Connection, kind: Kind, span: &Span, limit: u32) -> Result<Vec<Total>, Error> {
    let sql = format!(
        "SELECT policy_domain, count(*), count(DISTINCT sender), {} FROM {}
         GROUP BY policy_domain ORDER BY 5 DESC, 4 DESC, policy_domain LIMIT ?4",
        kind.sums(),
        kind.latest(span),
    );
    let (domain, since, until) = span.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![domain, since, until, limit], |row| {
        Ok(Total {
            domain: row.get(0)?,
            reports: unsigned(row.get(1)?),
            reporters: unsigned(row.get(2)?),
            total: sum(row.get(3)?),
            failed: sum(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the reports of one day count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DayTotal {
    pub(crate) domain: String,
    pub(crate) day: Day,
    pub(crate) total: u64,
    pub(crate) failed: u64,
}

/// Sums a policy domain and day, in order of days; days without reports are not there.
pub(crate) fn days(conn: &Connection, kind: Kind, span: &Span, limit: u32) -> Result<Vec<DayTotal>, Error> {
    let sql = format!(
        "SELECT policy_domain, day, {} FROM {}
         GROUP BY policy_domain, day ORDER BY policy_domain, day LIMIT ?4",
        kind.sums(),
        kind.latest(span),
    );
    let (domain, since, until) = span.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![domain, since, until, limit], |row| {
        Ok(DayTotal {
            domain: row.get(0)?,
            day: Day::from_number(row.get(1)?),
            total: sum(row.get(2)?),
            failed: sum(row.get(3)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What failed about TLS with one host, over all reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFailure {
    pub(crate) domain: String,
    pub(crate) policy_type: String,
    /// Name, else address, else empty.
    pub(crate) mx: String,
    pub(crate) result: String,
    pub(crate) reason: String,
    pub(crate) since: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) sessions: u64,
    pub(crate) reporters: u64,
}

/// What failed about TLS, the most sessions first.
pub(crate) fn tls_failures(conn: &Connection, span: &Span, limit: u32) -> Result<Vec<TlsFailure>, Error> {
    let sql = format!(
        "SELECT policy_domain, policy_type, mx, result, reason, min(start), max(until), total(f.failed),
           count(DISTINCT sender)
         FROM {} r CROSS JOIN report_in_failure f ON f.report_id = r.report_id
         GROUP BY policy_domain, policy_type, mx, result, reason
         ORDER BY total(f.failed) DESC, max(until) DESC, policy_domain, mx, result, reason LIMIT ?4",
        Kind::Tls.latest(span),
    );
    let (domain, since, until) = span.values();
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![domain, since, until, limit], |row| {
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

/// A report about DMARC, as far as its rows need it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) domain: String,
    pub(crate) sender: String,
    pub(crate) start: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) policy: PolicyPublished,
}

/// Gives each row of DMARC reports with the report it is of, the latest report first, at most `limit`; gives how many
/// there were. A row that cannot be read is passed over.
/// `without_dkim`: only those that no signature lets pass.
pub(crate) fn each_row(
    conn: &Connection,
    span: &Span,
    without_dkim: bool,
    limit: u64,
    mut take: impl FnMut(&Head, &Record),
) -> Result<u64, Error> {
    let mut statement = conn.prepare_cached(&rows_sql(span, without_dkim))?;
    let (domain, since, until) = span.values();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![domain, since, until, limit])?;
    let mut head = Head { id: -1, ..Head::default() };
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        if row.get::<_, i64>(0)? != head.id {
            head = read_head(row)?;
        }
        if let Some(record) = read_record(row)? {
            take(&head, &record);
        }
    }
    Ok(count)
}

/// The order of the joined tables is fixed: reports by their index, the rows of each by theirs, no sorting.
fn rows_sql(span: &Span, without_dkim: bool) -> String {
    format!(
        "SELECT r.report_id, policy_domain, sender, start, until, policy, source, header_from, envelope_from,
           envelope_to, count, disposition, dkim, spf, reasons, dkim_results, spf_results
         FROM dmarc_in r CROSS JOIN dmarc_in_row w ON w.report_id = r.report_id WHERE {}{}
         ORDER BY start DESC, r.report_id DESC LIMIT ?4",
        span.sql(),
        if without_dkim { " AND dkim = 0" } else { "" },
    )
}

fn read_head(row: &Row<'_>) -> Result<Head, Error> {
    let policy: String = row.get(5)?;
    Ok(Head {
        id: row.get(0)?,
        domain: row.get(1)?,
        sender: row.get(2)?,
        start: Timestamp::from_micros(row.get(3)?),
        until: Timestamp::from_micros(row.get(4)?),
        policy: serde_json::from_str(&policy).unwrap_or_default(),
    })
}

fn read_record(row: &Row<'_>) -> Result<Option<Record>, Error> {
    let lists = (row.get_ref(14)?.as_str(), row.get_ref(15)?.as_str(), row.get_ref(16)?.as_str());
    let (Ok(reasons), Ok(dkim), Ok(spf)) = lists else { return Ok(None) };
    let (Ok(reasons), Ok(dkim_results), Ok(spf_results)) =
        (serde_json::from_str(reasons), serde_json::from_str(dkim), serde_json::from_str(spf))
    else {
        return Ok(None);
    };
    let disposition: String = row.get(11)?;
    let source: String = row.get(6)?;
    Ok(Some(Record {
        source_ip: source.parse().ok(),
        count: unsigned(row.get(10)?),
        disposition: Action::ALL.into_iter().find(|a| a.keyword() == disposition).unwrap_or_default(),
        dkim: row.get(12)?,
        spf: row.get(13)?,
        reasons,
        header_from: folded(&row.get::<_, String>(7)?),
        envelope_from: row.get::<_, Option<String>>(8)?.map(|name| folded(&name)),
        envelope_to: row.get(9)?,
        dkim_results,
        spf_results,
    }))
}

/// A domain in one spelling: A-labels in lower case. What is no domain stays as it is.
pub(crate) fn folded(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.is_ascii() {
        return name;
    }
    Domain::parse(&name).map_or(name, |domain| domain.ascii().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::tests::store::Filled;

    #[test]
    fn domains_have_one_spelling() {
        for (name, expected) in [
            ("Example.ORG.", "example.org"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("xn--BCHER-kva.example", "xn--bcher-kva.example"),
            ("_a b.exämple..", "_a b.exämple"),
        ] {
            assert_eq!(folded(name), expected);
        }
    }

    /// What SQLite does for a statement, in its own words.
    fn plan(filled: &Filled, sql: &str) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let read = filled.store.read_blocking(move |_, tx| {
            let mut statement = tx.conn().prepare(&sql)?;
            let rows =
                statement.query_map(params![None::<String>, 0, 0, 0], |row| row.get::<_, String>(3))?;
            Ok::<_, Error>(rows.collect::<Result<Vec<_>, _>>()?)
        });
        read.unwrap().join("\n")
    }

    #[test]
    fn reports_are_summed_by_index() {
        let filled = Filled::new();
        for kind in [Kind::Tls, Kind::Dmarc] {
            for (domain, index) in [(None, "start"), (Some("a.example".to_owned()), "domain")] {
                let span = Span { domain, since: Timestamp::default(), until: Timestamp::default() };
                let sql = format!("SELECT count(*), ?4 FROM {}", kind.latest(&span));
                let plan = plan(&filled, &sql);
                // Or one that begins the same, and has all that is asked for.
                let counts = plan.contains(&format!("INDEX {}_counts (policy_domain=?", kind.table()));
                let named = plan.contains(&format!("USING INDEX {}_{index}", kind.table()));
                assert!(named || counts, "{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    }

    #[test]
    fn rows_are_read_by_index_and_not_sorted() {
        let filled = Filled::new();
        for (domain, index) in [(None, "dmarc_in_start"), (Some("a.example".to_owned()), "dmarc_in_domain")] {
            let span = Span { domain, since: Timestamp::default(), until: Timestamp::default() };
            let plan = plan(&filled, &rows_sql(&span, true));
            assert!(plan.contains(&format!("USING INDEX {index}")), "{plan}");
            assert!(plan.contains("dmarc_in_row_report"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
        }
    }
}
