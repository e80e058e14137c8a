//! What must hold for mailboxes of strangers: mbox files, names in maildirs, tar archives.

use std::io::Read;

use mox_clock::Timestamp;
use mox_transfer::item::crlf;
use mox_transfer::maildir::{Keywords, decode, encode, file_name, marks, time_of};
use mox_transfer::mbox::{Entry, Reader, write};
use mox_transfer::status::take;
use mox_transfer::tar;

/// Most bytes of a message here, so that inputs reach it.
const MAX: usize = 300;

fn entries(bytes: &[u8], max: usize) -> Vec<Entry> {
    let mut reader = Reader::new(bytes, max);
    std::iter::from_fn(|| reader.entry().ok().flatten()).collect()
}

pub(crate) fn mbox(bytes: &[u8]) {
    let mut file = Vec::new();
    let mut kept = Vec::new();
    for entry in entries(bytes, MAX) {
        let Entry::Message { received, bytes } = entry else { continue };
        assert!(bytes.len() <= MAX);
        assert!(bytes.is_empty() || bytes.ends_with(b"\r\n"));
        // Memory takes everything.
        let _ = write(&mut file, received, "", &bytes);
        let mut own = bytes.clone();
        take(&mut own);
        assert!(bytes.ends_with(&own));
        // Times before the year 0 or after 9999 are not written.
        kept.push((received, bytes));
    }
    let again: Vec<_> = entries(&file, usize::MAX >> 1)
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Message { received, bytes } => Some((received, bytes)),
            Entry::TooLarge(_) => None,
        })
        .collect();
    assert_eq!(again, kept, "written and read again");
}

pub(crate) fn maildir(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (words, names) = text.split_once("\n\n").unwrap_or(("", &text));
    let keywords = Keywords::parse(words.as_bytes());
    for name in names.lines() {
        let found = marks(name, &keywords);
        assert!(found.keywords.len() <= 26);
        let at = time_of(name).unwrap_or(Timestamp::from_micros(0));
        let mut own = Keywords::default();
        let (written, lost) = file_name(at, 1, &found, &mut own, ':');
        assert_eq!(lost, 0);
        let own = Keywords::parse(own.file().unwrap_or_default().as_bytes());
        let back = marks(&written, &own);
        assert_eq!((back.flags, sorted(back.keywords)), (found.flags, sorted(found.keywords)));
        assert_eq!(time_of(&written), Some(at));
        assert_eq!(decode(&encode(name)), name);
        let _ = decode(name);
    }
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

pub(crate) fn tar(bytes: &[u8]) {
    let mut reader = tar::Reader::new(bytes);
    let mut left = bytes.len();
    while let Ok(Some(entry)) = reader.entry() {
        let mut content = Vec::new();
        let whole = reader.read_to_end(&mut content).is_ok();
        assert!(content.len() <= left, "more comes out than went in");
        assert!(!whole || content.len() as u64 == entry.size);
        left -= content.len();
        let text = crlf(content);
        assert_eq!(crlf(text.clone()), text);
    }
}
