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
        self.look_anew()?;
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

    /// A connection that searched an index of words remembers its parts until it searches again. SQLite's check goes by
    /// what is remembered, so that it misses parts which were merged meanwhile, and calls that corruption.
    fn look_anew(&self) -> Result<(), Error> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'";
        let mut statement = self.conn().prepare(sql)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        for name in names {
            let sql = format!("SELECT rowid FROM \"{}\" LIMIT 1", name?.replace('"', "\"\""));
            // What is really broken is for the check to say.
            if let Ok(mut statement) = self.conn().prepare(&sql) {
                let _ = statement.query([]).and_then(|mut rows| rows.next().map(|_| ()));
            }
        }
        Ok(())
    }
}
