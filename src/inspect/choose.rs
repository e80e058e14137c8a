//! Which part of a message is its HTML, and which parts are its plain texts.
//!
//! As mail programs choose: the last of several alternatives, the root of related parts, else the first. RFC 2046
//! §5.1.4. Parts of messages within the message and attachments do not count.

use mox_message::part::{Kind, Part, Tree};

/// The part that a mail program shows as HTML.
pub(crate) fn html_part(tree: &Tree) -> Option<&Part> {
    find(tree, 0)
}

/// The tree is at most `part::MAX_DEPTH` deep, so recursion is bounded.
fn find(tree: &Tree, index: usize) -> Option<&Part> {
    let part = tree.parts.get(index)?;
    match part.kind {
        Kind::Leaf => (part.content_type == "text/html" && !part.is_attachment()).then_some(part),
        Kind::Multipart if part.content_type == "multipart/alternative" => {
            tree.children(index).filter_map(|(child, _)| find(tree, child)).last()
        }
        Kind::Multipart => tree.children(index).find_map(|(child, _)| find(tree, child)),
        Kind::Message => None,
    }
}

/// Parts that do not stand in a message within the message, with their index.
pub(crate) fn own_parts(tree: &Tree) -> impl Iterator<Item = (usize, &Part)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let at = next;
        let part = tree.parts.get(at)?;
        next = if part.kind == Kind::Message { part.past.max(at + 1) } else { at + 1 };
        Some((at, part))
    })
}

/// Plain texts of the message itself, attachments left out.
pub(crate) fn text_parts(tree: &Tree) -> impl Iterator<Item = &Part> {
    own_parts(tree)
        .map(|(_, part)| part)
        .filter(|p| p.kind == Kind::Leaf && p.content_type == "text/plain" && !p.is_attachment())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A multipart whose parts are given with their types; a body is the number of its part.
    fn chosen(subtype: &str, types: &[&str]) -> Option<String> {
        let mut message = format!("Content-Type: multipart/{subtype}; boundary=b\r\n\r\n");
        for (n, content_type) in types.iter().enumerate() {
            message += &format!("--b\r\nContent-Type: {content_type}\r\n\r\n{n}\r\n");
        }
        message += "--b--\r\n";
        let tree = Tree::parse(message.as_bytes());
        html_part(&tree).map(|part| tree.decode_text(message.as_bytes(), part, 100).trim().to_owned())
    }

    #[test]
    fn the_part_that_programs_show() {
        let html = "text/html";
        for (subtype, types, choice) in [
            ("alternative", vec!["text/plain", html, html], Some("2")),
            ("alternative", vec![html, "text/plain"], Some("0")),
            ("mixed", vec!["text/plain", html, html], Some("1")),
            ("related", vec![html, "image/png"], Some("0")),
            ("mixed", vec!["text/html; name=a.html"], None),
            ("mixed", vec!["text/plain"], None),
            ("mixed", vec!["message/rfc822\r\n\r\nContent-Type: text/html"], None),
        ] {
            assert_eq!(chosen(subtype, &types).as_deref(), choice, "{subtype} {types:?}");
        }
    }
}
