//! Statements on `search`, the full-text index, and its mark.

use mox_db::rusqlite::{Connection, Row};

use super::{Counter, current};
use crate::{AccountId, ContentId, Error, MessageId};

/// A message that is not indexed yet, or may not be.
pub(crate) struct Waiting {
    pub(crate) message: MessageId,
    pub(crate) content: ContentId,
    pub(crate) size: i64,
    pub(crate) mail_from: Option<String>,
    pub(crate) rcpt_to: Option<String>,
    /// References to its content.
    pub(crate) refs: i64,
}

const COLUMNS: &str = "m.message_id, m.content_id, m.size, m.mail_from, m.rcpt_to, c.refs";

fn read(row: &Row<'_>) -> mox_db::rusqlite::Result<Waiting> {
    Ok(Waiting {
        message: MessageId(row.get(0)?),
        content: ContentId(row.get(1)?),
        size: row.get(2)?,
        mail_from: row.get(3)?,
        rcpt_to: row.get(4)?,
        refs: row.get(5)?,
    })
}

/// Messages up to this one were looked at.
pub(crate) fn mark(conn: &Connection) -> Result<i64, Error> {
    current(conn, Counter::Indexed)
}

pub(crate) fn set_mark(conn: &Connection, mark: i64) -> Result<(), Error> {
    let sql = "UPDATE counter SET value = max(value, ?1) WHERE name = 'indexed'";
    conn.prepare_cached(sql)?.execute([mark])?;
    Ok(())
}

/// Messages of all accounts after `mark`, up to `last`, oldest first.
pub(crate) fn oldest(conn: &Connection, mark: i64, last: i64) -> Result<Vec<Waiting>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM account a CROSS JOIN message m ON m.account_id = a.account_id
         AND m.message_id > ?1 AND m.message_id <= ?2 CROSS JOIN content c ON c.content_id = m.content_id
         WHERE m.expunged = 0 ORDER BY m.message_id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((mark, last), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Messages of an account between `after` and `before`, newest first.
pub(crate) fn newest(
    conn: &Connection,
    account: AccountId,
    after: i64,
    before: i64,
    max: u32,
) -> Result<Vec<Waiting>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message m CROSS JOIN content c ON c.content_id = m.content_id WHERE m.account_id = ?1
         AND m.message_id > ?2 AND m.message_id < ?3 AND m.expunged = 0 ORDER BY m.message_id DESC LIMIT ?4"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((account.0, after, before, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Messages of an account after `mark`.
pub(crate) fn count(conn: &Connection, account: AccountId, mark: i64) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM message WHERE account_id = ?1 AND message_id > ?2 AND expunged = 0";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, mark), |row| row.get(0))?)
}

/// Whether a content has a row.
pub(crate) fn has(conn: &Connection, id: ContentId) -> Result<bool, Error> {
    Ok(conn.prepare_cached("SELECT 1 FROM search WHERE rowid = ?1")?.exists([id.0])?)
}

/// Writes at most so many pages to put parts of the index together that were added one after another.
pub(crate) fn merge(conn: &Connection, pages: u32) -> Result<(), Error> {
    conn.prepare_cached("INSERT INTO search (search, rank) VALUES ('merge', ?1)")?.execute([pages])?;
    Ok(())
}

/// Adds a content, unless it has gone meanwhile or has a row already.
pub(crate) fn insert(conn: &Connection, id: ContentId, words: &str) -> Result<(), Error> {
    let exists = conn.prepare_cached("SELECT 1 FROM content WHERE content_id = ?1")?.exists([id.0])?;
    if exists && !has(conn, id)? {
        conn.prepare_cached("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?.execute((id.0, words))?;
    }
    Ok(())
}
