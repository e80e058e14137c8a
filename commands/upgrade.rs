//! `mox upgrade --check`: what this program would do with a data folder. It changes nothing.

use std::path::{Path, PathBuf};

use mox_admin::Time;
use mox_backup::{Last, SchemaState};
use serde::Serialize;

use crate::backup::failed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Data folder [default: that of the config]
    #[arg(value_hint = clap::ValueHint::DirPath)]
    data: Option<PathBuf>,
    /// Say what would happen
    #[arg(long, required = true)]
    check: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox upgrade --check",
        about: "Whether this program can open the data",
        needs: Needs::World,
    },
    Example { run: "mox upgrade --check ./data", about: "The same of another folder", needs: Needs::World },
];

/// What an upgrade would be.
#[derive(Debug, Serialize)]
struct Report {
    /// Data folder.
    data_dir: String,
    /// Version of this program.
    version: String,
    /// This program can open the data.
    opens: bool,
    /// Rooms whose tables would be brought up to date.
    migrations: Vec<SchemaState>,
    /// Rooms whose tables a newer program wrote.
    newer: Vec<SchemaState>,
    /// The last backup that is still there.
    backup: Option<Last>,
    /// When the data was last written to.
    changed: Option<Time>,
    /// The backup is newer than the last change.
    backup_current: bool,
    /// Size of the database.
    database_bytes: u64,
    /// Bytes free on its disk, where the system says.
    free: Option<u64>,
    /// What stands in the way.
    problems: Vec<String>,
}

impl Report {
    fn make(data: &Path) -> Result<Report, CommandError> {
        let states = mox_backup::schemas(data, &schemas()).map_err(failed)?;
        let (newer, rest): (Vec<_>, Vec<_>) = states.into_iter().partition(|s| s.found > s.known);
        let migrations: Vec<SchemaState> = rest.into_iter().filter(|s| s.found < s.known).collect();
        let (backup, changed) = (mox_backup::last(data), mox_backup::last_change(data));
        let backup_current = backup.as_ref().is_some_and(|b| changed.is_some_and(|c| b.taken > c));
        let database_bytes = std::fs::metadata(data.join(mox_store::DATABASE)).map_or(0, |m| m.len());
        let mut report = Report {
            data_dir: data.display().to_string(),
            version: crate::VERSION.to_owned(),
            opens: newer.is_empty(),
            migrations,
            newer,
            backup,
            changed,
            backup_current,
            database_bytes,
            free: mox_platform::files::free_space(data).ok().flatten(),
            problems: Vec::new(),
        };
        report.problems = report.problems();
        Ok(report)
    }

    /// A migration rewrites at most the whole database, beside the old pages in the log.
    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self
            .newer
            .iter()
            .map(|s| {
                format!(
                    "the tables of {} have version {}, this program knows {}: use the newer program",
                    s.room, s.found, s.known
                )
            })
            .collect();
        if self.opens && !self.migrations.is_empty() {
            if !self.backup_current {
                problems.push(
                    "tables would change and no backup is newer than the data: end the server, then `mox backup`"
                        .to_owned(),
                );
            }
            if self.free.is_some_and(|free| free < self.database_bytes) {
                problems.push(format!(
                    "tables would change, which may take {} of disk: make room",
                    size(self.database_bytes)
                ));
            }
        }
        problems
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.field("data", &self.data_dir);
        page.field("program", format!("mox {}", self.version));
        page.verdict(Some(self.opens), "this program can open the data");
        for s in &self.migrations {
            let tables = format_args!("{}: tables from version {} to {}", s.room, s.found, s.known);
            page.verdict(None, tables);
        }
        if self.migrations.is_empty() && self.opens {
            page.verdict(Some(true), "no tables would change");
        }
        match &self.backup {
            Some(b) if self.backup_current => {
                page.verdict(
                    Some(true),
                    format_args!("{} holds everything, begun {}", b.destination, b.taken),
                );
            }
            Some(b) => page.verdict(
                None,
                format_args!("{}, begun {}, is older than the last change", b.destination, b.taken),
            ),
            None => page.verdict(None, "no backup is known"),
        }
        if let Some(free) = self.free {
            page.field("free", format!("{}, the database has {}", size(free), size(self.database_bytes)));
        }
        for problem in &self.problems {
            page.verdict(Some(false), problem);
        }
    }
}

/// The tables of this program.
pub(crate) fn schemas() -> Vec<mox_backup::Schema> {
    std::iter::once(mox_store::SCHEMA).chain(mox_serve::SCHEMAS.iter().copied()).collect()
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let data = match args.data {
        Some(data) => data,
        None => cx.place()?.data,
    };
    if !data.join(mox_store::DATABASE).is_file() {
        let message = format!("there is no {} in {}", mox_store::DATABASE, data.display());
        return Err(
            CommandError::not_found(message).hint("name the data folder, or its config with --config")
        );
    }
    debug_assert!(args.check, "clap requires it");
    let report = Report::make(&data)?;
    cx.print(&report)?;
    Ok(if report.problems.is_empty() { Exit::Done } else { Exit::Problems })
}
