//! Statements on `app_password`.

use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension, Row};

use super::{Counter, next};
use crate::apppassword::AppPassword;
use crate::{AccountId, Error};

const ROWS: &str = "SELECT app_password_id, account.name, app_password.name, app_password.created, used
                    FROM app_password JOIN account USING (account_id)";

fn read(row: &Row<'_>) -> mox_db::rusqlite::Result<AppPassword> {
    Ok(AppPassword {
        id: row.get(0)?,
        account: row.get(1)?,
        name: row.get(2)?,
        created: Timestamp::from_micros(row.get(3)?),
        used: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros),
    })
}

pub(crate) fn insert(
    conn: &Connection,
    account: AccountId,
    name: &str,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<i64, Error> {
    let id = next(conn, Counter::AppPassword)?;
    let sql = "INSERT INTO app_password (app_password_id, account_id, name, hash, created) VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute((id, account.0, name, hash, now.micros()))?;
    Ok(id)
}

/// Those of an account, oldest first.
pub(crate) fn list(conn: &Connection, account: &str) -> Result<Vec<AppPassword>, Error> {
    let sql = format!("{ROWS} WHERE account.name = ?1 ORDER BY app_password_id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([account], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The one of an account with this hash.
pub(crate) fn by_hash(
    conn: &Connection,
    account: &str,
    hash: &[u8; 32],
) -> Result<Option<AppPassword>, Error> {
    let sql = format!("{ROWS} WHERE hash = ?1 AND account.name = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row((hash, account), read).optional()?)
}

pub(crate) fn set_used(conn: &Connection, id: i64, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE app_password SET used = ?2 WHERE app_password_id = ?1";
    conn.prepare_cached(sql)?.execute((id, now.micros()))?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, account: AccountId, id: i64) -> Result<bool, Error> {
    let sql = "DELETE FROM app_password WHERE app_password_id = ?1 AND account_id = ?2";
    Ok(conn.prepare_cached(sql)?.execute((id, account.0))? == 1)
}

pub(crate) fn remove_all(conn: &Connection, account: AccountId) -> Result<usize, Error> {
    Ok(conn.prepare_cached("DELETE FROM app_password WHERE account_id = ?1")?.execute([account.0])?)
}
