//! Encoded words: text beyond ASCII in header fields, `=?utf-8?Q?caf=C3=A9?=`.
//!
//! Decoding takes every charset browsers know; white space between two encoded words vanishes, and a character
//! split over two words of one charset is joined, as careless software splits it. What is no encoded word stays.
//! Encoding writes UTF-8, words of at most 75 characters that never split a character. RFC 2047, RFC 2231 §5.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::Encoding;

use crate::body::{Decoder, TransferEncoding};

/// Longest encoded word that is decoded, in bytes. RFC 2047 §2 says 75; software writes longer ones.
pub const MAX_WORD: usize = 2000;

/// Longest encoded word that is written (RFC 2047 §2).
pub const MAX_WRITTEN: usize = 75;

/// Decodes all encoded words of an unfolded text.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending = Pending::default();
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        match Word::parse(from) {
            Some((word, after)) => {
                if !(pending.charset.is_some() && before.bytes().all(|b| b.is_ascii_whitespace())) {
                    pending.flush(&mut out);
                    out.push_str(before);
                }
                pending.push(word, &mut out);
                rest = after;
            }
            None => {
                pending.flush(&mut out);
                out.push_str(before);
                out.push_str("=?");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    pending.flush(&mut out);
    out.push_str(rest);
    // A decoded word must not bring back what unfolding removed, nor steer a terminal.
    out.retain(|c| !c.is_control() || c == '\t');
    out
}

/// Length of the encoded word at the front of `text`, when there is one.
pub(crate) fn word_length(text: &str) -> Option<usize> {
    Word::parse(text).map(|(_, after)| text.len() - after.len())
}

/// An encoded word taken apart.
struct Word<'a> {
    charset: &'static Encoding,
    base64: bool,
    text: &'a str,
}

impl<'a> Word<'a> {
    /// Reads a word at the front of `text`, and what follows it.
    fn parse(text: &'a str) -> Option<(Word<'a>, &'a str)> {
        let inner = text.strip_prefix("=?")?;
        let (charset, inner) = token(inner, 60)?;
        let (encoding, inner) = token(inner, 1)?;
        let base64 = match encoding {
            "B" | "b" => true,
            "Q" | "q" => false,
            _ => return None,
        };
        let end = inner.bytes().take(MAX_WORD).position(|b| b == b'?' || b.is_ascii_whitespace());
        let (text, after) = inner.split_at_checked(end?)?;
        // RFC 2231 §5: a language may follow the charset.
        let charset = charset.split('*').next().unwrap_or_default();
        let charset = Encoding::for_label_no_replacement(charset.as_bytes())?;
        Some((Word { charset, base64, text }, after.strip_prefix("?=")?))
    }

    fn bytes(&self, out: &mut Vec<u8>) {
        if self.base64 {
            let mut decoder = Decoder::new(TransferEncoding::Base64);
            decoder.push(self.text.as_bytes(), out);
            decoder.finish(out);
            return;
        }
        let mut bytes = self.text.bytes();
        while let Some(b) = bytes.next() {
            let mut ahead = bytes.clone();
            match (b, ahead.next().and_then(hex), ahead.next().and_then(hex)) {
                (b'_', ..) => out.push(b' '),
                (b'=', Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    bytes = ahead;
                }
                _ => out.push(b),
            }
        }
    }
}

/// What stands before the next `?`, which is taken too.
fn token(text: &str, max: usize) -> Option<(&str, &str)> {
    let end = text.bytes().take(max + 1).position(|b| b == b'?')?;
    let (token, rest) = text.split_at_checked(end)?;
    let plain = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    plain.then_some((token, rest.get(1..)?))
}

pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Bytes of adjacent encoded words of one charset, not yet turned into text.
#[derive(Default)]
struct Pending {
    charset: Option<&'static Encoding>,
    bytes: Vec<u8>,
}

impl Pending {
    fn push(&mut self, word: Word<'_>, out: &mut String) {
        if self.charset != Some(word.charset) {
            self.flush(out);
        }
        self.charset = Some(word.charset);
        word.bytes(&mut self.bytes);
    }

    fn flush(&mut self, out: &mut String) {
        if let Some(charset) = self.charset.take() {
            out.push_str(&charset.decode_without_bom_handling(&self.bytes).0);
        }
        self.bytes.clear();
    }
}

/// Encodes text as encoded words to be separated by white space, each at most [`MAX_WRITTEN`] long.
/// Q, or B where Q would double the length; fit for unstructured fields and for phrases.
pub fn encode(text: &str) -> Vec<String> {
    let quoted: usize = text.chars().map(q_length).sum();
    let base64 = quoted > 2 * text.len();
    let (start, room) = if base64 { ("=?utf-8?B?", 45) } else { ("=?utf-8?Q?", MAX_WRITTEN - 12) };
    let length = |c: char| if base64 { c.len_utf8() } else { q_length(c) };
    let mut words = Vec::new();
    let mut chunk = String::new();
    let mut used = 0;
    for c in text.chars() {
        if used + length(c) > room {
            words.push(format!("{start}{}?=", payload(&chunk, base64)));
            chunk.clear();
            used = 0;
        }
        chunk.push(c);
        used += length(c);
    }
    if !chunk.is_empty() {
        words.push(format!("{start}{}?=", payload(&chunk, base64)));
    }
    words
}

fn payload(chunk: &str, base64: bool) -> String {
    if base64 {
        return STANDARD.encode(chunk);
    }
    let mut out = String::new();
    for b in chunk.bytes() {
        match b {
            b' ' => out.push('_'),
            b if is_plain(b) => out.push(char::from(b)),
            b => out.push_str(&format!("={b:02X}")),
        }
    }
    out
}

/// Characters that stand for themselves in a Q word, in phrases too (RFC 2047 §5 rule 3).
fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!*+-/".contains(&b)
}

fn q_length(c: char) -> usize {
    match u8::try_from(c) {
        Ok(b) if c.is_ascii() && (b == b' ' || is_plain(b)) => 1,
        _ => 3 * c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples_of_rfc_2047() {
        let cases = [
            ("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
            ("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen"),
            ("=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"),
            (
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
                "If you can read this you understand the example.",
            ),
            ("=?iso-8859-8?b?7eXs+SDv4SDs6Oj08A==?=", "םולש ןב לטטפנ"),
            ("(=?ISO-8859-1?Q?a?=)", "(a)"),
            ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)", "(ab)"),
            ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
            ("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
            ("=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn careless_and_broken_words() {
        let cases = [
            ("=?utf-8?B?ww==?= =?utf-8?B?pA==?=", "ä"),
            ("=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"),
            ("=?utf-8?Q?=C3=A4=ZZ?=", "ä=ZZ"),
            ("=?nonsense?Q?a?= b", "=?nonsense?Q?a?= b"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
            ("=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="),
            ("=?utf-8?Q?a", "=?utf-8?Q?a"),
            ("=?", "=?"),
            ("=?utf-8?Q??=x", "x"),
            ("=?utf-8?Q?a=0D=0ABcc:_b=1B?=", "aBcc: b"),
            ("a =?utf-8?q?b?= c =?utf-8?q?d?=", "a b c d"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        let text = "=?utf-8?Q?x".repeat(90_000);
        assert_eq!(decode(&text).len(), text.len());
        let words = "=?utf-8?Q?x?= ".repeat(70_000);
        assert_eq!(decode(&words).trim().len(), 70_000);
    }

    #[test]
    fn words_are_short_and_plain() {
        for text in [
            "naïve café with a long text that needs more than one encoded word to be written",
            "日本語の件名".repeat(9).as_str(),
        ] {
            let words = encode(text);
            assert!(words.len() > 1);
            for word in &words {
                assert!(word.len() <= MAX_WRITTEN && word.is_ascii() && !word.contains(' '), "{word}");
            }
            assert_eq!(decode(&words.join(" ")), text);
        }
    }

    proptest! {
        #[test]
        fn encode_and_decode_are_inverse(text in "\\PC{0,200}") {
            let words = encode(&text);
            prop_assert!(words.iter().all(|w| w.len() <= MAX_WRITTEN));
            prop_assert_eq!(decode(&words.join("\t")), text);
        }

        #[test]
        fn any_text_is_read_without_panic(text in "[=?utf\\-8QB_ \u{e9}\\PC]{0,60}") {
            let _ = decode(&text);
        }
    }
}
