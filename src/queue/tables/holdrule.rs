//! Statements on `queue_holdrule`.

use mox_admin::ops::HoldRule;
use mox_db::rusqlite::{Connection, OptionalExtension, Row};
use mox_store::Error;

fn rule(row: &Row<'_>) -> Result<HoldRule, mox_db::rusqlite::Error> {
    Ok(HoldRule { id: row.get(0)?, account: row.get(1)?, from_domain: row.get(2)?, to_domain: row.get(3)? })
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<HoldRule>, Error> {
    let sql = "SELECT rule_id, account, from_domain, domain FROM queue_holdrule ORDER BY rule_id";
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_map([], rule)?.collect::<Result<_, _>>()?)
}

pub(crate) fn get(conn: &Connection, id: i64) -> Result<Option<HoldRule>, Error> {
    let sql = "SELECT rule_id, account, from_domain, domain FROM queue_holdrule WHERE rule_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([id], rule).optional()?)
}

pub(crate) fn add(conn: &Connection, new: &HoldRule) -> Result<i64, Error> {
    let sql = "INSERT INTO queue_holdrule (account, from_domain, domain) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute((&new.account, &new.from_domain, &new.to_domain))?;
    Ok(conn.last_insert_rowid())
}

pub(crate) fn remove(conn: &Connection, id: i64) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM queue_holdrule WHERE rule_id = ?1")?.execute([id])?;
    Ok(())
}

/// Removes the rules that are about an account.
pub(crate) fn remove_all(conn: &Connection, account: &str) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM queue_holdrule WHERE account = ?1")?.execute([account])?;
    Ok(())
}

/// The first rule that a new message matches.
pub(crate) fn matching(
    conn: &Connection,
    account: &str,
    from_domain: &str,
    domain: &str,
) -> Result<Option<i64>, Error> {
    let sql = "SELECT rule_id FROM queue_holdrule WHERE (account IS NULL OR account = ?1)
      AND (from_domain IS NULL OR from_domain = ?2) AND (domain IS NULL OR domain = ?3) ORDER BY rule_id LIMIT 1";
    let found = conn.prepare_cached(sql)?.query_row((account, from_domain, domain), |r| r.get(0));
    Ok(found.optional()?)
}
