//! mbox files: messages one behind the other, each after a line that begins with `From `.
//!
//! Such a line counts at the beginning of the file and after an empty line, and only if a time stands in it; what looks
//! like one in a text is quoted with `>` (mboxrd: one is taken away from any number; mboxo: there is one). A
//! Content-Length field is not believed. Lines end with CRLF in what comes out, however they end in the file. RFC 4155.

use std::io::{self, BufRead, Write};

use mox_clock::{Day, Timestamp};
use mox_message::date;

/// Longest `From ` line that is looked at, in bytes.
const FROM_MAX: usize = 1000;

/// What stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A message, as it was before it was put into the file.
    Message {
        /// The time of its `From ` line.
        received: Timestamp,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// One that is larger than is taken, in bytes.
    TooLarge(u64),
}

/// Reads messages of at most `max` bytes each; holds one at a time.
pub struct Reader<R> {
    input: R,
    max: usize,
    /// The time of the `From ` line that was read last; none before the first.
    next: Option<Timestamp>,
    /// Bytes read so far.
    offset: u64,
    begun: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads from `input`.
    pub fn new(input: R, max: usize) -> Reader<R> {
        Reader { input, max, next: None, offset: 0, begun: false }
    }

    /// Bytes of the file read so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next message; none at the end. What does not begin as an mbox is an error of kind `InvalidData`.
    pub fn entry(&mut self) -> io::Result<Option<Entry>> {
        let mut line = Vec::new();
        if !self.begun {
            self.begun = true;
            // Empty lines before the first message are common; a byte order mark is not.
            while self.line(&mut line)? && content(&line).is_empty() {}
            if line.is_empty() {
                return Ok(None);
            }
            self.next = from_line(&line);
            if self.next.is_none() {
                let what = "it does not begin with a line \"From address date\"";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        let Some(received) = self.next.take() else { return Ok(None) };
        let (mut bytes, mut size, mut empty) = (Vec::new(), 0u64, false);
        while self.line(&mut line)? {
            if empty && let Some(next) = from_line(&line) {
                self.next = Some(next);
                break;
            }
            let text = unquote(content(&line));
            // The empty line before the next message belongs to the file, not to the message.
            if empty {
                self.push(&mut bytes, &mut size, b"");
            }
            empty = text.is_empty();
            if !empty {
                self.push(&mut bytes, &mut size, text);
            }
        }
        Ok(Some(if size > self.max as u64 {
            Entry::TooLarge(size)
        } else {
            Entry::Message { received, bytes }
        }))
    }

    fn push(&self, bytes: &mut Vec<u8>, size: &mut u64, text: &[u8]) {
        *size += text.len() as u64 + 2;
        if *size > self.max as u64 {
            // Not to be kept, and its room is given back.
            *bytes = Vec::new();
        } else {
            bytes.extend_from_slice(text);
            bytes.extend_from_slice(b"\r\n");
        }
    }

    /// Reads a line with its end; whether there was one. A line longer than a message may be is cut: the message is
    /// too large all the same.
    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        line.clear();
        let mut any = false;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = memchr::memchr(b'\n', buffer).map(|at| at + 1);
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            if line.len() <= self.max {
                line.extend_from_slice(part);
            }
            let used = part.len();
            self.input.consume(used);
            self.offset += used as u64;
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

/// A line without its end.
fn content(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes one `>` away from before `From `.
fn unquote(line: &[u8]) -> &[u8] {
    match line.strip_prefix(b">") {
        Some(rest) if is_quoted_from(rest) => rest,
        _ => line,
    }
}

/// Whether a line is `From `, with any number of `>` before.
fn is_quoted_from(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    line.get(marks..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// The time in a line that begins a message; none if it is another line. Zones without a number count as UTC.
pub fn from_line(line: &[u8]) -> Option<Timestamp> {
    let rest = line.strip_prefix(b"From ")?;
    if rest.len() > FROM_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(rest);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    // The address may be missing, and may hold blanks.
    (0..words.len().min(10)).find_map(|at| time(words.get(at..).unwrap_or_default()))
}

/// `[Thu] Nov 26 21:50:30 [zone] 2026 [zone]`, or a date as in a header.
fn time(words: &[&str]) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = |month: &str| MONTHS.iter().zip(1..).find(|(name, _)| name.eq_ignore_ascii_case(month));
    let [month, day, clock, rest @ ..] = words else { return None };
    let Some((_, month)) = number(month) else {
        let begins = words.first().is_some_and(|word| word.bytes().any(|b| b.is_ascii_digit()));
        return begins.then(|| date::parse(&words.join(" "))).flatten();
    };
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok().filter(|n| (0..=60).contains(n)));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let year: i64 = rest.iter().take(3).find_map(|word| {
        let digits = word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| word.parse().ok()).flatten()
    })?;
    let zone = rest.iter().take(4).find_map(|word| zone(word)).unwrap_or(0);
    let day = Day::from_civil(year, month, day.parse().ok()?)?;
    let micros = (hour * 3600 + minute * 60 + second.min(59) - zone) * 1_000_000;
    (hour < 24 && minute < 60).then(|| Timestamp::from_micros(day.start().micros() + micros))
}

/// `+0100` in seconds.
fn zone(word: &str) -> Option<i64> {
    let (sign, digits) = match word.as_bytes().first()? {
        b'+' => (1, word.get(1..)?),
        b'-' => (-1, word.get(1..)?),
        _ => return None,
    };
    let number: i64 = (digits.len() == 4).then(|| digits.parse().ok()).flatten()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// Writes a message: its `From ` line, `status` (header lines), and its lines quoted as mboxrd does.
///
/// Lines end with LF. A message that does not end with a line's end gets one.
pub fn write(out: &mut impl Write, received: Timestamp, status: &str, bytes: &[u8]) -> io::Result<()> {
    writeln!(out, "From MAILER-DAEMON {}", asctime(received))?;
    out.write_all(status.as_bytes())?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
        let line = content(line);
        if is_quoted_from(line) {
            out.write_all(b">")?;
        }
        out.write_all(line)?;
        // Read again, a line loses one CR at its end.
        out.write_all(if line.ends_with(b"\r") { b"\r\n" } else { b"\n" })?;
        rest = after;
    }
    out.write_all(b"\n")
}

/// `Thu Nov 26 21:50:30 2026`, UTC.
fn asctime(at: Timestamp) -> String {
    // Thu, 26 Nov 2026 21:50:30 +0000
    let text = date::format(at);
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [weekday, day, month, year, clock, ..] => format!("{weekday} {month} {day:>2} {clock} {year}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], max: usize) -> io::Result<Vec<Entry>> {
        let mut reader = Reader::new(text, max);
        std::iter::from_fn(|| reader.entry().transpose()).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        let entries = all(text.as_bytes(), 1000).unwrap();
        let text = |entry| match entry {
            Entry::Message { bytes, .. } => String::from_utf8(bytes).unwrap(),
            Entry::TooLarge(size) => format!("too large: {size}"),
        };
        entries.into_iter().map(text).collect()
    }

    const LINE: &str = "From amy@example.org Thu Nov 26 21:50:30 2026\n";

    #[test]
    fn times_of_from_lines() {
        let cases = [
            ("From a@b Thu Nov 26 21:50:30 2026", Some("2026-11-26T21:50:30Z")),
            ("From a@b Thu Nov  6 21:50 2026", Some("2026-11-06T21:50:00Z")),
            ("From a@b Thu Nov 26 21:50:30 CET 2026", Some("2026-11-26T21:50:30Z")),
            ("From a@b Thu Nov 26 21:50:30 2026 +0130", Some("2026-11-26T20:20:30Z")),
            ("From \"a b\"@c Thu Nov 26 21:50:30 2026 remote from uucp", Some("2026-11-26T21:50:30Z")),
            ("From  Thu Nov 26 21:50:30 2026", Some("2026-11-26T21:50:30Z")),
            ("From a@b 26 Nov 2026 21:50:30 +0000", Some("2026-11-26T21:50:30Z")),
            ("From 1782@xxx Thu Nov 26 21:50:30 +0000 2026", Some("2026-11-26T21:50:30Z")),
            ("From the beginning on, it rained", None),
            ("From a@b Thu Nov 31 21:50:30 2026", None),
            ("From a@b Thu Nov 30 25:50:30 2026", None),
            (">From a@b Thu Nov 26 21:50:30 2026", None),
            ("From ", None),
        ];
        for (line, expected) in cases {
            let found = from_line(line.as_bytes()).map(Timestamp::rfc3339);
            assert_eq!(found.as_deref(), expected, "{line}");
        }
        let at = Timestamp::parse_rfc3339("2026-11-06T21:50:30Z").unwrap();
        assert_eq!(asctime(at), "Fri Nov  6 21:50:30 2026");
    }

    #[test]
    fn messages_are_told_apart_and_unquoted() {
        let one = "Subject: a\n\nFrom here\n>From there\n>>From x\n\nFrom me to you\n\n";
        let found = texts(&format!("\n{LINE}{one}{LINE}b\n"));
        let first = "Subject: a\r\n\r\nFrom here\r\nFrom there\r\n>From x\r\n\r\nFrom me to you\r\n";
        assert_eq!(found, [first, "b\r\n"]);
        assert_eq!(texts(&format!("{LINE}\r\n\r\na\r\n\r\n{LINE}\n{LINE}c")), ["\r\n\r\na\r\n", "", "c\r\n"]);
        assert_eq!(texts(""), Vec::<String>::new());
        // Not after an empty line, so no message begins.
        assert_eq!(texts(&format!("{LINE}a\n{LINE}b\n")).len(), 1);
        assert_eq!(all(b"Subject: a\n\n", 1000).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn content_length_is_not_believed() {
        let text = format!("{LINE}Content-Length: 9999\n\na\n\n{LINE}Content-Length: 1\n\nbcd\n");
        assert_eq!(texts(&text), ["Content-Length: 9999\r\n\r\na\r\n", "Content-Length: 1\r\n\r\nbcd\r\n"]);
    }

    #[test]
    fn what_is_too_large_is_passed_over() {
        let long = "x".repeat(5000);
        assert_eq!(
            texts(&format!("{LINE}{long}\n\n{LINE}b\n")),
            ["too large: 1002", "b\r\n"].map(|t| t.replace("1002", "5002"))
        );
        let lines = "y\n".repeat(600);
        assert_eq!(texts(&format!("{LINE}{lines}\n{LINE}b\n")), ["too large: 1800", "b\r\n"]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let at = Timestamp::parse_rfc3339("2026-11-06T21:50:30Z").unwrap();
        for bytes in [
            "",
            "\r\n",
            "a\r\n",
            "\r\n\r\n\r\n",
            "a\r\r\n\r\r\n",
            "From x\r\n\r\nFrom a@b Thu Nov 26 21:50:30 2026\r\n>From\r\n>From y\r\n\r\n",
        ] {
            let mut file = Vec::new();
            write(&mut file, at, "", bytes.as_bytes()).unwrap();
            write(&mut file, at, "", b"end\r\n").unwrap();
            assert_eq!(texts(std::str::from_utf8(&file).unwrap()), [bytes, "end\r\n"]);
        }
    }
}
