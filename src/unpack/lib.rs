//! Compressed files from strangers, expanded within bounds of size and ratio.
//!
//! [`expand`] looks at what the bytes are, never at what they are called: gzip, zlib, deflate without a header, zip, or
//! nothing of these. Whatever comes in, at most `max` bytes come out, and for more than [`FREE`] no more than
//! [`MAX_RATIO`] for each byte that went in; no more is held in memory than that. RFC 1950, RFC 1951, RFC 1952.

mod deflate;
pub mod gzip;
mod zip;

use std::fmt;

/// Most bytes that come out for each that goes in, where more than [`FREE`] bytes come out.
pub const MAX_RATIO: usize = 200;

/// So many bytes may come out whatever went in; a tiny file of one repeated line is no attack.
pub const FREE: usize = 1 << 20;

/// What bytes were packed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Container {
    /// Nothing.
    #[default]
    Plain,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or the deflate stream within it alone.
    Zlib,
    /// An archive that holds one file.
    Zip,
}

impl Container {
    /// Its name in lower case.
    pub const fn keyword(self) -> &'static str {
        match self {
            Container::Plain => "plain",
            Container::Gzip => "gzip",
            Container::Zlib => "zlib",
            Container::Zip => "zip",
        }
    }

    /// What bytes begin as.
    pub fn of(bytes: &[u8]) -> Container {
        if gzip::is_gzip(bytes) {
            Container::Gzip
        } else if zip::is_zip(bytes) {
            Container::Zip
        } else if deflate::is_zlib(bytes) {
            Container::Zlib
        } else {
            Container::Plain
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// What was packed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The content.
    pub bytes: Vec<u8>,
    /// What it was packed in.
    pub container: Container,
    /// What is odd about it, for people.
    pub notes: Vec<String>,
}

/// Why there is no telling what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More comes out than may.
    #[error("expands to more than {max} bytes")]
    TooLarge {
        /// Most that may.
        max: usize,
    },
    /// It is cut off, or a sum in it is wrong.
    #[error("damaged {container}: {reason}")]
    Damaged {
        /// What it begins as.
        container: Container,
        /// What is wrong.
        reason: String,
    },
    /// It is not what is opened for strangers.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    fn damaged(container: Container, reason: impl fmt::Display) -> Error {
        Error::Damaged { container, reason: reason.to_string() }
    }
}

/// Most that expanding so many bytes can give, whether it succeeds or not: what it may cost.
pub fn most(packed: usize, max: usize) -> usize {
    allowed(packed, max)
}

/// Unpacks bytes; those that are not packed come back as they are, if they are no more than `max`.
pub fn expand(bytes: &[u8], max: usize) -> Result<Expanded, Error> {
    let mut notes = Vec::new();
    let container = Container::of(bytes);
    let out = match container {
        Container::Gzip => gzip::members(bytes, max, &mut notes)?,
        Container::Zlib => deflate::zlib(bytes, max, &mut notes)?,
        Container::Zip => zip::one_file(bytes, max, &mut notes)?,
        Container::Plain => match deflate::raw(bytes, max, &mut notes) {
            Some(out) => return Ok(Expanded { bytes: out, container: Container::Zlib, notes }),
            None if bytes.len() > max => return Err(Error::TooLarge { max }),
            None => return Ok(Expanded { bytes: bytes.to_vec(), container, notes }),
        },
    };
    match Container::of(&out) {
        Container::Plain => Ok(Expanded { bytes: out, container, notes }),
        within => Err(Error::Refused(format!("{within} within {container}: it is unpacked once, not twice"))),
    }
}

/// Most that may come out of so many bytes.
fn allowed(packed: usize, max: usize) -> usize {
    max.min(packed.saturating_mul(MAX_RATIO).max(FREE))
}

/// Whether bytes are what a document or another text begins with.
fn begins_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..512).unwrap_or(bytes);
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let document =
        [&b"<"[..], b"{", b"\xff\xfe", b"\xfe\xff", b"\0<"].iter().any(|mark| text.starts_with(mark));
    let control = |b: &u8| *b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r' | b'\x0c');
    // A character may be cut in two at the end.
    let utf8 = std::str::from_utf8(start).map_or_else(|e| e.error_len().is_none(), |_| true);
    document || (utf8 && !start.iter().any(control))
}

#[cfg(test)]
mod tests;
