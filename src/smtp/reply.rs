//! Replies: a three-digit code, maybe an enhanced code, one or more lines of text.
//!
//! On the wire every line is clean: control characters become spaces, other than ASCII becomes `?`, and a line
//! is cut at 512 octets (RFC 5321 §4.5.3.1.5). RFC 5321 §4.2, RFC 2034, RFC 3463.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest reply line written, in octets with CRLF (RFC 5321 §4.5.3.1.5).
pub const MAX_REPLY_OUT: usize = 512;

/// An enhanced status code: class, subject, detail (RFC 3463 §2). Displays as `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EnhancedCode(pub u8, pub u16, pub u16);

impl EnhancedCode {
    /// Splits a code off the front of a reply text; none when the text does not start with one.
    pub fn take(text: &str) -> Option<(EnhancedCode, &str)> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        Some((word.parse().ok()?, rest))
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for EnhancedCode {
    type Err = ();
    fn from_str(text: &str) -> Result<EnhancedCode, ()> {
        let mut parts = text.split('.');
        let mut number = |longest: usize| -> Result<u16, ()> {
            let part = parts.next().ok_or(())?;
            let digits = (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().map_err(|_| ()) } else { Err(()) }
        };
        let class = number(1)?;
        let code = EnhancedCode(u8::try_from(class).map_err(|_| ())?, number(3)?, number(3)?);
        if parts.next().is_none() && matches!(class, 2 | 4 | 5) { Ok(code) } else { Err(()) }
    }
}

/// A reply, written or received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// The enhanced code, repeated on each line on the wire.
    pub enhanced: Option<EnhancedCode>,
    /// The text, at least one line, without codes and line ends.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line, or of several when `text` holds line feeds.
    pub fn new(code: u16, enhanced: impl Into<Option<EnhancedCode>>, text: impl Into<String>) -> Reply {
        let text = text.into();
        let lines =
            if text.contains('\n') { text.split('\n').map(str::to_owned).collect() } else { vec![text] };
        Reply { code, enhanced: enhanced.into(), lines }
    }

    /// 2xx: done.
    pub fn is_positive(&self) -> bool {
        matches!(self.code, 200..=299)
    }

    /// 3xx: go on.
    pub fn is_intermediate(&self) -> bool {
        matches!(self.code, 300..=399)
    }

    /// 4xx: try again later.
    pub fn is_temporary(&self) -> bool {
        matches!(self.code, 400..=499)
    }

    /// 5xx: do not try again.
    pub fn is_permanent(&self) -> bool {
        matches!(self.code, 500..=599)
    }

    /// Adds ` (note)` to the last line.
    pub fn note(mut self, note: &str) -> Reply {
        if let Some(last) = self.lines.last_mut() {
            last.push_str(" (");
            last.push_str(note);
            last.push(')');
        }
        self
    }

    /// The text as one line, lines joined by spaces: for logs and delivery status notifications.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// Appends the wire form.
    pub fn write(&self, out: &mut Vec<u8>) {
        let one = [String::new()];
        let lines = if self.lines.is_empty() { &one[..] } else { &self.lines[..] };
        let mut rest = lines.len();
        let code = self.code.to_string();
        let enhanced = self.enhanced.map(|e| e.to_string());
        for line in lines {
            rest -= 1;
            let start = out.len();
            out.extend_from_slice(code.as_bytes());
            out.push(if rest == 0 { b' ' } else { b'-' });
            if let Some(enhanced) = &enhanced {
                out.extend_from_slice(enhanced.as_bytes());
                out.push(b' ');
            }
            let room = (MAX_REPLY_OUT - 2).saturating_sub(out.len() - start);
            out.extend(line.chars().take(room).map(clean));
            while out.last() == Some(&b' ') && out.len() > start + 4 {
                out.pop();
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// A character as one octet that can do no harm in a reply or a terminal.
fn clean(c: char) -> u8 {
    match u8::try_from(c) {
        Ok(b @ b' '..=b'~') => b,
        _ if c.is_control() => b' ',
        _ => b'?',
    }
}

impl fmt::Display for Reply {
    /// Writes the wire form, CRLF after each line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        self.write(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_form() {
        let cases = [
            (Reply::new(250, EnhancedCode(2, 1, 0), "ok"), "250 2.1.0 ok\r\n"),
            (Reply::new(354, None, "go on"), "354 go on\r\n"),
            (Reply::new(250, None, "a\nb\nc"), "250-a\r\n250-b\r\n250 c\r\n"),
            (Reply::new(550, EnhancedCode(5, 1, 1), "a\nb"), "550-5.1.1 a\r\n550 5.1.1 b\r\n"),
            (Reply::new(250, None, ""), "250 \r\n"),
            (Reply { code: 250, enhanced: None, lines: vec![] }, "250 \r\n"),
            (Reply::new(550, None, "no\r250 ok\u{1b}[2J\u{9b}ü\0"), "550 no 250 ok [2J ?\r\n"),
            (Reply::new(451, EnhancedCode(4, 3, 0), "later").note("abc"), "451 4.3.0 later (abc)\r\n"),
        ];
        for (reply, want) in cases {
            assert_eq!(reply.to_string(), want);
        }
    }

    #[test]
    fn long_lines_are_cut() {
        let line = Reply::new(550, EnhancedCode(5, 0, 0), "x".repeat(600)).to_string();
        assert_eq!(line.len(), MAX_REPLY_OUT);
        assert!(line.ends_with("x\r\n"));
    }

    #[test]
    fn enhanced_codes() {
        assert_eq!("5.7.26".parse(), Ok(EnhancedCode(5, 7, 26)));
        for bad in ["", "5", "5.1", "5.1.1.1", "3.1.1", "5..1", "5.1.1000", "5.1.a", "15.1.1", "5.+1.1"] {
            assert!(bad.parse::<EnhancedCode>().is_err(), "{bad}");
        }
        assert_eq!(EnhancedCode::take("2.0.0 fine"), Some((EnhancedCode(2, 0, 0), "fine")));
        assert_eq!(EnhancedCode::take("fine"), None);
    }
}
