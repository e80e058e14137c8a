//! Writes message data: doubles dots at line starts and ends with CRLF.CRLF.
//!
//! Invariant: refuses a bare CR or LF, so that no receiver can be led to see an end where there is none.
//! RFC 5321 §2.3.8, §4.5.2.

/// A CR or LF that stands alone, in a message to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message holds a bare {what} at octet {at}")]
pub struct BareLineEnd {
    /// `CR` or `LF`.
    pub what: &'static str,
    /// Octets before it.
    pub at: u64,
}

/// Doubles dots over many chunks.
#[derive(Debug, Clone)]
pub struct DotStuffer {
    /// Last octets seen: whether CR, whether CRLF.
    cr: bool,
    line_start: bool,
    seen: u64,
}

impl Default for DotStuffer {
    fn default() -> DotStuffer {
        DotStuffer::new()
    }
}

impl DotStuffer {
    /// At the start of a message.
    pub fn new() -> DotStuffer {
        DotStuffer { cr: false, line_start: true, seen: 0 }
    }

    /// Appends `bytes` with dots doubled.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), BareLineEnd> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if self.cr != (first == b'\n') {
                return Err(self.bare());
            }
            if self.line_start && first == b'.' {
                out.push(b'.');
            }
            let step = if self.cr { 0 } else { memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len()) };
            let (line, after) = rest.split_at_checked(step + 1).unwrap_or((rest, &[]));
            let last = line.last().copied();
            let lone = last == Some(b'\n') && !self.cr;
            self.seen += line.len() as u64;
            if lone {
                self.seen -= 1;
                return Err(BareLineEnd { what: "LF", at: self.seen });
            }
            out.extend_from_slice(line);
            self.line_start = self.cr;
            self.cr = last == Some(b'\r');
            rest = after;
        }
        Ok(())
    }

    fn bare(&self) -> BareLineEnd {
        if self.cr {
            BareLineEnd { what: "CR", at: self.seen.saturating_sub(1) }
        } else {
            BareLineEnd { what: "LF", at: self.seen }
        }
    }

    /// Appends the end mark, after a CRLF where the last line lacks it.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), BareLineEnd> {
        if self.cr {
            return Err(self.bare());
        }
        out.extend_from_slice(if self.line_start { b".\r\n" } else { b"\r\n.\r\n" });
        Ok(())
    }
}

/// Appends a whole message with dots doubled and the end mark.
pub fn dot_stuff(message: &[u8], out: &mut Vec<u8>) -> Result<(), BareLineEnd> {
    out.reserve(message.len() + 16);
    let mut stuffer = DotStuffer::new();
    stuffer.push(message, out)?;
    stuffer.finish(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_bare_ends_refused() {
        for (input, want) in [
            ("", Ok(".\r\n")),
            ("a", Ok("a\r\n.\r\n")),
            (".\r\n", Ok("..\r\n.\r\n")),
            ("a\r\n.b\r\n", Ok("a\r\n..b\r\n.\r\n")),
            ("a.\r\n\r\n.", Ok("a.\r\n\r\n..\r\n.\r\n")),
            ("a\nb", Err(("LF", 1))),
            ("\n", Err(("LF", 0))),
            ("a\r\n\nb", Err(("LF", 3))),
            ("a\rb", Err(("CR", 1))),
            ("a\r", Err(("CR", 1))),
            ("\r\r\n", Err(("CR", 0))),
        ] {
            let want = want.map_err(|(what, at)| BareLineEnd { what, at }).map(str::to_owned);
            let mut whole = Vec::new();
            let result = dot_stuff(input.as_bytes(), &mut whole);
            assert_eq!(result.map(|()| String::from_utf8(whole).unwrap()), want, "{input:?}");
            let (mut stuffer, mut out) = (DotStuffer::new(), Vec::new());
            let pushed = input.as_bytes().chunks(1).try_for_each(|b| stuffer.push(b, &mut out));
            let result = pushed.and_then(|()| stuffer.finish(&mut out));
            assert_eq!(result.map(|()| String::from_utf8(out).unwrap()), want, "{input:?} by octet");
        }
    }
}
