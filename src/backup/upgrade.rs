//! Whether this program can open a data folder, what it would change there, and which backup there is.
//!
//! A backup notes itself in the data folder, in `lastbackup.json`. When the data last changed is told by the times of
//! the database file and of its log, which a server that has ended folded into the file.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use mox_admin::Time;
use mox_clock::Timestamp;
use mox_db::{Db, Schema};
use mox_platform::files::{Access, write_durably};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::manifest::Manifest;

/// File in the data folder that tells of the last backup.
pub(crate) const LAST: &str = "lastbackup.json";

/// The last backup of a data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// When it was begun.
    pub taken: Time,
    /// Where it is.
    pub destination: String,
}

/// The tables of a room: their version in a file, and the newest that this program knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaState {
    /// The room.
    pub room: String,
    /// Version in the file; 0: it has none of its tables.
    pub found: u32,
    /// Version of this program; 0: it does not know the room.
    pub known: u32,
}

/// Notes a backup. Without the note `mox upgrade --check` does not know of it, no more.
pub(crate) fn note(data: &Path, manifest: &Manifest, destination: &Path) {
    let last = Last { taken: manifest.taken, destination: destination.display().to_string() };
    let written = serde_json::to_vec(&last)
        .map_err(std::io::Error::other)
        .and_then(|text| write_durably(&data.join(LAST), &text, Access::Private));
    if let Err(e) = written {
        tracing::warn!(error = %e, "the backup could not be noted in the data folder");
    }
}

/// The last backup of the data folder, if it is still where it was.
pub fn last(data: &Path) -> Option<Last> {
    let mut text = String::new();
    std::fs::File::open(data.join(LAST)).ok()?.take(64 * 1024).read_to_string(&mut text).ok()?;
    let last: Last = serde_json::from_str(&text).ok()?;
    let manifest = Manifest::read(Path::new(&last.destination)).ok()?;
    (manifest.taken >= last.taken).then_some(last)
}

/// When the database of a data folder was last written to.
pub fn last_change(data: &Path) -> Option<Time> {
    let changed = |name: String| {
        let file = std::fs::metadata(data.join(name)).ok()?;
        let since = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        (file.len() > 0).then_some(since)
    };
    let database = mox_store::DATABASE;
    let since = changed(database.to_owned()).max(changed(format!("{database}-wal")))?;
    Some(Time(Timestamp::default().plus(since)))
}

/// Versions of the tables in a data folder against those of this program, room by room. Changes nothing.
pub fn schemas(data: &Path, known: &[Schema]) -> Result<Vec<SchemaState>, Error> {
    let path = data.join(mox_store::DATABASE);
    let failed = |e: mox_db::Error| Error::Database { path: path.clone(), source: e.into() };
    let found = Db::open_at_rest(&path).and_then(|db| db.read(|tx| tx.schema_versions())).map_err(failed)?;
    Ok(compare(&found, known))
}

/// Versions that were found against those that are known.
pub(crate) fn compare(found: &BTreeMap<String, u32>, known: &[Schema]) -> Vec<SchemaState> {
    let mut rooms: BTreeMap<&str, (u32, u32)> =
        found.iter().map(|(room, version)| (&**room, (*version, 0))).collect();
    for schema in known {
        rooms.entry(schema.room).or_default().1 = schema.version();
    }
    let state =
        |(room, (found, known)): (&str, (u32, u32))| SchemaState { room: room.to_owned(), found, known };
    rooms.into_iter().map(state).collect()
}
