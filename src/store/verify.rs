//! Whether everything in the store fits together, and mending what can be mended.
//!
//! Checked: the database file itself; UIDs below UIDNEXT; modseqs not above the account's; the figures of
//! mailboxes and accounts against their messages; references of content against who refers; content that can be
//! read back with its size; transcripts and rows of the search index
//! whose content does not exist; files that nothing refers to. Mended: figures,
//! reference counts, stray transcripts and rows, stray files (moved to `moved/`, never removed).

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

use mox_db::{ReadTx, Tx};

use crate::content::{Folder, Form};
use crate::tables::verify as table;
use crate::tables::{content, mailbox};
use crate::{Error, Store};

/// Content rows looked at in one go.
const PAGE: u32 = 500;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// What kind of thing: `database`, `mailbox`, `account`, `message`, `content`, `transcript`, `search`, `file`.
    pub kind: &'static str,
    /// Which one.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
    /// It was mended.
    pub fixed: bool,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Accounts looked at.
    pub accounts: u64,
    /// Messages looked at.
    pub messages: u64,
    /// Contents read back.
    pub contents: u64,
    /// What does not fit.
    pub problems: Vec<Problem>,
}

/// References to content that other rooms hold, by content id: what the queue has.
pub type References = HashMap<i64, i64>;

/// Checks a store; `others` are references to content from outside this room; `progress` hears of contents read.
///
/// With `fix`, mends what can be mended: no other process may use the store then.
pub fn verify(
    store: &Store,
    others: &dyn Fn(&ReadTx<'_>) -> Result<References, Error>,
    fix: bool,
    progress: &dyn Fn(u64),
) -> Result<Report, Error> {
    let mut report = store.read_blocking(|store, tx| check(store.folder(), tx, others, progress))?;
    drop_passing(store, &mut report)?;
    if fix && report.problems.iter().any(|p| !p.fixed) {
        mend(store, others, &mut report)?;
    }
    Ok(report)
}

/// Checks the data folder `data` that nobody writes, a backup for instance: nothing is made, changed or mended.
/// Its tables must have the versions of this program.
pub fn verify_at_rest(
    data: &Path,
    others: &dyn Fn(&ReadTx<'_>) -> Result<References, Error>,
    progress: &dyn Fn(u64),
) -> Result<Report, Error> {
    let db = mox_db::Db::open_at_rest(&data.join(crate::DATABASE))?;
    db.read(|tx| check(&Folder::at(data), tx, others, progress))
}

fn check(
    folder: &Folder,
    tx: &ReadTx<'_>,
    others: &dyn Fn(&ReadTx<'_>) -> Result<References, Error>,
    progress: &dyn Fn(u64),
) -> Result<Report, Error> {
    let mut report = Report::default();
    let found = |report: &mut Report, kind, subject: String, detail: String| {
        report.problems.push(Problem { kind, subject, detail, fixed: false });
    };
    for line in tx.integrity(false)? {
        found(&mut report, "database", "mox.db".to_owned(), line);
    }
    report.accounts = table::count(tx.conn(), "account")?;
    report.messages = table::count(tx.conn(), "message WHERE expunged = 0")?;
    for (kind, subject, detail) in table::rows_that_do_not_fit(tx.conn())? {
        found(&mut report, kind, subject, detail);
    }
    let references = references(tx, others)?;
    let mut files = HashSet::new();
    let mut after = 0;
    loop {
        let page = content::page(tx.conn(), after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.0;
        for (id, refs, row) in page {
            let expected = references.get(&id).copied().unwrap_or(0);
            if refs != expected {
                let detail = format!("{refs} references counted, {expected} found");
                found(&mut report, "content", id.to_string(), detail);
            }
            files.extend(row.file.clone());
            if let Err(detail) = readable(folder, row) {
                found(&mut report, "content", id.to_string(), detail);
            }
            report.contents += 1;
        }
        progress(report.contents);
    }
    for id in references.keys() {
        if content::get(tx.conn(), crate::ContentId(*id))?.is_none() {
            found(&mut report, "content", id.to_string(), "referred to, but missing".to_owned());
        }
    }
    files.extend(content::list_gone(tx.conn(), u32::MAX)?);
    for name in stray_files(folder, &files)? {
        found(&mut report, "file", name, "nothing refers to it".to_owned());
    }
    Ok(report)
}

/// How often each content is referred to, by messages and by `others`.
fn references(
    tx: &ReadTx<'_>,
    others: &dyn Fn(&ReadTx<'_>) -> Result<References, Error>,
) -> Result<References, Error> {
    let mut all = others(tx)?;
    for (id, count) in table::content_references(tx.conn())? {
        *all.entry(id).or_insert(0) += count;
    }
    Ok(all)
}

/// Reads content back and compares its size.
fn readable(folder: &Folder, row: content::Row) -> Result<(), String> {
    let form = Form::from_code(row.form).map_err(|e| e.to_string())?;
    let source: Box<dyn Read> = match (row.data, &row.file) {
        (Some(data), _) => Box::new(std::io::Cursor::new(data)),
        (None, Some(name)) => {
            Box::new(std::fs::File::open(folder.place(name)).map_err(|e| format!("file {name}: {e}"))?)
        }
        (None, None) => return Err("neither bytes nor file".to_owned()),
    };
    let mut plain: Box<dyn Read> = match form {
        Form::Raw => source,
        Form::Zstd => Box::new(zstd::stream::read::Decoder::new(source).map_err(|e| e.to_string())?),
    };
    let size = std::io::copy(&mut plain, &mut std::io::sink()).map_err(|e| format!("cannot be read: {e}"))?;
    if size == row.size { Ok(()) } else { Err(format!("has {size} bytes, expected {}", row.size)) }
}

fn stray_files(folder: &Folder, known: &HashSet<String>) -> Result<Vec<String>, Error> {
    let read =
        |path: &Path| std::fs::read_dir(path).map_err(|source| Error::File { path: path.to_owned(), source });
    let mut stray = Vec::new();
    for shelf in read(folder.msg())?.flatten() {
        if !shelf.path().is_dir() {
            stray.push(shelf.file_name().to_string_lossy().into_owned());
            continue;
        }
        for file in read(&shelf.path())?.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if !known.contains(&name) {
                stray.push(name);
            }
        }
    }
    stray.sort();
    Ok(stray)
}

/// In a store that is in use, files come and go beside the snapshot that was checked: what a look at a newer one
/// explains is no problem.
fn drop_passing(store: &Store, report: &mut Report) -> Result<(), Error> {
    // Looked at before the newer snapshot: a file whose temporary name is gone was committed, or never will be.
    let arriving = |p: &Problem| p.kind == "file" && store.folder().tmp().join(&p.subject).exists();
    report.problems.retain(|p| !arriving(p));
    store.read_blocking(|_, tx| {
        let mut kept = Vec::new();
        for problem in std::mem::take(&mut report.problems) {
            let passed = match (problem.kind, problem.subject.parse()) {
                ("file", _) => content::has_file(tx.conn(), &problem.subject)?,
                ("content", Ok(id)) => {
                    !problem.detail.starts_with("referred to")
                        && content::get(tx.conn(), crate::ContentId(id))?.is_none()
                }
                _ => false,
            };
            if !passed {
                kept.push(problem);
            }
        }
        report.problems = kept;
        Ok(())
    })
}

fn mend(
    store: &Store,
    others: &dyn Fn(&ReadTx<'_>) -> Result<References, Error>,
    report: &mut Report,
) -> Result<(), Error> {
    let references = store.read_blocking(|_, tx| references(tx, others))?;
    let wrong: Vec<i64> = report
        .problems
        .iter()
        .filter(|p| p.kind == "content")
        .filter_map(|p| p.subject.parse().ok())
        .collect();
    store.write_blocking(move |_, tx| -> Result<(), Error> {
        for (account, mailbox, figures) in table::mailbox_figures(tx.conn())? {
            mailbox::set_figures(tx.conn(), account, mailbox, figures)?;
        }
        table::mend_accounts(tx.conn())?;
        for id in wrong {
            content::set_refs(tx.conn(), id, references.get(&id).copied().unwrap_or(0))?;
        }
        drop_unreferenced(tx)?;
        table::drop_strays(tx.conn())
    })?;
    let moved = store.folder().msg().with_file_name("moved");
    for problem in &mut report.problems {
        problem.fixed = match problem.kind {
            "mailbox" | "account" => problem.detail.contains("counted"),
            "content" => problem.detail.contains("references counted"),
            "transcript" | "search" => true,
            "file" => {
                mox_platform::files::create_private_dir(&moved).is_ok()
                    && std::fs::rename(store.folder().place(&problem.subject), moved.join(&problem.subject))
                        .is_ok()
            }
            _ => false,
        };
    }
    Ok(())
}

/// Content without references goes; its file is swept later.
fn drop_unreferenced(tx: &mut Tx<'_>) -> Result<(), Error> {
    for file in table::drop_unreferenced(tx.conn())?.into_iter().flatten() {
        content::insert_gone(tx.conn(), &file)?;
    }
    Ok(())
}
