//! A copy of the database while it is written, and which versions its tables have.
//!
//! The copy is that of one snapshot: a reader of its own holds it, so the writer neither waits nor disturbs, and a
//! step never begins anew because of what is written meanwhile. What it costs is that the write-ahead log is not
//! folded beyond the snapshot until the copy is done. SQLite's online backup does the copying, some pages a step.
//! The file that results is in rollback mode: it is one file, and opening it for reading makes no others.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{Error, ReadTx, Schema};

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Pages copied.
    pub pages: u64,
    /// Pages in all.
    pub of: u64,
}

impl ReadTx<'_> {
    /// Copies the whole database as this snapshot sees it into the file `target`, which must not exist. After every
    /// `pages` pages it calls `between`, which may take its time, or end the copy with `false`. Whether it is
    /// complete; when it is, it is durable but for the name in its folder.
    pub fn copy_to(
        &self,
        target: &Path,
        pages: u16,
        between: &mut dyn FnMut(Copied) -> bool,
    ) -> Result<bool, Error> {
        // The snapshot begins with the first read, and must be held before the first step.
        self.schema_versions()?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = Connection::open_with_flags(target, flags)?;
        // Nobody else has the file, and half of it is of no use: a journal would protect nothing.
        copy.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
        copy.pragma_update(None, "synchronous", "FULL")?;
        copy.pragma_update(None, "fullfsync", true)?;
        let backup = Backup::new(self.conn(), &mut copy)?;
        loop {
            let step = backup.step(i32::from(pages.max(1)))?;
            let progress = backup.progress();
            let of = u64::try_from(progress.pagecount).unwrap_or(0);
            let left = u64::try_from(progress.remaining).unwrap_or(0);
            match step {
                StepResult::Done => break,
                StepResult::More if between(Copied { pages: of.saturating_sub(left), of }) => {}
                StepResult::More => return Ok(false),
                _ => return Err(Error::Busy),
            }
        }
        drop(backup);
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        copy.close().map_err(|(_, e)| e)?;
        let file = std::fs::OpenOptions::new().write(true).open(target);
        file.and_then(|file| file.sync_all()).map_err(|e| Error::Io(e.to_string()))?;
        Ok(true)
    }

    /// Version of the tables of every room that has some in this file.
    pub fn schema_versions(&self) -> Result<BTreeMap<String, u32>, Error> {
        let there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
        if self.conn().query_row(there, [], |_| Ok(())).optional()?.is_none() {
            return Ok(BTreeMap::new());
        }
        let mut statement = self.conn().prepare("SELECT room, version FROM schema_version")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Schema {
    /// The newest version that this program knows.
    pub fn version(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mox_clock::sim::SimClock;

    use super::*;
    use crate::{Db, Options};

    const SCHEMA: Schema =
        Schema { room: "test", steps: &["CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)", "SELECT 1"] };

    fn filled(path: &Path) -> Db {
        let db = Db::open(
            path,
            &[SCHEMA],
            Options::new(Arc::new(SimClock::new(mox_clock::Timestamp::from_secs(1)))),
        )
        .unwrap();
        insert(&db, 200);
        db
    }

    fn insert(db: &Db, rows: u32) {
        db.write_blocking(move |tx| {
            for _ in 0..rows {
                tx.conn().execute("INSERT INTO t (b) VALUES (zeroblob(5000))", [])?;
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    }

    #[test]
    fn a_copy_is_of_one_snapshot_and_the_writer_does_not_wait() {
        let dir = tempfile::tempdir().unwrap();
        let (path, target) = (dir.path().join("a.db"), dir.path().join("b.db"));
        let db = filled(&path);
        let mut steps = 0;
        let reader = Db::open_read_only(&path).unwrap();
        let complete = reader
            .read(|tx| {
                tx.copy_to(&target, 16, &mut |copied| {
                    assert!(copied.pages <= copied.of);
                    steps += 1;
                    insert(&db, 1);
                    true
                })
            })
            .unwrap();
        assert!(complete && steps > 10, "{steps}");
        let copy = Db::open_read_only(&target).unwrap();
        let (rows, wrong) = copy
            .read(|tx| {
                let rows = tx.conn().query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0))?;
                Ok::<_, Error>((rows, tx.integrity(false)?))
            })
            .unwrap();
        assert_eq!((rows, wrong), (200, Vec::new()), "what came after the snapshot is not in it");
        drop(copy);
        let names: Vec<_> = std::fs::read_dir(dir.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("b."))
            .collect();
        assert_eq!(names, ["b.db"]);
    }

    #[test]
    fn a_file_at_rest_is_read_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a b%c#é");
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("a.db");
        let db = filled(&path);
        db.close();
        drop(db);
        let count = |path: &Path| {
            let db = Db::open_at_rest(path).unwrap();
            db.read(|tx| {
                Ok::<_, Error>(tx.conn().query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0))?)
            })
            .unwrap()
        };
        assert_eq!(count(&path), 200);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_can_be_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let _db = filled(&path);
        let reader = Db::open_read_only(&path).unwrap();
        let complete = reader.read(|tx| tx.copy_to(&dir.path().join("b.db"), 1, &mut |_| false)).unwrap();
        assert!(!complete);
    }

    #[test]
    fn versions_are_those_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let _db = filled(&path);
        let versions = Db::open_read_only(&path).unwrap().read(|tx| tx.schema_versions()).unwrap();
        assert_eq!(versions, BTreeMap::from([("test".to_owned(), SCHEMA.version())]));
        let empty = dir.path().join("empty.db");
        std::fs::write(&empty, "").unwrap();
        assert!(Db::open_read_only(&empty).unwrap().read(|tx| tx.schema_versions()).unwrap().is_empty());
    }
}
