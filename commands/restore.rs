//! `mox restore`: put a backup back into a new folder, or only check that it could be.

use std::path::PathBuf;

use mox_admin::Time;
use mox_admin::ops::Verified;
use mox_queue::Queue;
use serde::Serialize;

use crate::backup::failed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::place::Place;
use crate::progress::Progress;
use crate::upgrade::schemas;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder that was given to `mox backup`
    #[arg(value_hint = clap::ValueHint::DirPath)]
    backup: PathBuf,
    /// New or empty folder that gets `config` and `data`
    #[arg(value_hint = clap::ValueHint::DirPath, required_unless_present = "check", conflicts_with = "check")]
    destdir: Option<PathBuf>,
    /// Read everything and compare it, without restoring
    #[arg(long)]
    check: bool,
    /// Only say what would be restored
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox restore --check /srv/backup/mox", about: "Check a backup", needs: Needs::World },
    Example {
        run: "mox restore /srv/backup/mox ./restored",
        about: "Put it back into a new folder",
        needs: Needs::World,
    },
];

/// A backup that was checked.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    /// Folder of the backup.
    backup: String,
    /// Host name of its server.
    hostname: String,
    /// Version of the program that wrote it.
    version: String,
    /// When it was begun.
    taken: Time,
    /// Files in it.
    files: u64,
    /// Their bytes.
    bytes: u64,
    /// The hash of every file was compared.
    full: bool,
    /// The tables are those of another version, so that the data was not looked into.
    other_version: bool,
    #[serde(flatten)]
    pub(crate) found: Verified,
}

impl Show for Checked {
    fn show(&self, page: &mut Page) {
        for p in &self.found.problems {
            page.verdict(Some(false), format_args!("{} {}: {}", p.kind, p.subject, p.detail));
        }
        page.field("backup of", &self.hostname);
        page.field("begun", self.taken);
        page.field("by mox", &self.version);
        page.field("files", format!("{}, {}", self.files, size(self.bytes)));
        if self.other_version {
            page.line("the data is that of another version and was not looked into");
        } else {
            page.field("accounts", self.found.accounts);
            page.field("messages", self.found.messages);
        }
        page.field("problems", self.found.problems.len());
    }
}

/// A backup that was put back.
#[derive(Debug, Serialize)]
struct Restored {
    /// Folder of the backup.
    backup: String,
    /// Where `config` and `data` are now.
    destination: String,
    /// When the backup was begun.
    taken: Time,
    /// Files.
    files: u64,
    /// Their bytes.
    bytes: u64,
    /// Nothing was written.
    dry_run: bool,
    /// Files that were elsewhere, in `other/` now: path there, and where they were.
    other: Vec<(String, String)>,
}

impl Show for Restored {
    fn show(&self, page: &mut Page) {
        let verb = if self.dry_run { "would be restored" } else { "restored" };
        page.line(format_args!(
            "{} files, {} {verb} to {}, as of {}",
            self.files,
            size(self.bytes),
            self.destination,
            self.taken
        ));
        for (path, original) in &self.other {
            page.line(format_args!("{path} was {original}: put it there"));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Some(target) = args.destdir.filter(|_| !args.check) else {
        let checked = check(cx, &args.backup, true)?;
        cx.print(&checked)?;
        return Ok(if checked.found.problems.is_empty() { Exit::Done } else { Exit::Problems });
    };
    let progress = Progress::start(cx, "restoring");
    let done = mox_backup::restore(&args.backup, &target, args.dry_run, &|what| progress.tell(what));
    drop(progress);
    let done = done.map_err(failed)?;
    let other = done.manifest.files.iter();
    let other = other.filter_map(|entry| Some((entry.path.clone(), entry.original.clone()?))).collect();
    cx.print(&Restored {
        backup: args.backup.display().to_string(),
        destination: target.display().to_string(),
        taken: done.manifest.taken,
        files: done.files,
        bytes: done.bytes,
        dry_run: args.dry_run,
        other,
    })?;
    if !args.dry_run {
        let config = target.join("config").join("mox.conf");
        let there = config.is_file() && same(&Place::at(&config).data, &done.data);
        match there {
            true => cx.say(format_args!("hint: mox serve --config {}", config.display())),
            false => cx.say(format_args!(
                "hint: DataDir of mox.conf names another folder: move {} there, or change it",
                done.data.display()
            )),
        }
    }
    Ok(Exit::Done)
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((std::fs::canonicalize(a), std::fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// Checks a backup; `full` compares every hash.
pub(crate) fn check(cx: &Context, backup: &std::path::Path, full: bool) -> Result<Checked, CommandError> {
    let progress = Progress::start(cx, "checking");
    let checked =
        mox_backup::check(backup, full, &schemas(), &Queue::content_refs, &|what| progress.tell(what))
            .map_err(failed)?;
    Ok(Checked {
        backup: backup.display().to_string(),
        hostname: checked.manifest.hostname,
        version: checked.manifest.version,
        taken: checked.manifest.taken,
        files: checked.manifest.files.len() as u64,
        bytes: checked.bytes,
        full,
        other_version: !checked.other_versions.is_empty(),
        found: checked.found,
    })
}
