//! Statements on `transcript`.

use mox_db::rusqlite::types::{ToSqlOutput, ValueRef};
use mox_db::rusqlite::{self, Connection, OptionalExtension, ToSql};

use crate::transcript::Packed;
use crate::{ContentId, Error};

impl ToSql for Packed {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Packed::Text(text) => ValueRef::Text(text.as_bytes()),
            Packed::Zstd(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(crate) fn insert(conn: &Connection, id: ContentId, text: &Packed, end: &str) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO transcript (content_id, text, end) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute((id.0, text, end))?;
    Ok(())
}

pub(crate) fn get(conn: &Connection, id: ContentId) -> Result<Option<(Packed, String)>, Error> {
    let sql = "SELECT text, end FROM transcript WHERE content_id = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let text = match row.get_ref(0)? {
            ValueRef::Blob(bytes) => Packed::Zstd(bytes.to_vec()),
            other => Packed::Text(other.as_str()?.to_owned()),
        };
        Ok((text, row.get(1)?))
    };
    Ok(conn.prepare_cached(sql)?.query_row([id.0], read).optional()?)
}
