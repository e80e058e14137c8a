//! HTML of strangers as a document that can do nothing but be read.
//!
//! Three steps, each of which would have to fail: the source is read as tags and written anew, well nested, with
//! elements, attributes, links and style from allow-lists (`nest`, `attributes`, `css`); ammonia parses that by the
//! HTML standard and applies the same lists to the tree; what comes out stands in a head and body of our own. No
//! element that changes how a parser reads (`style`, `svg`, `math`, `noscript`, `template`, `textarea`) is written,
//! so there is nothing to mutate. Limits: [`MAX_INPUT`], [`MAX_DEPTH`](crate::nest::MAX_DEPTH) and its neighbours.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use mox_message::body;
use mox_message::part::Tree;

use crate::attributes::{Attributes, PLAIN, TEXT, escaped};
use crate::choose::html_part;
use crate::images::Images;
use crate::lex::{Attribute, Lexer, Tag, Token};
use crate::nest::{ELEMENTS, Nest, element};

/// Most bytes of HTML that are read.
pub const MAX_INPUT: usize = 4 << 20;

/// Style of the document itself: a picture that was left out shows its text in a frame.
const OWN_STYLE: &str = "img:not([src]){outline:1px dashed #888}\n";

/// The HTML part of a message made safe to show in a sandboxed frame: a whole document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafeHtml {
    /// HTML5, UTF-8, with nothing in it that runs, fetches or submits. Links open elsewhere.
    pub document: String,
    /// Elements and attributes that were left out because they do something, in order: `script`, `onload`.
    pub removed: Vec<String>,
    /// Remote resources that were cut, as URLs, in the order of the source, each once.
    pub remote: Vec<String>,
    /// Whether a limit left something out.
    pub cut: bool,
}

/// Makes the HTML part of a message safe to show; none when the message has no HTML part.
pub fn safe_html(message: &[u8], tree: &Tree) -> Option<SafeHtml> {
    let (html, cut) = source(message, tree)?;
    let mut safe = sanitise(&html, Images::new(message, tree));
    safe.cut |= cut;
    Some(safe)
}

/// The source of the HTML part, and whether it was cut.
pub(crate) fn source(message: &[u8], tree: &Tree) -> Option<(String, bool)> {
    let part = html_part(tree)?;
    let (bytes, cut) = tree.decode(message, part, MAX_INPUT);
    let mut html = body::to_utf8(part.param("charset"), &bytes).into_owned();
    let cut = cut || html.len() > MAX_INPUT;
    let end = (0..=MAX_INPUT.min(html.len())).rev().find(|at| html.is_char_boundary(*at)).unwrap_or(0);
    html.truncate(end);
    // Browsers read NUL as this.
    let html = if html.contains('\0') { html.replace('\0', "\u{fffd}") } else { html };
    Some((html, cut))
}

fn sanitise(html: &str, images: Images<'_>) -> SafeHtml {
    let mut rewriter = Rewriter::new(images);
    for token in Lexer::new(html) {
        if rewriter.nest.is_full() {
            rewriter.cut = true;
            break;
        }
        rewriter.token(&token);
    }
    let Rewriter { nest, attributes, style, root, cut, .. } = rewriter;
    let (html, nest_cut) = nest.finish();
    let body = builder().clean(&html).to_string();
    let document = format!(
        "<!DOCTYPE html>\n<html{root}><head><meta charset=\"utf-8\"><style>\n{OWN_STYLE}{style}</style></head>\n\
         <body>{body}</body></html>\n"
    );
    let Attributes { images, notes, .. } = attributes;
    SafeHtml {
        document,
        removed: notes.removed.into_iter().collect(),
        remote: notes.remote,
        cut: cut || nest_cut || notes.cut || images.is_cut(),
    }
}

/// The second look: ammonia with the same lists.
fn builder() -> Builder<'static> {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(ELEMENTS))
        .clean_content_tags(HashSet::from(["script", "style", "title", "textarea", "iframe", "template"]))
        .generic_attributes(PLAIN.into_iter().chain(TEXT).chain(["style"]).collect())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("img", HashSet::from(["src"]))]))
        .set_tag_attribute_value("a", "target", "_blank")
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(HashSet::from(["http", "https", "mailto", "data"]))
        .url_relative(UrlRelative::Deny)
        .attribute_filter(|element, attribute, value| {
            let kept = match (element, attribute) {
                ("a", "href") => !value.starts_with("data:"),
                ("img", "src") => value.starts_with("data:image/"),
                (_, "href" | "src") => false,
                _ => true,
            };
            kept.then_some(Cow::Borrowed(value))
        });
    builder
}

/// What a start tag was that content without markup follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Raw {
    Dropped,
    Style,
    /// Shown as the text it is; character references decoded or not.
    Text {
        decoded: bool,
    },
}

struct Rewriter<'a> {
    nest: Nest,
    attributes: Attributes<'a>,
    style: String,
    /// Attributes of the document's `html` element.
    root: String,
    raw: Raw,
    /// Query of the `media` attribute of the style element that is open.
    media: Option<String>,
    cut: bool,
}

impl<'a> Rewriter<'a> {
    fn new(images: Images<'a>) -> Rewriter<'a> {
        Rewriter {
            nest: Nest::default(),
            attributes: Attributes::new(images),
            style: String::new(),
            root: String::new(),
            raw: Raw::Dropped,
            media: None,
            cut: false,
        }
    }

    fn token(&mut self, token: &Token<'_>) {
        match token {
            Token::Text(text) => {
                // White space before the body is none of it.
                if !self.nest.is_empty() || !text.trim_matches(crate::lex::is_space).is_empty() {
                    self.nest.text(text);
                }
            }
            Token::Raw(text) => self.raw(text),
            Token::Comment(_) => {}
            Token::End(name) => {
                if let Some(name) = element(name) {
                    self.nest.end(name);
                }
            }
            Token::Start(tag) => self.start(tag),
        }
    }

    fn raw(&mut self, text: &str) {
        match self.raw {
            Raw::Dropped => {}
            Raw::Text { decoded: true } => self.nest.text(text),
            Raw::Text { decoded: false } => self.nest.text(&text.replace('&', "&amp;")),
            Raw::Style => match self.media.take() {
                Some(query) => {
                    let sheet = self.attributes.sheet(&format!("@media {query}{{{text}\n}}"));
                    self.style.push_str(&sheet);
                }
                None => {
                    let sheet = self.attributes.sheet(text);
                    self.style.push_str(&sheet);
                }
            },
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        self.attributes.note_remote(tag);
        self.raw = Raw::Dropped;
        match &*tag.name {
            "style" => {
                let media = tag.text("media").unwrap_or_default();
                let query = media.trim();
                self.media =
                    (!query.is_empty() && query != "all").then(|| query.replace(['{', '}', ';'], " "));
                self.raw = Raw::Style;
            }
            "textarea" => self.raw = Raw::Text { decoded: true },
            "xmp" | "plaintext" => self.raw = Raw::Text { decoded: false },
            "html" => self.root(tag),
            "body" => self.body(tag),
            "image" => self.kept("img", tag),
            name => match element(name) {
                Some(name) => self.kept(name, tag),
                None => self.note_removed(tag),
            },
        }
    }

    fn kept(&mut self, name: &'static str, tag: &Tag<'_>) {
        let attributes = self.attributes.written(name, tag);
        let pictures = if name == "img" { attributes.len() } else { 0 };
        self.nest.start(name, &attributes, pictures);
    }

    fn note_removed(&mut self, tag: &Tag<'_>) {
        let harmless = ["head", "title", "meta", "nobr", "label"];
        let refresh = tag.name == "meta"
            && tag.text("http-equiv").is_some_and(|v| v.trim().eq_ignore_ascii_case("refresh"));
        if refresh || !harmless.contains(&&*tag.name) && !tag.name.contains(':') {
            self.attributes.notes.removed(tag.name.to_string());
        }
    }

    /// Language and direction of the document.
    fn root(&mut self, tag: &Tag<'_>) {
        let word = |v: &&str| {
            (1..=35).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        if self.root.is_empty() {
            for name in ["lang", "dir"] {
                if let Some(value) = tag.get(name).filter(word) {
                    self.root.push_str(&format!(" {name}=\"{value}\""));
                }
            }
        }
    }

    /// The body of the source becomes a division, which has its colours and classes.
    fn body(&mut self, tag: &Tag<'_>) {
        let written: Vec<Attribute<'_>> = tag
            .attributes
            .iter()
            .filter(|a| !matches!(&*a.name, "style" | "bgcolor" | "text" | "width" | "height"))
            .cloned()
            .collect();
        let rest = Tag { name: "div".into(), attributes: written };
        let mut attributes = self.attributes.written("div", &rest);
        let mut style = String::new();
        for (name, property) in [("bgcolor", "background-color"), ("text", "color")] {
            if let Some(colour) = tag.text(name).filter(|v| !v.contains(';')) {
                style.push_str(&format!("{property}:{colour};"));
            }
        }
        style.push_str(&tag.text("style").unwrap_or_default());
        let style = self.attributes.style(&style).map(|css| escaped(&css)).unwrap_or_default();
        if !style.is_empty() {
            attributes.push_str(&format!(" style=\"{style}\""));
        }
        if self.nest.is_empty() && !attributes.is_empty() {
            self.nest.start("div", &attributes, 0);
        }
    }
}
