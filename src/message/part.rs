//! The MIME tree of a message: every part with byte offsets, types and sizes, and text out of it.
//!
//! Parts stand in a flat list, parents before children. Limits: [`MAX_DEPTH`], [`MAX_PARTS`], [`MAX_BOUNDARY`];
//! beyond them content is a leaf and the tree says that it is cut. RFC 2045, RFC 2046 §5, RFC 2183.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::body::{self, TransferEncoding};
use crate::header::Header;
use crate::param::Parameterized;

/// Deepest nesting of parts; the message itself has depth 0.
pub const MAX_DEPTH: usize = 100;

/// Most parts of a message.
pub const MAX_PARTS: usize = 10_000;

/// Longest boundary in bytes that counts. RFC 2046 §5.1.1 allows 70.
pub const MAX_BOUNDARY: usize = 256;

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Content of its own.
    #[default]
    Leaf,
    /// Parts between delimiters.
    Multipart,
    /// A message, not encoded: its one child is that message.
    Message,
}

/// A part. Offsets count from the start of the message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    /// Index of the part it stands in; none for the message itself.
    pub parent: Option<usize>,
    /// Place among its siblings, from 1.
    pub ordinal: usize,
    /// Index after its last descendant: where a walk goes on that skips what it holds.
    pub past: usize,
    /// What it holds.
    pub kind: Kind,
    /// Start of its header.
    pub header_start: usize,
    /// Start of its body: after the empty line.
    pub body_start: usize,
    /// End of its body; the line end before a delimiter belongs to the delimiter.
    pub end: usize,
    /// Line ends in its body, as it is encoded.
    pub lines: usize,
    /// Lower-case media type; `text/plain`, or `message/rfc822` in a digest, where none is given.
    pub content_type: String,
    /// Parameters of the media type, names in lower case.
    pub params: Vec<(String, String)>,
    /// How the body is encoded.
    pub encoding: TransferEncoding,
    /// Content-Disposition.
    pub disposition: Option<Parameterized>,
    /// File name of the disposition, else the `name` of the media type. Outside text: never a path to write to.
    pub filename: Option<String>,
    /// Content-ID, as written.
    pub content_id: Option<String>,
    /// Content-Description, encoded words decoded.
    pub description: Option<String>,
}

impl Part {
    /// Where the body stands.
    pub fn body(&self) -> Range<usize> {
        self.body_start..self.end
    }

    /// Where the header stands, empty line included.
    pub fn header(&self) -> Range<usize> {
        self.header_start..self.body_start
    }

    /// Size of the body in bytes, as it is encoded.
    pub fn size(&self) -> usize {
        self.end.saturating_sub(self.body_start)
    }

    /// A parameter of the media type; the name in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether the sender wants it kept apart from the text.
    pub fn is_attachment(&self) -> bool {
        let told = self.disposition.as_ref().is_some_and(|d| d.value != "inline");
        let inline_text = self.content_type.starts_with("text/") && self.filename.is_none();
        self.kind != Kind::Multipart && (told || !inline_text)
    }

    pub(crate) fn read_header(&mut self, message: &[u8], in_digest: bool) {
        let bytes = message.get(self.header()).unwrap_or_default();
        let mut kind = None;
        for field in Header::of(bytes).fields() {
            if !field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-")) {
                continue;
            }
            let text = field.text();
            match field.name.get(8..).unwrap_or_default().to_ascii_lowercase().as_str() {
                "type" if kind.is_none() => kind = Some(Parameterized::parse(&text)),
                "transfer-encoding" => self.encoding = TransferEncoding::parse(&text),
                "disposition" => self.disposition = Some(Parameterized::parse(&text)),
                "id" => self.content_id = Some(text.into_owned()),
                "description" => self.description = Some(crate::fields::subject(&text)),
                _ => {}
            }
        }
        let kind = kind.unwrap_or_default();
        let named =
            |value: &Parameterized, name| value.get(name).filter(|v| !v.is_empty()).map(str::to_owned);
        self.filename =
            self.disposition.as_ref().and_then(|d| named(d, "filename")).or_else(|| named(&kind, "name"));
        self.content_type = match kind.value.split_once('/') {
            Some((a, b)) if !a.is_empty() && !b.is_empty() => kind.value,
            _ if in_digest => "message/rfc822".to_owned(),
            _ => "text/plain".to_owned(),
        };
        self.params = kind.params;
    }
}

/// All parts of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tree {
    /// The message first, each part before what it holds.
    pub parts: Vec<Part>,
    /// Whether a limit left something unparsed.
    pub cut: bool,
}

impl Tree {
    /// Finds the parts of a message. Never fails; there is always the part of the message itself.
    pub fn parse(message: &[u8]) -> Tree {
        crate::scan::tree(message)
    }

    /// Parts that stand directly in this one.
    pub fn children(&self, index: usize) -> impl Iterator<Item = (usize, &Part)> {
        let past = self.parts.get(index).map_or(0, |p| p.past);
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let at = next;
            let part = self.parts.get(at).filter(|_| at < past)?;
            next = part.past.max(at + 1);
            Some((at, part))
        })
    }

    /// The IMAP section of a part's body, `1.2`; empty for a message that is a multipart (RFC 3501 §6.4.5).
    pub fn section(&self, index: usize) -> String {
        let mut numbers = Vec::new();
        let mut next = self.parts.get(index);
        while let Some(part) = next {
            let parent = part.parent.and_then(|p| self.parts.get(p));
            match parent {
                Some(parent) if parent.kind == Kind::Multipart => numbers.push(part.ordinal.to_string()),
                _ if part.kind != Kind::Multipart => numbers.push("1".to_owned()),
                _ => {}
            }
            next = parent;
        }
        numbers.reverse();
        numbers.join(".")
    }

    /// Content of a part with its transfer encoding undone, at most `max` bytes; true when cut there.
    pub fn decode(&self, message: &[u8], part: &Part, max: usize) -> (Vec<u8>, bool) {
        body::decode(part.encoding, message.get(part.body()).unwrap_or_default(), max)
    }

    /// Text of a part as UTF-8, at most about `max` bytes of it.
    pub fn decode_text(&self, message: &[u8], part: &Part, max: usize) -> String {
        body::to_utf8(part.param("charset"), &self.decode(message, part, max).0).into_owned()
    }

    /// The first text of that subtype, `plain` or `html`, that belongs to the message itself and is no attachment.
    pub fn text(&self, message: &[u8], subtype: &str, max: usize) -> Option<String> {
        let wanted = |part: &&Part| {
            part.kind == Kind::Leaf
                && !part.is_attachment()
                && part.content_type.strip_prefix("text/") == Some(subtype)
        };
        let part = self.own_parts().map(|(_, p)| p).find(wanted)?;
        Some(self.decode_text(message, part, max))
    }

    /// Text to read, search or show in a list: the plain text, else the HTML without its markup.
    pub fn readable_text(&self, message: &[u8], max: usize) -> Option<String> {
        self.text(message, "plain", max)
            .or_else(|| self.text(message, "html", max).map(|html| html_to_text(&html)))
    }

    /// Attachments of the message itself: files, and messages within it.
    pub fn attachments(&self) -> impl Iterator<Item = (usize, &Part)> {
        self.own_parts().filter(|(_, p)| p.is_attachment())
    }

    /// Parts that do not stand in a message within the message.
    fn own_parts(&self) -> impl Iterator<Item = (usize, &Part)> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let at = next;
            let part = self.parts.get(at)?;
            next = if part.kind == Kind::Message { part.past.max(at + 1) } else { at + 1 };
            Some((at, part))
        })
    }
}

/// HTML without its markup, styles and scripts.
pub fn html_to_text(html: &str) -> String {
    mail_parser::decoders::html::html_to_text(html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_and_attachments() {
        let message = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; name=x.txt\r\n\r\nfile\r\n\
            --a\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>caf=E9</p>\r\n\
            --a\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <1@x>\r\n\
            Content-Description: =?utf-8?q?=C3=A4?=\r\nContent-Disposition: attachment; filename*=utf-8''%C3%A4.pdf\r\n\r\naGVsbG8=\r\n--a--\r\n";
        let tree = Tree::parse(message);
        assert_eq!(tree.text(message, "html", 100).as_deref(), Some("<p>caf\u{e9}</p>"));
        assert_eq!(tree.text(message, "html", 5).as_deref(), Some("<p>ca"));
        assert_eq!(tree.readable_text(message, 100).unwrap().trim(), "caf\u{e9}");
        let files: Vec<_> = tree.attachments().map(|(n, p)| (n, p.filename.as_deref().unwrap())).collect();
        assert_eq!(files, [(1, "x.txt"), (3, "\u{e4}.pdf")]);
        let pdf = &tree.parts[3];
        assert_eq!((pdf.size(), pdf.lines, pdf.description.as_deref()), (8, 0, Some("\u{e4}")));
        assert_eq!(tree.decode(message, pdf, 100), (b"hello".to_vec(), false));
        assert_eq!(tree.decode(message, pdf, 3), (b"hel".to_vec(), true));
    }

    proptest! {
        #[test]
        fn html_is_read_without_panic(html in "[<>/!&;# \\-a-z\u{e9}\\PC]{0,80}") {
            let message = format!("Content-Type: text/html; charset=utf-8\n\n{html}");
            let _ = Tree::parse(message.as_bytes()).readable_text(message.as_bytes(), 50);
        }
    }
}
