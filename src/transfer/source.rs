//! Reads messages from where they are: an mbox file, a maildir with the folders below it, an archive of such.
//!
//! Messages come one at a time, in the order of the file or of the file names; never more than one is held. What cannot
//! be read of a single message is told and passed over; what is wrong with the source as a whole is an error. Limits:
//! [`MESSAGE_MAX`] a message, [`DEPTH_MAX`] levels of folders.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mox_clock::Timestamp;
use mox_message::{Header, date};
use mox_platform::files::open_plain;
use mox_store::MailboxName;

use crate::archive;
use crate::item::{Item, MESSAGE_MAX, crlf};
use crate::maildir::{self, KEYWORDS_FILE, KEYWORDS_FILE_MAX, Keywords};
use crate::{mbox, status};

/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 20;
/// Buffer of files.
const BUFFER: usize = 64 << 10;

/// Where messages are.
pub enum Source {
    /// An mbox file.
    Mbox(PathBuf),
    /// An mbox that is read as it comes.
    Stream(Box<dyn Read + Send>),
    /// A maildir.
    Maildir(PathBuf),
    /// A tar archive, packed with gzip or not, or a zip archive.
    Archive(PathBuf),
}

/// What was found.
pub enum Found {
    /// A message.
    Message(Item),
    /// A message that is not imported, and why, for people.
    Skipped(String),
}

/// Where what is found goes; it says whether to go on.
pub type Sink<'s> = dyn FnMut(Found) -> ControlFlow<()> + 's;

/// How far the reading is, for others to look at: bytes, or files of a maildir.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<(AtomicU64, AtomicU64)>);

impl Gauge {
    /// What was read.
    pub fn done(&self) -> u64 {
        self.0.0.load(Ordering::Relaxed)
    }

    /// What there is to read; 0 while that is not known.
    pub fn total(&self) -> u64 {
        self.0.1.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, count: u64) {
        self.0.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn expect(&self, total: u64) {
        self.0.1.store(total, Ordering::Relaxed);
    }
}

/// Counts what is read.
pub(crate) struct Counting<R>(pub(crate) R, pub(crate) Gauge);

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(out)?;
        self.1.add(read as u64);
        Ok(read)
    }
}

/// What goes wrong with a source as a whole.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct Error {
    /// Which file or folder.
    pub path: String,
    /// What the system, or the reader, said.
    pub source: io::Error,
}

pub(crate) fn at(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error { path: path.display().to_string(), source }
}

/// Reads all of a source. `place` is the mailbox of what has no name of its own, and above those that have one; `now` is
/// the time of messages that tell none.
pub fn read(
    source: Source,
    place: &MailboxName,
    now: Timestamp,
    gauge: &Gauge,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    match source {
        Source::Mbox(path) => {
            let file = File::open(&path).map_err(at(&path))?;
            gauge.expect(file.metadata().map_or(0, |m| m.len()));
            let input = BufReader::with_capacity(BUFFER, Counting(file, gauge.clone()));
            read_mbox(input, place, sink).map(drop).map_err(at(&path))
        }
        Source::Stream(stream) => {
            let input = BufReader::with_capacity(BUFFER, Counting(stream, gauge.clone()));
            read_mbox(input, place, sink).map(drop).map_err(at(Path::new("-")))
        }
        Source::Maildir(dir) => read_maildir(&dir, place, now, gauge, sink),
        Source::Archive(path) => archive::read(&path, place, now, gauge, sink),
    }
}

/// Reads an mbox.
pub(crate) fn read_mbox(
    input: impl BufRead,
    place: &MailboxName,
    sink: &mut Sink<'_>,
) -> io::Result<ControlFlow<()>> {
    let mut reader = mbox::Reader::new(input, MESSAGE_MAX);
    loop {
        let before = reader.offset();
        let found = match reader.entry()? {
            None => return Ok(ControlFlow::Continue(())),
            Some(mbox::Entry::TooLarge(size)) => {
                Found::Skipped(too_large(&format!("at byte {before}"), size))
            }
            Some(mbox::Entry::Message { received, mut bytes }) => {
                let marks = status::take(&mut bytes);
                Found::Message(Item { mailbox: place.clone(), uid: 0, received, marks, bytes })
            }
        };
        if sink(found).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}

pub(crate) fn too_large(what: &str, size: u64) -> String {
    format!("{what}: {size} bytes, more than the {MESSAGE_MAX} that a message may have")
}

/// A message of a maildir; `modified` is the time of its file, `exact` that it is to be believed more than the name.
pub(crate) fn maildir_item(
    file: &str,
    is_new: bool,
    keywords: &Keywords,
    mailbox: MailboxName,
    modified: Option<Timestamp>,
    bytes: Vec<u8>,
    now: Timestamp,
) -> Item {
    let marks = if is_new { status::Marks::default() } else { maildir::marks(file, keywords) };
    let named = maildir::time_of(file);
    // Archives keep whole seconds, some every other one: the name tells the rest.
    let close = |m: Timestamp, n: Timestamp| (m.micros() - n.micros()).abs() <= 2_000_000;
    let received = match (modified, named) {
        (Some(modified), Some(named)) if close(modified, named) => named,
        (Some(modified), _) => modified,
        (None, Some(named)) => named,
        (None, None) => written(&bytes).unwrap_or(now),
    };
    Item { mailbox, uid: 0, received, marks, bytes: crlf(bytes) }
}

/// The time of the topmost Received field, else of the Date field.
fn written(bytes: &[u8]) -> Option<Timestamp> {
    let header = Header::of(bytes);
    let received = header.text("Received");
    let time = received.as_deref().and_then(|text| date::parse(text.rsplit_once(';')?.1.trim()));
    time.or_else(|| date::parse(&header.text("Date")?))
}

/// The mailbox of a folder, from the names of its levels below `place`.
pub(crate) fn mailbox_at(place: &MailboxName, levels: &[&str]) -> MailboxName {
    let names: Vec<String> = levels
        .iter()
        .flat_map(|level| match maildir::mailbox_of(level) {
            Some(name) => name.split('/').map(str::to_owned).collect(),
            None => vec![maildir::decode(level).replace('/', "_")],
        })
        .map(|level| {
            level
                .chars()
                .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { '_' } else { c })
                .collect::<String>()
        })
        .map(|level| if level == "." || level == ".." { "_".to_owned() } else { level })
        .filter(|level| !level.is_empty())
        .collect();
    let mut name = names.join("/");
    if names.is_empty() {
        return place.clone();
    }
    if *place != MailboxName::inbox() {
        name = format!("{}/{name}", place.as_str());
    }
    MailboxName::parse(name.trim_start_matches('#')).unwrap_or_else(|_| place.clone())
}

/// Reads a maildir and the folders below it.
fn read_maildir(
    dir: &Path,
    place: &MailboxName,
    now: Timestamp,
    gauge: &Gauge,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let mut folders = BTreeMap::new();
    find_folders(dir, &mut Vec::new(), &mut folders).map_err(at(dir))?;
    if folders.is_empty() {
        let what =
            io::Error::new(io::ErrorKind::InvalidData, "it is no maildir: no folder in it has a cur or new");
        return Err(at(dir)(what));
    }
    let mut total = 0;
    for folder in folders.values() {
        for part in ["cur", "new"] {
            total += std::fs::read_dir(folder.join(part)).map_or(0, |entries| entries.count() as u64);
        }
    }
    gauge.expect(total);
    for (levels, folder) in &folders {
        let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
        let mailbox = mailbox_at(place, &levels);
        let mut text = Vec::new();
        if let Ok(Some(file)) = open_plain(&folder.join(KEYWORDS_FILE)) {
            file.take(KEYWORDS_FILE_MAX).read_to_end(&mut text).map_err(at(folder))?;
        }
        let keywords = Keywords::parse(&text);
        for part in ["cur", "new"] {
            if read_part(&folder.join(part), part == "new", &keywords, &mailbox, now, gauge, sink)?.is_break()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether it is a folder, and not a link to one.
fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_dir())
}

/// The maildirs at and below a folder, by the names of their levels.
fn find_folders(
    dir: &Path,
    levels: &mut Vec<String>,
    found: &mut BTreeMap<Vec<String>, PathBuf>,
) -> io::Result<()> {
    if is_folder(&dir.join("cur")) || is_folder(&dir.join("new")) {
        found.insert(levels.clone(), dir.to_owned());
    }
    if levels.len() >= DEPTH_MAX {
        return Ok(());
    }
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && !matches!(name.as_str(), "cur" | "new" | "tmp") {
            levels.push(name);
            find_folders(&entry.path(), levels, found)?;
            levels.pop();
        }
    }
    Ok(())
}

/// Reads `cur` or `new`, in the order of the names: programs begin them with the time.
fn read_part(
    dir: &Path,
    is_new: bool,
    keywords: &Keywords,
    mailbox: &MailboxName,
    now: Timestamp,
    gauge: &Gauge,
    sink: &mut Sink<'_>,
) -> Result<ControlFlow<()>, Error> {
    let entries = match std::fs::read_dir(dir) {
        Ok(_) if !is_folder(dir) => {
            return Ok(sink(Found::Skipped(format!("{}: it is a link, and not followed", dir.display()))));
        }
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(ControlFlow::Continue(())),
        Err(e) => return Err(at(dir)(e)),
    };
    let mut names =
        entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>().map_err(at(dir))?;
    names.sort_unstable();
    for name in names {
        let path = dir.join(&name);
        let name = name.to_string_lossy();
        gauge.add(1);
        if name.starts_with('.') {
            continue;
        }
        let found = match read_file(&path) {
            Ok(None) => continue,
            Ok(Some((bytes, _))) if bytes.len() > MESSAGE_MAX => {
                Found::Skipped(too_large(&path.display().to_string(), bytes.len() as u64))
            }
            Ok(Some((bytes, modified))) => {
                let mailbox = mailbox.clone();
                Found::Message(maildir_item(&name, is_new, keywords, mailbox, modified, bytes, now))
            }
            Err(e) => Found::Skipped(format!("{}: {e}", path.display())),
        };
        if sink(found).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A plain file's bytes, one more than a message may have at most, and when it was changed.
fn read_file(path: &Path) -> io::Result<Option<(Vec<u8>, Option<Timestamp>)>> {
    // A link may lead to what only the reader may read, and its writer would have it in the account.
    if path.symlink_metadata()?.is_symlink() {
        return Err(io::Error::other("it is a link, and not followed"));
    }
    let Some(file) = open_plain(path)? else { return Ok(None) };
    let about = file.metadata()?;
    let modified = about.modified().ok().and_then(|at| {
        let since = at.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_micros()).ok().map(Timestamp::from_micros)
    });
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0).min(MESSAGE_MAX));
    file.take(MESSAGE_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(Some((bytes, modified)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_mailboxes() {
        let inbox = MailboxName::inbox();
        let old = MailboxName::parse("Old").unwrap();
        let cases: [(&[&str], &str, &str); 7] = [
            (&[], "Inbox", "Old"),
            (&[".Sent.2024"], "Sent/2024", "Old/Sent/2024"),
            (&["Sent", "2024"], "Sent/2024", "Old/Sent/2024"),
            (&[".INBOX.a"], "Inbox/a", "Old/INBOX/a"),
            (&["..x\u{7}"], "x_", "Old/x_"),
            (&["..", "#a"], "a", "Old/#a"),
            (&["#a"], "a", "Old/#a"),
        ];
        for (levels, top, below) in cases {
            assert_eq!(mailbox_at(&inbox, levels).as_str(), top, "{levels:?}");
            assert_eq!(mailbox_at(&old, levels).as_str(), below, "{levels:?}");
        }
    }

    #[test]
    fn the_time_of_a_message_without_a_file_time() {
        let text = b"Received: from a by b; Thu, 26 Nov 2026 10:00:00 +0100\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\n";
        assert_eq!(written(text).unwrap().rfc3339(), "2026-11-26T09:00:00Z");
        assert_eq!(
            written(b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\n").unwrap().rfc3339(),
            "2026-11-25T10:00:00Z"
        );
        assert_eq!(written(b"\r\n"), None);
    }
}
