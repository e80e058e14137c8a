//! What of a message is searched: its subject, addresses, text and names of attachments.
//!
//! Limits: [`RAW_MAX`] bytes of the message are looked at, [`TEXT_MAX`] bytes of text; what attachments hold is not
//! looked at.

use std::io::Read;

use mox_message::header::Header;
use mox_message::part::{Kind, Tree};

use super::words::{Terms, spaced};
use crate::{Content, Error};

/// Bytes of a message that are looked at.
const RAW_MAX: u64 = 8 << 20;

/// Bytes of text that are looked at, over all parts.
const TEXT_MAX: usize = 256 * 1024;

/// Markup that HTML may have for a byte of its text.
const MARKUP: usize = 4;

/// Fields whose text counts.
const FIELDS: [&str; 6] = ["Subject", "From", "To", "Cc", "Reply-To", "Sender"];

/// The terms of a message; `envelope` are addresses that count, too.
pub(crate) fn terms(content: &Content, envelope: &[&str]) -> Result<Terms, Error> {
    let mut bytes = Vec::new();
    content
        .reader()?
        .take(RAW_MAX)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Damaged(source.to_string()))?;
    let mut terms = Terms::default();
    envelope.iter().for_each(|address| terms.add(address));
    let header = Header::of(&bytes);
    for field in header.fields().filter(|field| FIELDS.iter().any(|name| field.is(name))) {
        terms.add(&mox_message::encodedword::decode(&field.text()));
    }
    let tree = Tree::parse(&bytes);
    let mut left = TEXT_MAX;
    for part in &tree.parts {
        part.filename.iter().for_each(|name| terms.add(name));
        if left == 0 || part.kind != Kind::Leaf || part.is_attachment() {
            continue;
        }
        let text = match part.content_type.as_str() {
            "text/plain" => tree.decode_text(&bytes, part, left),
            "text/html" => {
                let html = tree.decode_text(&bytes, part, left.saturating_mul(MARKUP));
                mox_message::part::html_to_text(&spaced(&html))
            }
            _ => continue,
        };
        let text = text.get(..text.floor_char_boundary(left)).unwrap_or(&text);
        left -= text.len();
        terms.add(text);
    }
    Ok(terms)
}
