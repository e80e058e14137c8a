//! Whether the file itself is sound: SQLite's own checks.

use crate::{Error, ReadTx};

impl ReadTx<'_> {
    /// Pages of the file that nothing uses.
    pub fn unused_pages(&self) -> Result<u32, Error> {
        let pages: i64 = self.conn().pragma_query_value(None, "freelist_count", |row| row.get(0))?;
        Ok(u32::try_from(pages).unwrap_or(u32::MAX))
    }

    /// Runs SQLite's integrity check (`quick` leaves out the indexes) and returns what is wrong, at most 100 lines.
    pub fn integrity(&self, quick: bool) -> Result<Vec<String>, Error> {
        let sql = if quick { "PRAGMA quick_check(100)" } else { "PRAGMA integrity_check(100)" };
        let mut statement = self.conn().prepare(sql)?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        let mut wrong = Vec::new();
        for line in lines {
            let line = line?;
            if line != "ok" {
                wrong.push(line);
            }
        }
        Ok(wrong)
    }
}
