//! Whether a backup is whole: the manifest, every file's size and hash, nothing besides, and the data in itself.

use std::collections::BTreeSet;
use std::path::Path;

use mox_admin::ops::{DataProblem, Verified};
use mox_db::{ReadTx, Schema};
use mox_store::References;

use crate::manifest::Manifest;
use crate::upgrade::{self, SchemaState};
use crate::{Error, files};

/// What a check of a backup found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What the backup is.
    pub manifest: Manifest,
    /// The data in it; without figures when its tables are those of another version, which are not looked into.
    pub found: Verified,
    /// Bytes of all files.
    pub bytes: u64,
    /// Rooms whose tables are older or newer than this program's.
    pub other_versions: Vec<SchemaState>,
}

/// Checks the backup in the folder `backup`; `full` reads every file and compares its hash. Changes nothing.
pub fn check(
    backup: &Path,
    full: bool,
    schemas: &[Schema],
    references: &dyn Fn(&ReadTx<'_>) -> Result<References, mox_store::Error>,
    progress: &dyn Fn(&str),
) -> Result<Checked, Error> {
    let manifest = Manifest::read(backup)?;
    let copy = manifest.copy(backup);
    let mut problems = Vec::new();
    let mut bytes = 0;
    for (number, entry) in manifest.files.iter().enumerate() {
        progress(&format!("checking files, {number} of {}", manifest.files.len()));
        bytes += entry.size;
        if let Err(detail) = compare(&copy.join(&entry.path), entry.size, full.then_some(&*entry.sha256)) {
            problems.push(problem("file", &entry.path, detail));
        }
    }
    let known: BTreeSet<&str> = manifest.files.iter().map(|entry| &*entry.path).collect();
    for path in below(&copy, "").into_iter().filter(|path| !known.contains(&**path)) {
        problems.push(problem("file", &path, "the manifest does not name it".to_owned()));
    }
    let data = copy.join("data");
    let other_versions: Vec<SchemaState> = upgrade::compare(&manifest.schemas, schemas)
        .into_iter()
        .filter(|state| state.found != state.known)
        .collect();
    let mut found = Verified::default();
    if other_versions.is_empty() && data.join(mox_store::DATABASE).is_file() {
        progress("checking the data");
        match mox_store::verify_at_rest(&data, references, &|_| {}) {
            Ok(report) => {
                found.accounts = report.accounts;
                found.messages = report.messages;
                found.contents = report.contents;
                problems.extend(report.problems.into_iter().map(|p| problem(p.kind, &p.subject, p.detail)));
            }
            Err(e) => problems.push(problem("database", mox_store::DATABASE, e.to_string())),
        }
    }
    found.problems = problems;
    Ok(Checked { manifest, found, bytes, other_versions })
}

fn problem(kind: &str, subject: &str, detail: String) -> DataProblem {
    DataProblem { kind: kind.to_owned(), subject: subject.to_owned(), detail, fixed: false }
}

fn compare(path: &Path, size: u64, sha256: Option<&str>) -> Result<(), String> {
    let found = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if found != size {
        return Err(format!("has {found} bytes, expected {size}"));
    }
    match sha256 {
        Some(expected) if files::hash(path).map_err(|e| e.to_string())?.1 != expected => {
            Err("its hash is another".to_owned())
        }
        _ => Ok(()),
    }
}

/// Paths of all files below a folder, with `/` between their parts.
fn below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&entry.path(), &format!("{name}/")));
        } else {
            found.push(name);
        }
    }
    found
}
