//! Archives that hold maildirs and mbox files: tar, packed with gzip or not, and zip.
//!
//! They are gone through twice: once for the folders and their keywords, which may stand behind the messages, once for
//! the messages. Names find mailboxes and are nothing else. A file that is in no `cur` or `new` is an mbox if it begins
//! as one. The folder above all mailboxes counts for nothing in their names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use mox_clock::Timestamp;
use mox_store::MailboxName;

use crate::item::MESSAGE_MAX;
use crate::maildir::{KEYWORDS_FILE, KEYWORDS_FILE_MAX, Keywords};
use crate::source::{
    Counting, Error, Found, Gauge, Sink, at, mailbox_at, maildir_item, read_mbox, too_large,
};
use crate::tar;

/// Most folders of an archive.
const FOLDERS_MAX: usize = 10_000;

/// A plain file of an archive.
struct Entry {
    name: String,
    size: u64,
    modified: Option<Timestamp>,
}

/// What is done with each file.
type Visit<'v> = dyn FnMut(&Entry, &mut dyn Read) -> io::Result<ControlFlow<()>> + 'v;

/// Where messages are: `FOLDER/cur/FILE`, or an mbox.
enum Place<'n> {
    Maildir { folder: &'n str, is_new: bool, file: &'n str },
    Keywords { folder: &'n str },
    Other,
}

fn place_of(name: &str) -> Place<'_> {
    let (dir, file) = name.rsplit_once('/').unwrap_or(("", name));
    let (folder, part) = dir.rsplit_once('/').unwrap_or(("", dir));
    match part {
        _ if file.starts_with("._") || name.starts_with("__MACOSX/") => Place::Other,
        "cur" | "new" if !file.is_empty() => Place::Maildir { folder, is_new: part == "new", file },
        _ if file == KEYWORDS_FILE => Place::Keywords { folder: dir },
        _ => Place::Other,
    }
}

/// What the first pass finds.
#[derive(Default)]
struct Plan {
    /// Maildirs and their keywords.
    maildirs: BTreeMap<String, Keywords>,
    /// mbox files.
    mboxes: Vec<String>,
}

/// Reads all messages of an archive.
pub(crate) fn read(
    path: &Path,
    place: &MailboxName,
    now: Timestamp,
    gauge: &Gauge,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let plan = plan(path).map_err(at(path))?;
    let root = plan.root();
    let levels = |folder: &str| -> MailboxName {
        let below = folder.strip_prefix(&root).unwrap_or(folder);
        let levels: Vec<&str> = below.split('/').filter(|level| !level.is_empty()).collect();
        mailbox_at(place, &levels)
    };
    let mut message = |entry: &Entry, input: &mut dyn Read| match place_of(&entry.name) {
        Place::Maildir { folder, is_new, file } => {
            if entry.size > MESSAGE_MAX as u64 {
                return Ok(sink(Found::Skipped(too_large(&entry.name, entry.size))));
            }
            let mut bytes = Vec::new();
            input.take(MESSAGE_MAX as u64 + 1).read_to_end(&mut bytes)?;
            // A zip archive may say less than is in it: a part of a message is none.
            if bytes.len() > MESSAGE_MAX {
                return Ok(sink(Found::Skipped(too_large(&entry.name, bytes.len() as u64))));
            }
            let none = Keywords::default();
            let keywords = plan.maildirs.get(folder).unwrap_or(&none);
            let item = maildir_item(file, is_new, keywords, levels(folder), entry.modified, bytes, now);
            Ok(sink(Found::Message(item)))
        }
        Place::Other if plan.mboxes.contains(&entry.name) => {
            let name = entry.name.strip_suffix(".mbox").unwrap_or(&entry.name);
            read_mbox(BufReader::new(input), &levels(name), sink)
        }
        Place::Keywords { .. } | Place::Other => Ok(ControlFlow::Continue(())),
    };
    walk(path, gauge, &mut message).map_err(at(path))
}

fn plan(path: &Path) -> io::Result<Plan> {
    let mut plan = Plan::default();
    walk(path, &Gauge::default(), &mut |entry, input| {
        match place_of(&entry.name) {
            Place::Maildir { folder, .. } if !plan.maildirs.contains_key(folder) => {
                plan.maildirs.insert(folder.to_owned(), Keywords::default());
            }
            Place::Keywords { folder } => {
                let mut text = Vec::new();
                input.take(KEYWORDS_FILE_MAX).read_to_end(&mut text)?;
                plan.maildirs.insert(folder.to_owned(), Keywords::parse(&text));
            }
            Place::Other => {
                let mut start = Vec::new();
                input.take(5).read_to_end(&mut start)?;
                if start == b"From " {
                    plan.mboxes.push(entry.name.clone());
                }
            }
            Place::Maildir { .. } => {}
        }
        match plan.maildirs.len() + plan.mboxes.len() > FOLDERS_MAX {
            true => Err(damaged("it has more than 10,000 folders")),
            false => Ok(ControlFlow::Continue(())),
        }
    })?;
    match plan.maildirs.is_empty() && plan.mboxes.is_empty() {
        true => Err(damaged("there is no maildir and no mbox file in it")),
        false => Ok(plan),
    }
}

impl Plan {
    /// The folder that holds all: the maildir that all others are below, or what is above them all.
    fn root(&self) -> String {
        let above = |name: &String| name.rsplit_once('/').map_or(String::new(), |(dir, _)| dir.to_owned());
        let mut all: Vec<String> =
            self.maildirs.keys().cloned().chain(self.mboxes.iter().map(above)).collect();
        if let [only] = all.as_slice()
            && self.mboxes.is_empty()
        {
            // By itself it is the one that mail is in, unless it says otherwise.
            let last = only.rsplit('/').next().unwrap_or_default();
            let is_inbox =
                ["maildir", "mail", "inbox", ""].iter().any(|name| last.eq_ignore_ascii_case(name));
            return if is_inbox { only.clone() } else { above(only) };
        }
        let mut root: Vec<String> =
            all.pop().map_or(Vec::new(), |first| first.split('/').map(str::to_owned).collect());
        for folder in &all {
            let same = root.iter().zip(folder.split('/')).take_while(|(a, b)| a == b).count();
            root.truncate(same);
        }
        root.join("/")
    }
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

/// Goes through the plain files of an archive.
fn walk(path: &Path, gauge: &Gauge, visit: &mut Visit<'_>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(4).read_to_end(&mut start)?;
    file.rewind()?;
    if start.starts_with(b"PK") {
        return walk_zip(file, gauge, visit);
    }
    gauge.expect(file.metadata()?.len());
    let input = BufReader::with_capacity(64 << 10, Counting(file, gauge.clone()));
    if start.starts_with(b"\x1f\x8b") {
        return walk_tar(BufReader::with_capacity(64 << 10, MultiGzDecoder::new(input)), visit);
    }
    walk_tar(input, visit)
}

fn walk_tar(input: impl BufRead, visit: &mut Visit<'_>) -> io::Result<()> {
    let mut reader = tar::Reader::new(input);
    while let Some(found) = reader.entry()? {
        let name = found.name.trim_start_matches("./").to_owned();
        let entry = Entry { name, size: found.size, modified: Some(Timestamp::from_micros(found.modified)) };
        if visit(&entry, &mut reader)?.is_break() {
            break;
        }
    }
    Ok(())
}

fn walk_zip(file: File, gauge: &Gauge, visit: &mut Visit<'_>) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(io::Error::from)?;
    gauge.expect(archive.len() as u64);
    for at in 0..archive.len() {
        gauge.add(1);
        let mut found = archive.by_index(at).map_err(io::Error::from)?;
        if !found.is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(found.name_raw()).replace('\\', "/");
        // Its times have no zone, and two seconds are one: names and headers tell more.
        let entry = Entry { name, size: found.size(), modified: None };
        if visit(&entry, &mut found)?.is_break() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_above_all_counts_for_nothing() {
        let cases: [(&[&str], &[&str], &str); 8] = [
            (&["Maildir", "Maildir/.Sent"], &[], "Maildir"),
            (&["", ".Sent"], &[], ""),
            (&["mail/a", "mail/b"], &[], "mail"),
            (&["x/Maildir"], &[], "x/Maildir"),
            (&["x/Sent"], &[], "x"),
            (&[], &["mail/a.mbox", "mail/b/c.mbox"], "mail"),
            (&[], &["a.mbox"], ""),
            (&["m/a"], &["m/b.mbox"], "m"),
        ];
        for (maildirs, mboxes, root) in cases {
            let plan = Plan {
                maildirs: maildirs.iter().map(|name| ((*name).to_owned(), Keywords::default())).collect(),
                mboxes: mboxes.iter().map(|name| (*name).to_owned()).collect(),
            };
            assert_eq!(plan.root(), root, "{maildirs:?} {mboxes:?}");
        }
    }
}
