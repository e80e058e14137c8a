//! Pictures that a message brings along: `cid:` links become `data:` URLs.
//!
//! Only PNG, JPEG, GIF and WebP, told by their first bytes and not by what the part says; never SVG, which is a
//! document. Each part is decoded once; all that is handed out counts against [`MAX_IMAGES`]. RFC 2392.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_message::part::{Kind, Tree};

use crate::choose::own_parts;

/// Most bytes of pictures in a document, every use of a picture counted, before they are written as base64.
pub const MAX_IMAGES: usize = 5 << 20;

/// Pictures of a message by their Content-ID.
pub(crate) struct Images<'a> {
    message: &'a [u8],
    tree: &'a Tree,
    /// Content-ID without its brackets, and the index of the part.
    parts: HashMap<&'a str, usize>,
    decoded: HashMap<usize, Option<(String, usize)>>,
    left: usize,
    cut: bool,
}

impl<'a> Images<'a> {
    pub(crate) fn new(message: &'a [u8], tree: &'a Tree) -> Images<'a> {
        let mut parts = HashMap::new();
        for (index, part) in own_parts(tree).filter(|(_, part)| part.kind == Kind::Leaf) {
            if let Some(id) = part.content_id.as_deref() {
                parts.entry(bare(id)).or_insert(index);
            }
        }
        Images { message, tree, parts, decoded: HashMap::new(), left: MAX_IMAGES, cut: false }
    }

    /// Whether a picture was left out because there are too many bytes of them.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// The `data:` URL for a `cid:` URL.
    pub(crate) fn data_url(&mut self, url: &str) -> Option<String> {
        let id = url.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:")).and(url.get(4..))?;
        let id = percent_decoded(id);
        let index = *self.parts.get(bare(&id))?;
        let picture = self.decoded.entry(index).or_insert_with(|| decode(self.message, self.tree, index));
        let (data, size) = picture.as_ref()?;
        match self.left.checked_sub(*size) {
            Some(left) => {
                self.left = left;
                Some(data.clone())
            }
            None => {
                self.cut = true;
                None
            }
        }
    }
}

/// The `data:` URL of a part that is a picture, and its size in bytes.
fn decode(message: &[u8], tree: &Tree, index: usize) -> Option<(String, usize)> {
    let part = tree.parts.get(index)?;
    let (bytes, cut) = tree.decode(message, part, MAX_IMAGES);
    let kind = kind(&bytes).filter(|_| !cut)?;
    Some((format!("data:image/{kind};base64,{}", STANDARD.encode(&bytes)), bytes.len()))
}

/// What kind of picture these bytes are.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("webp"),
        _ => None,
    }
}

fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

/// Undoes `%40` and the like; what is no UTF-8 then, or no escape, stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match escape.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
