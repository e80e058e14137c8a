//! Statements on `mailbox` and `subscription`.

use mox_db::rusqlite::{Connection, OptionalExtension, Row};

use super::{Counter, next};
use crate::{AccountId, Error, Mailbox, MailboxId, SpecialUse};

const COLUMNS: &str = "mailbox_id, parent_id, name, special_use, uidvalidity, uidnext, created_modseq, modseq, total, \
                       unseen, deleted, size, keywords, account_id";

fn read(row: &Row<'_>) -> mox_db::rusqlite::Result<Mailbox> {
    let special: Option<String> = row.get(3)?;
    let keywords: String = row.get(12)?;
    Ok(Mailbox {
        id: MailboxId(row.get(0)?),
        parent: row.get::<_, Option<i64>>(1)?.map(MailboxId),
        name: row.get(2)?,
        special_use: special.as_deref().and_then(SpecialUse::named),
        uidvalidity: row.get(4)?,
        uidnext: row.get(5)?,
        created_modseq: row.get(6)?,
        modseq: row.get(7)?,
        total: row.get(8)?,
        unseen: row.get(9)?,
        deleted: row.get(10)?,
        size: row.get(11)?,
        keywords: keywords.split_ascii_whitespace().map(str::to_owned).collect(),
        account: AccountId(row.get(13)?),
    })
}

pub(crate) fn insert(
    conn: &Connection,
    account: AccountId,
    parent: Option<MailboxId>,
    name: &str,
    special: Option<SpecialUse>,
    modseq: i64,
) -> Result<MailboxId, Error> {
    let id = next(conn, Counter::Mailbox)?;
    let uidvalidity = next(conn, Counter::UidValidity)?;
    let sql =
        "INSERT INTO mailbox (account_id, mailbox_id, parent_id, name, special_use, uidvalidity, uidnext,
               created_modseq, modseq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7)";
    let special = special.map(SpecialUse::name);
    conn.prepare_cached(sql)?.execute((
        account.0,
        id,
        parent.map(|p| p.0),
        name,
        special,
        uidvalidity,
        modseq,
    ))?;
    Ok(MailboxId(id))
}

pub(crate) fn id_by_use(
    conn: &Connection,
    account: AccountId,
    special: SpecialUse,
) -> Result<Option<MailboxId>, Error> {
    let sql =
        "SELECT mailbox_id FROM mailbox WHERE account_id = ?1 AND special_use = ?2 AND expunged = 0 LIMIT 1";
    let found = conn.prepare_cached(sql)?.query_row((account.0, special.name()), |row| row.get(0));
    Ok(found.optional()?.map(MailboxId))
}

pub(crate) fn id_by_name(
    conn: &Connection,
    account: AccountId,
    name: &str,
) -> Result<Option<MailboxId>, Error> {
    let sql = "SELECT mailbox_id FROM mailbox WHERE account_id = ?1 AND name = ?2 AND expunged = 0";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, name), |row| row.get(0)).optional()?.map(MailboxId))
}

pub(crate) fn get(conn: &Connection, account: AccountId, id: MailboxId) -> Result<Option<Mailbox>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM mailbox WHERE account_id = ?1 AND mailbox_id = ?2 AND expunged = 0");
    Ok(conn.prepare_cached(&sql)?.query_row((account.0, id.0), read).optional()?)
}

pub(crate) fn list(conn: &Connection, account: AccountId) -> Result<Vec<Mailbox>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM mailbox WHERE account_id = ?1 AND expunged = 0 ORDER BY name");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([account.0], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Gives out the next UID and counts the message; returns the UID.
pub(crate) fn take_uid(
    conn: &Connection,
    account: AccountId,
    id: MailboxId,
    modseq: i64,
    unseen: bool,
    deleted: bool,
    size: i64,
) -> Result<i64, Error> {
    let sql = "UPDATE mailbox SET uidnext = uidnext + 1, modseq = ?3, total = total + 1, unseen = unseen + ?4,
               deleted = deleted + ?5, size = size + ?6 WHERE account_id = ?1 AND mailbox_id = ?2 AND expunged = 0";
    if conn.prepare_cached(sql)?.execute((account.0, id.0, modseq, unseen, deleted, size))? == 0 {
        return Err(Error::NoSuchMailbox(id.to_string()));
    }
    let sql = "SELECT uidnext - 1 FROM mailbox WHERE account_id = ?1 AND mailbox_id = ?2";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, id.0), |row| row.get(0))?)
}

/// What changes in a mailbox's figures.
#[derive(Default, Clone, Copy)]
pub(crate) struct Delta {
    pub(crate) total: i64,
    pub(crate) unseen: i64,
    pub(crate) deleted: i64,
    pub(crate) size: i64,
}

pub(crate) fn count(
    conn: &Connection,
    account: AccountId,
    id: MailboxId,
    modseq: i64,
    delta: Delta,
) -> Result<(), Error> {
    let sql =
        "UPDATE mailbox SET modseq = ?3, total = total + ?4, unseen = unseen + ?5, deleted = deleted + ?6,
               size = size + ?7 WHERE account_id = ?1 AND mailbox_id = ?2";
    conn.prepare_cached(sql)?.execute((
        account.0,
        id.0,
        modseq,
        delta.total,
        delta.unseen,
        delta.deleted,
        delta.size,
    ))?;
    Ok(())
}

/// Sets the figures outright: the mend of the consistency checker.
pub(crate) fn set_figures(conn: &Connection, account: i64, id: i64, figures: Delta) -> Result<(), Error> {
    let sql = "UPDATE mailbox SET total = ?3, unseen = ?4, deleted = ?5, size = ?6
               WHERE account_id = ?1 AND mailbox_id = ?2";
    conn.prepare_cached(sql)?.execute((
        account,
        id,
        figures.total,
        figures.unseen,
        figures.deleted,
        figures.size,
    ))?;
    Ok(())
}

pub(crate) fn set_keywords(
    conn: &Connection,
    account: AccountId,
    id: MailboxId,
    modseq: i64,
    keywords: &str,
) -> Result<(), Error> {
    let sql = "UPDATE mailbox SET keywords = ?4, modseq = ?3 WHERE account_id = ?1 AND mailbox_id = ?2";
    conn.prepare_cached(sql)?.execute((account.0, id.0, modseq, keywords))?;
    Ok(())
}

pub(crate) fn rename(
    conn: &Connection,
    account: AccountId,
    id: MailboxId,
    parent: Option<MailboxId>,
    name: &str,
    modseq: i64,
) -> Result<(), Error> {
    let sql =
        "UPDATE mailbox SET name = ?3, parent_id = ?4, modseq = ?5 WHERE account_id = ?1 AND mailbox_id = ?2";
    conn.prepare_cached(sql)?.execute((account.0, id.0, name, parent.map(|p| p.0), modseq))?;
    Ok(())
}

pub(crate) fn expunge(
    conn: &Connection,
    account: AccountId,
    id: MailboxId,
    modseq: i64,
) -> Result<(), Error> {
    let sql = "UPDATE mailbox SET expunged = 1, modseq = ?3 WHERE account_id = ?1 AND mailbox_id = ?2";
    conn.prepare_cached(sql)?.execute((account.0, id.0, modseq))?;
    Ok(())
}

pub(crate) fn subscribe(conn: &Connection, account: AccountId, name: &str, on: bool) -> Result<(), Error> {
    let sql = match on {
        true => "INSERT OR IGNORE INTO subscription (account_id, name) VALUES (?1, ?2)",
        false => "DELETE FROM subscription WHERE account_id = ?1 AND name = ?2",
    };
    conn.prepare_cached(sql)?.execute((account.0, name))?;
    Ok(())
}

pub(crate) fn subscriptions(conn: &Connection, account: AccountId) -> Result<Vec<String>, Error> {
    let mut statement =
        conn.prepare_cached("SELECT name FROM subscription WHERE account_id = ?1 ORDER BY name")?;
    let rows = statement.query_map([account.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
