//! Tables of the house itself. SQL stands here alone.

pub(crate) mod backup;
pub(crate) mod traffic;

use mox_db::Schema;

/// The tables.
pub(crate) const SCHEMA: Schema = Schema { room: "serve", steps: &[STEP_1] };

const STEP_1: &str = "
CREATE TABLE traffic (
  hour INTEGER PRIMARY KEY,         -- hours since the epoch, UTC
  incoming INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  submitted INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  failed INTEGER NOT NULL
);
CREATE TABLE backup_taken (
  id INTEGER PRIMARY KEY,
  row TEXT NOT NULL                 -- JSON, as operations show it
);
";
