//! What received DMARC reports tell, a page at a time: counts of days and domains, reports, the records of one,
//! reports about single messages.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    DmarcDay, DmarcDays, DmarcDomainRow, DmarcDomains, DmarcDomainsPage, DmarcFailures, DmarcFailuresPage,
    DmarcReceived, DmarcReceivedPage, DmarcReportPage, DmarcReportPaged, DmarcSums, FailureRow,
};
use mox_clock::{Day, Timestamp};
use mox_db::rusqlite::{Connection, OptionalExtension, Row};
use mox_dmarcrpt::Record;
use mox_store::Error;

use super::ask::{detail, failure_row, none, row};
use super::days::{self, Sums};
use super::tables::{self, COLUMNS, FAILURE_COLUMNS, Listed, ListedFailure};
use crate::Reports;
use crate::ops::{ascii, failed};
use crate::paged::{cut, size};

impl Reports {
    /// What reports count by day.
    pub async fn dmarc_days(&self, op: DmarcDays) -> Result<Vec<DmarcDay>, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let today = self.0.seams.clock.now().day();
        let from = first_day(today, op.days);
        let read = self.0.store.read(move |_, tx| days::days(tx.conn(), domain.as_deref(), from, today));
        let found = read.await.map_err(failed)?.into_iter();
        Ok(found.map(|(day, found)| DmarcDay { day: day.to_string(), sums: sums(found) }).collect())
    }

    /// What reports count by policy domain.
    pub async fn dmarc_domains(&self, op: DmarcDomains) -> Result<DmarcDomainsPage, OpError> {
        let from = first_day(self.0.seams.clock.now().day(), op.days);
        let after = op.after.unwrap_or_default();
        let limit = size(op.limit);
        let read = self.0.store.read(move |_, tx| days::domains(tx.conn(), &after, from, limit + 1));
        let row = |(policy_domain, last, found): (String, Day, Sums)| DmarcDomainRow {
            policy_domain,
            last: last.to_string(),
            sums: sums(found),
        };
        let rows = read.await.map_err(failed)?.into_iter().map(row).collect();
        let (rows, next) = cut(rows, limit, |row: &DmarcDomainRow| row.policy_domain.clone());
        Ok(DmarcDomainsPage { rows, next })
    }

    /// Reports that arrived.
    pub async fn dmarc_received(&self, op: DmarcReceived) -> Result<DmarcReceivedPage, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let since = first_day(self.0.seams.clock.now().day(), op.days).start();
        let (limit, before) = (size(op.limit), op.before);
        let read =
            self.0.store.read(move |_, tx| list(tx.conn(), domain.as_deref(), since, before, limit + 1));
        let rows = read.await.map_err(failed)?.into_iter().map(row).collect();
        let (rows, next) = cut(rows, limit, |row: &mox_admin::ops::DmarcReportRow| row.id);
        Ok(DmarcReceivedPage { rows, next })
    }

    /// A report that arrived, with a page of its records.
    pub async fn dmarc_report_page(&self, op: DmarcReportPage) -> Result<DmarcReportPaged, OpError> {
        let (limit, after) = (size(op.limit), op.after.unwrap_or_default());
        let read = self.0.store.read(move |_, tx| {
            let whole = tables::get(tx.conn(), op.id)?;
            Ok::<_, Error>((whole, records(tx.conn(), op.id, after, limit + 1)?))
        });
        let (Some(whole), rows) = read.await.map_err(failed)? else { return Err(none(op.id)) };
        let (rows, next) = cut(rows, limit, |(id, _): &(i64, Record)| *id);
        let records = rows.into_iter().map(|(_, record)| record).collect();
        Ok(DmarcReportPaged { report: detail(whole, records)?, next })
    }

    /// Reports about single messages that arrived.
    pub async fn dmarc_failures(&self, op: DmarcFailures) -> Result<DmarcFailuresPage, OpError> {
        let domain = op.domain.as_deref().map(Domain::parse).transpose().map_err(OpError::usage)?;
        let since = first_day(self.0.seams.clock.now().day(), op.days).start();
        let (limit, before) = (size(op.limit), op.before);
        let read = self.0.store.read(move |_, tx| {
            failures(tx.conn(), domain.as_ref().map(Domain::ascii), since, before, limit + 1)
        });
        let rows = read.await.map_err(failed)?.into_iter().map(|listed| failure_row(listed).0).collect();
        let (rows, next) = cut(rows, limit, |row: &FailureRow| row.id);
        Ok(DmarcFailuresPage { rows, next })
    }
}

/// The first of so many days before today.
pub(crate) fn first_day(today: Day, days: Option<u32>) -> Day {
    Day::from_number(today.number() - i64::from(days.unwrap_or(DmarcDays::DAYS).min(DmarcDays::MAX)))
}

fn sums(sums: Sums) -> DmarcSums {
    let Sums { reports, messages, passed, quarantined, rejected } = sums;
    DmarcSums { reports, messages, passed, failed: messages.saturating_sub(passed), quarantined, rejected }
}

/// The condition on the policy domain; written for the case at hand, so that it follows the index on the domain or that
/// on the time.
fn of(domain: Option<&str>) -> &'static str {
    if domain.is_some() { "policy_domain = ?1" } else { "?1 IS NULL" }
}

/// The time of a row, of a table and its columns of time and id; behind the last of all when none is asked for, before
/// all of them when it is gone.
fn at(conn: &Connection, sql: &str, before: Option<i64>) -> Result<(i64, i64), Error> {
    let Some(id) = before else { return Ok((i64::MAX, i64::MAX)) };
    let time: Option<i64> = conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok((time.unwrap_or(i64::MIN), id))
}

/// Reports of a time before one, the latest first.
fn list(
    conn: &Connection,
    domain: Option<&str>,
    since: Timestamp,
    before: Option<i64>,
    max: u32,
) -> Result<Vec<Listed>, Error> {
    let (start, id) = at(conn, "SELECT start FROM dmarc_in WHERE report_id = ?1", before)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM dmarc_in WHERE {} AND start >= ?2 AND start <= ?3
           AND (start < ?3 OR report_id < ?4) ORDER BY start DESC, report_id DESC LIMIT ?5",
        of(domain)
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since.micros(), start, id, max), tables::listed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The records of a report behind one, with their ids.
fn records(conn: &Connection, report: i64, after: i64, max: u32) -> Result<Vec<(i64, Record)>, Error> {
    let sql =
        "SELECT source, header_from, envelope_from, envelope_to, count, disposition, dkim, spf, reasons,
      dkim_results, spf_results, row_id FROM dmarc_in_row WHERE report_id = ?1 AND row_id > ?2
      ORDER BY row_id LIMIT ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let read = |row: &Row<'_>| Ok((row.get(11)?, tables::record(row)?));
    let rows = statement.query_map((report, after, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reports about single messages of a time before one, the latest first.
fn failures(
    conn: &Connection,
    domain: Option<&str>,
    since: Timestamp,
    before: Option<i64>,
    max: u32,
) -> Result<Vec<ListedFailure>, Error> {
    let (received, id) = at(conn, "SELECT received FROM failure_in WHERE failure_id = ?1", before)?;
    let sql = format!(
        "SELECT {FAILURE_COLUMNS} FROM failure_in WHERE {} AND received >= ?2 AND received <= ?3
           AND (received < ?3 OR failure_id < ?4) ORDER BY received DESC, failure_id DESC LIMIT ?5",
        of(domain)
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((domain, since.micros(), received, id, max), tables::listed_failure)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
