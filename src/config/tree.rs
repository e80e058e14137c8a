//! A syntax tree of a config file: values with their positions over the text they were read from.
//!
//! Invariants: 1. `Tree::text` is byte for byte what was parsed, comments and blank lines included. 2. An edit
//! changes only the lines it names (a removed key takes the comment lines directly above it along); the new
//! text is parsed again, so positions always fit, and a failed edit leaves the tree as it was.
//! A path is a slice of steps from the root: a map's key, or `[n]` for the n-th item of a list, from 0.

use std::ops::Range;

use mox_address::Domain;

pub use crate::text::{SyntaxError, SyntaxFault, parse};

/// Where something is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes from the start of the file.
    pub offset: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1; a tab is one.
    pub column: u32,
}

impl Position {
    /// The first byte of a file.
    pub const START: Position = Position { offset: 0, line: 1, column: 1 };
}

/// A value, as written; what it means is the deserializer's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing follows the colon or the dash.
    Empty,
    /// The rest of the line.
    Scalar(String),
    /// Keys on deeper lines, in file order, no key twice.
    Map(Vec<Entry>),
    /// Items on deeper lines.
    List(Vec<Node>),
}

/// A key of a map with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text before the colon.
    pub key: String,
    /// What follows.
    pub node: Node,
}

/// A value with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where its key or its dash is.
    pub at: Position,
    /// Where a scalar starts; else the end of the key's line.
    pub value_at: Position,
    /// The value.
    pub value: Value,
    /// Its lines, from the start of the key's line to the end of the last line below it.
    pub(crate) lines: Range<usize>,
    /// From after the colon or dash to the end of that line, line ending not included.
    pub(crate) tail: Range<usize>,
}

impl Node {
    /// A node that is not from a file.
    pub(crate) fn bare(value: Value) -> Node {
        Node { at: Position::START, value_at: Position::START, value, lines: 0..0, tail: 0..0 }
    }

    /// The value below a step.
    pub fn get(&self, step: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| e.key == step).map(|e| &e.node),
            Value::List(items) => items.get(index(step)?),
            _ => None,
        }
    }

    /// Tabs before its key or dash.
    fn depth(&self) -> usize {
        (self.at.column - 1) as usize
    }
}

/// A parsed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    pub(crate) text: String,
    /// The top-level keys: a map, or empty.
    pub(crate) root: Node,
}

/// Why an edit was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// Nothing is at this path.
    #[error("{0} is not in the file")]
    NotFound(String),
    /// The key to add is there already.
    #[error("{0} exists already")]
    Exists(String),
    /// A step leads through something that holds no such thing.
    #[error("{0} is not a {1}")]
    WrongKind(String, &'static str),
    /// A key or value that a line cannot hold.
    #[error(
        "{0:?} cannot be written as a key or value: it has a line break, a control character or, in a key, a colon"
    )]
    Unwritable(String),
    /// The edited text would not parse (too deep, too large).
    #[error("the edited file would not be valid: {0}")]
    Syntax(SyntaxError),
}

impl Tree {
    /// The text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The top level: a map, or empty.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The value at a path.
    pub fn get(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, step| node.get(step))
    }

    /// The scalar at a path.
    pub fn scalar(&self, path: &[&str]) -> Option<&str> {
        match &self.get(path)?.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Where a path is, or as much of it as the file has. Domain names are found in any spelling.
    pub fn locate<S: AsRef<str>>(&self, path: &[S]) -> Position {
        let mut node = &self.root;
        for step in path {
            let step = step.as_ref();
            let spelled = || Domain::parse(step).ok().and_then(|domain| spelling(node, &domain));
            let Some(next) = node.get(step).or_else(|| spelled().map(|e| &e.node)) else { break };
            node = next;
        }
        node.at
    }

    /// How the file spells a domain that is a key of the map at `path`: the step to use in paths for edits.
    pub fn domain_key(&self, path: &[&str], domain: &Domain) -> Option<&str> {
        spelling(self.get(path)?, domain).map(|e| e.key.as_str())
    }

    /// Sets a scalar that exists, or adds its key as [`Tree::insert`] does.
    pub fn set(&mut self, path: &[&str], value: &str) -> Result<(), EditError> {
        writable(value, false)?;
        let Some(node) = self.get(path) else {
            return self.insert(path, &Value::Scalar(value.to_owned()));
        };
        if matches!(node.value, Value::Map(_) | Value::List(_)) {
            return Err(EditError::WrongKind(join(path), "plain value"));
        }
        self.splice(node.tail.clone(), &format!(" {value}"))
    }

    /// Adds a key after its last sibling, making the maps above it where they are missing.
    pub fn insert(&mut self, path: &[&str], value: &Value) -> Result<(), EditError> {
        if self.get(path).is_some() {
            return Err(EditError::Exists(join(path)));
        }
        let mut parent = &self.root;
        let mut known = 0;
        while let Some(next) = path.get(known).and_then(|step| parent.get(step)) {
            parent = next;
            known += 1;
        }
        let (head, missing) = path.split_at(known);
        let Some((first, deeper)) = missing.split_first() else { return Err(EditError::Exists(join(path))) };
        if matches!(parent.value, Value::List(_)) || !(self.is_root(parent) || is_open(parent)) {
            return Err(EditError::WrongKind(join(head), "map"));
        }
        let wrapped = deeper.iter().rev().fold(value.clone(), |inner, key| {
            Value::Map(vec![Entry { key: (*key).to_owned(), node: Node::bare(inner) }])
        });
        let entry = Value::Map(vec![Entry { key: (*first).to_owned(), node: Node::bare(wrapped) }]);
        self.grow(parent.clone(), &entry)
    }

    /// Adds an item at the end of a list, making the list where it is missing.
    pub fn push(&mut self, path: &[&str], value: &Value) -> Result<(), EditError> {
        let list = Value::List(vec![Node::bare(value.clone())]);
        let Some(node) = self.get(path) else { return self.insert(path, &list) };
        if matches!(node.value, Value::Map(_)) || self.is_root(node) || !is_open(node) {
            return Err(EditError::WrongKind(join(path), "list"));
        }
        self.grow(node.clone(), &list)
    }

    /// Removes a key or an item with all below it and the comment lines directly above it. What becomes empty
    /// by that is written as `nil`.
    pub fn remove(&mut self, path: &[&str]) -> Result<(), EditError> {
        let (Some(node), Some((_, above))) = (self.get(path), path.split_last()) else {
            return Err(EditError::NotFound(join(path)));
        };
        let lines = self.comment_start(node)..node.lines.end;
        let mut text = self.text.clone();
        text.replace_range(lines, "");
        let parent = self.get(above).unwrap_or(&self.root);
        let alone = match &parent.value {
            Value::Map(entries) => entries.len() == 1,
            Value::List(items) => items.len() == 1,
            _ => false,
        };
        if alone && !self.is_root(parent) {
            text.replace_range(parent.tail.clone(), " nil");
        }
        self.replace(text)
    }

    /// Moves an item of a list to another place, from 0, with the comment lines directly above it.
    pub fn move_item(&mut self, path: &[&str], from: usize, to: usize) -> Result<(), EditError> {
        let list = self.get(path).ok_or_else(|| EditError::NotFound(join(path)))?;
        let Value::List(items) = &list.value else { return Err(EditError::WrongKind(join(path), "list")) };
        let (Some(item), Some(there)) = (items.get(from), items.get(to)) else {
            return Err(EditError::NotFound(format!("{}[{}]", join(path), from.max(to))));
        };
        let lines = self.comment_start(item)..item.lines.end;
        let at = if to > from { there.lines.end } else { self.comment_start(there) };
        let mut text = self.text.clone();
        if !text.ends_with('\n') {
            text.push_str(if text.contains("\r\n") { "\r\n" } else { "\n" });
        }
        let end = |at: usize| if at == self.text.len() { text.len() } else { at };
        let (lines, at) = (lines.start..end(lines.end), end(at));
        let moved = text.get(lines.clone()).unwrap_or_default().to_owned();
        // What comes later in the text changes first, so that places before it stay.
        match to.cmp(&from) {
            std::cmp::Ordering::Equal => return Ok(()),
            std::cmp::Ordering::Greater => {
                text.insert_str(at, &moved);
                text.replace_range(lines, "");
            }
            std::cmp::Ordering::Less => {
                text.replace_range(lines, "");
                text.insert_str(at, &moved);
            }
        }
        self.replace(text)
    }

    fn is_root(&self, node: &Node) -> bool {
        std::ptr::eq(node, &self.root)
    }

    /// Where the comment lines directly above a node start.
    fn comment_start(&self, node: &Node) -> usize {
        let mut start = node.lines.start;
        let above = self.text.get(..start).unwrap_or_default();
        for line in above.split_inclusive('\n').rev() {
            let body = line.trim_start_matches('\t');
            if !body.starts_with('#') || line.len() - body.len() != node.depth() {
                break;
            }
            start -= line.len();
        }
        start
    }

    /// Adds lines at the end of a map, a list or something empty.
    fn grow(&mut self, parent: Node, value: &Value) -> Result<(), EditError> {
        let last = match &parent.value {
            Value::Map(entries) => entries.last().map(|e| &e.node),
            Value::List(items) => items.last(),
            _ => None,
        };
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let top = parent.tail.is_empty() && parent.lines.is_empty();
        let depth = last.map_or(if top { 0 } else { parent.depth() + 1 }, Node::depth);
        let mut lines = String::new();
        write_block(value, depth, newline, &mut lines)?;
        let mut at = last.map_or(if top { self.text.len() } else { parent.lines.end }, |n| n.lines.end);
        let mut text = self.text.clone();
        if at > 0 && !text.get(..at).is_some_and(|t| t.ends_with('\n')) {
            text.insert_str(at, newline);
            at += newline.len();
        }
        text.insert_str(at, &lines);
        if last.is_none() && !top {
            text.replace_range(parent.tail, "");
        }
        self.replace(text)
    }

    fn splice(&mut self, range: Range<usize>, with: &str) -> Result<(), EditError> {
        let mut text = self.text.clone();
        text.replace_range(range, with);
        self.replace(text)
    }

    fn replace(&mut self, text: String) -> Result<(), EditError> {
        *self = parse(text.as_bytes()).map_err(|faults| {
            let first = faults.into_iter().next();
            EditError::Syntax(
                first.unwrap_or(SyntaxError { at: Position::START, fault: SyntaxFault::NotUtf8 }),
            )
        })?;
        Ok(())
    }
}

/// Whether lines may be added below: it has some, or says nothing, or `nil`.
fn is_open(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(text) => text == "nil",
        _ => true,
    }
}

/// The number in `[n]`.
fn index(step: &str) -> Option<usize> {
    step.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// The entry whose key is a domain, in any spelling.
fn spelling<'a>(node: &'a Node, domain: &Domain) -> Option<&'a Entry> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|e| Domain::parse(&e.key).is_ok_and(|d| d == *domain))
}

/// A path as people read it: `Listeners.public.IPs[0]`.
pub fn join<S: AsRef<str>>(path: &[S]) -> String {
    let mut text = String::new();
    for step in path {
        let step = step.as_ref();
        if !text.is_empty() && index(step).is_none() {
            text.push('.');
        }
        text.push_str(step);
    }
    text
}

fn writable(text: &str, key: bool) -> Result<(), EditError> {
    let bad_key = key
        && (text.is_empty()
            || text.contains(": ")
            || text.ends_with(':')
            || text.starts_with(['#', ' ', '\t'])
            || text.starts_with("- ")
            || text == "-");
    if bad_key || text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(EditError::Unwritable(text.to_owned()));
    }
    Ok(())
}

/// Writes the lines of a map or list at a depth; a scalar or nothing at the top writes nothing.
pub(crate) fn write_block(
    value: &Value,
    depth: usize,
    newline: &str,
    out: &mut String,
) -> Result<(), EditError> {
    match value {
        Value::Map(entries) => entries.iter().try_for_each(|e| {
            writable(&e.key, true)?;
            write_line(&format!("{}:", e.key), &e.node.value, depth, newline, out)
        }),
        Value::List(items) => items.iter().try_for_each(|n| write_line("-", &n.value, depth, newline, out)),
        Value::Empty | Value::Scalar(_) => Ok(()),
    }
}

fn write_line(
    head: &str,
    value: &Value,
    depth: usize,
    newline: &str,
    out: &mut String,
) -> Result<(), EditError> {
    out.extend(std::iter::repeat_n('\t', depth));
    out.push_str(head);
    match value {
        Value::Scalar(text) => {
            writable(text, false)?;
            out.push(' ');
            out.push_str(text);
        }
        Value::Map(entries) if !entries.is_empty() => {}
        Value::List(items) if !items.is_empty() => {}
        _ => out.push_str(" nil"),
    }
    out.push_str(newline);
    write_block(value, depth + 1, newline, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# top\nA: 1\nM:\n\t# about x\n\tx: nil\n\n\t# about y\n\ty:\n\t\tK: v\n# tail\nL:\n\t- one\n\t-\n\t\tK: v\n";

    fn tree() -> Tree {
        parse(FILE.as_bytes()).unwrap()
    }

    fn map(key: &str, value: &str) -> Value {
        Value::Map(vec![Entry { key: key.into(), node: Node::bare(Value::Scalar(value.into())) }])
    }

    #[test]
    fn values_and_positions() {
        let t = tree();
        assert_eq!(t.text(), FILE);
        assert_eq!(t.scalar(&["M", "y", "K"]), Some("v"));
        assert_eq!(t.scalar(&["L", "[0]"]), Some("one"));
        assert_eq!(t.scalar(&["L", "[1]", "K"]), Some("v"));
        let at = t.locate(&["M", "y", "none"]);
        assert_eq!((at.line, at.column, &FILE[at.offset..at.offset + 2]), (8, 2, "y:"));
        assert_eq!(join(&["M", "L", "[0]", "K"]), "M.L[0].K");
        let domains = parse("D:\n\tMünchen.example: x\n".as_bytes()).unwrap();
        let name = Domain::parse("xn--mnchen-3ya.example").unwrap();
        assert_eq!(domains.domain_key(&["D"], &name), Some("München.example"));
        assert_eq!(domains.locate(&["D", name.ascii()]).line, 2);
    }

    #[test]
    fn edits_change_only_their_lines() {
        type Edit = fn(&mut Tree) -> Result<(), EditError>;
        let cases: [(Edit, &str, &str); 8] = [
            (|t| t.set(&["A"], "2"), "A: 1\n", "A: 2\n"),
            (|t| t.set(&["M", "y", "Z"], "w"), "\t\tK: v\n# tail", "\t\tK: v\n\t\tZ: w\n# tail"),
            (|t| t.insert(&["M", "x", "K"], &map("a", "b")), "\tx: nil\n", "\tx:\n\t\tK:\n\t\t\ta: b\n"),
            (|t| t.insert(&["N", "n"], &Value::Empty), "", "N:\n\tn: nil\n"),
            (|t| t.push(&["L"], &map("K", "w")), "\t\tK: v\n$", "\t\tK: v\n\t-\n\t\tK: w\n"),
            (|t| t.remove(&["M", "y"]), "\t# about y\n\ty:\n\t\tK: v\n", ""),
            (|t| t.remove(&["M", "y", "K"]), "\ty:\n\t\tK: v\n", "\ty: nil\n"),
            (|t| t.remove(&["L", "[0]"]), "\t- one\n", ""),
        ];
        for (edit, from, to) in cases {
            let mut t = tree();
            edit(&mut t).unwrap();
            let expected = match from.strip_suffix('$') {
                Some(end) => format!("{}{to}", FILE.strip_suffix(end).unwrap()),
                None if from.is_empty() => format!("{FILE}{to}"),
                None => FILE.replacen(from, to, 1),
            };
            assert_eq!(t.text(), expected);
        }
    }

    #[test]
    fn edits_that_are_refused() {
        let mut t = tree();
        assert_eq!(t.insert(&["A"], &Value::Empty), Err(EditError::Exists("A".into())));
        assert_eq!(t.set(&["M"], "x"), Err(EditError::WrongKind("M".into(), "plain value")));
        assert_eq!(t.insert(&["A", "b"], &Value::Empty), Err(EditError::WrongKind("A".into(), "map")));
        assert_eq!(t.push(&["M"], &Value::Empty), Err(EditError::WrongKind("M".into(), "list")));
        assert_eq!(t.remove(&["M", "z"]), Err(EditError::NotFound("M.z".into())));
        for bad in ["a\nB: c", "\u{0}"] {
            assert_eq!(t.set(&["A"], bad), Err(EditError::Unwritable(bad.into())));
        }
        for bad in ["", "a: b", "# c", "- d", "e:"] {
            assert!(t.set(&["M", bad], "x").is_err(), "{bad:?}");
        }
        let deep: Vec<&str> = std::iter::repeat_n("d", 40).collect();
        assert!(matches!(t.set(&deep, "x"), Err(EditError::Syntax(_))));
        assert_eq!(t.text(), FILE);
    }

    #[test]
    fn edits_fit_the_line_ending_and_a_missing_one() {
        let mut t = parse(b"A: 1\r\nM:\r\n\tk: v").unwrap();
        t.set(&["A"], "2").unwrap();
        t.set(&["M", "l"], "w").unwrap();
        assert_eq!(t.text(), "A: 2\r\nM:\r\n\tk: v\r\n\tl: w\r\n");
        let mut empty = parse(b"# nothing yet").unwrap();
        empty.set(&["A"], "1").unwrap();
        assert_eq!(empty.text(), "# nothing yet\nA: 1\n");
    }

    #[test]
    fn items_move_with_their_comments() {
        let text = "L:\n\t# one\n\t- a\n\n\t-\n\t\tK: b\n\t# three\n\t# of three\n\t- c";
        let moved = |from, to| {
            let mut tree = parse(text.as_bytes()).unwrap();
            tree.move_item(&["L"], from, to).unwrap();
            tree.text().to_owned()
        };
        assert_eq!(moved(1, 1), text);
        assert_eq!(moved(2, 0), "L:\n\t# three\n\t# of three\n\t- c\n\t# one\n\t- a\n\n\t-\n\t\tK: b\n");
        assert_eq!(moved(0, 2), "L:\n\n\t-\n\t\tK: b\n\t# three\n\t# of three\n\t- c\n\t# one\n\t- a\n");
        assert_eq!(moved(1, 2), "L:\n\t# one\n\t- a\n\n\t# three\n\t# of three\n\t- c\n\t-\n\t\tK: b\n");
        let mut tree = parse(text.as_bytes()).unwrap();
        assert!(tree.move_item(&["L"], 3, 0).is_err() && tree.move_item(&["M"], 0, 1).is_err());
        assert_eq!(tree.text(), text);
    }
}
