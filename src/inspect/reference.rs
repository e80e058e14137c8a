//! What a tag points at: links, pictures, style sheets and everything else that a program would fetch.
//!
//! Knows the attributes of HTML, of SVG in HTML, and those that old programs know.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::charref;
use crate::lex::{Attribute, Tag, is_space};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody may follow it.
    Link,
    /// A picture.
    Image,
    /// A style sheet.
    Stylesheet,
    /// Scripts, frames, fonts, forms and whatever else.
    Other,
}

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the HTML part.
    Html,
    /// In a plain text.
    Text,
}

/// Most entries of a `srcset` that are read.
const MAX_SOURCES: usize = 32;

/// A URL in a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// What it is for.
    pub(crate) kind: Kind,
    /// As written, character references decoded, without the white space that browsers remove.
    pub(crate) url: String,
    /// As written, character references decoded.
    pub(crate) written: String,
}

impl Reference {
    fn new(kind: Kind, written: Cow<'_, str>) -> Reference {
        Reference { kind, url: trimmed(&written), written: written.into_owned() }
    }

    /// Whether showing the message would fetch it from somewhere else.
    pub(crate) fn is_remote(&self) -> bool {
        self.kind != Kind::Link && is_remote(&self.url)
    }
}

/// Whether a URL, as browsers read it, is to be fetched from another machine.
pub(crate) fn is_remote(url: &str) -> bool {
    let slashed = |text: &str| text.starts_with("//") || text.starts_with("\\\\");
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    slashed(url) || scheme.is_some_and(|s| matches!(s.as_str(), "http" | "https" | "ftp" | "ws" | "wss"))
}

/// A URL without the characters that browsers leave out: controls and spaces around it, tabs and line ends in it.
pub(crate) fn trimmed(url: &str) -> String {
    let url = url.trim_matches(|c: char| c <= ' ');
    url.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect()
}

/// Everything that a tag points at.
pub(crate) fn references(tag: &Tag<'_>) -> Vec<Reference> {
    let mut found = Vec::new();
    for attribute in &tag.attributes {
        match kind(tag, attribute) {
            Some(kind) if matches!(&*attribute.name, "srcset" | "imagesrcset") => {
                let value = charref::decode(attribute.value);
                found.extend(sources(&value).map(|url| Reference::new(kind, Cow::Borrowed(url))));
            }
            Some(kind) => found.push(Reference::new(kind, charref::decode(attribute.value))),
            None => found.extend(refresh(tag, attribute)),
        }
    }
    found
}

/// What the URL in an attribute is for; none where the attribute holds no URL.
fn kind(tag: &Tag<'_>, attribute: &Attribute<'_>) -> Option<Kind> {
    let picture = || match &*tag.name {
        "img" | "input" | "image" => Kind::Image,
        _ => Kind::Other,
    };
    Some(match (&*tag.name, &*attribute.name) {
        ("a" | "area", "href" | "xlink:href") => Kind::Link,
        ("link", "href") => {
            let rel = tag.text("rel").unwrap_or_default().to_ascii_lowercase();
            if rel.split(is_space).any(|word| word == "stylesheet") { Kind::Stylesheet } else { Kind::Other }
        }
        ("image" | "feimage", "href" | "xlink:href") => Kind::Image,
        ("base", "href") => return None,
        (_, "href" | "xlink:href") => Kind::Other,
        (_, "src") => picture(),
        (_, "srcset" | "imagesrcset" | "background" | "poster" | "lowsrc" | "dynsrc" | "icon") => Kind::Image,
        ("form", "action") | (_, "formaction") => Kind::Link,
        ("object", "data" | "codebase" | "classid" | "archive") => Kind::Other,
        ("applet", "code" | "codebase" | "archive") => Kind::Other,
        ("html", "manifest") | ("a" | "area", "ping") => Kind::Other,
        _ => return None,
    })
}

/// Where `<meta http-equiv="refresh" content="0;url=...">` leads.
fn refresh(tag: &Tag<'_>, attribute: &Attribute<'_>) -> Option<Reference> {
    let is_refresh = || tag.text("http-equiv").is_some_and(|v| v.trim().eq_ignore_ascii_case("refresh"));
    if tag.name != "meta" || attribute.name != "content" || !is_refresh() {
        return None;
    }
    let value = charref::decode(attribute.value);
    let url = value.split_once([';', ','])?.1.trim();
    let named = url.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("url"));
    let url = if named { url.get(3..)?.trim_start().strip_prefix('=').unwrap_or(url) } else { url };
    let url = url.trim().trim_matches(['"', '\'']);
    (!url.is_empty()).then(|| Reference::new(Kind::Other, Cow::Borrowed(url)))
}

/// The URLs of a `srcset`.
fn sources(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| is_space(c) || c == ',');
        let end = rest.find(is_space).unwrap_or(rest.len());
        let (url, after) = rest.split_at_checked(end)?;
        let bare = url.trim_end_matches(',');
        // After a URL with a comma at its end the next one follows, else its size.
        rest =
            if bare.len() < url.len() { after } else { after.split_once(',').map_or("", |(_, rest)| rest) };
        (!bare.is_empty()).then_some(bare)
    })
    .take(MAX_SOURCES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::{Lexer, Token};

    #[test]
    fn what_tags_point_at() {
        use Kind::{Image, Link, Other, Stylesheet};
        for (html, found) in [
            ("<a href=' jav&#x09;ascript:x '>", vec![(Link, "javascript:x")]),
            (
                "<img src=a srcset='b 1x, c,d 2x,  , e'>",
                vec![(Image, "a"), (Image, "b"), (Image, "c,d"), (Image, "e")],
            ),
            ("<link rel='a STYLESHEET' href=x>", vec![(Stylesheet, "x")]),
            ("<link rel=dns-prefetch href=//x>", vec![(Other, "//x")]),
            ("<input type=image src=x>", vec![(Image, "x")]),
            ("<video src=x poster=y>", vec![(Other, "x"), (Image, "y")]),
            ("<table background=x>", vec![(Image, "x")]),
            ("<svg><image xlink:href=x>", vec![(Image, "x")]),
            ("<use href=x>", vec![(Other, "x")]),
            ("<object data=x>", vec![(Other, "x")]),
            ("<form action=x>", vec![(Link, "x")]),
            ("<meta http-equiv=Refresh content='0; URL = \"http://x/\"'>", vec![(Other, "http://x/")]),
            ("<meta content='0;url=http://x'>", vec![]),
            ("<base href=http://x/><p title=http://x/>", vec![]),
        ] {
            let tags = Lexer::new(html).filter_map(|token| match token {
                Token::Start(tag) => Some(tag),
                _ => None,
            });
            let references: Vec<Reference> = tags.flat_map(|tag| references(&tag)).collect();
            let shown: Vec<(Kind, &str)> = references.iter().map(|r| (r.kind, r.url.as_str())).collect();
            assert_eq!(shown, found, "{html}");
        }
    }

    #[test]
    fn remote_is_what_another_machine_has() {
        for (url, remote) in [
            ("http://x", true),
            ("HTTPS://x", true),
            ("//x", true),
            ("\\\\x", true),
            ("cid:x", false),
            ("data:image/png,x", false),
            ("x.png", false),
            ("#x", false),
        ] {
            assert_eq!(is_remote(url), remote, "{url}");
        }
    }
}
