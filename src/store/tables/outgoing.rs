//! Statements on `outgoing` and `known_recipient`.

use mox_clock::Timestamp;
use mox_db::rusqlite::Connection;

use crate::{AccountId, Error};

/// Remembers that the account sends to a recipient; whether for the first time.
pub(crate) fn know(conn: &Connection, id: AccountId, recipient: &str) -> Result<bool, Error> {
    let sql = "INSERT OR IGNORE INTO known_recipient (account_id, recipient) VALUES (?1, ?2)";
    Ok(conn.prepare_cached(sql)?.execute((id.0, recipient))? == 1)
}

/// Whether the account ever sent to a recipient.
pub(crate) fn is_known(conn: &Connection, id: AccountId, recipient: &str) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM known_recipient WHERE account_id = ?1 AND recipient = ?2)";
    Ok(conn.prepare_cached(sql)?.query_row((id.0, recipient), |row| row.get(0))?)
}

/// Forgets counts up to a time.
pub(crate) fn prune(conn: &Connection, id: AccountId, until: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM outgoing WHERE account_id = ?1 AND at <= ?2";
    conn.prepare_cached(sql)?.execute((id.0, until.micros()))?;
    Ok(())
}

pub(crate) fn add(
    conn: &Connection,
    id: AccountId,
    at: Timestamp,
    messages: u32,
    first_time: u32,
) -> Result<(), Error> {
    let sql = "INSERT INTO outgoing (account_id, at, messages, first_time) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET messages = messages + excluded.messages,
                                         first_time = first_time + excluded.first_time";
    conn.prepare_cached(sql)?.execute((id.0, at.micros(), messages, first_time))?;
    Ok(())
}

/// Messages and first-time recipients in all rows of the account.
pub(crate) fn sums(conn: &Connection, id: AccountId) -> Result<(i64, i64), Error> {
    let sql = "SELECT sum(messages), sum(first_time) FROM outgoing WHERE account_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The same in rows after a time.
pub(crate) fn sums_since(conn: &Connection, id: AccountId, since: Timestamp) -> Result<(i64, i64), Error> {
    let sql = "SELECT coalesce(sum(messages), 0), coalesce(sum(first_time), 0) FROM outgoing
               WHERE account_id = ?1 AND at > ?2";
    let row =
        conn.prepare_cached(sql)?.query_row((id.0, since.micros()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(row)
}
