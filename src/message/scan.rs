//! Finds the parts of a message in one pass over its lines.
//!
//! A delimiter counts only as a whole line and the innermost open multipart wins, so offsets are exact for IMAP;
//! nothing is read twice, so time is linear for hostile input. mail-parser serves charsets and HTML in this room but
//! not here: it takes delimiters in the middle of lines and rescans for each boundary that never comes (4 MB of
//! such parts took it minutes). RFC 2046 §5.1.

use memchr::{memchr, memchr_iter};

use crate::body::TransferEncoding;
use crate::part::{Kind, MAX_BOUNDARY, MAX_DEPTH, MAX_PARTS, Part, Tree};

/// The parts of a message.
pub(crate) fn tree(message: &[u8]) -> Tree {
    let mut scan = Scan { message, ..Scan::default() };
    scan.open(None, 0);
    while scan.at < message.len() {
        scan.line();
    }
    scan.finish();
    scan.tree
}

/// A part whose end is not found yet.
struct Open {
    part: usize,
    /// While delimiters may come.
    boundary: Option<Vec<u8>>,
    children: usize,
    /// Line ends before its body.
    lines: usize,
}

#[derive(Default)]
struct Scan<'a> {
    message: &'a [u8],
    tree: Tree,
    /// Parts not yet closed, outermost first: at most [`MAX_DEPTH`] + 1.
    open: Vec<Open>,
    boundaries: usize,
    /// Whether the innermost part's header is being read.
    in_header: bool,
    /// Start of the current line.
    at: usize,
    /// Line ends before it.
    lines: usize,
}

impl Scan<'_> {
    fn open(&mut self, parent: Option<usize>, at: usize) {
        if self.tree.parts.len() == MAX_PARTS {
            self.tree.cut = true;
            return;
        }
        let ordinal = match self.open.last_mut() {
            Some(open) => {
                open.children += 1;
                open.children
            }
            None => 1,
        };
        let part = Part { parent, ordinal, header_start: at, body_start: at, end: at, ..Part::default() };
        self.tree.parts.push(part);
        self.open.push(Open {
            part: self.tree.parts.len() - 1,
            boundary: None,
            children: 0,
            lines: self.lines,
        });
        self.in_header = true;
    }

    /// Takes one line, or the rest of the message when nothing can end in it.
    fn line(&mut self) {
        let rest = self.message.get(self.at..).unwrap_or_default();
        if !self.in_header && self.boundaries == 0 {
            self.lines += memchr_iter(b'\n', rest).count();
            self.at = self.message.len();
            return;
        }
        let length = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..length).unwrap_or(rest);
        let start = self.at;
        if let Some((level, last)) = self.delimiter(line) {
            self.close_above(level, start);
            self.pass(line);
            self.after_delimiter(level, last);
            return;
        }
        self.pass(line);
        if self.in_header && matches!(line, b"\r\n" | b"\n") {
            self.start_body();
        }
    }

    fn pass(&mut self, line: &[u8]) {
        self.at += line.len();
        self.lines += usize::from(line.ends_with(b"\n"));
    }

    /// The level of the multipart that this line delimits, and whether it is its last delimiter.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let text = line.strip_prefix(b"--").filter(|_| self.boundaries > 0)?.trim_ascii_end();
        let matches = |open: &Open| {
            let rest = text.strip_prefix(open.boundary.as_deref()?)?;
            (rest.is_empty() || rest == b"--").then_some(!rest.is_empty())
        };
        let found = self.open.iter().enumerate().rev();
        found.filter_map(|(level, open)| Some((level, matches(open)?))).next()
    }

    fn after_delimiter(&mut self, level: usize, last: bool) {
        let Some(open) = self.open.get_mut(level) else { return };
        let parent = open.part;
        self.in_header = false;
        if last {
            open.boundary = None;
            self.boundaries = self.boundaries.saturating_sub(1);
        } else {
            self.open(Some(parent), self.at);
        }
    }

    /// Ends the parts inside `level` before the delimiter that starts at `at`, and at the line end before it, unless
    /// that ends the header of an empty part.
    fn close_above(&mut self, level: usize, at: usize) {
        let before = self.message.get(..at).unwrap_or_default();
        let trimmed = before.strip_suffix(b"\n").unwrap_or(before);
        let mut end = trimmed.strip_suffix(b"\r").unwrap_or(trimmed).len();
        while self.open.len() > level + 1 {
            if self.in_header {
                self.end_header(at);
            }
            let body_start =
                self.open.last().and_then(|o| self.tree.parts.get(o.part)).map_or(0, |p| p.body_start);
            end = end.max(body_start);
            self.close_last(end, self.lines - usize::from(end < at));
        }
    }

    fn close_last(&mut self, end: usize, lines: usize) {
        let Some(open) = self.open.pop() else { return };
        self.boundaries -= usize::from(open.boundary.is_some());
        let past = self.tree.parts.len();
        if let Some(part) = self.tree.parts.get_mut(open.part) {
            part.past = past;
            part.end = end;
            part.lines = lines.saturating_sub(open.lines);
        }
    }

    /// Reads the innermost part's header, which ends at `at`, before the current line or after it.
    fn end_header(&mut self, at: usize) {
        self.in_header = false;
        let Some(open) = self.open.last_mut() else { return };
        open.lines = self.lines;
        let parent =
            self.tree.parts.get(open.part).and_then(|p| p.parent).and_then(|p| self.tree.parts.get(p));
        let in_digest = parent.is_some_and(|p| p.content_type == "multipart/digest");
        if let Some(part) = self.tree.parts.get_mut(open.part) {
            part.body_start = at;
            part.read_header(self.message, in_digest);
        }
    }

    /// Ends the header at the current line and looks what the body holds.
    fn start_body(&mut self) {
        self.end_header(self.at);
        let deepest = self.open.len() > MAX_DEPTH;
        let Some(open) = self.open.last_mut() else { return };
        let Some(part) = self.tree.parts.get_mut(open.part) else { return };
        if part.content_type.starts_with("multipart/") {
            let boundary = part.param("boundary").map(str::trim_end).unwrap_or_default();
            let usable = !boundary.is_empty() && boundary.len() <= MAX_BOUNDARY;
            self.tree.cut |= usable && deepest;
            if usable && !deepest {
                open.boundary = Some(boundary.as_bytes().to_vec());
                part.kind = Kind::Multipart;
                self.boundaries += 1;
            }
        } else if matches!(part.content_type.as_str(), "message/rfc822" | "message/global") {
            let plain =
                !matches!(part.encoding, TransferEncoding::Base64 | TransferEncoding::QuotedPrintable);
            let room = !deepest && self.tree.parts.len() < MAX_PARTS;
            self.tree.cut |= plain && !room;
            if plain && room {
                if let Some(part) = self.tree.parts.get_mut(open.part) {
                    part.kind = Kind::Message;
                }
                let parent = open.part;
                self.open(Some(parent), self.at);
            }
        }
    }

    fn finish(&mut self) {
        let end = self.message.len();
        if self.in_header {
            self.end_header(end);
        }
        while !self.open.is_empty() {
            self.close_last(end, self.lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `section type start..end lines` of each part.
    fn show(message: &str) -> Vec<String> {
        let tree = Tree::parse(message.as_bytes());
        let show = |(n, p): (usize, &Part)| {
            let body = &message[p.body()];
            format!("{} {} {:?} {}", tree.section(n), p.content_type, body, p.lines)
        };
        tree.parts.iter().enumerate().map(show).collect()
    }

    #[test]
    fn a_plain_message_is_one_part() {
        assert_eq!(show("A: b\r\n\r\nx\r\ny\r\n"), ["1 text/plain \"x\\r\\ny\\r\\n\" 2"]);
        assert_eq!(show(""), ["1 text/plain \"\" 0"]);
        assert_eq!(show("A: b"), ["1 text/plain \"\" 0"]);
        assert_eq!(show("Content-Type: text\n\nx"), ["1 text/plain \"x\" 0"]);
    }

    #[test]
    fn offsets_are_exact() {
        let message = "Content-Type: multipart/mixed; boundary=\"a\"\r\n\r\npreamble\r\n--a\r\n\r\nsee --a here\r\n--a no\r\n\
            --a \t\r\nContent-Type: multipart/alternative; boundary=\"a-b\"\r\n\r\n--a-b\r\n\r\nx\r\n--a-b\r\n\
            Content-Type: TEXT/html; charset=x\r\n\r\n\r\n--a-b--\r\nepilogue\r\n--a\r\nContent-Type: image/png\r\n--a--\r\nend\r\n";
        let shown = show(message);
        assert_eq!(shown.len(), 6, "{shown:#?}");
        assert!(shown[0].starts_with(" multipart/mixed") && shown[0].ends_with(" 21"), "{shown:#?}");
        assert_eq!(shown[1], "1 text/plain \"see --a here\\r\\n--a no\" 1");
        assert!(
            shown[2].starts_with("2 multipart/alternative \"--a-b\\r\\n")
                && shown[2].ends_with("--\\r\\nepilogue\" 8")
        );
        assert_eq!(shown[3], "2.1 text/plain \"x\" 0");
        assert_eq!(shown[4], "2.2 text/html \"\" 0");
        assert_eq!(shown[5], "3 image/png \"\" 0");
        let tree = Tree::parse(message.as_bytes());
        assert_eq!(tree.children(0).map(|(n, _)| n).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(tree.children(2).map(|(n, _)| n).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(tree.children(5).count(), 0);
    }

    #[test]
    fn messages_within_messages() {
        let message = "Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: one\n\nx\n--a\nContent-Type: message/rfc822\n\n\
            Content-Type: multipart/mixed; boundary=b\n\n--b\n\ny\n--a--\n";
        assert_eq!(
            show(message)
                .iter()
                .map(|s| s.rsplit_once('"').unwrap().0.split('"').next().unwrap().to_owned())
                .collect::<Vec<_>>(),
            [
                " multipart/digest ",
                "1 message/rfc822 ",
                "1.1 text/plain ",
                "2 message/rfc822 ",
                "2 multipart/mixed ",
                "2.1 text/plain "
            ]
        );
        let tree = Tree::parse(message.as_bytes());
        assert_eq!(&message[tree.parts[2].body()], "x");
        assert_eq!(&message[tree.parts[5].body()], "y");
        assert_eq!(tree.text(message.as_bytes(), "plain", 100), None);
        let encoded = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYg==\n";
        assert_eq!(Tree::parse(encoded.as_bytes()).parts.len(), 1);
    }

    #[test]
    fn bombs_are_cut() {
        let nested: String = (0..20_000)
            .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
            .collect();
        let tree = Tree::parse(nested.as_bytes());
        assert_eq!((tree.parts.len(), tree.cut), (MAX_DEPTH + 1, true));
        let forwarded = "Content-Type: message/rfc822\r\n\r\n".repeat(20_000);
        let tree = Tree::parse(forwarded.as_bytes());
        assert_eq!((tree.parts.len(), tree.cut), (MAX_DEPTH + 1, true));
        assert_eq!(tree.section(MAX_DEPTH).len(), 2 * MAX_DEPTH + 1);
        let many = format!(
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n{}",
            "--a\r\n\r\nx\r\n".repeat(200_000)
        );
        let tree = Tree::parse(many.as_bytes());
        assert_eq!((tree.parts.len(), tree.cut), (MAX_PARTS, true));
        // A boundary of its own for each part, none of which ever comes.
        let absent: String = (0..50_000)
            .map(|n| format!("--a\r\nContent-Type: multipart/mixed; boundary=z{n}\r\n\r\nx\r\n"))
            .collect();
        let absent = format!("Content-Type: multipart/mixed; boundary=a\r\n\r\n{absent}");
        assert_eq!(Tree::parse(absent.as_bytes()).parts.len(), MAX_PARTS);
        let dashes = format!("{}{}", nested.get(..5000).unwrap(), "--b\r\n".repeat(200_000));
        assert!(!Tree::parse(dashes.as_bytes()).cut);
    }

    proptest! {
        #[test]
        fn parts_lie_within_their_parents(pieces in proptest::collection::vec(prop_oneof![
            Just("Content-Type: multipart/mixed; boundary=a\r\n"),
            Just("Content-Type: multipart/mixed; boundary=ab\n"),
            Just("Content-Type: message/rfc822\r\n"),
            Just("\r\n"), Just("--a\r\n"), Just("--a--\r\n"), Just("--ab\r\n"), Just("--ab--\n"), Just("x"), Just("\n"),
        ], 0..60)) {
            let message = pieces.concat();
            let tree = Tree::parse(message.as_bytes());
            for (index, part) in tree.parts.iter().enumerate() {
                prop_assert!(part.header_start <= part.body_start && part.body_start <= part.end);
                prop_assert!(part.past > index && part.past <= tree.parts.len() && part.end <= message.len());
                let body = &message.as_bytes()[part.body()];
                prop_assert_eq!(part.lines, memchr_iter(b'\n', body).count());
                if let Some(parent) = part.parent {
                    prop_assert!(parent < index && tree.parts[parent].past >= part.past);
                    prop_assert!(tree.parts[parent].body_start <= part.header_start && part.end <= tree.parts[parent].end);
                }
            }
            let _ = tree.readable_text(message.as_bytes(), 1000);
        }
    }
}
