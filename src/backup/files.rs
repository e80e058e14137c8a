//! Which files beside the database and the contents belong to a backup, and copying with a hash.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use mox_platform::files::{Access, create, create_private_dir};

use crate::Error;

/// How deep folders are followed.
const DEPTH: usize = 8;
/// Largest file of a config folder that is taken without being named by the config, in bytes.
const SMALL: u64 = 4 << 20;
/// What stands in a data folder and is not part of a backup: the database and the contents, which are copied by
/// themselves, and what belongs to the running process.
const LEFT_OUT: [&str; 11] = [
    "mox.db",
    "mox.db-wal",
    "mox.db-shm",
    "mox.db-journal",
    "msg",
    "tmp",
    "moved",
    "open",
    "lock",
    "ctl",
    crate::upgrade::LAST,
];
/// Folders beside `mox.conf` that belong to it.
const FOLDERS: [&str; 4] = ["hostkeys", "dkim", "acme", "versions"];

/// A file to copy: where it is, where it goes in the copy, where it was if it lies elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) from: PathBuf,
    pub(crate) to: String,
    pub(crate) original: Option<String>,
}

/// What belongs to the config: the small files beside it, the folders of keys, and whatever files it names.
pub(crate) fn of_config(config: &Path, not_in: &[&Path]) -> Vec<Wanted> {
    let folder = config.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let small = entry.metadata().is_ok_and(|m| m.is_file() && m.len() <= SMALL);
        let name = entry.file_name().to_string_lossy().into_owned();
        // The config may stand in the data folder: a database that is open must not be opened here.
        if small && !name.ends_with(".tmp") && !LEFT_OUT.contains(&&*name) {
            found.push(entry.path());
        }
    }
    FOLDERS.iter().for_each(|name| walk(&folder.join(name), DEPTH, not_in, &mut found));
    let mut wanted: Vec<Wanted> = found.iter().filter_map(|path| inner(path, folder, "config")).collect();
    let mut known: BTreeSet<PathBuf> = found.into_iter().collect();
    for (number, path) in named(config, folder).into_iter().enumerate() {
        let below_data = not_in.iter().any(|dir| path.starts_with(dir));
        if below_data || !path.is_file() || !known.insert(path.clone()) {
            continue;
        }
        wanted.extend(inner(&path, folder, "config").or_else(|| {
            let name = path.file_name()?.to_str()?;
            let to = format!("other/{number}/{name}");
            Some(Wanted { from: path.clone(), to, original: Some(path.display().to_string()) })
        }));
    }
    wanted.sort_by(|a, b| a.to.cmp(&b.to));
    wanted
}

/// What belongs to the data besides the database and the contents: keys, certificates and the like.
pub(crate) fn of_data(data: &Path, not_in: &[&Path]) -> Vec<Wanted> {
    let mut found = Vec::new();
    for entry in fs::read_dir(data).into_iter().flatten().flatten() {
        if !LEFT_OUT.contains(&entry.file_name().to_string_lossy().as_ref()) {
            walk(&entry.path(), DEPTH, not_in, &mut found);
        }
    }
    let mut wanted: Vec<Wanted> = found.iter().filter_map(|path| inner(path, data, "data")).collect();
    wanted.sort_by(|a, b| a.to.cmp(&b.to));
    wanted
}

/// A file below `folder` as a file of the copy; none for names that are not text.
fn inner(path: &Path, folder: &Path, below: &str) -> Option<Wanted> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(folder).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    let parts = parts.filter(|parts| !parts.contains(&".."))?;
    Some(Wanted { from: path.to_owned(), to: format!("{below}/{}", parts.join("/")), original: None })
}

/// The regular files at and below `path`; links and sockets are not followed.
fn walk(path: &Path, depth: usize, not_in: &[&Path], found: &mut Vec<PathBuf>) {
    let Ok(kind) = fs::symlink_metadata(path) else { return };
    if kind.is_file() {
        found.push(path.to_owned());
    } else if kind.is_dir() && depth > 0 && !not_in.contains(&path) {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            walk(&entry.path(), depth - 1, not_in, found);
        }
    }
}

/// Both config files and the files that they name: values of keys that end in `File`, and items of lists whose key ends in
/// `Files`. Looked up without understanding the rest, so that a config under edit is saved too.
fn named(config: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in [config.to_owned(), config.with_file_name("domains.conf")] {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        found.push(file);
        let mut list = false;
        for line in text.lines().map(str::trim) {
            let value = match line.split_once(':') {
                Some((key, value)) if key.ends_with("File") && !key.starts_with(['#', '-']) => Some(value),
                _ if list => line.strip_prefix("- "),
                _ => None,
            };
            list = line.ends_with("Files:") || (list && line.starts_with("- "));
            found.extend(value.map(str::trim).filter(|v| !v.is_empty()).map(|value| folder.join(value)));
        }
    }
    found
}

/// Copies a file, durably but for its name; the number of bytes and their hash. The target must not exist.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(u64, String), Error> {
    let mut source = File::open(from).map_err(Error::file(from))?;
    if let Some(folder) = to.parent() {
        create_private_dir(folder).map_err(Error::file(folder))?;
    }
    let mut target = create(to, Access::Private).map_err(Error::file(to))?;
    let done = pump(&mut source, Some(&mut target)).map_err(Error::file(to))?;
    target.sync_all().map_err(Error::file(to))?;
    Ok(done)
}

/// Size and hash of a file.
pub(crate) fn hash(path: &Path) -> Result<(u64, String), Error> {
    let mut source = File::open(path).map_err(Error::file(path))?;
    pump(&mut source, None).map_err(Error::file(path))
}

fn pump(source: &mut File, mut target: Option<&mut File>) -> std::io::Result<(u64, String)> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 128 * 1024];
    let mut size = 0;
    loop {
        let read = source.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            let hash = context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok((size, hash));
        }
        context.update(bytes);
        if let Some(target) = &mut target {
            target.write_all(bytes)?;
        }
        size += bytes.len() as u64;
    }
}
