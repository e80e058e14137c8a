//! Statements on `message` and `thread_ref`.

use std::collections::BTreeMap;

use mox_clock::Timestamp;
use mox_db::fold;
use mox_db::rusqlite::types::Value;
use mox_db::rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::message::Trace;
use crate::search::Found;
use crate::{AccountId, ContentId, Error, Filter, Flags, MailboxId, Message, MessageChange, MessageId};

const COLUMNS: &str = "m.account_id, m.message_id, m.mailbox_id, m.uid, m.email_id, m.thread_id, m.created_modseq, \
                       m.modseq, m.content_id, m.size, m.received, m.saved, m.flags, m.keywords, m.mail_from, \
                       m.rcpt_to, m.remote_ip, m.helo, m.header_id, m.subject, m.from_address, m.from_text, \
                       m.to_text, m.sent, m.tls";

fn read(row: &Row<'_>) -> mox_db::rusqlite::Result<Message> {
    let keywords: Option<String> = row.get(13)?;
    Ok(Message {
        account: AccountId(row.get(0)?),
        id: MessageId(row.get(1)?),
        mailbox: MailboxId(row.get(2)?),
        uid: row.get(3)?,
        email_id: row.get(4)?,
        thread: row.get(5)?,
        created_modseq: row.get(6)?,
        modseq: row.get(7)?,
        content: ContentId(row.get::<_, Option<i64>>(8)?.unwrap_or(0)),
        size: row.get(9)?,
        received: Timestamp::from_micros(row.get(10)?),
        saved: Timestamp::from_micros(row.get(11)?),
        flags: Flags::from_bits(row.get(12)?),
        keywords: keywords.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect(),
        mail_from: row.get(14)?,
        rcpt_to: row.get(15)?,
        remote_ip: row.get(16)?,
        helo: row.get(17)?,
        header_id: row.get(18)?,
        subject: row.get::<_, Option<String>>(19)?.unwrap_or_default(),
        from_address: row.get::<_, Option<String>>(20)?.unwrap_or_default(),
        from_text: row.get::<_, Option<String>>(21)?.unwrap_or_default(),
        to_text: row.get::<_, Option<String>>(22)?.unwrap_or_default(),
        sent: row.get::<_, Option<i64>>(23)?.map(Timestamp::from_micros),
        tls: row.get(24)?,
    })
}

pub(crate) fn insert(conn: &Connection, m: &Message, trace: &Trace) -> Result<(), Error> {
    let sql = "INSERT INTO message (account_id, message_id, mailbox_id, uid, email_id, thread_id, created_modseq,
               modseq, content_id, size, received, saved, flags, keywords, mail_from, rcpt_to, remote_ip, helo,
               header_id, subject, from_address, from_text, to_text, sent, tls)
               VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25)";
    let keywords = (!m.keywords.is_empty()).then(|| m.keywords.join(" "));
    conn.prepare_cached(sql)?.execute(mox_db::rusqlite::params![
        m.account.0,
        m.id.0,
        m.mailbox.0,
        m.uid,
        m.email_id,
        m.thread,
        m.created_modseq,
        m.modseq,
        m.content.0,
        m.size,
        m.received.micros(),
        m.saved.micros(),
        m.flags.bits(),
        keywords,
        m.mail_from,
        m.rcpt_to,
        m.remote_ip,
        m.helo,
        m.header_id,
        m.subject,
        m.from_address,
        m.from_text,
        m.to_text,
        m.sent.map(Timestamp::micros),
        m.tls,
    ])?;
    let Trace { prefix, verdicts } = trace;
    if !prefix.is_empty() || verdicts.is_some() {
        let sql = "INSERT INTO trace (message_id, prefix, verdicts) VALUES (?1, ?2, ?3)";
        conn.prepare_cached(sql)?.execute((m.id.0, prefix, verdicts))?;
    }
    Ok(())
}

pub(crate) fn get(conn: &Connection, account: AccountId, id: MessageId) -> Result<Option<Message>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM message m WHERE account_id = ?1 AND message_id = ?2 AND expunged = 0");
    Ok(conn.prepare_cached(&sql)?.query_row((account.0, id.0), read).optional()?)
}

/// Looks through all accounts: ids are unique over them.
pub(crate) fn find(conn: &Connection, id: MessageId) -> Result<Option<Message>, Error> {
    Ok(conn.prepare_cached(&find_sql())?.query_row([id.0], read).optional()?)
}

/// CROSS JOIN, because SQLite would otherwise choose to look through all messages.
fn find_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM account a CROSS JOIN message m ON m.account_id = a.account_id AND m.message_id = ?1
         WHERE m.expunged = 0"
    )
}

/// The same of a message that may be expunged: a tombstone still knows its envelope and its header.
pub(crate) fn find_tombstone(
    conn: &Connection,
    account: AccountId,
    id: MessageId,
) -> Result<Option<Message>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM message m WHERE account_id = ?1 AND message_id = ?2 AND expunged = 1");
    Ok(conn.prepare_cached(&sql)?.query_row((account.0, id.0), read).optional()?)
}

/// A row of `trace`, or the columns of `message` that came before that table.
pub(crate) fn trace(conn: &Connection, account: AccountId, id: MessageId) -> Result<Trace, Error> {
    let read = |row: &Row<'_>| {
        let prefix: Option<Vec<u8>> = row.get(0)?;
        Ok(Trace { prefix: prefix.unwrap_or_default(), verdicts: row.get(1)? })
    };
    let sql = "SELECT prefix, verdicts FROM trace WHERE message_id = ?1";
    if let Some(trace) = conn.prepare_cached(sql)?.query_row([id.0], read).optional()? {
        return Ok(trace);
    }
    let sql = "SELECT prefix, verdicts FROM message WHERE account_id = ?1 AND message_id = ?2";
    let trace = conn.prepare_cached(sql)?.query_row((account.0, id.0), read).optional()?;
    Ok(trace.unwrap_or_default())
}

/// A statement in the making: conditions, and the values that stand for `#` in them.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    fn add(&mut self, condition: &str, value: Value) {
        self.values.push(value);
        self.sql.push_str(&condition.replace('#', &format!("?{}", self.values.len())));
    }

    /// Requires that one of `columns` holds the text, in any case of letters.
    fn holds(&mut self, columns: &[&str], text: &str) {
        let any: Vec<String> =
            columns.iter().map(|column| format!("instr(fold(coalesce({column}, '')), #) > 0")).collect();
        self.add(&format!(" AND ({})", any.join(" OR ")), Value::Text(fold(text)));
    }
}

/// Messages that match, newest first unless `filter.oldest_first`.
pub(crate) fn list(
    conn: &Connection,
    account: AccountId,
    filter: &Filter,
    found: Option<&Found>,
) -> Result<Vec<Message>, Error> {
    let index = if filter.tag.is_some() { " INDEXED BY message_tagged" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM message m{index} WHERE account_id = ?1 AND expunged = 0");
    let mut query = Query { sql, values: vec![Value::Integer(account.0)] };
    if let Some(mailbox) = filter.mailbox {
        query.add(" AND mailbox_id = #", Value::Integer(mailbox.0));
    }
    if let Some(since) = filter.since {
        query.add(" AND received >= #", Value::Integer(since.micros()));
    }
    if let Some(to) = &filter.to {
        query.holds(&["rcpt_to", "to_text"], to);
    }
    if let Some(from) = &filter.from {
        query.holds(&["from_text", "mail_from"], from);
    }
    if let Some(subject) = &filter.subject {
        query.holds(&["subject"], subject);
    }
    if let Some(found) = found {
        query.add(" AND (message_id IN (SELECT value FROM json_each(#))", Value::Text(found.direct.clone()));
        if let Some(expression) = &found.expression {
            let indexed = " OR content_id IN (SELECT rowid FROM search WHERE search MATCH #)";
            query.add(indexed, Value::Text(expression.clone()));
        }
        query.sql.push(')');
    }
    if let Some(tag) = &filter.tag {
        let tag = Value::Text(format!(" {} ", tag.to_lowercase()));
        query.add(" AND keywords IS NOT NULL AND instr(' ' || keywords || ' ', #) > 0", tag);
    }
    if let Some(after) = filter.after {
        query.add(" AND message_id > #", Value::Integer(after.0));
    }
    if let Some(before) = filter.before {
        query.add(" AND message_id < #", Value::Integer(before.0));
    }
    let limit = Value::Integer(i64::try_from(filter.limit).unwrap_or(i64::MAX));
    let order = if filter.oldest_first { "" } else { " DESC" };
    query.add(&format!(" ORDER BY message_id{order} LIMIT #"), limit);
    let mut statement = conn.prepare_cached(&query.sql)?;
    let rows = statement.query_map(params_from_iter(query.values), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keywords of an account's messages, sorted, and how many messages have each.
pub(crate) fn tags(conn: &Connection, account: AccountId) -> Result<Vec<(String, i64)>, Error> {
    let sql = "SELECT keywords FROM message INDEXED BY message_tagged
               WHERE account_id = ?1 AND expunged = 0 AND keywords IS NOT NULL";
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([account.0])?;
    while let Some(row) = rows.next()? {
        for word in
            row.get_ref(0)?.as_str_or_null().ok().flatten().unwrap_or_default().split_ascii_whitespace()
        {
            match counts.get_mut(word) {
                Some(count) => *count += 1,
                None => drop(counts.insert(word.to_owned(), 1)),
            }
        }
    }
    Ok(counts.into_iter().collect())
}

/// Oldest messages of an account beyond the newest `keep`, at most `max`.
pub(crate) fn beyond(
    conn: &Connection,
    account: AccountId,
    surplus: i64,
    max: u32,
) -> Result<Vec<Message>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message m WHERE account_id = ?1 AND expunged = 0 ORDER BY message_id LIMIT min(?2, ?3)"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((account.0, surplus.max(0), max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an account has a message with that address in From, not counting the mailbox for junk and one other.
pub(crate) fn has_from(
    conn: &Connection,
    account: AccountId,
    from: &str,
    without: &str,
) -> Result<bool, Error> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM message WHERE account_id = ?1 AND from_address = ?2 AND expunged = 0
               AND mailbox_id NOT IN (SELECT mailbox_id FROM mailbox
                                      WHERE account_id = ?1 AND (name = ?3 OR special_use = '\\Junk')))";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, from, without), |row| row.get(0))?)
}

/// Whether a mailbox has the same message from the same author: by its Message-ID, else by its subject and size.
pub(crate) fn has_alike(
    conn: &Connection,
    (account, mailbox): (AccountId, MailboxId),
    (from, header_id, subject): (&str, Option<&str>, &str),
    size: i64,
) -> Result<bool, Error> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM message WHERE account_id = ?1 AND mailbox_id = ?2 AND expunged = 0
               AND from_address = ?3 AND header_id IS ?4
               AND (header_id IS NOT NULL OR (subject = ?5 AND size BETWEEN ?6 - 2000 AND ?6 + 2000)))";
    let row = (account.0, mailbox.0, from, header_id, subject, size);
    Ok(conn.prepare_cached(sql)?.query_row(row, |row| row.get(0))?)
}

/// Messages of a mailbox beyond the newest `keep`, and those that came before a time; at most `max`.
pub(crate) fn surplus(
    conn: &Connection,
    (account, mailbox): (AccountId, MailboxId),
    keep: u32,
    before: Timestamp,
    max: u32,
) -> Result<Vec<Message>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message m WHERE account_id = ?1 AND mailbox_id = ?2 AND expunged = 0
         AND (received < ?4 OR uid <= (SELECT uid FROM message WHERE account_id = ?1 AND mailbox_id = ?2
                                       AND expunged = 0 ORDER BY uid DESC LIMIT 1 OFFSET ?3))
         ORDER BY uid LIMIT ?5"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((account.0, mailbox.0, keep, before.micros(), max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Messages of a mailbox in order of UID.
pub(crate) fn in_mailbox(
    conn: &Connection,
    account: AccountId,
    mailbox: MailboxId,
    max: u32,
) -> Result<Vec<Message>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message m WHERE account_id = ?1 AND mailbox_id = ?2 AND expunged = 0 ORDER BY uid LIMIT ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((account.0, mailbox.0, max), read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everything that changed after `modseq`, tombstones included.
pub(crate) fn changed_since(
    conn: &Connection,
    account: AccountId,
    modseq: i64,
    max: u32,
) -> Result<Vec<MessageChange>, Error> {
    let sql = "SELECT message_id, mailbox_id, uid, created_modseq, modseq, expunged FROM message
               WHERE account_id = ?1 AND modseq > ?2 ORDER BY modseq LIMIT ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((account.0, modseq, max), |row| {
        Ok(MessageChange {
            id: MessageId(row.get(0)?),
            mailbox: MailboxId(row.get(1)?),
            uid: row.get(2)?,
            created: row.get(3)?,
            modseq: row.get(4)?,
            expunged: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn set_flags(
    conn: &Connection,
    m: &Message,
    flags: Flags,
    keywords: &[String],
    modseq: i64,
) -> Result<(), Error> {
    let sql =
        "UPDATE message SET flags = ?3, keywords = ?4, modseq = ?5 WHERE account_id = ?1 AND message_id = ?2";
    let keywords = (!keywords.is_empty()).then(|| keywords.join(" "));
    conn.prepare_cached(sql)?.execute((m.account.0, m.id.0, flags.bits(), keywords, modseq))?;
    Ok(())
}

/// Turns the row into a tombstone.
pub(crate) fn expunge(conn: &Connection, m: &Message, modseq: i64) -> Result<(), Error> {
    let sql = "UPDATE message SET expunged = 1, content_id = NULL, prefix = NULL, structure = NULL, verdicts = NULL,
               modseq = ?3 WHERE account_id = ?1 AND message_id = ?2";
    conn.prepare_cached(sql)?.execute((m.account.0, m.id.0, modseq))?;
    conn.prepare_cached("DELETE FROM trace WHERE message_id = ?1")?.execute([m.id.0])?;
    Ok(())
}

/// Removes tombstones with a modseq up to `modseq`, at most `max`; returns how many.
pub(crate) fn purge(conn: &Connection, account: AccountId, modseq: i64, max: u32) -> Result<usize, Error> {
    let sql =
        "DELETE FROM message WHERE (account_id, message_id) IN (SELECT account_id, message_id FROM message
               WHERE account_id = ?1 AND modseq <= ?2 AND expunged = 1 ORDER BY modseq LIMIT ?3)";
    Ok(conn.prepare_cached(sql)?.execute((account.0, modseq, max))?)
}

pub(crate) fn thread_of(conn: &Connection, account: AccountId, hash: i64) -> Result<Option<i64>, Error> {
    let sql = "SELECT thread_id FROM thread_ref WHERE account_id = ?1 AND header_hash = ?2";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, hash), |row| row.get(0)).optional()?)
}

pub(crate) fn add_thread_ref(
    conn: &Connection,
    account: AccountId,
    hash: i64,
    thread: i64,
) -> Result<(), Error> {
    let sql = "INSERT OR IGNORE INTO thread_ref (account_id, header_hash, thread_id) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute((account.0, hash, thread))?;
    Ok(())
}

/// Moves all of thread `from` into thread `into`.
pub(crate) fn merge_threads(
    conn: &Connection,
    account: AccountId,
    from: i64,
    into: i64,
    modseq: i64,
) -> Result<(), Error> {
    let sql = "UPDATE message SET thread_id = ?3, modseq = ?4 WHERE account_id = ?1 AND thread_id = ?2 AND expunged = 0";
    conn.prepare_cached(sql)?.execute((account.0, from, into, modseq))?;
    let sql = "UPDATE thread_ref SET thread_id = ?3 WHERE account_id = ?1 AND thread_id = ?2";
    conn.prepare_cached(sql)?.execute((account.0, from, into))?;
    // A mailbox is as new as its newest message (RFC 7162 §3.1.2.1).
    let sql = "UPDATE mailbox SET modseq = max(modseq, ?3) WHERE account_id = ?1 AND mailbox_id IN
               (SELECT mailbox_id FROM message WHERE account_id = ?1 AND thread_id = ?2 AND modseq = ?3)";
    conn.prepare_cached(sql)?.execute((account.0, into, modseq))?;
    Ok(())
}

/// Forgets a thread that has no message left.
pub(crate) fn drop_empty_thread(conn: &Connection, account: AccountId, thread: i64) -> Result<(), Error> {
    let sql = "SELECT 1 FROM message WHERE account_id = ?1 AND thread_id = ?2 AND expunged = 0";
    if !conn.prepare_cached(sql)?.exists((account.0, thread))? {
        let sql = "DELETE FROM thread_ref WHERE account_id = ?1 AND thread_id = ?2";
        conn.prepare_cached(sql)?.execute((account.0, thread))?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) fn traces(conn: &Connection) -> Result<i64, Error> {
    Ok(conn.query_row("SELECT count(*) FROM trace", [], |row| row.get(0))?)
}

/// (thread size in messages)
#[cfg(test)]
pub(crate) fn thread_size(conn: &Connection, account: AccountId, thread: i64) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM message WHERE account_id = ?1 AND thread_id = ?2 AND expunged = 0";
    Ok(conn.prepare_cached(sql)?.query_row((account.0, thread), |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_without_looking_at_others() {
        let conn = Connection::open_in_memory().unwrap();
        for step in super::super::SCHEMA.steps {
            conn.execute_batch(step).unwrap();
        }
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", find_sql())).unwrap();
        let plan: Vec<String> =
            statement.query_map([1], |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(plan.iter().all(|step| !step.contains("SCAN m")), "{plan:?}");
        assert!(plan.iter().any(|step| step.contains("SEARCH m USING PRIMARY KEY")), "{plan:?}");
    }
}
