//! Canonicalisation: what of a message is signed, simple and relaxed, header fields and body.
//!
//! [`BodyCanon`] takes the body in pieces of any size and hands on its canonical bytes, keeping no more than counts:
//! where the pieces end changes nothing. A line ends with CRLF; a CR or LF alone is a character like any other.
//! RFC 6376 §3.4.

use std::fmt;
use std::str::FromStr;

use memchr::{memchr, memchr3};

/// One of the two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Canon {
    /// Almost no change is tolerated.
    #[default]
    Simple,
    /// White space and the letter case of field names may change.
    Relaxed,
}

impl Canon {
    /// The word in `c=`.
    pub fn keyword(self) -> &'static str {
        match self {
            Canon::Simple => "simple",
            Canon::Relaxed => "relaxed",
        }
    }

    fn from_keyword(word: &str) -> Option<Canon> {
        match word.to_ascii_lowercase().as_str() {
            "simple" => Some(Canon::Simple),
            "relaxed" => Some(Canon::Relaxed),
            _ => None,
        }
    }
}

/// The value of `c=`: a way for the header, one for the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Canonicalization {
    /// Header fields.
    pub header: Canon,
    /// Body.
    pub body: Canon,
}

impl Canonicalization {
    /// `relaxed/relaxed`.
    pub const RELAXED: Canonicalization = Canonicalization { header: Canon::Relaxed, body: Canon::Relaxed };
}

impl fmt::Display for Canonicalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.header.keyword(), self.body.keyword())
    }
}

/// The text names no canonicalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not simple or relaxed, or two of them as in relaxed/simple")]
pub struct NotACanonicalization;

impl FromStr for Canonicalization {
    type Err = NotACanonicalization;

    /// Reads `header/body`; the body is simple when only one is named.
    fn from_str(text: &str) -> Result<Canonicalization, NotACanonicalization> {
        let (header, body) = text.split_once('/').unwrap_or((text, "simple"));
        let way = |word| Canon::from_keyword(word).ok_or(NotACanonicalization);
        Ok(Canonicalization { header: way(header)?, body: way(body)? })
    }
}

impl serde::Serialize for Canonicalization {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// Hands on the canonical form of a header field, with its CRLF. `raw` is the whole field as it stands.
pub fn header_field(way: Canon, raw: &[u8], sink: &mut dyn FnMut(&[u8])) {
    header_field_open(way, raw, sink);
    sink(b"\r\n");
}

/// Like [`header_field`], without the CRLF: for the signature's own field.
pub(crate) fn header_field_open(way: Canon, raw: &[u8], sink: &mut dyn FnMut(&[u8])) {
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
    match way {
        Canon::Simple => sink(raw),
        Canon::Relaxed => relaxed_field(raw, sink),
    }
}

fn is_wsp(b: u8) -> bool {
    matches!(b, b' ' | b'\t')
}

/// Name in lower case; unfolded; white space to one space, none at the ends of name and value.
fn relaxed_field(raw: &[u8], sink: &mut dyn FnMut(&[u8])) {
    let (name, value) = raw.split_at_checked(memchr(b':', raw).unwrap_or(raw.len())).unwrap_or_default();
    let name: Vec<u8> = name.trim_ascii_end().to_ascii_lowercase();
    let mut line = Vec::with_capacity(raw.len() + 1);
    line.extend_from_slice(&name);
    line.push(b':');
    let mut space = false;
    let mut empty = true;
    for b in value.iter().skip(1).copied() {
        match b {
            b'\r' | b'\n' => {}
            b if is_wsp(b) => space = true,
            b => {
                if space && !empty {
                    line.push(b' ');
                }
                (space, empty) = (false, false);
                line.push(b);
            }
        }
    }
    sink(&line);
}

/// Canonicalises a body piece by piece.
#[derive(Debug, Clone)]
pub struct BodyCanon {
    way: Canon,
    /// CRLFs that count only when something follows.
    line_ends: u64,
    /// White space that counts only when something follows on its line.
    space: bool,
    /// The last piece ended with a CR.
    cr: bool,
    /// Anything but line ends was handed on.
    any: bool,
}

/// CRLFs to hand on at once.
const LINE_ENDS: &[u8] = b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

impl BodyCanon {
    /// Starts a body.
    pub fn new(way: Canon) -> BodyCanon {
        BodyCanon { way, line_ends: 0, space: false, cr: false, any: false }
    }

    /// Takes the next piece and hands on what is certain to be part of the canonical body.
    pub fn write(&mut self, piece: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut rest = piece;
        if self.cr && !rest.is_empty() {
            self.cr = false;
            match rest.strip_prefix(b"\n") {
                Some(after) => {
                    self.line_end();
                    rest = after;
                }
                None => self.text(b"\r", sink),
            }
        }
        while !rest.is_empty() {
            rest = match self.way {
                Canon::Simple => self.simple(rest, sink),
                Canon::Relaxed => self.relaxed(rest, sink),
            };
        }
    }

    /// Ends the body: hands on what is left.
    pub fn finish(mut self, sink: &mut dyn FnMut(&[u8])) {
        if self.cr {
            self.cr = false;
            self.text(b"\r", sink);
        }
        if self.any || self.way == Canon::Simple {
            sink(b"\r\n");
        }
    }

    fn line_end(&mut self) {
        self.line_ends += 1;
        self.space = false;
    }

    /// Hands on text that holds no line end at its end, and what had been waiting for it.
    fn text(&mut self, text: &[u8], sink: &mut dyn FnMut(&[u8])) {
        while self.line_ends > 0 {
            let now = usize::try_from(self.line_ends).map_or(LINE_ENDS.len(), |n| n.saturating_mul(2));
            let now = LINE_ENDS.get(..now).unwrap_or(LINE_ENDS);
            sink(now);
            self.line_ends -= now.len() as u64 / 2;
        }
        if std::mem::take(&mut self.space) {
            sink(b" ");
        }
        self.any = true;
        sink(text);
    }

    /// Takes text and the line end after it; returns what follows.
    fn simple<'a>(&mut self, rest: &'a [u8], sink: &mut dyn FnMut(&[u8])) -> &'a [u8] {
        let mut end = 0;
        loop {
            let Some(at) = rest.get(end..).and_then(|r| memchr(b'\r', r)) else {
                end = rest.len();
                break;
            };
            end += at;
            match rest.get(end..).unwrap_or_default() {
                // A line end with text after it needs no waiting.
                [b'\r', b'\n', next, ..] if *next != b'\r' => end += 2,
                [b'\r', b'\n', ..] | [b'\r'] => break,
                _ => end += 1,
            }
        }
        self.upto(rest, end, sink)
    }

    fn relaxed<'a>(&mut self, rest: &'a [u8], sink: &mut dyn FnMut(&[u8])) -> &'a [u8] {
        let mut end = 0;
        if self.space {
            let blank = rest.iter().take_while(|b| is_wsp(**b)).count();
            let rest = rest.get(blank..).unwrap_or_default();
            return match rest {
                [] | [b'\r', b'\n', ..] | [b'\r'] => self.upto(rest, 0, sink),
                _ => self.upto(rest, 1, sink),
            };
        }
        loop {
            let Some(at) = rest.get(end..).and_then(|r| memchr3(b' ', b'\t', b'\r', r)) else {
                end = rest.len();
                break;
            };
            end += at;
            match rest.get(end..).unwrap_or_default() {
                // One space between words, one line end between lines: as they stand.
                [b' ', next, ..] if !is_wsp(*next) && *next != b'\r' => end += 1,
                [b'\r', b'\n', next, ..] if !is_wsp(*next) && *next != b'\r' => end += 2,
                [b'\r', b'\n', ..] | [b'\r'] => break,
                [b'\r', ..] => end += 1,
                _ => break,
            }
        }
        let rest = self.upto(rest, end, sink);
        let blank = rest.iter().take_while(|b| is_wsp(**b)).count();
        self.space |= blank > 0;
        rest.get(blank..).unwrap_or_default()
    }

    /// Hands on the text before `end`, takes the CR or CRLF there if there is one, returns what follows.
    fn upto<'a>(&mut self, rest: &'a [u8], end: usize, sink: &mut dyn FnMut(&[u8])) -> &'a [u8] {
        let (text, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        if !text.is_empty() {
            self.text(text, sink);
        }
        match after {
            [b'\r', b'\n', after @ ..] => {
                self.line_end();
                after
            }
            [b'\r'] => {
                self.cr = true;
                &[]
            }
            after => after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(way: Canon, pieces: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut canon = BodyCanon::new(way);
        for piece in pieces {
            canon.write(piece, &mut |b| out.extend_from_slice(b));
        }
        canon.finish(&mut |b| out.extend_from_slice(b));
        out
    }

    /// The rules as the RFC words them, on the whole body.
    fn by_the_book(way: Canon, body: &[u8]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut rest = body;
        while let Some(at) = rest.windows(2).position(|w| w == b"\r\n") {
            lines.push(rest[..at].to_vec());
            rest = &rest[at + 2..];
        }
        lines.push(rest.to_vec());
        if way == Canon::Relaxed {
            for line in &mut lines {
                let mut out: Vec<u8> = Vec::new();
                for b in line.iter() {
                    let b = if is_wsp(*b) { b' ' } else { *b };
                    if b != b' ' || out.last() != Some(&b' ') {
                        out.push(b);
                    }
                }
                if out.last() == Some(&b' ') {
                    out.pop();
                }
                *line = out;
            }
        }
        while lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        let mut out = lines.join(&b"\r\n"[..]);
        if !lines.is_empty() || way == Canon::Simple {
            out.extend_from_slice(b"\r\n");
        }
        out
    }

    #[test]
    fn examples_of_the_rfc() {
        // §3.4.5.
        let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let head = mox_message::Header::of(message);
        let (_, text) = mox_message::split(message);
        let fields = |way| {
            let mut out = Vec::new();
            for field in head.fields() {
                header_field(way, field.raw, &mut |b| out.extend_from_slice(b));
            }
            out
        };
        assert_eq!(fields(Canon::Relaxed), b"a:X\r\nb:Y Z\r\n");
        assert_eq!(fields(Canon::Simple), b"A: X\r\nB : Y\t\r\n\tZ  \r\n");
        assert_eq!(body(Canon::Relaxed, &[text]), b" C\r\nD E\r\n");
        assert_eq!(body(Canon::Simple, &[text]), b" C \r\nD \t E\r\n");
    }

    #[test]
    fn ends_of_bodies() {
        let cases: [(&[u8], &[u8], &[u8]); 15] = [
            (b"", b"\r\n", b""),
            (b"\r\n", b"\r\n", b""),
            (b"\r\n\r\n", b"\r\n", b""),
            (b"a", b"a\r\n", b"a\r\n"),
            (b"a\r\n", b"a\r\n", b"a\r\n"),
            (b"a\r\n\r\n\r\n", b"a\r\n", b"a\r\n"),
            (b"\r\na", b"\r\na\r\n", b"\r\na\r\n"),
            // Lines of white space only.
            (b" ", b" \r\n", b""),
            (b" \r\n", b" \r\n", b""),
            (b"a\r\n \t", b"a\r\n \t\r\n", b"a\r\n"),
            (b"a\r\n \r\n\t\r\n", b"a\r\n \r\n\t\r\n", b"a\r\n"),
            (b"a \r\n \r\n\r\n b", b"a \r\n \r\n\r\n b\r\n", b"a\r\n\r\n\r\n b\r\n"),
            // Only CRLF is a line end.
            (b"a\n\n", b"a\n\n\r\n", b"a\n\n\r\n"),
            (b"a\r", b"a\r\r\n", b"a\r\r\n"),
            (b"a\r\r\n\r", b"a\r\r\n\r\r\n", b"a\r\r\n\r\r\n"),
        ];
        for (text, simple, relaxed) in cases {
            assert_eq!(body(Canon::Simple, &[text]), simple, "{text:?}");
            assert_eq!(body(Canon::Relaxed, &[text]), relaxed, "{text:?}");
        }
    }

    #[test]
    fn words_of_c() {
        for (text, expected) in [
            ("simple", "simple/simple"),
            ("relaxed", "relaxed/simple"),
            ("relaxed/relaxed", "relaxed/relaxed"),
            ("Simple/RELAXED", "simple/relaxed"),
        ] {
            assert_eq!(text.parse::<Canonicalization>().unwrap().to_string(), expected);
        }
        for bad in ["", "nowsp", "relaxed/", "/simple", "simple/simple/simple", "relaxed /simple"] {
            assert!(bad.parse::<Canonicalization>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn pieces_change_nothing(text in "[ab \t\r\n]{0,24}|(\r\n| |a){0,12}", cuts in prop::collection::vec(0_usize..24, 0..5)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            for way in [Canon::Simple, Canon::Relaxed] {
                prop_assert_eq!(body(way, &pieces), by_the_book(way, bytes), "{:?} {:?}", way, pieces);
            }
        }
    }
}
