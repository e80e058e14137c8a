//! Reads the config file format ("sconf") into a [`Tree`].
//!
//! Lines are `key: value`, `key:` with deeper lines below, `- value` or `-` with deeper lines below; depth is the
//! number of leading tabs. There is no quoting: a value is the rest of the line after one space. Lines whose
//! first character after blanks is `#` are comments, wherever they are. The key ends at the first colon that a
//! space or the end of the line follows. CRLF line endings and a byte order mark are taken as they come.
//! Limits: [`MAX_BYTES`], [`MAX_DEPTH`]; [`MAX_FAULTS`] are reported, one per line at most.

use std::collections::HashMap;
use std::fmt;

use crate::tree::{Entry, Node, Position, Tree, Value};

/// Largest file in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// Most leading tabs.
pub const MAX_DEPTH: usize = 32;
/// Most faults reported for one file.
pub const MAX_FAULTS: usize = 100;

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub at: Position,
    /// What.
    pub fault: SyntaxFault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxFault {
    /// Larger than [`MAX_BYTES`].
    TooLarge,
    /// Not UTF-8 from here on.
    NotUtf8,
    /// A control character other than tab.
    Control(char),
    /// Blanks where tabs belong.
    SpaceIndent,
    /// More tabs than [`MAX_DEPTH`].
    TooDeep,
    /// More tabs than the line above allows.
    UnexpectedIndent,
    /// Deeper lines under a key or item that has a value on its line.
    BelowScalar,
    /// No `: ` and no `:` at the end.
    NoColon,
    /// `key:value`.
    NoSpace,
    /// `: value`.
    EmptyKey,
    /// A key that the same map has already, at this line.
    Duplicate(String, u32),
    /// A `- item` among keys.
    ItemAmongKeys,
    /// A `key: value` among list items.
    KeyAmongItems,
}

impl fmt::Display for SyntaxFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SyntaxFault::TooLarge => "file too large; at most 4 MB are read",
            SyntaxFault::NotUtf8 => "not UTF-8; save the file as UTF-8",
            SyntaxFault::Control(c) => return write!(f, "control character {c:?}; remove it"),
            SyntaxFault::SpaceIndent => "indented with spaces; use tabs",
            SyntaxFault::TooDeep => "too deep; at most 32 tabs",
            SyntaxFault::UnexpectedIndent => "too deep; expected at most one tab more than the line above",
            SyntaxFault::BelowScalar => "deeper line, but the line above it has a value already",
            SyntaxFault::NoColon => "expected \"key: value\" or \"- value\"",
            SyntaxFault::NoSpace => "a space is missing after the colon",
            SyntaxFault::EmptyKey => "nothing before the colon",
            SyntaxFault::Duplicate(key, line) => {
                return write!(f, "duplicate key {key:?}, first in line {line}");
            }
            SyntaxFault::ItemAmongKeys => "list item where the lines above are keys",
            SyntaxFault::KeyAmongItems => "key where the lines above are list items; expected \"- value\"",
        })
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.at.line, self.fault)
    }
}

/// Reads a file. All lines that cannot be read are reported, up to [`MAX_FAULTS`]; there is at least one then.
pub fn parse(bytes: &[u8]) -> Result<Tree, Vec<SyntaxError>> {
    let fail = |offset, fault| Err(vec![SyntaxError { at: position(bytes, offset), fault }]);
    if bytes.len() > MAX_BYTES {
        return fail(0, SyntaxFault::TooLarge);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => return fail(e.valid_up_to(), SyntaxFault::NotUtf8),
    };
    let mut parser = Parser { lines: Vec::new(), next: 0, faults: Vec::new() };
    parser.split(text);
    let value = parser.block(0);
    if !parser.faults.is_empty() {
        parser.faults.sort_by_key(|e| e.at);
        parser.faults.truncate(MAX_FAULTS);
        return Err(parser.faults);
    }
    let root = match value {
        Value::List(items) => {
            let at = items.first().map_or(Position::START, |n| n.at);
            return Err(vec![SyntaxError { at, fault: SyntaxFault::NoColon }]);
        }
        value => Node::bare(value),
    };
    Ok(Tree { text: text.to_owned(), root })
}

fn position(bytes: &[u8], offset: usize) -> Position {
    let before = bytes.get(..offset).unwrap_or_default();
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let lines = before.iter().filter(|b| **b == b'\n').count();
    let column = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default()).chars().count();
    Position { offset, line: lines as u32 + 1, column: column as u32 + 1 }
}

/// A line that is neither blank nor a comment.
struct Line<'a> {
    /// Offset of the line.
    start: usize,
    /// Offset after its line ending.
    end: usize,
    number: u32,
    /// Leading tabs.
    depth: usize,
    /// The rest, without the line ending.
    body: &'a str,
}

impl Line<'_> {
    /// Where a byte of the body is.
    fn position(&self, in_body: usize) -> Position {
        let before = self.body.get(..in_body).unwrap_or_default().chars().count();
        let column = (self.depth + before + 1) as u32;
        Position { offset: self.body_start() + in_body, line: self.number, column }
    }

    fn body_start(&self) -> usize {
        self.start + self.depth
    }

    fn is_item(&self) -> bool {
        self.body == "-" || self.body.starts_with("- ")
    }
}

struct Parser<'a> {
    lines: Vec<Line<'a>>,
    next: usize,
    faults: Vec<SyntaxError>,
}

impl<'a> Parser<'a> {
    /// Finds the lines that say something.
    fn split(&mut self, text: &'a str) {
        let mut start = 0;
        for (number, whole) in (1..).zip(text.split_inclusive('\n')) {
            let (line_start, end) = (start, start + whole.len());
            start = end;
            let line = whole.strip_suffix("\r\n").or(whole.strip_suffix('\n')).unwrap_or(whole);
            let mark = if line_start == 0 && line.starts_with('\u{feff}') { 3 } else { 0 };
            let line = line.get(mark..).unwrap_or_default();
            let content = line.trim_start_matches([' ', '\t']);
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let body = line.trim_start_matches('\t');
            let depth = line.len() - body.len();
            let line = Line { start: line_start + mark, end, number, depth, body };
            let control = body.char_indices().find(|(_, c)| c.is_control() && *c != '\t');
            if let Some((at, c)) = control {
                self.fault(line.position(at), SyntaxFault::Control(c));
            } else if body.starts_with(' ') {
                self.fault(line.position(0), SyntaxFault::SpaceIndent);
            } else if depth > MAX_DEPTH {
                self.fault(line.position(0), SyntaxFault::TooDeep);
            } else {
                self.lines.push(line);
            }
        }
    }

    /// Keeps one fault more than are shown, so that the list stays bounded.
    fn fault(&mut self, at: Position, fault: SyntaxFault) {
        if self.faults.len() <= MAX_FAULTS {
            self.faults.push(SyntaxError { at, fault });
        }
    }

    /// Steps over lines deeper than `depth`.
    fn skip_below(&mut self, depth: usize) {
        while self.lines.get(self.next).is_some_and(|l| l.depth > depth) {
            self.next += 1;
        }
    }

    /// Reads lines of this depth with all below them.
    fn block(&mut self, depth: usize) -> Value {
        let mut entries: Vec<Entry> = Vec::new();
        let mut items = Vec::new();
        let mut seen: HashMap<&'a str, u32> = HashMap::new();
        while let Some(line) = self.lines.get(self.next).filter(|l| l.depth >= depth) {
            let (at, body, number) = (line.position(0), line.body, line.number);
            if line.depth > depth {
                self.fault(at, SyntaxFault::UnexpectedIndent);
                self.skip_below(depth);
            } else if line.is_item() {
                let Some(node) = self.node(depth, 1) else { continue };
                if entries.is_empty() {
                    items.push(node);
                } else {
                    self.fault(at, SyntaxFault::ItemAmongKeys);
                }
            } else if let Some(key) = self.key(at, body) {
                let Some(node) = self.node(depth, key.len() + 1) else { continue };
                if let Some(first) = seen.insert(key, number) {
                    self.fault(at, SyntaxFault::Duplicate(key.to_owned(), first));
                } else if items.is_empty() {
                    entries.push(Entry { key: key.to_owned(), node });
                } else {
                    self.fault(at, SyntaxFault::KeyAmongItems);
                }
            } else {
                self.next += 1;
                self.skip_below(depth);
            }
        }
        match (entries.is_empty(), items.is_empty()) {
            (true, true) => Value::Empty,
            (true, false) => Value::List(items),
            _ => Value::Map(entries),
        }
    }

    /// The key of a line, or none after reporting why.
    fn key(&mut self, at: Position, body: &'a str) -> Option<&'a str> {
        let end = body.find(": ").or_else(|| body.ends_with(':').then(|| body.len() - 1));
        let fault = match end {
            Some(0) => SyntaxFault::EmptyKey,
            Some(end) => return body.get(..end),
            None if body.contains(':') => SyntaxFault::NoSpace,
            None => SyntaxFault::NoColon,
        };
        self.fault(at, fault);
        None
    }

    /// Reads what follows a key or dash that is `head` bytes long, with the lines below.
    fn node(&mut self, depth: usize, head: usize) -> Option<Node> {
        let line = self.lines.get(self.next)?;
        let rest = line.body.get(head..)?;
        let text = rest.strip_prefix(' ').unwrap_or(rest);
        let at = line.position(0);
        let value_at = line.position(line.body.len() - text.len());
        let tail = line.body_start() + head..line.body_start() + line.body.len();
        let start = line.start;
        self.next += 1;
        let below = self.lines.get(self.next).filter(|l| l.depth > depth).map(|l| l.position(0));
        let value = match (text.is_empty(), below) {
            (true, Some(_)) => self.block(depth + 1),
            (true, None) => Value::Empty,
            (false, None) => Value::Scalar(text.to_owned()),
            (false, Some(below)) => {
                self.fault(below, SyntaxFault::BelowScalar);
                self.skip_below(depth);
                return None;
            }
        };
        let end = self.next.checked_sub(1).and_then(|last| self.lines.get(last)).map_or(start, |l| l.end);
        Some(Node { at, value_at, value, lines: start..end, tail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_rest_of_the_line() {
        let tree = parse("\u{feff}A: b: c # d \nB:\n\t- \n\t- - x\n(?:k): v\nC:\n".as_bytes()).unwrap();
        assert_eq!(tree.scalar(&["A"]), Some("b: c # d "));
        assert_eq!(tree.get(&["B", "[0]"]).unwrap().value, Value::Empty);
        assert_eq!(tree.scalar(&["B", "[1]"]), Some("- x"));
        assert_eq!(tree.scalar(&["(?:k)"]), Some("v"));
        assert_eq!(tree.get(&["C"]).unwrap().value, Value::Empty);
        assert_eq!(parse(b"").unwrap().root().value, Value::Empty);
    }

    #[test]
    fn every_bad_line_is_reported() {
        let file = "A: 1\nA: 2\n  B: 3\nC 4\nD:5\n: 6\nE: 7\n\tF: 8\nG:\n\t\tH: 9\nL:\n\t- i\n\tK: v\nM:\n\tK: v\n\t- i\nN: \u{7}\n";
        let faults: Vec<_> =
            parse(file.as_bytes()).unwrap_err().into_iter().map(|e| (e.at.line, e.fault)).collect();
        assert_eq!(
            faults,
            [
                (2, SyntaxFault::Duplicate("A".into(), 1)),
                (3, SyntaxFault::SpaceIndent),
                (4, SyntaxFault::NoColon),
                (5, SyntaxFault::NoSpace),
                (6, SyntaxFault::EmptyKey),
                (8, SyntaxFault::BelowScalar),
                (10, SyntaxFault::UnexpectedIndent),
                (13, SyntaxFault::KeyAmongItems),
                (16, SyntaxFault::ItemAmongKeys),
                (17, SyntaxFault::Control('\u{7}')),
            ]
        );
    }

    #[test]
    fn bounds_hold() {
        let one = |text: &[u8]| parse(text).unwrap_err().remove(0).fault;
        assert_eq!(one(&vec![b'#'; MAX_BYTES + 1]), SyntaxFault::TooLarge);
        assert_eq!(one(b"A: \xff"), SyntaxFault::NotUtf8);
        assert_eq!(one(b"- a"), SyntaxFault::NoColon);
        let deep = |n: usize| (0..=n).map(|d| format!("{}k:\n", "\t".repeat(d))).collect::<String>();
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(one(deep(MAX_DEPTH + 1).as_bytes()), SyntaxFault::TooDeep);
        assert_eq!(parse("x\n".repeat(1000).as_bytes()).unwrap_err().len(), MAX_FAULTS);
    }
}
