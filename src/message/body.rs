//! Content of a MIME part: transfer encodings both ways, as a stream, and charsets to text.
//!
//! Decoders take bytes in pieces of any size and never fail: what the encoding does not know is dropped (base64) or
//! kept as it is (quoted-printable), and [`Decoder::is_damaged`] tells. RFC 2045 §6.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use serde::{Deserialize, Serialize};

use crate::encodedword::hex;

/// A content transfer encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TransferEncoding {
    /// Lines of ASCII; also what a part without the field has.
    #[default]
    #[serde(rename = "7bit")]
    SevenBit,
    /// Lines of bytes.
    #[serde(rename = "8bit")]
    EightBit,
    /// Any bytes.
    #[serde(rename = "binary")]
    Binary,
    /// Base64.
    #[serde(rename = "base64")]
    Base64,
    /// Quoted-printable.
    #[serde(rename = "quoted-printable")]
    QuotedPrintable,
    /// A name nobody defined; the content must be taken as opaque (RFC 2045 §6.4).
    #[serde(rename = "unknown")]
    Unknown,
}

impl TransferEncoding {
    /// Reads the value of a Content-Transfer-Encoding field.
    pub fn parse(text: &str) -> TransferEncoding {
        let word = text.trim().split([' ', '\t', ';', '(']).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "7bit" | "" => TransferEncoding::SevenBit,
            "8bit" => TransferEncoding::EightBit,
            "binary" => TransferEncoding::Binary,
            "base64" => TransferEncoding::Base64,
            "quoted-printable" => TransferEncoding::QuotedPrintable,
            _ => TransferEncoding::Unknown,
        }
    }

    /// The name as the field carries it.
    pub fn as_str(self) -> &'static str {
        match self {
            TransferEncoding::SevenBit => "7bit",
            TransferEncoding::EightBit => "8bit",
            TransferEncoding::Binary => "binary",
            TransferEncoding::Base64 => "base64",
            TransferEncoding::QuotedPrintable => "quoted-printable",
            TransferEncoding::Unknown => "unknown",
        }
    }
}

/// Decodes a body piece by piece.
#[derive(Debug, Clone)]
pub struct Decoder {
    state: State,
    damaged: bool,
}

#[derive(Debug, Clone)]
enum State {
    Identity,
    Base64 {
        bits: u32,
        digits: u8,
        padded: bool,
    },
    /// White space not yet known to be in the middle of a line, and an escape not yet complete.
    Quoted {
        space: Vec<u8>,
        escape: Vec<u8>,
    },
}

/// Longest white space kept before it is known whether a line ends after it; further white space is written.
const MAX_SPACE: usize = 1000;

impl Decoder {
    /// A decoder at the start of a body.
    pub fn new(encoding: TransferEncoding) -> Decoder {
        let state = match encoding {
            TransferEncoding::Base64 => State::Base64 { bits: 0, digits: 0, padded: false },
            TransferEncoding::QuotedPrintable => State::Quoted { space: Vec::new(), escape: Vec::new() },
            _ => State::Identity,
        };
        Decoder { state, damaged: false }
    }

    /// Decodes a piece onto `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        match &mut self.state {
            State::Identity => out.extend_from_slice(bytes),
            State::Base64 { bits, digits, padded } => {
                out.reserve(bytes.len() / 4 * 3);
                for &b in bytes {
                    let value = BASE64.get(usize::from(b)).copied().unwrap_or(JUNK);
                    match value {
                        0..64 => {
                            // A second base64 text after the padding: joined by careless software; go on.
                            if *padded {
                                (*padded, *digits, *bits) = (false, 0, 0);
                                self.damaged = true;
                            }
                            *bits = *bits << 6 | u32::from(value);
                            *digits += 1;
                            if *digits == 4 {
                                let [_, a, b, c] = bits.to_be_bytes();
                                out.extend_from_slice(&[a, b, c]);
                                (*digits, *bits) = (0, 0);
                            }
                        }
                        PADDING if !*padded => {
                            self.damaged |= *digits < 2;
                            base64_tail(*bits, *digits, out);
                            *padded = true;
                            *digits = 0;
                        }
                        PADDING | SPACE => {}
                        _ => self.damaged = true,
                    }
                }
            }
            State::Quoted { space, escape } => {
                for &b in bytes {
                    self.damaged |= quoted_byte(b, space, escape, out);
                }
            }
        }
    }

    /// Ends the body: writes what an incomplete end still holds.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match &mut self.state {
            State::Identity => {}
            State::Base64 { bits, digits, .. } => {
                self.damaged |= *digits > 0;
                base64_tail(*bits, *digits, out);
                (*bits, *digits) = (0, 0);
            }
            State::Quoted { space, escape } => {
                // `=` at the very end is a soft line break whose line end belongs to the boundary.
                if escape.len() > 1 && escape.as_slice() != b"=\r" {
                    self.damaged = true;
                    out.append(escape);
                }
                escape.clear();
                space.clear();
            }
        }
    }

    /// Whether something was found that the encoding does not allow.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

const JUNK: u8 = 255;
const PADDING: u8 = 254;
const SPACE: u8 = 253;

/// Value of each base64 digit.
static BASE64: [u8; 256] = base64_values();

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time, within both arrays")]
const fn base64_values() -> [u8; 256] {
    let mut table = [JUNK; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut n = 0;
    while n < 64 {
        table[alphabet[n as usize] as usize] = n;
        n += 1;
    }
    table[b'=' as usize] = PADDING;
    table[b' ' as usize] = SPACE;
    table[b'\t' as usize] = SPACE;
    table[b'\r' as usize] = SPACE;
    table[b'\n' as usize] = SPACE;
    table
}

/// Writes the whole bytes among two or three digits.
fn base64_tail(bits: u32, digits: u8, out: &mut Vec<u8>) {
    match digits {
        2 => out.extend(u8::try_from(bits >> 4 & 0xff)),
        3 => out.extend([bits >> 10 & 0xff, bits >> 2 & 0xff].into_iter().flat_map(u8::try_from)),
        _ => {}
    }
}

/// Takes one byte of quoted-printable; true when it is damaged.
fn quoted_byte(b: u8, space: &mut Vec<u8>, escape: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
    if escape.is_empty() {
        match b {
            b'=' => {
                out.append(space);
                escape.push(b);
            }
            b' ' | b'\t' | b'\r' if space.len() < MAX_SPACE => space.push(b),
            // White space at the end of a line was added on the way (RFC 2045 §6.7 rule 3).
            b'\n' => {
                let crlf = space.last() == Some(&b'\r');
                space.clear();
                out.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
            }
            _ => {
                out.append(space);
                out.push(b);
            }
        }
        return false;
    }
    match (escape.as_slice(), b) {
        ([b'='], b' ' | b'\t' | b'\r') => {
            // Soft line break, perhaps with white space before the line end.
            *escape = vec![b'=', b'\r'];
            false
        }
        ([b'='] | [b'=', b'\r'], b'\n') => {
            escape.clear();
            false
        }
        ([b'=', b'\r'], b' ' | b'\t' | b'\r') => false,
        ([b'='], b) if hex(b).is_some() => {
            escape.push(b);
            false
        }
        ([b'=', high], low) => match (hex(*high), hex(low)) {
            (Some(high), Some(low)) => {
                escape.clear();
                out.push(high << 4 | low);
                false
            }
            _ => broken_escape(b, space, escape, out),
        },
        _ => broken_escape(b, space, escape, out),
    }
}

/// Writes a broken escape as it stands and reads the byte after it anew.
fn broken_escape(b: u8, space: &mut Vec<u8>, escape: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
    if escape.get(1) == Some(&b'\r') {
        escape.truncate(1);
    }
    out.append(escape);
    quoted_byte(b, space, escape, out);
    true
}

/// Decodes a whole body, writing at most `max` bytes; true when it was cut there.
pub fn decode(encoding: TransferEncoding, body: &[u8], max: usize) -> (Vec<u8>, bool) {
    let mut decoder = Decoder::new(encoding);
    let mut out = Vec::new();
    for piece in body.chunks(64 * 1024) {
        decoder.push(piece, &mut out);
        if out.len() > max {
            out.truncate(max);
            return (out, true);
        }
    }
    decoder.finish(&mut out);
    let cut = out.len() > max;
    out.truncate(max);
    (out, cut)
}

/// Writes bytes as base64 lines of 76 characters, each ended by CRLF.
pub fn encode_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 57 * 78 + 80);
    for line in bytes.chunks(57) {
        STANDARD.encode_string(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

/// Writes bytes as quoted-printable lines of at most 76 characters; CRLF in them stays a line end, a bare CR or LF
/// is escaped.
pub fn encode_quoted_printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut column = 0;
    let mut rest = bytes;
    while let [b, after @ ..] = rest {
        if let [b'\r', b'\n', after @ ..] = rest {
            out.push_str("\r\n");
            column = 0;
            rest = after;
            continue;
        }
        let ends_line = after.is_empty() || after.starts_with(b"\r\n");
        // `.` and `F` at the start of a line: no dot-stuffing, no mbox quoting on the way.
        let escaped = match b {
            b'=' => true,
            b' ' | b'\t' => ends_line,
            b'.' => column == 0,
            b'F' => column == 0 && after.starts_with(b"rom "),
            b => !b.is_ascii_graphic(),
        };
        let width = if escaped { 3 } else { 1 };
        if column + width > if ends_line { 76 } else { 75 } {
            out.push_str("=\r\n");
            column = 0;
            continue;
        }
        if escaped {
            out.push_str(&format!("={b:02X}"));
        } else {
            out.push(char::from(*b));
        }
        column += width;
        rest = after;
    }
    out
}

/// Text of the named charset as UTF-8. No name or an unknown one: UTF-8 when it is that, else windows-1252.
pub fn to_utf8<'a>(charset: Option<&str>, bytes: &'a [u8]) -> Cow<'a, str> {
    let label = charset.unwrap_or_default().trim().as_bytes();
    if let Some(encoding) = Encoding::for_label_no_replacement(label) {
        return encoding.decode_with_bom_removal(bytes).0;
    }
    // Charsets that browsers forgot live on in mail, UTF-7 above all.
    if let Some(decode) =
        mail_parser::decoders::charsets::map::charset_decoder(label).filter(|_| !label.is_empty())
    {
        return Cow::Owned(decode(bytes));
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8.decode_with_bom_removal(bytes).0,
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(encoding: TransferEncoding, text: &str) -> (String, bool) {
        let mut decoder = Decoder::new(encoding);
        let mut out = Vec::new();
        decoder.push(text.as_bytes(), &mut out);
        decoder.finish(&mut out);
        (String::from_utf8_lossy(&out).into_owned(), decoder.is_damaged())
    }

    #[test]
    fn quoted_printable_of_all_sorts() {
        let cases = [
            ("a=3Db", "a=b", false),
            ("a=\r\nb", "ab", false),
            ("a= \t\r\nb", "ab", false),
            ("a=\nb", "ab", false),
            ("a  \r\nb", "a\r\nb", false),
            ("a b", "a b", false),
            ("=c3=A4", "ä", false),
            ("a=", "a", false),
            ("a=ZZb", "a=ZZb", true),
            ("a=4Zb", "a=4Zb", true),
            ("==3D", "==", true),
            ("a=4", "a=4", true),
            ("x\ry", "x\ry", false),
        ];
        for (text, expected, damaged) in cases {
            assert_eq!(
                whole(TransferEncoding::QuotedPrintable, text),
                (expected.into(), damaged),
                "{text:?}"
            );
        }
    }

    #[test]
    fn base64_of_all_sorts() {
        let cases = [
            ("aGVsbG8=", "hello", false),
            ("aGVs\r\n bG8=\r\n", "hello", false),
            ("aGVsbG8", "hello", true),
            ("aGVs!bG8=", "hello", true),
            ("aGk=aGk=", "hihi", true),
            ("a", "", true),
            ("====", "", true),
            ("", "", false),
        ];
        for (text, expected, damaged) in cases {
            assert_eq!(whole(TransferEncoding::Base64, text), (expected.into(), damaged), "{text:?}");
        }
    }

    #[test]
    fn decoding_stops_at_the_limit() {
        let text = encode_base64(&[7; 200_000]);
        let (out, cut) = decode(TransferEncoding::Base64, text.as_bytes(), 1000);
        assert_eq!((out.len(), cut), (1000, true));
        assert!(!decode(TransferEncoding::Base64, text.as_bytes(), 200_000).1);
    }

    #[test]
    fn lines_of_quoted_printable_are_safe() {
        let text = format!("From me\r\n.\r\n{} \r\nend ", "é".repeat(100));
        let encoded = encode_quoted_printable(text.as_bytes());
        for line in encoded.lines() {
            assert!(line.len() <= 76 && !line.starts_with("From ") && !line.starts_with('.'), "{line}");
            assert!(!line.ends_with(' '), "{line}");
        }
        assert_eq!(whole(TransferEncoding::QuotedPrintable, &encoded), (text, false));
    }

    #[test]
    fn charsets_become_utf8() {
        assert_eq!(to_utf8(Some("ISO-8859-1"), b"caf\xe9"), "café");
        assert_eq!(to_utf8(None, "café".as_bytes()), "café");
        assert_eq!(to_utf8(Some("x-nonsense"), b"caf\xe9"), "café");
        assert_eq!(to_utf8(Some("shift_jis"), b"\x83\x65"), "テ");
        assert_eq!(to_utf8(Some("utf-7"), b"Hi Mom +Jjo-!"), "Hi Mom \u{263a}!");
        assert_eq!(to_utf8(Some("utf-8"), b"\xef\xbb\xbfa\xff"), "a\u{fffd}");
    }

    proptest! {
        #[test]
        fn base64_round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0..400_usize) {
            let text = encode_base64(&bytes);
            let (head, tail) = text.as_bytes().split_at(at.min(text.len()));
            let (mut decoder, mut out) = (Decoder::new(TransferEncoding::Base64), Vec::new());
            decoder.push(head, &mut out);
            decoder.push(tail, &mut out);
            decoder.finish(&mut out);
            prop_assert_eq!(out, bytes);
            prop_assert!(!decoder.is_damaged());
        }

        #[test]
        fn quoted_printable_round_trip(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b' '), Just(b'=')], 0..300), at in 0..400_usize) {
            let text = encode_quoted_printable(&bytes);
            prop_assert!(text.lines().all(|l| l.len() <= 76));
            let (head, tail) = text.as_bytes().split_at(at.min(text.len()));
            let (mut decoder, mut out) = (Decoder::new(TransferEncoding::QuotedPrintable), Vec::new());
            decoder.push(head, &mut out);
            decoder.push(tail, &mut out);
            decoder.finish(&mut out);
            prop_assert_eq!(out, bytes);
            prop_assert!(!decoder.is_damaged());
        }
    }
}
