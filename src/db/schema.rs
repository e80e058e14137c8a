//! Numbered migrations, forward only. Each room owns its tables and counts its own versions.

use rusqlite::{Connection, OptionalExtension};

use crate::Error;

/// The tables of one room.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The room that owns them.
    pub room: &'static str,
    /// SQL that leads from version n to n + 1; a released step is never edited.
    pub steps: &'static [&'static str],
}

/// Brings every schema to its newest version, in one transaction.
pub(crate) fn migrate(connection: &mut Connection, schemas: &[Schema]) -> Result<(), Error> {
    let tx = connection.transaction()?;
    tx.execute_batch("CREATE TABLE IF NOT EXISTS schema_version (room TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID")?;
    for schema in schemas {
        let found = tx
            .query_row("SELECT version FROM schema_version WHERE room = ?1", [schema.room], |row| {
                row.get::<_, u32>(0)
            })
            .optional()?
            .unwrap_or(0);
        let known = u32::try_from(schema.steps.len()).unwrap_or(u32::MAX);
        if found > known {
            return Err(Error::Newer { room: schema.room.to_owned(), found, known });
        }
        for step in schema.steps.iter().skip(found as usize) {
            tx.execute_batch(step)?;
        }
        if found < known {
            tx.execute(
                "INSERT OR REPLACE INTO schema_version (room, version) VALUES (?1, ?2)",
                (schema.room, known),
            )?;
        }
    }
    Ok(tx.commit()?)
}
