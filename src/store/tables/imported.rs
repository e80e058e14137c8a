//! Statements on `import_run` and `import_seen`, and those that add many messages at once.

use mox_clock::Timestamp;
use mox_db::rusqlite::{Connection, OptionalExtension};

use super::Counter;
use crate::{AccountId, Error, MailboxId};

/// How often a content came: in all, and in one run.
pub(crate) struct Seen {
    pub(crate) count: i64,
    pub(crate) run: i64,
    pub(crate) seen: i64,
}

pub(crate) fn begin(conn: &Connection, account: AccountId, now: Timestamp) -> Result<i64, Error> {
    let sql = "INSERT INTO import_run (account_id, begun) VALUES (?1, ?2)";
    conn.prepare_cached(sql)?.execute((account.0, now.micros()))?;
    Ok(conn.last_insert_rowid())
}

pub(crate) fn finish(conn: &Connection, run: i64, now: Timestamp) -> Result<(), Error> {
    conn.prepare_cached("UPDATE import_run SET finished = ?2 WHERE run = ?1")?
        .execute((run, now.micros()))?;
    Ok(())
}

pub(crate) fn seen(conn: &Connection, account: AccountId, key: &[u8; 16]) -> Result<Option<Seen>, Error> {
    let sql = "SELECT count, run, seen FROM import_seen WHERE account_id = ?1 AND key = ?2";
    let read = |row: &mox_db::rusqlite::Row<'_>| {
        Ok(Seen { count: row.get(0)?, run: row.get(1)?, seen: row.get(2)? })
    };
    Ok(conn.prepare_cached(sql)?.query_row((account.0, key), read).optional()?)
}

pub(crate) fn note(conn: &Connection, account: AccountId, key: &[u8; 16], seen: &Seen) -> Result<(), Error> {
    let sql =
        "INSERT OR REPLACE INTO import_seen (account_id, key, count, run, seen) VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute((account.0, key, seen.count, seen.run, seen.seen))?;
    Ok(())
}

/// Forgets some of what was imported into an account; how many contents.
pub(crate) fn forget_account(conn: &Connection, account: AccountId, max: u32) -> Result<usize, Error> {
    let sql = "DELETE FROM import_seen WHERE (account_id, key) IN
               (SELECT account_id, key FROM import_seen WHERE account_id = ?1 LIMIT ?2)";
    Ok(conn.prepare_cached(sql)?.execute((account.0, max))?)
}

/// How many contents are remembered of all accounts.
pub(crate) fn remembered(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.prepare_cached("SELECT count(*) FROM import_seen")?.query_row([], |row| row.get(0))?)
}

/// Forgets some of what the oldest runs imported.
pub(crate) fn forget_oldest(conn: &Connection, max: u32) -> Result<usize, Error> {
    let sql = "DELETE FROM import_seen WHERE (account_id, key) IN
               (SELECT account_id, key FROM import_seen ORDER BY run LIMIT ?1)";
    Ok(conn.prepare_cached(sql)?.execute([max])?)
}

/// Bytes that an account holds.
pub(crate) fn used(conn: &Connection, account: AccountId) -> Result<i64, Error> {
    let sql = "SELECT size FROM account WHERE account_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([account.0], |row| row.get(0))?)
}

/// Gives out `count` modseqs and counts messages and bytes; the last before the first given out.
pub(crate) fn advance(conn: &Connection, account: AccountId, count: i64, bytes: i64) -> Result<i64, Error> {
    let sql = "UPDATE account SET modseq = modseq + ?2, messages = messages + ?2, size = size + ?3
               WHERE account_id = ?1";
    conn.prepare_cached(sql)?.execute((account.0, count, bytes))?;
    let sql = "SELECT modseq - ?2 FROM account WHERE account_id = ?1";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, count), |row| row.get(0))?)
}

/// Gives out `count` numbers; the last before the first given out.
pub(crate) fn numbers(conn: &Connection, counter: Counter, count: i64) -> Result<i64, Error> {
    let sql = "UPDATE counter SET value = value + ?2 WHERE name = ?1";
    conn.prepare_cached(sql)?.execute((counter.name(), count))?;
    Ok(super::current(conn, counter)? - count)
}

/// What is added to a mailbox's figures.
#[derive(Default, Clone, Copy)]
pub(crate) struct Added {
    pub(crate) total: i64,
    pub(crate) unseen: i64,
    pub(crate) deleted: i64,
    pub(crate) size: i64,
    /// The highest modseq of what was added.
    pub(crate) modseq: i64,
}

/// Gives out the UIDs of what is added; the first of them.
pub(crate) fn take_uids(
    conn: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    added: Added,
) -> Result<i64, Error> {
    let sql = "UPDATE mailbox SET uidnext = uidnext + ?3, total = total + ?3, unseen = unseen + ?4,
               deleted = deleted + ?5, size = size + ?6, modseq = ?7
               WHERE account_id = ?1 AND mailbox_id = ?2 AND expunged = 0";
    let values = (account.0, mailbox.0, added.total, added.unseen, added.deleted, added.size, added.modseq);
    if conn.prepare_cached(sql)?.execute(values)? == 0 {
        return Err(Error::NoSuchMailbox(mailbox.to_string()));
    }
    let sql = "SELECT uidnext - ?3 FROM mailbox WHERE account_id = ?1 AND mailbox_id = ?2";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, mailbox.0, added.total), |row| row.get(0))?)
}

/// Ids of messages of a mailbox, in order of UID, from after a UID up to one, at most `max`.
pub(crate) fn page(
    conn: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    after: i64,
    last: i64,
    max: u32,
) -> Result<Vec<i64>, Error> {
    let sql =
        "SELECT message_id FROM message WHERE account_id = ?1 AND mailbox_id = ?2 AND uid > ?3 AND uid <= ?4
               AND expunged = 0 ORDER BY uid LIMIT ?5";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((account.0, mailbox.0, after, last, max), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
