//! XML of strangers as small trees: one element below the root at a time, each of bounded size.
//!
//! Read is what a report needs: elements, text, the five predefined entities, character references, CDATA. A document
//! type is refused, and with it every way to make entities; so is a reference to any other entity. Elements of other
//! namespaces than that of the root are skipped, as extensions are. Bounds are those of [`Limits`].
//! RFC 9990 §3.2, §8.1; XML 1.0 §2.8, §4.1; Namespaces in XML §6.

use std::borrow::Cow;

use mox_message::body::to_utf8;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::read::{Limits, Notes, ReadError};

/// An element without its attributes.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// In lower case, without a prefix.
    pub(crate) name: String,
    /// Its own text, without blanks around it and control characters.
    pub(crate) text: String,
    /// What stands in it.
    pub(crate) children: Vec<Node>,
}

impl Node {
    /// Elements in it of that name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element in it of that name, of which there should be one.
    pub(crate) fn one(&self, name: &str, notes: &mut Notes) -> Option<&Node> {
        let mut found = self.all(name);
        let first = found.next();
        if found.next().is_some() {
            notes.odd(format!("{} has several {name}: the first is read", self.name));
        }
        first
    }

    /// The text of an element in it; none where it is absent or empty.
    pub(crate) fn text(&self, name: &str, notes: &mut Notes) -> Option<&str> {
        let text = self.one(name, notes)?.text.as_str();
        if text.is_empty() {
            notes.odd(format!("{name} in {} is empty", self.name));
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// The same, where it has to be there.
    pub(crate) fn required(&self, name: &str, notes: &mut Notes) -> String {
        if self.all(name).next().is_none() {
            notes.odd(format!("{} has no {name}", self.name));
        }
        self.text(name, notes).unwrap_or_default().to_owned()
    }
}

/// Characters of a document, whatever it is encoded in.
pub(crate) fn decode<'a>(bytes: &'a [u8], notes: &mut Notes) -> Cow<'a, str> {
    let wide = [
        (&b"\xff\xfe"[..], "utf-16le"),
        (b"<\0", "utf-16le"),
        (b"\xfe\xff", "utf-16be"),
        (b"\0<", "utf-16be"),
    ];
    if let Some((_, charset)) = wide.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        notes.odd("the document is UTF-16");
        return to_utf8(Some(charset), bytes);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.len() < bytes.len() {
        notes.odd("the document begins with a byte order mark");
    }
    let declared = declared(text);
    let says = |charset: &str| declared.as_deref().is_some_and(|d| d.starts_with(charset));
    if let Ok(text) = std::str::from_utf8(text) {
        if says("utf-16") || (!text.is_ascii() && declared.is_some() && !says("utf-8") && !says("utf8")) {
            notes.odd(format!("the document says that it is {}, and is UTF-8", declared.unwrap_or_default()));
        }
        return Cow::Borrowed(text);
    }
    let charset = declared.filter(|name| !name.starts_with("utf")).unwrap_or_else(|| {
        notes.odd("the document is not UTF-8: it is read as windows-1252");
        "windows-1252".to_owned()
    });
    to_utf8(Some(&charset), text)
}

/// The encoding that the XML declaration names, in lower case.
fn declared(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes)).to_ascii_lowercase();
    let declaration = start.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0.to_owned();
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start().to_owned();
    let name = value.get(1..)?.split(['"', '\'']).next()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// A document that is being read.
pub(crate) struct Document<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    limits: &'a Limits,
    /// Elements that are open, the root among them.
    depth: usize,
    /// Elements that the tree under way may still have.
    nodes: usize,
    /// Prefixes of elements that belong to the report.
    prefixes: Vec<String>,
    /// Name of the root, in lower case.
    pub(crate) root: String,
    /// Its namespace; empty for none.
    pub(crate) namespace: String,
}

/// What stands next within an element.
enum Next {
    Element(Node),
    Text(String),
    End,
}

impl<'a> Document<'a> {
    /// Reads up to the root.
    pub(crate) fn open(
        text: &'a str,
        limits: &'a Limits,
        notes: &mut Notes,
    ) -> Result<Document<'a>, ReadError> {
        let mut reader = Reader::from_str(text);
        // `AT&T` is meant as it stands.
        reader.config_mut().allow_dangling_amp = true;
        reader.config_mut().expand_empty_elements = true;
        let mut document = Document {
            text,
            reader,
            limits,
            depth: 0,
            nodes: 0,
            prefixes: Vec::new(),
            root: String::new(),
            namespace: String::new(),
        };
        loop {
            match document.event()? {
                Event::Start(start) => {
                    document.depth = 1;
                    document.take_root(&start);
                    return Ok(document);
                }
                Event::Text(text) if !text.trim().is_empty() => notes.odd("text stands before the document"),
                Event::DocType(_) => return Err(ReadError::DocType),
                Event::Eof => return Err(ReadError::Empty),
                _ => {}
            }
        }
    }

    fn take_root(&mut self, start: &BytesStart<'_>) {
        let (prefix, local) = names(start);
        self.root = lower(local);
        let own = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        self.prefixes.push(prefix.to_owned());
        for attribute in start.attributes().with_checks(false).flatten().take(MAX_ATTRIBUTES) {
            let key: &str = attribute.key.as_ref();
            let value = clip(&attribute.value, self.limits.text).0;
            if key == own {
                self.namespace = value.clone();
            }
            if let Some(prefix) = key.strip_prefix("xmlns:").filter(|_| is_dmarc(&value)) {
                self.prefixes.push(prefix.to_owned());
            }
        }
    }

    /// The next element below the root; none at its end.
    pub(crate) fn next(&mut self, notes: &mut Notes) -> Result<Option<Node>, ReadError> {
        self.nodes = self.limits.elements;
        loop {
            match self.step("feedback", true, notes)? {
                Next::Element(node) => return Ok(Some(node)),
                Next::Text(text) if text.trim().is_empty() => {}
                Next::Text(_) => notes.odd("text stands between elements"),
                Next::End => return Ok(None),
            }
        }
    }

    /// What stands behind the root is left alone.
    pub(crate) fn close(&mut self, notes: &mut Notes) {
        let rest = usize::try_from(self.reader.buffer_position()).ok().and_then(|at| self.text.get(at..));
        if rest.is_some_and(|rest| !rest.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty()) {
            notes.odd("something follows after the document");
        }
    }

    fn event(&mut self) -> Result<Event<'a>, ReadError> {
        self.reader.read_event().map_err(|error| {
            let at = usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX).min(self.text.len());
            let before = self.text.as_bytes().get(..at).unwrap_or_default();
            let line = 1 + before.iter().filter(|b| **b == b'\n').count();
            ReadError::Xml { line, reason: clip(&error.to_string(), 200).0 }
        })
    }

    /// What stands next in the element of that name; `blank`: it has no text yet.
    fn step(&mut self, within: &str, blank: bool, notes: &mut Notes) -> Result<Next, ReadError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    if self.depth >= self.limits.depth {
                        return Err(ReadError::TooDeep { max: self.limits.depth });
                    }
                    self.depth += 1;
                    let name = lower(names(&start).1);
                    if name != names(&start).1 {
                        notes.odd("names of elements are in upper case");
                    }
                    let keep = !self.is_foreign(&start) && self.nodes > 0;
                    if self.nodes == 0 {
                        notes.odd(format!(
                            "more than {} elements in one: the rest is left out",
                            self.limits.elements
                        ));
                    }
                    match self.element(name, keep, notes)? {
                        Some(node) => return Ok(Next::Element(node)),
                        None => continue,
                    }
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Next::End);
                }
                Event::Text(text) => return Ok(Next::Text(self.start(&text, blank))),
                Event::CData(text) => return Ok(Next::Text(self.start(&text, blank))),
                Event::GeneralRef(name) => return Ok(Next::Text(reference(&name)?)),
                Event::DocType(_) => return Err(ReadError::DocType),
                Event::Eof => return Err(ReadError::CutOff { element: within.to_owned() }),
                _ => {}
            }
        }
    }

    /// The start of a text with the ends of lines of XML 1.0 §2.11, long enough to see whether it is too long. Blanks
    /// before the first text of an element are left out.
    fn start(&self, text: &str, blank: bool) -> String {
        let text = if blank { text.trim_start() } else { text };
        // Two bytes may become one.
        let end = text.floor_char_boundary(self.limits.text.saturating_add(4).saturating_mul(2));
        text.get(..end).unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n")
    }

    /// The element that begins here, with all that it holds; none when it is not to be kept.
    fn element(&mut self, name: String, keep: bool, notes: &mut Notes) -> Result<Option<Node>, ReadError> {
        if !keep {
            return self.skip(&name).map(|()| None);
        }
        self.nodes -= 1;
        let mut node = Node { name, ..Node::default() };
        let mut cut = false;
        loop {
            match self.step(&node.name, node.text.is_empty(), notes)? {
                Next::Element(child) => node.children.push(child),
                Next::Text(text) if node.text.is_empty() && text.trim().is_empty() => {}
                Next::Text(text) => {
                    let (text, shorter) = clip(&text, self.limits.text.saturating_sub(node.text.len()));
                    node.text.push_str(if node.text.is_empty() { text.trim_start() } else { &text });
                    cut |= shorter;
                }
                Next::End => break,
            }
        }
        node.text.truncate(node.text.trim_end().len());
        if cut {
            notes.odd(format!("{} is longer than {} bytes", node.name, self.limits.text));
        }
        Ok(Some(node))
    }

    fn skip(&mut self, name: &str) -> Result<(), ReadError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            match self.event()? {
                Event::Start(_) if self.depth >= self.limits.depth => {
                    return Err(ReadError::TooDeep { max: self.limits.depth });
                }
                Event::Start(_) => self.depth += 1,
                Event::End(_) => self.depth -= 1,
                Event::GeneralRef(name) => drop(reference(&name)?),
                Event::DocType(_) => return Err(ReadError::DocType),
                Event::Eof => return Err(ReadError::CutOff { element: name.to_owned() }),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether an element belongs to something else than the report.
    fn is_foreign(&self, start: &BytesStart<'_>) -> bool {
        let (prefix, _) = names(start);
        if !self.prefixes.iter().any(|own| own == prefix) {
            return true;
        }
        if !start.attributes_raw().contains("xmlns") {
            return false;
        }
        let own = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        let mut attributes = start.attributes();
        let mut attributes = attributes.with_checks(false).flatten().take(MAX_ATTRIBUTES);
        let namespace = attributes.find(|attribute| AsRef::<str>::as_ref(&attribute.key) == own);
        namespace.is_some_and(|found| {
            !found.value.is_empty() && *found.value != *self.namespace && !is_dmarc(&found.value)
        })
    }
}

/// Most attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 100;

/// Prefix and local name.
fn names<'s>(start: &'s BytesStart<'_>) -> (&'s str, &'s str) {
    let name = start.name().into_inner();
    name.split_once(':').unwrap_or(("", name))
}

/// A name as it is looked for; no name that means something is longer.
fn lower(name: &str) -> String {
    clip(name, 100).0.to_ascii_lowercase()
}

/// Whether a namespace is one of DMARC reports.
pub(crate) fn is_dmarc(namespace: &str) -> bool {
    let namespace = namespace.to_ascii_lowercase();
    namespace.starts_with("urn:ietf:params:xml:ns:dmarc") || namespace.contains("dmarc.org/dmarc-xml")
}

/// What a reference stands for.
fn reference(name: &BytesRef<'_>) -> Result<String, ReadError> {
    let unknown = || ReadError::Entity { name: clip(name, 40).0 };
    if name.is_char_ref() {
        // One that is no character of XML stands for nothing.
        return Ok(name.resolve_char_ref().ok().flatten().map_or(" ".to_owned(), String::from));
    }
    resolve_xml_entity(name).map(str::to_owned).ok_or_else(unknown)
}

/// A text without control characters, as long as it may be; true when it was longer.
pub(crate) fn clip(text: &str, max: usize) -> (String, bool) {
    let end = text.floor_char_boundary(max);
    let kept = text.get(..end).unwrap_or_default();
    (kept.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(), end < text.len())
}
