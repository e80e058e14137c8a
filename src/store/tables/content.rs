//! Statements on `content` and `content_gone`.

use mox_db::rusqlite::{Connection, OptionalExtension};

use crate::{ContentId, Error};

pub(crate) struct Row {
    pub(crate) size: u64,
    pub(crate) form: i64,
    pub(crate) file: Option<String>,
    pub(crate) data: Option<Vec<u8>>,
}

pub(crate) fn insert(
    conn: &Connection,
    id: i64,
    size: u64,
    refs: u32,
    form: i64,
    file: Option<&str>,
    data: Option<&[u8]>,
) -> Result<ContentId, Error> {
    let sql =
        "INSERT INTO content (content_id, size, refs, form, file, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    conn.prepare_cached(sql)?.execute((id, size, refs, form, file, data))?;
    Ok(ContentId(id))
}

pub(crate) fn get(conn: &Connection, id: ContentId) -> Result<Option<Row>, Error> {
    let sql = "SELECT size, form, file, data FROM content WHERE content_id = ?1";
    let read = |row: &mox_db::rusqlite::Row<'_>| {
        let size: i64 = row.get(0)?;
        Ok(Row {
            size: u64::try_from(size).unwrap_or(0),
            form: row.get(1)?,
            file: row.get(2)?,
            data: row.get(3)?,
        })
    };
    Ok(conn.prepare_cached(sql)?.query_row([id.0], read).optional()?)
}

pub(crate) fn retain(conn: &Connection, id: ContentId) -> Result<(), Error> {
    let changed =
        conn.prepare_cached("UPDATE content SET refs = refs + 1 WHERE content_id = ?1")?.execute([id.0])?;
    if changed == 1 { Ok(()) } else { Err(Error::Damaged(format!("no content {id}"))) }
}

/// Takes a reference away; returns the file to remove when it was the last.
pub(crate) fn release(conn: &Connection, id: ContentId) -> Result<Option<String>, Error> {
    let sql = "UPDATE content SET refs = refs - 1 WHERE content_id = ?1 RETURNING refs, file";
    let row = conn
        .prepare_cached(sql)?
        .query_row([id.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))
        .optional()?;
    match row {
        Some((refs, file)) if refs <= 0 => {
            conn.prepare_cached("DELETE FROM content WHERE content_id = ?1")?.execute([id.0])?;
            Ok(file)
        }
        Some(_) => Ok(None),
        None => Err(Error::Damaged(format!("no content {id}"))),
    }
}

pub(crate) fn has_file(conn: &Connection, name: &str) -> Result<bool, Error> {
    Ok(conn.prepare_cached("SELECT 1 FROM content WHERE file = ?1")?.exists([name])?)
}

pub(crate) fn files(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare("SELECT file FROM content WHERE file IS NOT NULL")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn insert_gone(conn: &Connection, file: &str) -> Result<(), Error> {
    conn.prepare_cached("INSERT OR IGNORE INTO content_gone (file) VALUES (?1)")?.execute([file])?;
    Ok(())
}

pub(crate) fn list_gone(conn: &Connection, max: u32) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare_cached("SELECT file FROM content_gone LIMIT ?1")?;
    let rows = statement.query_map([max], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn forget_gone(conn: &Connection, file: &str) -> Result<(), Error> {
    conn.prepare_cached("DELETE FROM content_gone WHERE file = ?1")?.execute([file])?;
    Ok(())
}

/// (id, size, refs, form, file, stored bytes) of every content row, in order of id, after `after`.
pub(crate) fn page(conn: &Connection, after: i64, max: u32) -> Result<Vec<(i64, i64, Row)>, Error> {
    let sql = "SELECT content_id, refs, size, form, file, data FROM content WHERE content_id > ?1 ORDER BY content_id LIMIT ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map((after, max), |row| {
        let size: i64 = row.get(2)?;
        let content = Row {
            size: u64::try_from(size).unwrap_or(0),
            form: row.get(3)?,
            file: row.get(4)?,
            data: row.get(5)?,
        };
        Ok((row.get(0)?, row.get(1)?, content))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn set_refs(conn: &Connection, id: i64, refs: i64) -> Result<(), Error> {
    conn.prepare_cached("UPDATE content SET refs = ?2 WHERE content_id = ?1")?.execute((id, refs))?;
    Ok(())
}
