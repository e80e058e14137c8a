//! Statements on `web_session`.

use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension};

use crate::websession::WebSession;
use crate::{AccountId, Error};

pub(crate) fn insert(
    conn: &Connection,
    token_sha256: &[u8; 32],
    account: AccountId,
    login: &str,
    csrf: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO web_session (token_sha256, account_id, login, csrf, created, used)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    conn.prepare_cached(sql)?.execute((token_sha256, account.0, login, csrf, now.micros()))?;
    Ok(())
}

/// Removes what was not used since, of all accounts, and of one account all but the `most` that were used last.
pub(crate) fn trim(conn: &Connection, account: AccountId, since: Timestamp, most: u32) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM web_session WHERE used <= ?1")?.execute([since.micros()])?;
    let sql = "DELETE FROM web_session WHERE token_sha256 IN
               (SELECT token_sha256 FROM web_session WHERE account_id = ?1 ORDER BY used DESC LIMIT -1 OFFSET ?2)";
    conn.prepare_cached(sql)?.execute((account.0, most))?;
    Ok(())
}

pub(crate) fn find(conn: &Connection, token_sha256: &[u8; 32]) -> Result<Option<WebSession>, Error> {
    let sql = "SELECT account.name, login, csrf, web_session.created, used
               FROM web_session JOIN account USING (account_id) WHERE token_sha256 = ?1";
    let row = conn.prepare_cached(sql)?.query_row([token_sha256], |row| {
        Ok(WebSession {
            account: row.get(0)?,
            login: row.get(1)?,
            csrf: row.get(2)?,
            created: Timestamp::from_micros(row.get(3)?),
            used: Timestamp::from_micros(row.get(4)?),
        })
    });
    Ok(row.optional()?)
}

pub(crate) fn set_used(conn: &Connection, token_sha256: &[u8; 32], now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE web_session SET used = max(used, ?2) WHERE token_sha256 = ?1";
    conn.prepare_cached(sql)?.execute((token_sha256, now.micros()))?;
    Ok(())
}

pub(crate) fn remove(conn: &Connection, token_sha256: &[u8; 32]) -> Result<bool, Error> {
    let sql = "DELETE FROM web_session WHERE token_sha256 = ?1";
    Ok(conn.prepare_cached(sql)?.execute([token_sha256])? == 1)
}

pub(crate) fn remove_all(conn: &Connection, account: AccountId) -> Result<usize, Error> {
    Ok(conn.prepare_cached("DELETE FROM web_session WHERE account_id = ?1")?.execute([account.0])?)
}
