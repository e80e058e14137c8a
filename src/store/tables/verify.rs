//! Statements of the consistency checker.

use mox_db::rusqlite::Connection;

use super::mailbox::Delta;
use crate::Error;

/// Rows in a table (with a condition, if one is given).
pub(crate) fn count(conn: &Connection, what: &'static str) -> Result<u64, Error> {
    let count: i64 = conn.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// (kind, subject, detail) of every rule broken among the rows.
pub(crate) fn rows_that_do_not_fit(conn: &Connection) -> Result<Vec<(&'static str, String, String)>, Error> {
    const RULES: [(&str, &str); 9] = [
        (
            "search",
            "SELECT rowid, 'its content does not exist' FROM search
             WHERE rowid NOT IN (SELECT content_id FROM content)",
        ),
        (
            "transcript",
            "SELECT content_id, 'its content does not exist' FROM transcript
             WHERE content_id NOT IN (SELECT content_id FROM content)",
        ),
        (
            "message",
            "SELECT m.message_id, 'UID ' || m.uid || ' is not below UIDNEXT ' || b.uidnext FROM message m
             JOIN mailbox b USING (account_id, mailbox_id) WHERE m.uid >= b.uidnext",
        ),
        (
            "message",
            "SELECT m.message_id, 'modseq ' || m.modseq || ' is above the account''s ' || a.modseq FROM message m
             JOIN account a USING (account_id) WHERE m.modseq > a.modseq OR m.created_modseq > m.modseq",
        ),
        (
            "message",
            "SELECT message_id, 'its mailbox ' || mailbox_id || ' does not exist' FROM message m WHERE expunged = 0
             AND NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.account_id = m.account_id
             AND b.mailbox_id = m.mailbox_id AND b.expunged = 0)",
        ),
        (
            "message",
            "SELECT message_id, 'size ' || have || ' is not ' || (p + size)
             FROM (SELECT m.message_id, m.size have, c.size, coalesce(length(t.prefix), length(m.prefix), 0) p
             FROM message m JOIN content c USING (content_id) LEFT JOIN trace t USING (message_id)
             WHERE m.expunged = 0) WHERE have <> p + size",
        ),
        (
            "mailbox",
            "SELECT name, total || ' messages, ' || unseen || ' unseen, ' || deleted || ' deleted, ' || size
             || ' bytes counted; found ' || t || ', ' || u || ', ' || d || ', ' || s FROM (SELECT b.*, count(m.uid) t,
             coalesce(sum(m.flags & 1 = 0), 0) u, coalesce(sum(m.flags & 8 <> 0), 0) d, coalesce(sum(m.size), 0) s
             FROM mailbox b LEFT JOIN message m ON m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id
             AND m.expunged = 0 GROUP BY b.account_id, b.mailbox_id)
             WHERE total <> t OR unseen <> u OR deleted <> d OR size <> s",
        ),
        (
            "account",
            "SELECT name, messages || ' messages, ' || size || ' bytes counted; found ' || t || ', ' || s FROM
             (SELECT a.*, count(m.uid) t, coalesce(sum(m.size), 0) s FROM account a LEFT JOIN message m
             ON m.account_id = a.account_id AND m.expunged = 0 GROUP BY a.account_id)
             WHERE messages <> t OR size <> s",
        ),
        (
            "mailbox",
            "SELECT b.name, 'the mailbox above it does not exist' FROM mailbox b WHERE b.expunged = 0
             AND b.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mailbox p WHERE p.account_id = b.account_id
             AND p.mailbox_id = b.parent_id AND p.expunged = 0)",
        ),
    ];
    let mut found = Vec::new();
    for (kind, sql) in RULES {
        let mut statement = conn.prepare(&format!("{sql} LIMIT 1000"))?;
        let rows = statement.query_map([], |row| {
            let subject: mox_db::rusqlite::types::Value = row.get(0)?;
            let subject = match subject {
                mox_db::rusqlite::types::Value::Integer(id) => id.to_string(),
                mox_db::rusqlite::types::Value::Text(name) => name,
                _ => String::new(),
            };
            Ok((kind, subject, row.get::<_, String>(1)?))
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    Ok(found)
}

/// How often messages refer to each content.
pub(crate) fn content_references(conn: &Connection) -> Result<Vec<(i64, i64)>, Error> {
    let sql = "SELECT content_id, count(*) FROM message WHERE content_id IS NOT NULL GROUP BY content_id";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// (account, mailbox, figures as its messages say) of every mailbox.
pub(crate) fn mailbox_figures(conn: &Connection) -> Result<Vec<(i64, i64, Delta)>, Error> {
    let sql = "SELECT b.account_id, b.mailbox_id, count(m.uid), coalesce(sum(m.flags & 1 = 0), 0),
               coalesce(sum(m.flags & 8 <> 0), 0), coalesce(sum(m.size), 0) FROM mailbox b LEFT JOIN message m
               ON m.account_id = b.account_id AND m.mailbox_id = b.mailbox_id AND m.expunged = 0
               GROUP BY b.account_id, b.mailbox_id";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let figures =
            Delta { total: row.get(2)?, unseen: row.get(3)?, deleted: row.get(4)?, size: row.get(5)? };
        Ok((row.get(0)?, row.get(1)?, figures))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets every account's figures to what its messages say.
pub(crate) fn mend_accounts(conn: &Connection) -> Result<(), Error> {
    conn.execute(
        "UPDATE account SET
         messages = (SELECT count(*) FROM message m WHERE m.account_id = account.account_id AND m.expunged = 0),
         size = (SELECT coalesce(sum(m.size), 0) FROM message m
                 WHERE m.account_id = account.account_id AND m.expunged = 0)",
        [],
    )?;
    Ok(())
}

/// Removes what belongs to content that does not exist.
pub(crate) fn drop_strays(conn: &Connection) -> Result<(), Error> {
    conn.execute("DELETE FROM transcript WHERE content_id NOT IN (SELECT content_id FROM content)", [])?;
    conn.execute("DELETE FROM search WHERE rowid NOT IN (SELECT content_id FROM content)", [])?;
    Ok(())
}

/// Removes content without references; returns the files they had.
pub(crate) fn drop_unreferenced(conn: &Connection) -> Result<Vec<Option<String>>, Error> {
    let mut statement = conn.prepare("DELETE FROM content WHERE refs <= 0 RETURNING file")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
