//! Reads message data: undoes dot-stuffing, finds the end, and notes what makes a message unfit.
//!
//! Invariants: only CRLF.CRLF ends data, never anything with a bare CR or a bare LF (SMTP smuggling,
//! CVE-2023-51764); any split of the input into chunks gives the same output and findings; nothing is copied,
//! the output is slices of the input. In chunked mode (BDAT) dots mean nothing and counts decide the end.
//! RFC 5321 §2.3.8, §4.1.1.4, §4.5.2, §4.5.3.1.6, RFC 3030.

/// Longest text line, in octets with CRLF, a stuffed dot not counted (RFC 5321 §4.5.3.1.6).
pub const MAX_TEXT_LINE: u64 = 1000;

/// What was noticed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings {
    /// Octets of message, dots undone, without the end mark.
    pub size: u64,
    /// CRs not followed by LF.
    pub bare_cr: u64,
    /// LFs not preceded by CR.
    pub bare_lf: u64,
    /// Lines longer than [`MAX_TEXT_LINE`], the last unfinished one not counted.
    pub long_lines: u64,
    /// Octets of the longest line with CRLF, the last unfinished one not counted.
    pub longest_line: u64,
    /// Whether there is a NUL.
    pub nul: bool,
    /// Whether there are octets above 127.
    pub eight_bit: bool,
}

impl Findings {
    /// Whether a CR or LF stands alone anywhere.
    pub fn bare_line_end(&self) -> bool {
        self.bare_cr > 0 || self.bare_lf > 0
    }
}

/// How far a push came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Octets of the input used up; less than all only when done.
    pub consumed: usize,
    /// Whether the end mark was read.
    pub done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// After CRLF, or before anything.
    LineStart,
    /// A dot at line start, not passed on yet.
    Dot,
    /// A dot and CR at line start, not passed on yet.
    DotCr,
    /// Within a line.
    Text,
    /// After a CR in a line, which was passed on.
    Cr,
    /// The end mark was read.
    Done,
}

/// Reads the data of one message.
#[derive(Debug, Clone)]
pub struct DataReader {
    state: State,
    dots: bool,
    /// Octets of the current line so far.
    line: u64,
    findings: Findings,
}

impl DataReader {
    /// For DATA: dots are undone, CRLF.CRLF ends.
    pub fn dotted() -> DataReader {
        DataReader { state: State::LineStart, dots: true, line: 0, findings: Findings::default() }
    }

    /// For BDAT: everything is message; never done.
    pub fn chunked() -> DataReader {
        DataReader { dots: false, ..DataReader::dotted() }
    }

    /// What was noticed so far.
    pub fn findings(&self) -> Findings {
        let mut findings = self.findings;
        // In chunked mode the message may end in a CR.
        findings.bare_cr += u64::from(self.state == State::Cr && !self.dots);
        findings
    }

    /// Reads on; calls `out` with pieces of the message. After the end nothing more is consumed.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) -> Progress {
        let mut at = 0;
        // Where the piece not passed on yet begins.
        let mut piece = 0;
        while self.state != State::Done {
            let Some(&b) = bytes.get(at) else { break };
            match (self.state, b) {
                (State::LineStart, b'.') if self.dots => {
                    self.pass(bytes, piece, at, out);
                    at += 1;
                    piece = at;
                    self.state = State::Dot;
                }
                (State::Dot, b'\r') => {
                    at += 1;
                    piece = at;
                    self.state = State::DotCr;
                }
                (State::DotCr, b'\n') => {
                    at += 1;
                    piece = at;
                    self.state = State::Done;
                }
                (State::DotCr, _) => {
                    // The CR was text after all. It may be in an earlier chunk.
                    self.note_and_pass(b"\r", out);
                    piece = at;
                    self.line = 1;
                    self.state = State::Cr;
                }
                (State::Cr, b'\n') => {
                    at += 1;
                    self.end_line();
                }
                (State::Cr, _) => {
                    self.findings.bare_cr += 1;
                    self.state = State::Text;
                }
                (State::LineStart | State::Dot | State::Text, _) => at = self.text(bytes, at),
                (State::Done, _) => break,
            }
        }
        self.pass(bytes, piece, at, out);
        Progress { consumed: at, done: self.state == State::Done }
    }

    /// Goes on to behind the next CR or LF, or to the end of the input.
    fn text(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        self.state = State::Text;
        let Some(found) = memchr::memchr2(b'\r', b'\n', rest) else {
            self.line += rest.len() as u64;
            return bytes.len();
        };
        self.line += found as u64 + 1;
        if rest.get(found) == Some(&b'\r') {
            self.state = State::Cr;
        } else {
            self.findings.bare_lf += 1;
        }
        at + found + 1
    }

    fn end_line(&mut self) {
        self.line += 1;
        self.findings.long_lines += u64::from(self.line > MAX_TEXT_LINE);
        self.findings.longest_line = self.findings.longest_line.max(self.line);
        self.line = 0;
        self.state = State::LineStart;
    }

    fn pass(&mut self, bytes: &[u8], from: usize, to: usize, out: &mut dyn FnMut(&[u8])) {
        if let Some(piece) = bytes.get(from..to).filter(|p| !p.is_empty()) {
            self.note_and_pass(piece, out);
        }
    }

    fn note_and_pass(&mut self, piece: &[u8], out: &mut dyn FnMut(&[u8])) {
        self.findings.size += piece.len() as u64;
        self.findings.nul = self.findings.nul || memchr::memchr(0, piece).is_some();
        self.findings.eight_bit = self.findings.eight_bit || !piece.is_ascii();
        out(piece);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dot_stuff;

    /// Output, findings, octets consumed, done.
    type Outcome = (Vec<u8>, Findings, usize, bool);

    fn read(mut reader: DataReader, chunks: &[&[u8]]) -> Outcome {
        let (mut out, mut consumed, mut done) = (Vec::new(), 0, false);
        for chunk in chunks {
            let progress = reader.push(chunk, &mut |piece| out.extend_from_slice(piece));
            consumed += progress.consumed;
            done = progress.done;
        }
        (out, reader.findings(), consumed, done)
    }

    #[test]
    fn dots_and_the_end() {
        for (input, want) in [
            (".\r\n", ""),
            ("a\r\n.\r\n", "a\r\n"),
            ("..\r\n.\r\n", ".\r\n"),
            ("..a\r\n...\r\n.\r\n", ".a\r\n..\r\n"),
            (".a\r\n.\r\n", "a\r\n"),
            ("a.\r\n.\r\n", "a.\r\n"),
            ("\r\n\r\n.\r\n", "\r\n\r\n"),
        ] {
            let with_next = format!("{input}QUIT\r\n");
            let (out, findings, consumed, done) = read(DataReader::dotted(), &[with_next.as_bytes()]);
            assert_eq!(String::from_utf8_lossy(&out), want, "{input:?}");
            assert!(done && consumed == input.len() && !findings.bare_line_end(), "{input:?}");
            assert_eq!(findings.size, want.len() as u64);
        }
    }

    #[test]
    fn smuggled_ends_do_not_end() {
        for end in [
            "\n.\n",
            "\r\n.\n",
            "\r.\r",
            "\n.\r\n",
            "\r.\r\n",
            "\r\n.\r",
            "\n\n.\r\n",
            "\r\r\n.\r\r\n",
            "\n.\r",
            "\r\n.\r\r\n",
            "\r\n\0.\r\n",
            "\r\n.\0\r\n",
            ".\r\n",
            "\r\n. \r\n",
            "\u{85}.\u{85}",
        ] {
            let text = format!("x{end}MAIL FROM:<evil@example.org>\r\n");
            let (_, _, consumed, done) = read(DataReader::dotted(), &[text.as_bytes()]);
            assert!(!done && consumed == text.len(), "{end:?}");
            let text = format!("{text}.\r\n");
            let (_, findings, consumed, done) = read(DataReader::dotted(), &[text.as_bytes()]);
            assert!(done && consumed == text.len(), "{end:?}");
            let clean = !end.contains(['\r', '\n']) || end == ".\r\n" || end.contains(['\0', ' ']);
            assert_eq!(findings.bare_line_end(), !clean, "{end:?}");
        }
    }

    #[test]
    fn findings_count() {
        let long = "x".repeat(999);
        let text = format!("a\rb\nc\0\r\n{long}\r\n{}\r\nü\r\n.\r\n", "y".repeat(998));
        let (_, findings, _, done) = read(DataReader::dotted(), &[text.as_bytes()]);
        let want = Findings {
            size: text.len() as u64 - 3,
            bare_cr: 1,
            bare_lf: 1,
            long_lines: 1,
            longest_line: 1001,
            nul: true,
            eight_bit: true,
        };
        assert!(done);
        assert_eq!(findings, want);
    }

    #[test]
    fn a_stuffed_dot_is_not_counted() {
        let text = format!("..{}\r\n.\r\n", "x".repeat(997));
        let (_, findings, _, _) = read(DataReader::dotted(), &[text.as_bytes()]);
        assert_eq!((findings.longest_line, findings.long_lines), (1000, 0));
    }

    #[test]
    fn chunks_have_no_dots_and_no_end() {
        let (out, findings, consumed, done) = read(DataReader::chunked(), &[b"..a\r\n.\r\n", b".\r"]);
        assert_eq!(out, b"..a\r\n.\r\n.\r");
        assert_eq!((consumed, done, findings.bare_cr), (10, false, 1));
    }

    /// The plain definition, octet by octet, on the whole input.
    fn reference(input: &[u8]) -> Outcome {
        let end = if input.starts_with(b".\r\n") {
            Some(0)
        } else {
            input.windows(5).position(|w| w == b"\r\n.\r\n").map(|at| at + 2)
        };
        let body = input.get(..end.unwrap_or(input.len())).unwrap();
        let mut out: Vec<u8> = Vec::new();
        for (n, b) in body.iter().enumerate() {
            let start = n == 0 || body.get(..n).unwrap().ends_with(b"\r\n");
            if !(start && *b == b'.') {
                out.push(*b);
            }
        }
        let consumed = end.map_or(input.len(), |at| at + 3);
        (out, Findings::default(), consumed, end.is_some())
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(
            picks in prop::collection::vec(prop::sample::select(vec!["\r", "\n", ".", "\r\n", "a", "\0", "ü", "\r\n.\r\n"]), 0..40),
            cuts in prop::collection::vec(0usize..80, 0..10),
        ) {
            let text = picks.concat();
            let bytes = text.as_bytes();
            let whole = read(DataReader::dotted(), &[bytes]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(&read(DataReader::dotted(), &chunks), &whole);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            let one_by_one = read(DataReader::dotted(), &single);
            prop_assert_eq!((&one_by_one.0, one_by_one.1, one_by_one.2), (&whole.0, whole.1, whole.2));
            let want = reference(bytes);
            if want.3 {
                prop_assert_eq!((&whole.0, whole.2, whole.3), (&want.0, want.2, want.3));
            } else {
                prop_assert!(!whole.3 && whole.2 == bytes.len());
            }
        }

        #[test]
        fn stuffed_comes_back(lines in prop::collection::vec("[.a-c ]{0,5}", 0..20)) {
            let message: String = lines.iter().map(|l| format!("{l}\r\n")).collect();
            let mut wire = Vec::new();
            dot_stuff(message.as_bytes(), &mut wire).unwrap();
            let (out, findings, consumed, done) = read(DataReader::dotted(), &[&wire]);
            prop_assert_eq!(out, message.as_bytes());
            prop_assert!(done && consumed == wire.len() && !findings.bare_line_end());
        }
    }
}
