//! Zip archives that hold one file, as many reports come.
//!
//! What is in it is what the directory at its end says, and every statement is checked: where files lie, that none
//! overlaps another, how long they are, their sums. Names choose among files and are nothing else. Refused are
//! archives that are encrypted, split, in zip64 form (no report is that large), with other methods than deflate, or
//! with more than [`MAX_ENTRIES`] entries. APPNOTE.TXT 6.3 §4.3.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::{Container, Error, allowed};

/// Most entries of an archive, folders included.
const MAX_ENTRIES: usize = 100;

/// Bytes of the record at the end, its comment not counted.
const END: usize = 22;
/// Bytes of an entry of the directory, without what has a length of its own.
const ENTRY: usize = 46;
/// Bytes of the header before a file, without what has a length of its own.
const LOCAL: usize = 30;

/// Whether bytes begin as an archive does.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// A file as the directory has it.
struct Entry {
    name: String,
    flags: u16,
    method: u16,
    sum: u32,
    packed: usize,
    size: usize,
    start: usize,
}

impl Entry {
    /// A folder, or what macOS adds.
    fn is_ignored(&self) -> bool {
        let last = self.name.rsplit('/').next().unwrap_or_default();
        last.is_empty() || last.starts_with("._") || self.name.starts_with("__MACOSX")
    }

    fn is_document(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.ends_with(".xml") || name.ends_with(".json")
    }
}

/// The content of the file that is wanted: the only one, or of several the first that is a document.
pub(crate) fn one_file(bytes: &[u8], max: usize, notes: &mut Vec<String>) -> Result<Vec<u8>, Error> {
    let (entries, directory) = directory(bytes, notes)?;
    apart(&entries, directory)?;
    let files: Vec<&Entry> = entries.iter().filter(|entry| !entry.is_ignored()).collect();
    let entry = match files.as_slice() {
        [] => return Err(refused("that holds no file")),
        [one] => one,
        several => {
            let count = several.len();
            let none = || {
                refused(&format!(
                    "that holds {count} files, none of which has a name that ends in .xml or .json"
                ))
            };
            let one = several.iter().find(|entry| entry.is_document()).ok_or_else(none)?;
            notes.push(format!("the archive holds {count} files, of which {:?} is read", one.name));
            one
        }
    };
    content(bytes, entry, directory, max)
}

fn refused(what: &str) -> Error {
    Error::Refused(format!("a zip archive {what}"))
}

fn damaged(what: &str) -> Error {
    Error::damaged(Container::Zip, what)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    bytes.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    u32_at(bytes, at).and_then(|size| usize::try_from(size).ok())
}

/// Where the record at the end stands: the last place that can be one.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let fits = |at: &usize| {
        let comment = u16_at(bytes, at + 20).map_or(0, usize::from);
        bytes.get(*at..).is_some_and(|end| end.starts_with(b"PK\x05\x06"))
            && at + END + comment <= bytes.len()
    };
    (first..=last).rev().find(fits)
}

/// The entries, and where the directory begins.
fn directory(bytes: &[u8], notes: &mut Vec<String>) -> Result<(Vec<Entry>, usize), Error> {
    let end = end_record(bytes).ok_or_else(|| damaged("it has no end: it is cut off"))?;
    let number = |at| u16_at(bytes, end + at).unwrap_or(u16::MAX);
    let (disk, total) = (number(4), usize::from(number(10)));
    let start = size_at(bytes, end + 16).unwrap_or(usize::MAX);
    if disk == u16::MAX || total == usize::from(u16::MAX) || u32_at(bytes, end + 16) == Some(u32::MAX) {
        return Err(refused("in zip64 form, which is for files larger than any report"));
    }
    if disk != 0 || number(6) != 0 || number(8) != number(10) {
        return Err(refused("that is split into several files"));
    }
    if total > MAX_ENTRIES {
        return Err(refused(&format!("of {total} entries, more than {MAX_ENTRIES}")));
    }
    let mut entries = Vec::new();
    let mut at = start;
    for _ in 0..total {
        let (entry, next) = entry(bytes, at)
            .filter(|(_, next)| *next <= end)
            .ok_or_else(|| damaged("its directory does not hold what its end says"))?;
        entries.push(entry);
        at = next;
    }
    let rest = bytes.len() - END - usize::from(number(20)) - end;
    if rest > 0 {
        notes.push(format!("{rest} bytes follow after the archive"));
    }
    Ok((entries, start))
}

/// The entry at a place of the directory, and where the next begins.
fn entry(bytes: &[u8], at: usize) -> Option<(Entry, usize)> {
    if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
        return None;
    }
    let number = |offset| u16_at(bytes, at + offset);
    let name = at + ENTRY;
    let name_end = name + usize::from(number(28)?);
    // Shown in notes, and cut for that.
    let text: String = String::from_utf8_lossy(bytes.get(name..name_end)?).chars().take(300).collect();
    let next = name_end + usize::from(number(30)?) + usize::from(number(32)?);
    let entry = Entry {
        name: if bytes.get(name_end.wrapping_sub(1)) == Some(&b'/') { format!("{text}/") } else { text },
        flags: number(8)?,
        method: number(10)?,
        sum: u32_at(bytes, at + 16)?,
        packed: size_at(bytes, at + 20)?,
        size: size_at(bytes, at + 24)?,
        start: size_at(bytes, at + 42)?,
    };
    Some((entry, next))
}

/// Files lie one behind the other before the directory; where one is part of another, few bytes hold many files.
fn apart(entries: &[Entry], directory: usize) -> Result<(), Error> {
    let mut places: Vec<(usize, usize)> = entries
        .iter()
        .map(|entry| (entry.start, entry.start.saturating_add(LOCAL).saturating_add(entry.packed)))
        .collect();
    places.sort_unstable();
    places.push((directory, directory));
    let overlap = places.windows(2).any(|pair| matches!(pair, [(_, end), (next, _)] if end > next));
    if overlap { Err(refused("whose files overlap")) } else { Ok(()) }
}

fn content(bytes: &[u8], entry: &Entry, directory: usize, max: usize) -> Result<Vec<u8>, Error> {
    // Bit 0: encrypted; 6: strongly; 13: the directory is.
    if entry.flags & (1 | 1 << 6 | 1 << 13) != 0 {
        return Err(refused("that is encrypted"));
    }
    let lengths = || -> Option<usize> {
        let local = bytes.get(entry.start..)?.starts_with(b"PK\x03\x04").then_some(entry.start)?;
        Some(LOCAL + usize::from(u16_at(bytes, local + 26)?) + usize::from(u16_at(bytes, local + 28)?))
    };
    let start = lengths()
        .map(|length| entry.start + length)
        .ok_or_else(|| damaged("a file is not where it should be"))?;
    let end = start.saturating_add(entry.packed);
    let packed =
        bytes.get(start..end).filter(|_| end <= directory).ok_or_else(|| damaged("a file is cut off"))?;
    let max = allowed(packed.len(), max);
    if entry.size > max {
        return Err(Error::TooLarge { max });
    }
    let out = match entry.method {
        0 => packed.to_vec(),
        8 => inflate(packed, entry.size)?,
        method => return Err(refused(&format!("packed by method {method}: only deflate is read"))),
    };
    let mut crc = Crc::new();
    crc.update(&out);
    if out.len() != entry.size || crc.sum() != entry.sum {
        return Err(damaged("the file in it is not what its directory says"));
    }
    Ok(out)
}

/// At most one byte more than there should be.
fn inflate(packed: &[u8], size: usize) -> Result<Vec<u8>, Error> {
    let limit = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
    let mut out = Vec::new();
    let read = DeflateDecoder::new(packed).take(limit).read_to_end(&mut out);
    read.map_err(|e| Error::damaged(Container::Zip, e))?;
    Ok(out)
}
