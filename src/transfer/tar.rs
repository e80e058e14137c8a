//! tar archives, read and written one file after the other.
//!
//! Read: ustar, the long names of GNU, and `path`, `size` and `mtime` of pax headers; everything that is no plain file
//! is passed over. Names are words to find mailboxes by and are never opened. Limits: [`NAME_MAX`], [`EXTRA_MAX`].
//! Written: ustar, with a pax header where a name or size does not fit. POSIX.1-2017, pax, "ustar Interchange Format".

use std::io::{self, Read, Write};

/// Longest name, in bytes.
const NAME_MAX: usize = 4096;
/// Longest extension header that is read, in bytes.
const EXTRA_MAX: u64 = 64 << 10;
const BLOCK: usize = 512;

/// A plain file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, with `/` between levels.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// When it was changed, in microseconds since the epoch.
    pub modified: i64,
}

/// Reads an archive.
pub struct Reader<R> {
    input: R,
    /// Bytes of the present file that were not read yet, and zeroes behind it.
    left: u64,
    padding: u64,
}

#[derive(Default)]
struct Extra {
    name: Option<String>,
    size: Option<u64>,
    modified: Option<i64>,
}

impl<R: Read> Reader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Reader<R> {
        Reader { input, left: 0, padding: 0 }
    }

    /// The next plain file; what was not read of the one before is passed over.
    pub fn entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extra = Extra::default();
        loop {
            skip(&mut self.input, self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let mut block = [0; BLOCK];
            if !fill(&mut self.input, &mut block)? || block.iter().all(|b| *b == 0) {
                return Ok(None);
            }
            let (entry, kind) = header(&block).ok_or_else(|| damaged("a header's sum is wrong"))?;
            self.left = match kind {
                b'0' | 0 | b'7' => extra.size.unwrap_or(entry.size),
                _ => entry.size,
            };
            self.padding = (BLOCK as u64 - self.left % BLOCK as u64) % BLOCK as u64;
            match kind {
                b'L' => extra.name = Some(text(&self.extension()?)),
                b'x' => pax(&self.extension()?, &mut extra),
                b'0' | 0 | b'7' => {
                    let Extra { name, modified, .. } = std::mem::take(&mut extra);
                    let name = name.unwrap_or(entry.name);
                    // An old way to write a folder.
                    if name.ends_with('/') {
                        continue;
                    }
                    let modified = modified.unwrap_or(entry.modified);
                    return Ok(Some(Entry { name, size: self.left, modified }));
                }
                // Of a folder, a link or a device: what was said before was said of that.
                b'g' => {}
                _ => extra = Extra::default(),
            }
        }
    }

    fn extension(&mut self) -> io::Result<Vec<u8>> {
        if self.left > EXTRA_MAX {
            return Err(damaged("a header is longer than 64 KiB"));
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Reads the present file.
impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let Some(out) = out.get_mut(..most).filter(|out| !out.is_empty()) else { return Ok(0) };
        let read = self.input.read(out)?;
        if read == 0 {
            return Err(damaged("it is cut off"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged tar archive: {reason}"))
}

/// Fills a block; false at the end of the input.
fn fill(input: &mut impl Read, block: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(damaged("it is cut off")),
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(true)
}

fn skip(input: &mut impl Read, bytes: u64) -> io::Result<()> {
    match io::copy(&mut input.take(bytes), &mut io::sink())? == bytes {
        true => Ok(()),
        false => Err(damaged("it is cut off")),
    }
}

fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len()).min(NAME_MAX);
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// A number of a header: octal text, or binary where the first bit is set.
fn number(bytes: &[u8]) -> Option<u64> {
    match bytes.first()? {
        first if first & 0x80 != 0 => {
            let (high, low) = bytes.split_at_checked(bytes.len().checked_sub(8)?)?;
            let fits = high.iter().enumerate().all(|(at, b)| *b == if at == 0 { 0x80 } else { 0 });
            fits.then(|| low.try_into().ok().map(u64::from_be_bytes)).flatten()
        }
        _ => {
            let text = text(bytes);
            let digits = text.trim();
            if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
        }
    }
}

fn header(block: &[u8; BLOCK]) -> Option<(Entry, u8)> {
    let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
    let sum = |(at, b): (usize, &u8)| if (148..156).contains(&at) { 32 } else { u64::from(*b) };
    if number(field(148, 156))? != block.iter().enumerate().map(sum).sum::<u64>() {
        return None;
    }
    let (name, prefix) = (text(field(0, 100)), text(field(345, 500)));
    let ustar = field(257, 263) == b"ustar\0";
    let name = if ustar && !prefix.is_empty() { format!("{prefix}/{name}") } else { name };
    let size = number(field(124, 136)).filter(|size| *size < 1 << 60)?;
    let seconds = number(field(136, 148)).and_then(|s| i64::try_from(s).ok()).filter(|s| *s < 1 << 40);
    let kind = *block.get(156)?;
    Some((Entry { name, size, modified: seconds.unwrap_or(0) * 1_000_000 }, kind))
}

/// Reads records `LENGTH KEY=VALUE\n`.
fn pax(mut bytes: &[u8], extra: &mut Extra) {
    while let Some(blank) = memchr::memchr(b' ', bytes) {
        let length =
            std::str::from_utf8(bytes.get(..blank).unwrap_or_default()).ok().and_then(|n| n.parse().ok());
        let Some((record, rest)) = length.and_then(|n: usize| bytes.split_at_checked(n)) else { return };
        let Some(record) = record.get(blank + 1..).and_then(|record| record.strip_suffix(b"\n")) else {
            return;
        };
        let record = String::from_utf8_lossy(record);
        match record.split_once('=') {
            Some(("path", name)) if name.len() <= NAME_MAX => extra.name = Some(name.to_owned()),
            Some(("size", size)) => extra.size = size.parse().ok().filter(|size| *size < 1 << 60),
            Some(("mtime", time)) => extra.modified = micros(time),
            _ => {}
        }
        bytes = rest;
    }
}

/// `1700000000.25` in microseconds.
fn micros(time: &str) -> Option<i64> {
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    let seconds: i64 = seconds.parse().ok().filter(|s| (0..1 << 40).contains(s))?;
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some(seconds * 1_000_000 + digits.parse::<i64>().ok()?)
}

/// Writes the header of a file; its bytes follow, then [`pad`].
pub fn write_header(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let octal = entry.size < 1 << 33;
    let short = entry.name.len() <= 100;
    if !octal || !short || entry.modified % 1_000_000 != 0 {
        let (seconds, rest) = (entry.modified.div_euclid(1_000_000), entry.modified.rem_euclid(1_000_000));
        let mut records = record("mtime", &format!("{seconds}.{rest:06}"));
        if !short {
            records.push_str(&record("path", &entry.name));
        }
        if !octal {
            records.push_str(&record("size", &entry.size.to_string()));
        }
        let size = records.len() as u64;
        let name = "pax".to_owned();
        out.write_all(&block(&Entry { name, size, modified: entry.modified }, b'x'))?;
        out.write_all(records.as_bytes())?;
        pad(out, size)?;
    }
    out.write_all(&block(entry, b'0'))
}

/// Zeroes behind a file of so many bytes.
pub fn pad(out: &mut impl Write, size: u64) -> io::Result<()> {
    let zeroes = (BLOCK - usize::try_from(size % BLOCK as u64).unwrap_or(0)) % BLOCK;
    out.write_all([0; BLOCK].get(..zeroes).unwrap_or_default())
}

/// The end of an archive.
pub fn finish(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

/// A record whose length counts its own digits.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let digits = (rest + 1).to_string().len();
    let length = if (rest + digits).to_string().len() == digits { rest + digits } else { rest + digits + 1 };
    format!("{length} {key}={value}\n")
}

fn block(entry: &Entry, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut set = |at: usize, bytes: &[u8]| {
        for (to, from) in block.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    set(0, entry.name.as_bytes().get(..entry.name.len().min(100)).unwrap_or_default());
    set(100, b"0000600\x000000000\x000000000\0");
    let size = if entry.size < 1 << 33 { entry.size } else { 0 };
    set(124, format!("{size:011o}").as_bytes());
    set(136, format!("{:011o}", entry.modified.div_euclid(1_000_000).clamp(0, (1 << 33) - 1)).as_bytes());
    set(148, b"        ");
    set(156, &[kind]);
    set(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    for (to, from) in block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").as_bytes()) {
        *to = *from;
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let long = "d/".repeat(100) + "f";
        let files = [("a/b", 0i64, 0usize), (&long, 1_700_000_000_250_000, 513), ("c", 5_000_000, 512)];
        let mut archive = Vec::new();
        for (name, modified, size) in files {
            let entry = Entry { name: name.to_owned(), size: size as u64, modified };
            write_header(&mut archive, &entry).unwrap();
            archive.extend(vec![b'x'; size]);
            pad(&mut archive, size as u64).unwrap();
        }
        finish(&mut archive).unwrap();
        let mut reader = Reader::new(archive.as_slice());
        for (name, modified, size) in files {
            let entry = reader.entry().unwrap().unwrap();
            assert_eq!((entry.name.as_str(), entry.modified, entry.size), (name, modified, size as u64));
            if size != 512 {
                let mut bytes = Vec::new();
                assert_eq!(reader.read_to_end(&mut bytes).unwrap(), size);
            }
        }
        assert_eq!(reader.entry().unwrap(), None);
        for cut in [1, 100, 513, 1500, 2100] {
            let mut reader = Reader::new(archive.get(..cut).unwrap());
            let end = std::iter::from_fn(|| reader.entry().transpose()).find(Result::is_err);
            assert!(end.is_some(), "cut at {cut}");
        }
    }

    #[test]
    fn records_count_themselves() {
        for length in [0, 1, 90, 91, 92, 93, 94, 990, 991, 992] {
            let record = record("path", &"x".repeat(length));
            assert!(record.starts_with(&format!("{} ", record.len())));
        }
    }

    #[test]
    fn a_header_too_long_is_refused() {
        let mut archive = Vec::new();
        archive.extend(block(&Entry { name: "x".into(), size: 1 << 32, modified: 0 }, b'L'));
        assert!(Reader::new(archive.as_slice()).entry().is_err());
    }
}
