//! Client side: reads replies of one or more lines, within bounds.
//!
//! Every line of a reply must carry the same code. RFC 5321 §4.2.1.

use crate::{EnhancedCode, Reply};

/// Most lines of one reply.
pub const MAX_REPLY_LINES: usize = 100;
/// Longest line read, in octets with CRLF; RFC 5321 §4.5.3.1.5 allows 512, some servers write more.
pub const MAX_REPLY_LINE: usize = 4096;

/// Why a reply cannot be read; the connection is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// Not `250 text` or `250-text`; holds the line, cleaned and cut.
    #[error("not an SMTP reply: {0:?}")]
    Malformed(String),
    /// Lines of one reply with different codes.
    #[error("reply changes its code from {0} to {1}")]
    MixedCodes(u16, u16),
    /// Over [`MAX_REPLY_LINES`].
    #[error("reply has over {MAX_REPLY_LINES} lines")]
    TooManyLines,
    /// Over [`MAX_REPLY_LINE`].
    #[error("reply line is over {MAX_REPLY_LINE} octets")]
    LineTooLong,
}

/// Collects the lines of a reply.
#[derive(Debug, Clone, Default)]
pub struct ReplyParser {
    reply: Option<Reply>,
}

impl ReplyParser {
    /// Before the first line of a reply.
    pub fn new() -> ReplyParser {
        ReplyParser::default()
    }

    /// Takes one line without its CRLF; gives the reply when it was the last one.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let (code, more, text) = Reply::parse_line(line)?;
        let reply = self.reply.get_or_insert_with(|| Reply { code, enhanced: None, lines: Vec::new() });
        if reply.code != code {
            return Err(ReplyError::MixedCodes(reply.code, code));
        }
        if reply.lines.len() >= MAX_REPLY_LINES {
            return Err(ReplyError::TooManyLines);
        }
        let class = u8::try_from(code / 100).unwrap_or(0);
        let text = match EnhancedCode::take(&text).filter(|(enhanced, _)| enhanced.0 == class) {
            Some((enhanced, rest)) => {
                reply.enhanced = Some(enhanced);
                rest.to_owned()
            }
            None => text,
        };
        reply.lines.push(text);
        Ok(if more { None } else { self.reply.take() })
    }
}

impl Reply {
    /// Splits a line into code, whether more lines follow, and text; control characters become spaces.
    pub fn parse_line(line: &[u8]) -> Result<(u16, bool, String), ReplyError> {
        if line.len() > MAX_REPLY_LINE {
            return Err(ReplyError::LineTooLong);
        }
        let text: String =
            String::from_utf8_lossy(line).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let malformed = || ReplyError::Malformed(text.chars().take(100).collect());
        let digits = text.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        let code: u16 = digits.and_then(|d| d.parse().ok()).ok_or_else(malformed)?;
        let more = match text.as_bytes().get(3) {
            Some(b'-') => true,
            Some(b' ') | None => false,
            Some(_) => return Err(malformed()),
        };
        if !(200..600).contains(&code) {
            return Err(malformed());
        }
        Ok((code, more, text.get(4..).unwrap_or_default().trim_end().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Reply>, ReplyError> {
        let mut parser = ReplyParser::new();
        let mut last = None;
        for line in text.split("\r\n").filter(|l| !l.is_empty()) {
            assert_eq!(last, None, "lines after the end");
            last = parser.line(line.as_bytes())?;
        }
        Ok(last)
    }

    #[test]
    fn replies_round_trip() {
        for wire in [
            "250 2.1.0 ok\r\n",
            "354 go on\r\n",
            "250-mail.example.org\r\n250-SIZE 1000\r\n250 SMTPUTF8\r\n",
            "550-5.7.1 no\r\n550 5.7.1 really no\r\n",
            "250 \r\n",
        ] {
            assert_eq!(parse(wire).unwrap().unwrap().to_string(), wire);
        }
        assert_eq!(parse("250\r\n").unwrap().unwrap(), Reply::new(250, None, ""));
        assert_eq!(parse("220 5.0.0 odd\r\n").unwrap().unwrap().enhanced, None);
        assert_eq!(parse("250-more to come\r\n"), Ok(None));
    }

    #[test]
    fn what_is_no_reply() {
        for bad in ["", "hello", "25 x", "2500 x", "199 x", "600 x", "250_x", "+50 x", "ü50 x"] {
            assert!(matches!(Reply::parse_line(bad.as_bytes()), Err(ReplyError::Malformed(_))), "{bad}");
        }
        assert_eq!(parse("250-a\r\n251 b\r\n"), Err(ReplyError::MixedCodes(250, 251)));
        assert_eq!(parse(&"250-a\r\n".repeat(101)), Err(ReplyError::TooManyLines));
        let long = format!("250 {}", "x".repeat(MAX_REPLY_LINE));
        assert_eq!(Reply::parse_line(long.as_bytes()), Err(ReplyError::LineTooLong));
    }

    #[test]
    fn controls_do_not_survive() {
        let reply = ReplyParser::new().line(b"550 \x1b[2Jno\0\xff").unwrap().unwrap();
        assert_eq!(reply.text(), " [2Jno \u{fffd}");
    }
}
