//! What the tables of received reports have in common: the schema, how much a sender brought, on which days, and an end.
//!
//! Times are microseconds since the epoch, days are days since the epoch, UTC. Domains are A-labels.

use std::time::Duration;

use mox_address::Domain;
use mox_admin::{OpError, Time};
use mox_clock::{Day, Timestamp};
use mox_db::Schema;
use mox_db::rusqlite::{Connection, Row};
use mox_store::Error;

pub(crate) const SCHEMA: Schema = Schema {
    room: "reports_in",
    steps: &[
        super::tls::STEP_1,
        super::dmarc::STEP_2,
        super::tls::STEP_3,
        super::tls::STEP_COUNTS,
        super::dmarc::STEP_5,
    ],
};

/// A table of reports; all have the columns `policy_domain`, `sender`, `organization_domain`, `received` and `bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Its key.
    pub(crate) id: &'static str,
    /// The table whose rows go with its rows.
    pub(crate) below: Option<&'static str>,
    /// For how long its rows are kept.
    pub(crate) keep: Duration,
}

/// A count as SQLite keeps it.
pub(crate) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// `total()` is a float, since `sum()` fails where it does not fit.
pub(crate) fn sum(total: f64) -> u64 {
    // A cast of floats ends at the ends of the integer.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let whole = total as u64;
    whole
}

/// Which reports; all fields that are set must match.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which {
    /// Policy domain.
    pub(crate) domain: Option<String>,
    /// The period begins at or after this.
    pub(crate) since: Option<Timestamp>,
}

impl Which {
    /// What an operation asks for, by default the last so many days.
    pub(crate) fn asked(
        domain: Option<&str>,
        since: Option<Time>,
        days: u32,
        now: Timestamp,
    ) -> Result<Which, OpError> {
        let domain = domain.map(Domain::parse).transpose().map_err(OpError::usage)?;
        let default = now.minus(Duration::from_secs(86_400 * u64::from(days)));
        let since = Some(since.map_or(default, |Time(since)| since));
        Ok(Which { domain: domain.map(|domain| domain.ascii().to_owned()), since })
    }

    /// The condition, with the column of the time; written for the case at hand, so that it follows the index on the
    /// domain or that on the time.
    pub(crate) fn sql(&self, time: &str) -> String {
        let of = if self.domain.is_some() { "policy_domain = ?1" } else { "?1 IS NULL" };
        format!("{of} AND {time} >= ?2")
    }

    pub(crate) fn values(&self) -> (Option<&str>, i64) {
        (self.domain.as_deref(), self.since.map_or(i64::MIN, Timestamp::micros))
    }
}

/// Reports, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) reports: u64,
    pub(crate) bytes: u64,
}

/// What arrived since some time: from one organization, or from all.
pub(crate) fn brought_since(
    conn: &Connection,
    table: Table,
    organization: Option<&str>,
    since: Timestamp,
) -> Result<Brought, Error> {
    let read = |row: &Row<'_>| Ok(Brought { reports: unsigned(row.get(0)?), bytes: sum(row.get(1)?) });
    let sql = brought_sql(table, organization);
    Ok(conn.prepare_cached(&sql)?.query_row((since.micros(), organization), read)?)
}

fn brought_sql(table: Table, organization: Option<&str>) -> String {
    let of = if organization.is_some() { "organization_domain = ?2" } else { "?2 IS NULL" };
    format!("SELECT count(*), total(bytes) FROM {} WHERE {of} AND received > ?1", table.name)
}

/// The days of reports: gives policy domain, sender, organization and day of each report of `since` and later, in the
/// order of the periods. The table has `organization`, `start` and `day`.
pub(crate) fn each_day(
    conn: &Connection,
    table: Table,
    domain: Option<&str>,
    since: Day,
    mut take: impl FnMut(&str, &str, &str, Day),
) -> Result<(), Error> {
    // Written for the case at hand, so that it follows the index on the domain, or that on the time.
    let of = if domain.is_some() { "policy_domain = ?1" } else { "?1 IS NULL" };
    let sql = format!(
        "SELECT policy_domain, sender, organization, day FROM {} WHERE {of} AND start >= ?2 ORDER BY start",
        table.name
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((domain, since.start().micros()))?;
    while let Some(row) = rows.next()? {
        let text = |index| -> Result<&str, mox_db::rusqlite::Error> { Ok(row.get_ref(index)?.as_str()?) };
        take(text(0)?, text(1)?, text(2)?, Day::from_number(row.get(3)?));
    }
    Ok(())
}

/// Whether something arrived before some time.
pub(crate) fn has_older(conn: &Connection, table: Table, before: Timestamp) -> Result<bool, Error> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE received < ?1)", table.name);
    Ok(conn.prepare_cached(&sql)?.query_row([before.micros()], |row| row.get(0))?)
}

/// Removes what arrived before some time.
pub(crate) fn purge(conn: &Connection, table: Table, before: Timestamp, max: u32) -> Result<usize, Error> {
    let Table { name, id, below, .. } = table;
    let old = format!("SELECT {id} FROM {name} WHERE received < ?1 ORDER BY received LIMIT ?2");
    if let Some(below) = below {
        let sql = format!("DELETE FROM {below} WHERE {id} IN ({old})");
        conn.prepare_cached(&sql)?.execute((before.micros(), max))?;
    }
    let sql = format!("DELETE FROM {name} WHERE {id} IN ({old})");
    Ok(conn.prepare_cached(&sql)?.execute((before.micros(), max))?)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::receive::TABLES;
    use crate::receive::tests::store;

    #[test]
    fn what_was_brought_is_summed_in_an_index_alone() {
        let dir = TempDir::new().unwrap();
        let store = store(&dir);
        for table in TABLES {
            for (organization, index) in [(None, "received"), (Some("a.example"), "organization")] {
                let sql = format!("EXPLAIN QUERY PLAN {}", brought_sql(table, organization));
                let plan = store.read_blocking(move |_, tx| {
                    let read = |row: &Row<'_>| row.get::<_, String>(3);
                    Ok::<_, Error>(tx.conn().query_row(&sql, (0, organization), read)?)
                });
                let (plan, name) = (plan.unwrap(), table.name);
                assert!(plan.contains(&format!("USING COVERING INDEX {name}_{index}")), "{plan}");
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_found_by_index() {
        let dir = TempDir::new().unwrap();
        let store = store(&dir);
        for (table, time) in [("report_in", "start"), ("dmarc_in", "start"), ("failure_in", "received")] {
            for (domain, index) in [(None, time), (Some("a.example".to_owned()), "domain")] {
                let which = Which { domain, since: None };
                let sql = format!(
                    "EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {} ORDER BY {time} DESC",
                    which.sql(time)
                );
                let plan = store.read_blocking(move |_, tx| {
                    let read = |row: &Row<'_>| row.get::<_, String>(3);
                    Ok::<_, Error>(tx.conn().query_row(&sql, which.values(), read)?)
                });
                assert!(plan.unwrap().contains(&format!("USING INDEX {table}_{index}")));
            }
        }
    }
}
