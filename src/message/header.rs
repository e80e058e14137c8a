//! The raw header: its fields with byte ranges, as they stand, folding included (DKIM needs the bytes).
//!
//! Nothing is copied and one pass finds everything, because this runs on each message. A line ends with LF, CR
//! before it or not; stored and imported mail has both. A line that is no field is skipped and counted.
//! Limits: [`MAX_HEADER`] bytes, [`MAX_FIELDS`] fields: [`Header::of`] cuts there, [`Header::check`] refuses.
//! RFC 5322 §2.2, §2.2.3, §4.5, RFC 6532 §3.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::Error;

/// Longest header in bytes; what follows is not read as header.
pub const MAX_HEADER: usize = 1 << 20;

/// Most fields in a header; further ones are not read.
pub const MAX_FIELDS: usize = 2000;

/// Splits a message at its first empty line: the length of the fields before it (their line ends included,
/// the empty line not), and the body after it. Without an empty line everything is header.
pub fn split(message: &[u8]) -> (usize, &[u8]) {
    let mut at = 0;
    loop {
        let rest = message.get(at..).unwrap_or_default();
        match rest {
            [b'\r', b'\n', body @ ..] | [b'\n', body @ ..] => return (at, body),
            _ => {}
        }
        match memchr(b'\n', rest) {
            Some(end) => at += end + 1,
            None => return (message.len(), &[]),
        }
    }
}

/// A header as bytes, at most [`MAX_HEADER`] of them.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    bytes: &'a [u8],
    cut: bool,
}

impl<'a> Header<'a> {
    /// The header of a message, or of a header without its body. Never fails; see [`Header::is_cut`].
    pub fn of(message: &'a [u8]) -> Header<'a> {
        let head = message.get(..MAX_HEADER + 1).unwrap_or(message);
        let (length, _) = split(head);
        match head.get(..length.min(MAX_HEADER)) {
            Some(bytes) => Header { bytes, cut: length > MAX_HEADER },
            None => Header { bytes: head, cut: false },
        }
    }

    /// The header of a message that must be whole: within the limits, every line a field.
    pub fn check(message: &'a [u8]) -> Result<Header<'a>, Error> {
        let header = Header::of(message);
        if header.cut {
            return Err(Error::HeaderTooLarge { max: MAX_HEADER });
        }
        let mut fields = header.fields();
        let count = fields.by_ref().count();
        if let Some(at) = fields.malformed {
            return Err(Error::MalformedField { at });
        }
        if count == MAX_FIELDS && !fields.rest().is_empty() {
            return Err(Error::TooManyFields { max: MAX_FIELDS });
        }
        Ok(header)
    }

    /// The bytes, without the empty line.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the header was longer than [`MAX_HEADER`] and is read in part.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The fields in their order.
    pub fn fields(&self) -> Fields<'a> {
        Fields { bytes: self.bytes, at: 0, seen: 0, malformed: None }
    }

    /// The first field of that name, letter case ignored.
    pub fn get(&self, name: &str) -> Option<Field<'a>> {
        self.fields().find(|f| f.is(name))
    }

    /// All fields of that name, letter case ignored.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Field<'a>> {
        self.fields().filter(move |f| f.is(name))
    }

    /// The unfolded text of the first field of that name.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).map(|f| f.text())
    }
}

/// A header field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as written, without the colon and the white space old mail has before it.
    pub name: &'a str,
    /// The whole field, last line end included.
    pub raw: &'a [u8],
    /// What follows the colon, folding included, last line end not.
    pub value: &'a [u8],
    /// Offset of the field in the message.
    pub start: usize,
}

impl<'a> Field<'a> {
    /// Where the field stands in the message, line end included.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }

    /// Whether it has this name, letter case ignored.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value on one line: line ends removed (RFC 5322 §2.2.3), white space at both ends too.
    pub fn unfold(&self) -> Cow<'a, [u8]> {
        let value = self.value.trim_ascii();
        if memchr2(b'\r', b'\n', value).is_none() {
            return Cow::Borrowed(value);
        }
        Cow::Owned(value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect())
    }

    /// The unfolded value as text; bytes that are no UTF-8 become U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        match self.unfold() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// The fields of a header in their order, at most [`MAX_FIELDS`].
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    seen: usize,
    malformed: Option<usize>,
}

impl<'a> Fields<'a> {
    /// Offset of the first line passed so far that was no field.
    pub fn malformed(&self) -> Option<usize> {
        self.malformed
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        while self.seen < MAX_FIELDS && self.at < self.bytes.len() {
            let start = self.at;
            let rest = self.rest();
            let raw = rest.get(..field_length(rest)).unwrap_or(rest);
            self.at += raw.len().max(1);
            match field(raw, start) {
                Some(field) => {
                    self.seen += 1;
                    return Some(field);
                }
                None => self.malformed = self.malformed.or(Some(start)),
            }
        }
        None
    }
}

/// Length of the line at the front and of the lines that continue it.
fn field_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    while let Some(end) = bytes.get(length..).and_then(|rest| memchr(b'\n', rest)) {
        length += end + 1;
        if !matches!(bytes.get(length), Some(b' ' | b'\t')) {
            return length;
        }
    }
    bytes.len()
}

fn field(raw: &[u8], start: usize) -> Option<Field<'_>> {
    let colon = memchr(b':', raw)?;
    let (name, value) = raw.split_at_checked(colon)?;
    let name = name.trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let value = value.strip_prefix(b":")?;
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    Some(Field { name: std::str::from_utf8(name).ok()?, raw, value, start })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_ends_at_the_empty_line() {
        let cases: [(&[u8], usize, &[u8]); 7] = [
            (b"A: b\r\n\r\nbody", 6, b"body"),
            (b"A: b\n\nbody", 5, b"body"),
            (b"\r\nbody", 0, b"body"),
            (b"A: b\r\n", 6, b""),
            (b"A: b", 4, b""),
            (b"", 0, b""),
            (b"A: b\r\n \r\n\r\nx\r\n\r\n", 9, b"x\r\n\r\n"),
        ];
        for (message, length, body) in cases {
            assert_eq!(split(message), (length, body), "{:?}", String::from_utf8_lossy(message));
        }
    }

    #[test]
    fn fields_keep_their_bytes() {
        let message = b"Subject: a\r\n b\r\njunk\r\nto : c\nX:\r\n\r\nbody: no";
        let header = Header::of(message);
        let fields: Vec<_> = header.fields().collect();
        let names: Vec<_> = fields.iter().map(|f| f.name).collect();
        assert_eq!(names, ["Subject", "to", "X"]);
        assert_eq!(fields[0].value, b" a\r\n b");
        assert_eq!(fields[0].text(), "a b");
        assert_eq!(&message[fields[1].range()], b"to : c\n");
        assert_eq!(header.text("TO").as_deref(), Some("c"));
        assert_eq!(fields[2].text(), "");
        assert_eq!(header.get("body"), None);
        assert_eq!(Header::check(message).unwrap_err(), Error::MalformedField { at: 16 });
    }

    #[test]
    fn limits_cut_or_refuse() {
        let many = "A: b\r\n".repeat(MAX_FIELDS);
        assert!(Header::check(many.as_bytes()).is_ok());
        let more = format!("{many}A: b\r\n\r\n");
        assert_eq!(Header::of(more.as_bytes()).fields().count(), MAX_FIELDS);
        assert_eq!(Header::check(more.as_bytes()).unwrap_err(), Error::TooManyFields { max: MAX_FIELDS });
        let long = format!("A: {}\r\n\r\n", "x".repeat(MAX_HEADER));
        assert!(Header::of(long.as_bytes()).is_cut());
        assert_eq!(Header::of(long.as_bytes()).bytes().len(), MAX_HEADER);
        assert_eq!(Header::check(long.as_bytes()).unwrap_err(), Error::HeaderTooLarge { max: MAX_HEADER });
        let body = format!("A: b\r\n\r\n{}", "x".repeat(MAX_HEADER));
        assert!(Header::check(body.as_bytes()).is_ok());
    }
}
