//! `mox backup`: a whole copy of config and data, by the running server, or from a data folder at rest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mox_admin::ops::{BackedUp, Backup, BackupList, BackupRow};
use mox_backup::{Ground, Source};
use mox_platform::faults::NoFaults;
use mox_platform::{DirLock, LockError};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::place::Place;
use crate::progress::Progress;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the backup: new, empty, or that of the last backup of this server
    #[arg(value_hint = clap::ValueHint::DirPath)]
    #[arg(required_unless_present = "list")]
    destdir: Option<PathBuf>,
    /// Only say how much it would be
    #[arg(long)]
    dry_run: bool,
    /// List the backups that the running server took since it started
    #[arg(long, conflicts_with_all = ["destdir", "dry_run"])]
    list: bool,
}

/// How long a server may take.
const TIME: Duration = Duration::from_secs(24 * 3600);

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox backup /srv/backup/mox", about: "Take a backup, or renew it", needs: Needs::World },
    Example {
        run: "mox backup --dry-run /srv/backup/mox",
        about: "See how much it would be",
        needs: Needs::World,
    },
];

impl Show for BackedUp {
    fn show(&self, page: &mut Page) {
        page.field("backup", &self.destination);
        page.field("begun", self.taken);
        page.field("database", size(self.database_bytes));
        let copied = self.contents.saturating_sub(self.linked + self.kept);
        let how = match self.dry_run {
            true => String::new(),
            false => format!(" ({} linked, {} kept, {copied} copied)", self.linked, self.kept),
        };
        page.field("large messages", format!("{}, {}{how}", self.contents, size(self.content_bytes)));
        page.field("other files", format!("{}, {}", self.files, size(self.file_bytes)));
        if let Some(free) = self.free {
            page.field("free before", size(free));
        }
        for skipped in &self.skipped {
            page.verdict(Some(false), format_args!("not in the backup: {skipped}"));
        }
        if self.dry_run {
            page.line("nothing was written");
        }
    }
}

impl Show for Vec<BackupRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            let state = match (&row.error, &row.ended) {
                (Some(error), _) => error.clone(),
                (None, None) => "goes on".to_owned(),
                (None, Some(_)) if row.skipped > 0 => format!("files that are missing: {}", row.skipped),
                (None, Some(_)) => "taken".to_owned(),
            };
            let bytes = size(row.database_bytes.saturating_add(row.content_bytes));
            vec![row.begun.to_string(), row.destination.clone(), bytes, state]
        });
        page.table(&["BEGUN", "FOLDER", ">SIZE", "RESULT"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Some(destdir) = args.destdir else {
        let taken = cx.call(&BackupList {})?;
        cx.print(&taken)?;
        return Ok(Exit::Done);
    };
    let place = cx.place()?;
    let destination = std::path::absolute(&destdir).map_err(|e| CommandError::file(&destdir, e))?;
    if !place.data.join(mox_store::DATABASE).is_file() {
        return Err(CommandError::not_found(format!(
            "there is no {} in {}",
            mox_store::DATABASE,
            place.data.display()
        ))
        .hint("name the config with --config"));
    }
    let done = match DirLock::acquire(&place.data) {
        Ok(_lock) => at_rest(cx, &place, &destination, args.dry_run)?,
        Err(LockError::Held { .. }) => {
            let _progress = Progress::start(cx, "the server takes the backup");
            let destination = destination.display().to_string();
            let op = Backup { destination, dry_run: args.dry_run };
            cx.server_at(&place.data)?.call(&op, TIME)?
        }
        Err(LockError::Io { source, .. }) => return Err(CommandError::file(&place.data, source)),
    };
    cx.print(&done)?;
    Ok(if done.skipped.is_empty() { Exit::Done } else { Exit::Problems })
}

/// Without a server; the caller holds the lock of the data folder.
fn at_rest(cx: &Context, place: &Place, destination: &Path, dry_run: bool) -> Result<BackedUp, CommandError> {
    let progress = Progress::start(cx, "taking a backup");
    let between = |what: &str| {
        progress.tell(what);
        true
    };
    let source = Source {
        config: Some(place.config.clone()).filter(|config| config.is_file()),
        data: place.data.clone(),
        hostname: place.hostname().map_or_else(|| "localhost".to_owned(), |name| name.ascii().to_owned()),
        store: None,
    };
    let ground = Ground { version: crate::VERSION, now: cx.now(), between: &between, faults: &NoFaults };
    mox_backup::take(&source, destination, dry_run, &ground).map_err(failed)
}

/// A failure of a backup as an error of the command.
pub(crate) fn failed(e: mox_backup::Error) -> CommandError {
    use mox_backup::Error::{Damaged, Foreign, Inside, NoBackup, NotEmpty, Occupied};
    let kind = match &e {
        Inside(_) | NotEmpty(_) | Occupied(_) | Foreign { .. } => Exit::Usage,
        NoBackup { .. } => Exit::NotFound,
        Damaged { .. } => Exit::Problems,
        _ => Exit::Failed,
    };
    let hint = e.hint();
    let error = CommandError::new(kind, e);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
