//! Statements on `login_attempt`.

use mox_clock::Timestamp;
use mox_db::rusqlite::types::Value;
use mox_db::rusqlite::{Connection, Row, params_from_iter};

use crate::Error;
use crate::attempts::{Attempt, AttemptKey, AttemptRow, Attempts};

const KEY: &str = "account, login, remote_ip, protocol, mechanism, result";

fn read(row: &Row<'_>) -> mox_db::rusqlite::Result<AttemptRow> {
    Ok(AttemptRow {
        attempt: Attempt {
            account: row.get(0)?,
            login: row.get(1)?,
            remote_ip: row.get(2)?,
            protocol: row.get(3)?,
            mechanism: row.get(4)?,
            result: row.get(5)?,
            tls: row.get(6)?,
            at: Timestamp::from_micros(row.get(9)?),
        },
        count: row.get(7)?,
        first: Timestamp::from_micros(row.get(8)?),
    })
}

/// Adds one to those that were the same, or a row.
pub(crate) fn note(conn: &Connection, a: &Attempt) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO login_attempt ({KEY}, tls, count, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?8)
         ON CONFLICT ({KEY}) DO UPDATE SET count = count + 1, tls = excluded.tls, last = max(last, excluded.last)"
    );
    conn.prepare_cached(&sql)?.execute((
        &a.account,
        &a.login,
        &a.remote_ip,
        &a.protocol,
        &a.mechanism,
        &a.result,
        &a.tls,
        a.at.micros(),
    ))?;
    Ok(())
}

/// Those that are asked for, the latest first.
pub(crate) fn list(conn: &Connection, asked: &Attempts) -> Result<Vec<AttemptRow>, Error> {
    let (sql, values) = statement(asked);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Makes attempts to log in to an account those of none; of two that are the same then, one stays.
pub(crate) fn disown(conn: &Connection, account: &str) -> Result<(), Error> {
    let sql = "UPDATE OR REPLACE login_attempt SET account = '' WHERE account = ?1";
    conn.prepare_cached(sql)?.execute([account])?;
    Ok(())
}

/// Written for the case at hand, so that it follows the index on the account and the time, or that on the time.
fn statement(asked: &Attempts) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {KEY}, tls, count, first, last FROM login_attempt WHERE last >= ?");
    let mut values = vec![Value::Integer(asked.since.map_or(i64::MIN, Timestamp::micros))];
    if let Some(account) = &asked.account {
        sql.push_str(" AND account = ?");
        values.push(Value::Text(account.clone()));
    }
    if asked.failed {
        sql.push_str(" AND result <> 'ok'");
    }
    if let Some(AttemptKey { last, same }) = &asked.after {
        sql.push_str(&format!(" AND (last, {KEY}) < (?, ?, ?, ?, ?, ?, ?)"));
        values.push(Value::Integer(last.micros()));
        values.extend(same.iter().cloned().map(Value::Text));
    }
    let order = KEY.replace(',', " DESC,");
    sql.push_str(&format!(" ORDER BY last DESC, {order} DESC LIMIT ?"));
    values.push(Value::Integer(i64::from(asked.limit)));
    (sql, values)
}

/// How SQLite looks them up, in its own words.
#[cfg(test)]
pub(crate) fn plan(conn: &Connection, asked: &Attempts) -> Result<String, Error> {
    let (sql, values) = statement(asked);
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// Removes what is older, and of what names no account, and of what failed for one, all but the latest; answers how many.
pub(crate) fn forget(
    conn: &Connection,
    before: Timestamp,
    (unknown, failed): (u32, u32),
    most: u32,
) -> Result<usize, Error> {
    let old = format!(
        "DELETE FROM login_attempt WHERE ({KEY}) IN
         (SELECT {KEY} FROM login_attempt WHERE last < ?1 ORDER BY last LIMIT ?2)"
    );
    let strangers = format!(
        "DELETE FROM login_attempt WHERE ({KEY}) IN
         (SELECT {KEY} FROM login_attempt WHERE account = '' ORDER BY last DESC LIMIT ?2 OFFSET ?1)"
    );
    let guesses = format!(
        "DELETE FROM login_attempt WHERE ({KEY}) IN
         (SELECT {KEY} FROM login_attempt WHERE account <> '' AND result <> 'ok' ORDER BY last DESC LIMIT ?2 OFFSET ?1)"
    );
    let gone = conn.prepare_cached(&old)?.execute((before.micros(), most))?;
    let gone = gone + conn.prepare_cached(&strangers)?.execute((unknown, most))?;
    Ok(gone + conn.prepare_cached(&guesses)?.execute((failed, most))?)
}
