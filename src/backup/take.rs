//! Taking a backup: the order of steps that makes it whole.
//!
//! 1. The destination is judged and locked; leftovers of a killed run go.
//! 2. Removals are held back, then the snapshot begins (order matters, see the promises of this room).
//! 3. Contents that the snapshot names are linked or copied; the database is copied from the same snapshot.
//! 4. Config and the other data files are copied. Each of them is replaced by its writers in one rename, so each is whole.
//! 5. Folders are synced, `.new` gets the free name, the manifest is replaced: now this is the backup. The old copy goes.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use mox_admin::Time;
use mox_admin::ops::BackedUp;
use mox_clock::Timestamp;
use mox_db::{Copied, Db, ReadTx};
use mox_platform::DirLock;
use mox_platform::faults::Faults;
use mox_platform::files::{create_private_dir, free_space, sync_dir};
use mox_store::{DATABASE, Store, content};

use crate::files::{self, Wanted};
use crate::manifest::{Entry, FOLDERS, MANIFEST, Manifest};
use crate::{Error, upgrade};

/// Folder of a backup that is being made.
const NEW: &str = ".new";
/// Pages of the database copied between two pauses: 2 MB.
const STEP: u16 = 512;

/// What is saved.
pub struct Source<'a> {
    /// `mox.conf`, where there is one.
    pub config: Option<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// Host name of the server.
    pub hostname: String,
    /// The open store of a running server; without it the caller holds the lock of the data folder.
    pub store: Option<&'a Store>,
}

/// What a backup is taken with.
pub struct Ground<'a> {
    /// Version of this program.
    pub version: &'a str,
    /// Now.
    pub now: Timestamp,
    /// Rests between two steps, so that mail goes on; hears how far it is. `false` ends the backup.
    pub between: &'a dyn Fn(&str) -> bool,
    /// Where tests end the process.
    pub faults: &'a dyn Faults,
}

/// Takes a backup into the folder `destination`; with `dry_run` says what it would be. Blocks on disk.
pub fn take(
    source: &Source<'_>,
    destination: &Path,
    dry_run: bool,
    ground: &Ground<'_>,
) -> Result<BackedUp, Error> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(Error::file(path));
    let destination = absolute(destination)?;
    let config = source.config.as_deref().map(absolute).transpose()?;
    let (data, hostname) = (absolute(&source.data)?, source.hostname.clone());
    let source = &Source { config, data, hostname, store: source.store };
    let previous = judge(source, &destination)?;
    let taken = Time(ground.now);
    let mut run = Run {
        source,
        ground,
        new: destination.join(NEW),
        known: known(previous.as_ref()),
        old: previous.as_ref().map(|manifest| manifest.copy(&destination)),
        manifest: Manifest::new(ground.version, &source.hostname, taken),
        done: BackedUp {
            destination: destination.display().to_string(),
            taken,
            dry_run,
            incremental: previous.is_some(),
            free: free_space(nearest(&destination)).ok().flatten(),
            ..BackedUp::default()
        },
    };
    if dry_run {
        run.snapshot(|run, tx| run.weigh(tx))?;
        return Ok(run.done);
    }
    create_private_dir(&destination).map_err(Error::file(&destination))?;
    let _lock = DirLock::acquire(&destination)?;
    clear(&destination, previous.as_ref())?;
    let made = run.make(&destination, previous.as_ref());
    if made.is_err() {
        // A full disk may be the server's too: what is of no use does not keep it full.
        let _ = fs::remove_dir_all(&run.new);
    }
    made.map(|()| run.done)
}

/// Refuses a destination that cannot hold a backup of this server; the manifest of the backup that is there.
fn judge(source: &Source<'_>, destination: &Path) -> Result<Option<Manifest>, Error> {
    let real = |path: &Path| fs::canonicalize(nearest(path)).unwrap_or_else(|_| path.to_owned());
    let data = fs::canonicalize(&source.data).map_err(Error::file(&source.data))?;
    if real(destination).starts_with(&data) {
        return Err(Error::Inside(destination.to_owned()));
    }
    if destination.join(MANIFEST).exists() {
        let manifest = Manifest::read(destination)?;
        if manifest.hostname != source.hostname {
            return Err(Error::Foreign {
                path: destination.to_owned(),
                owner: manifest.hostname,
                server: source.hostname.clone(),
            });
        }
        return Ok(Some(manifest));
    }
    let ours = |name: &str| [NEW, DirLock::FILE].contains(&name) || FOLDERS.contains(&name);
    match fs::read_dir(destination) {
        // A first run that was killed leaves its own names and no manifest.
        Ok(mut entries) => match entries.all(|e| e.is_ok_and(|e| ours(&e.file_name().to_string_lossy()))) {
            true => Ok(None),
            false => Err(Error::NotEmpty(destination.to_owned())),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::file(destination)(e)),
    }
}

/// The path, or the nearest folder above it that exists.
fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."))
}

/// Removes what a killed run left: the unfinished copy, and one that no manifest names.
fn clear(destination: &Path, previous: Option<&Manifest>) -> Result<(), Error> {
    let kept = previous.map(|manifest| manifest.folder.as_str());
    for name in [NEW].iter().chain(&FOLDERS).filter(|name| Some(**name) != kept) {
        let path = destination.join(name);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(Error::file(&path))?;
        }
    }
    sync_dir(destination).map_err(Error::file(destination))
}

/// Size and hash of the contents in the last backup, by path.
fn known(previous: Option<&Manifest>) -> HashMap<String, (u64, String)> {
    let files = previous.into_iter().flat_map(|manifest| &manifest.files);
    files.map(|entry| (entry.path.clone(), (entry.size, entry.sha256.clone()))).collect()
}

struct Run<'a> {
    source: &'a Source<'a>,
    ground: &'a Ground<'a>,
    new: PathBuf,
    known: HashMap<String, (u64, String)>,
    old: Option<PathBuf>,
    manifest: Manifest,
    done: BackedUp,
}

impl Run<'_> {
    fn make(&mut self, destination: &Path, previous: Option<&Manifest>) -> Result<(), Error> {
        create_private_dir(&self.new.join("data").join(content::FOLDER)).map_err(Error::file(&self.new))?;
        self.snapshot(|run, tx| {
            run.room(destination)?;
            run.contents(tx)?;
            run.database(tx)
        })?;
        self.rest(destination)?;
        self.commit(destination, previous)
    }

    /// Runs `f` over one snapshot, in which no content file goes.
    fn snapshot(&mut self, f: impl FnOnce(&mut Self, &ReadTx<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let path = self.source.data.join(DATABASE);
        let failed = |source: mox_store::Error| Error::Database { path: path.clone(), source };
        let _hold = self.source.store.map(Store::hold_removals);
        let db = match self.source.store {
            Some(_) => Db::open_read_only(&path),
            None => Db::open_at_rest(&path),
        };
        let db = db.map_err(|e| failed(e.into()))?;
        let result = db.read(|tx| {
            self.manifest.schemas = tx.schema_versions()?;
            Ok::<_, mox_db::Error>(f(self, tx))
        });
        result.map_err(|e| failed(e.into()))?
    }

    fn database_error(&self, source: impl Into<mox_store::Error>) -> Error {
        Error::Database { path: self.source.data.join(DATABASE), source: source.into() }
    }

    /// Counts what a backup would hold.
    fn weigh(&mut self, tx: &ReadTx<'_>) -> Result<(), Error> {
        self.done.database_bytes = self.database_size();
        for name in content::files(tx).map_err(|e| self.database_error(e))? {
            let path = self.source.data.join(content::FOLDER).join(content::shelf(&name)).join(&name);
            self.done.contents += 1;
            self.done.content_bytes += fs::metadata(&path).map_err(Error::file(&path))?.len();
        }
        for wanted in self.others(Path::new("")) {
            self.done.files += 1;
            self.done.file_bytes += fs::metadata(&wanted.from).map_or(0, |m| m.len());
        }
        Ok(())
    }

    fn database_size(&self) -> u64 {
        fs::metadata(self.source.data.join(DATABASE)).map_or(0, |m| m.len())
    }

    /// Refuses a disk that cannot take the database.
    fn room(&self, destination: &Path) -> Result<(), Error> {
        let needed = self.database_size();
        match self.done.free {
            Some(free) if free < needed => Err(Error::Full { path: destination.to_owned(), free, needed }),
            _ => Ok(()),
        }
    }

    /// Whether to go on, after a rest.
    fn go_on(&self, what: &str) -> Result<(), Error> {
        if (self.ground.between)(what) { Ok(()) } else { Err(Error::Ended) }
    }

    /// Links or copies every content file of the snapshot.
    fn contents(&mut self, tx: &ReadTx<'_>) -> Result<(), Error> {
        let names = content::files(tx).map_err(|e| self.database_error(e))?;
        let total = names.len();
        for (number, name) in names.into_iter().enumerate() {
            let shelf = content::shelf(&name);
            let path = format!("data/{}/{shelf}/{name}", content::FOLDER);
            let from = self.source.data.join(content::FOLDER).join(shelf).join(&name);
            let to = self.new.join(&path);
            if let Some(folder) = to.parent() {
                create_private_dir(folder).map_err(Error::file(folder))?;
            }
            let (size, sha256) = self.content(&path, &from, &to)?;
            self.done.contents += 1;
            self.done.content_bytes += size;
            self.manifest.files.push(Entry { path, size, sha256, original: None });
            self.ground.faults.reach("backup-content");
            if number % 64 == 0 {
                self.go_on(&format!("linking large messages, {number} of {total}"))?;
            }
        }
        Ok(())
    }

    /// One content file: a link to the data folder, else to the last backup, else a copy. Contents never change, so a
    /// hash that is known for the name and the size holds.
    fn content(&mut self, path: &str, from: &Path, to: &Path) -> Result<(u64, String), Error> {
        let size = fs::metadata(from).map_err(Error::file(from))?.len();
        let known = self.known.get(path).filter(|(known, _)| *known == size).cloned();
        let old = self.old.as_ref().filter(|_| known.is_some()).map(|old| old.join(path));
        let same = |old: &PathBuf| fs::metadata(old).is_ok_and(|m| m.len() == size);
        if fs::hard_link(from, to).is_ok() {
            self.done.linked += 1;
        } else if old.filter(same).is_some_and(|old| fs::hard_link(old, to).is_ok()) {
            self.done.kept += 1;
        } else {
            return files::copy(from, to);
        }
        known.map_or_else(|| files::hash(to), Ok)
    }

    /// Copies the database of the snapshot.
    fn database(&mut self, tx: &ReadTx<'_>) -> Result<(), Error> {
        let path = format!("data/{DATABASE}");
        let target = self.new.join(&path);
        let (between, faults) = (self.ground.between, self.ground.faults);
        let mut rest = |Copied { pages, of }: Copied| {
            faults.reach("backup-page");
            between(&format!("copying the database, {}%", pages * 100 / of.max(1)))
        };
        if !tx.copy_to(&target, STEP, &mut rest).map_err(|e| self.database_error(e))? {
            return Err(Error::Ended);
        }
        let (size, sha256) = files::hash(&target)?;
        self.done.database_bytes = size;
        self.manifest.files.push(Entry { path, size, sha256, original: None });
        Ok(())
    }

    /// Files of config and data beside the database and the contents.
    fn others(&self, destination: &Path) -> Vec<Wanted> {
        let data = &*self.source.data;
        let mut all = files::of_data(data, &[destination]);
        let config = self.source.config.as_deref().filter(|config| config.is_file());
        all.extend(config.into_iter().flat_map(|config| files::of_config(config, &[data, destination])));
        all
    }

    /// Copies what else there is. Keys are written before the config names them: those that came while the config was
    /// copied are found at a second look.
    fn rest(&mut self, destination: &Path) -> Result<(), Error> {
        let first = self.others(destination);
        self.ground.faults.reach("backup-listed");
        let known: BTreeSet<PathBuf> = first.iter().map(|wanted| wanted.from.clone()).collect();
        first.into_iter().try_for_each(|wanted| self.other(wanted))?;
        let came = |wanted: &Wanted| wanted.original.is_none() && !known.contains(&wanted.from);
        self.others(destination).into_iter().filter(came).try_for_each(|wanted| self.other(wanted))?;
        self.go_on("finishing")
    }

    fn other(&mut self, wanted: Wanted) -> Result<(), Error> {
        use std::io::ErrorKind::{NotFound, PermissionDenied};
        let Wanted { from, to, original } = wanted;
        match files::copy(&from, &self.new.join(&to)) {
            Ok((size, sha256)) => {
                self.done.files += 1;
                self.done.file_bytes += size;
                self.manifest.files.push(Entry { path: to, size, sha256, original });
            }
            // A file that was temporary.
            Err(Error::File { path, source }) if path == from && source.kind() == NotFound => {}
            // A key that root read at the start, before the server became another user.
            Err(Error::File { path, source }) if path == from && source.kind() == PermissionDenied => {
                self.done.skipped.push(format!("{}: {source}", path.display()));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// Makes the new copy the backup.
    fn commit(&mut self, destination: &Path, previous: Option<&Manifest>) -> Result<(), Error> {
        sync_all(&self.new)?;
        let kept = previous.map(|manifest| manifest.folder.as_str());
        let name = FOLDERS.iter().find(|name| Some(**name) != kept).copied().unwrap_or(NEW);
        let place = destination.join(name);
        self.ground.faults.reach("backup-copied");
        fs::rename(&self.new, &place).map_err(Error::file(&place))?;
        sync_dir(destination).map_err(Error::file(destination))?;
        self.ground.faults.reach("backup-renamed");
        self.manifest.folder = name.to_owned();
        self.manifest.data_dir = self.source.data.display().to_string();
        self.manifest.config_file = self.source.config.as_ref().map(|config| config.display().to_string());
        self.manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.manifest.write(destination)?;
        self.done.folder = name.to_owned();
        self.ground.faults.reach("backup-committed");
        // What does not go now goes with the next run.
        if let Err(e) = clear(destination, Some(&self.manifest)) {
            tracing::warn!(error = %e, "an old copy stays in the backup folder");
        }
        upgrade::note(&self.source.data, &self.manifest, destination);
        Ok(())
    }
}

/// Makes all names below a folder durable.
fn sync_all(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sync_all(&entry.path())?;
        }
    }
    sync_dir(folder).map_err(Error::file(folder))
}
