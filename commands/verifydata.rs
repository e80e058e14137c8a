//! `mox verifydata`: check the stored data, and mend it. A running server checks its own; mending needs it ended.
//! A folder that holds a backup is checked as one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use mox_admin::ops::{Verified, VerifyData};
use mox_platform::{DirLock, LockError, SystemRandom};
use mox_queue::Queue;
use mox_store::Store;

use crate::backup::failed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::progress::Progress;
use crate::upgrade::schemas;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Data folder, or folder of a backup [default: data folder of the config]
    #[arg(value_hint = clap::ValueHint::DirPath)]
    data: Option<PathBuf>,
    /// Mend what can be mended
    #[arg(long)]
    fix: bool,
    /// Compare the hashes of a backup's files too; contents of messages are always read
    #[arg(long, conflicts_with = "fix")]
    full: bool,
}

/// How long a server may check.
const CHECK_TIME: Duration = Duration::from_secs(3600);

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox verifydata", about: "Check the data of the config", needs: Needs::World },
    Example {
        run: "mox verifydata --fix ./data",
        about: "Check and mend a data folder",
        needs: Needs::World,
    },
    Example { run: "mox verifydata --full /srv/backup/mox", about: "Check a backup", needs: Needs::World },
];

/// What the check found.
#[derive(Debug, Serialize)]
struct Report {
    /// Data folder.
    data_dir: String,
    #[serde(flatten)]
    found: Verified,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for p in &self.found.problems {
            let mended = if p.fixed { " (mended)" } else { "" };
            page.verdict(Some(p.fixed), format_args!("{} {}: {}{mended}", p.kind, p.subject, p.detail));
        }
        let count = self.found.problems.len();
        page.line(format_args!("{}: {} messages, {count} problems", self.data_dir, self.found.messages));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let data = match args.data {
        Some(data) => data,
        None => cx.place()?.data,
    };
    if data.join(mox_backup::MANIFEST).is_file() {
        return backup(cx, &data, args.fix, args.full);
    }
    if !data.join(mox_store::DATABASE).is_file() {
        return Err(CommandError::not_found(format!(
            "there is no {} in {}",
            mox_store::DATABASE,
            data.display()
        ))
        .hint("name the data folder, or its config with --config"));
    }
    let progress = Progress::start(cx, "checking");
    let found = verify(cx, &data, args.fix)?;
    drop(progress);
    let in_order = found.problems.iter().all(|p| p.fixed);
    cx.print(&Report { data_dir: data.display().to_string(), found })?;
    if !in_order && !args.fix {
        cx.say("hint: `mox verifydata --fix` mends what can be mended");
    }
    Ok(if in_order { Exit::Done } else { Exit::Problems })
}

/// Checks a backup.
fn backup(cx: &mut Context, folder: &Path, fix: bool, full: bool) -> Result<Exit, CommandError> {
    if fix {
        return Err(CommandError::usage(format!("{} is a backup: it is not changed", folder.display()))
            .hint("put it back with `mox restore`, and mend what that gives"));
    }
    let checked = crate::restore::check(cx, folder, full)?;
    cx.print(&checked)?;
    Ok(if checked.found.problems.is_empty() { Exit::Done } else { Exit::Problems })
}

/// Checks a store: with our own hands, or by asking the server that works in it.
fn verify(cx: &mut Context, data: &Path, fix: bool) -> Result<Verified, CommandError> {
    let _lock = match DirLock::acquire(data) {
        Ok(lock) => lock,
        Err(LockError::Held { .. }) if !fix => return cx.server_at(data)?.call(&VerifyData {}, CHECK_TIME),
        Err(e @ LockError::Held { .. }) => {
            return Err(CommandError::new(Exit::Failed, e).hint("to mend, end the server first: `mox stop`"));
        }
        Err(LockError::Io { source, .. }) => return Err(CommandError::file(data, source)),
    };
    if !fix {
        refuse_other_version(data)?;
    }
    let random = Arc::new(SystemRandom);
    let store = Store::open(data, mox_serve::SCHEMAS, Arc::clone(&cx.clock), random)
        .map_err(|e| CommandError::new(Exit::Failed, e))?;
    mox_store::verify(&store, &Queue::content_refs, fix, &|_| {})
        .map(mox_serve::verified)
        .map_err(|e| CommandError::new(Exit::Failed, e))
}

/// Refuses tables of another version: opening would bring them up to date, after which the program that made them opens
/// them no more. A check does not do that.
fn refuse_other_version(data: &Path) -> Result<(), CommandError> {
    let states = mox_backup::schemas(data, &schemas()).map_err(failed)?;
    match states.iter().find(|state| state.found != 0 && state.found != state.known) {
        None => Ok(()),
        Some(state) => Err(CommandError::failed(format!(
            "the tables of {} have version {}, this program has {}: it checks its own alone",
            state.room, state.found, state.known
        ))
        .hint("`mox upgrade --check` says what this program would do with them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_leaves_tables_of_another_version_as_they_are() {
        let (other, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |dir: &tempfile::TempDir, others: &[mox_backup::Schema]| {
            let store =
                Store::open(dir.path(), others, Arc::new(mox_platform::SystemClock), Arc::new(SystemRandom));
            store.unwrap().db().close();
        };
        let room = mox_queue::SCHEMA.room;
        open(&other, &[mox_backup::Schema { room, steps: &["SELECT 1"] }]);
        let error = refuse_other_version(other.path()).unwrap_err().source.to_string();
        assert!(error.contains(&format!("the tables of {room} have version 1")), "{error}");
        open(&own, mox_serve::SCHEMAS);
        assert!(refuse_other_version(own.path()).is_ok());
    }
}
