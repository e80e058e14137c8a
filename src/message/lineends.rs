//! Makes the line ends of a file those of the wire: every LF that stands alone becomes CRLF.
//!
//! Piece by piece: where the pieces end changes nothing. A CR alone stays. RFC 5321 §2.3.8.

use memchr::memchr;

/// Mends line ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineEnds {
    /// The last byte was a CR.
    cr: bool,
}

impl LineEnds {
    /// Takes a piece and hands it on with every line ended by CRLF.
    pub fn mend(&mut self, piece: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut rest = piece;
        while let Some(at) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            if !line.is_empty() {
                sink(line);
            }
            let cr = if line.is_empty() { self.cr } else { line.ends_with(b"\r") };
            sink(if cr { b"\n" } else { b"\r\n" });
            self.cr = false;
            rest = after.get(1..).unwrap_or_default();
        }
        if let Some(last) = rest.last() {
            self.cr = *last == b'\r';
            sink(rest);
        }
    }

    /// Whether the first line of a text ends with a LF alone: the whole text has the line ends of a file.
    pub fn are_those_of_a_file(start: &[u8]) -> bool {
        let end = memchr(b'\n', start).and_then(|at| start.get(..at));
        end.is_some_and(|line| !line.ends_with(b"\r"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_change_nothing() {
        for (text, expected) in [
            ("", ""),
            ("a\nb", "a\r\nb"),
            ("a\r\nb\n\n", "a\r\nb\r\n\r\n"),
            ("\n\r\n\r\r\n\r", "\r\n\r\n\r\r\n\r"),
            ("a\rb\n", "a\rb\r\n"),
        ] {
            for size in 1..=text.len().max(1) {
                let (mut ends, mut out) = (LineEnds::default(), Vec::new());
                for piece in text.as_bytes().chunks(size) {
                    ends.mend(piece, &mut |b| out.extend_from_slice(b));
                }
                assert_eq!(String::from_utf8_lossy(&out), expected, "{text:?} in {size}");
            }
        }
        for (text, expected) in [("", false), ("a", false), ("a\n", true), ("a\r\nb\n", false), ("\n", true)]
        {
            assert_eq!(LineEnds::are_those_of_a_file(text.as_bytes()), expected, "{text:?}");
        }
    }
}
