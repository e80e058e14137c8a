//! Links and pictures in the texts of a message, each with what is wrong with it as far as looking can tell.
//!
//! Limits: [`MAX_LINKS`] links, [`MAX_TEXT`] bytes of plain text, [`MAX_LABEL`] bytes of a link's own text.

use std::collections::{HashMap, HashSet};

use mox_message::part::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::charref;
use crate::choose::{own_parts, text_parts};
use crate::css;
use crate::lex::{Lexer, Tag, Token, is_space};
use crate::problem::{Problem, Severity, cut};
use crate::reference::{Reference, references};
use crate::url_check::{Scene, problems};

pub use crate::reference::{Kind, Place};

/// Most links that are told; further ones are not read.
pub const MAX_LINKS: usize = 1000;

/// Most bytes of plain text in which links are looked for.
pub const MAX_TEXT: usize = 1 << 20;

/// Longest text of a link that is told, in bytes.
pub const MAX_LABEL: usize = 500;

/// Longest URL that is told, in bytes; the rest is cut off.
pub const MAX_SHOWN: usize = 8192;

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// The URL as written.
    pub url: String,
    /// `link`, `image`, `stylesheet` or `other`.
    pub kind: Kind,
    /// `html` or `text`.
    pub place: Place,
    /// What the reader sees of it: the text of a link, the alternative text of a picture; may be empty.
    pub text: String,
    /// How often it is there.
    pub count: usize,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Finds the links of a message; `html` is the source of its HTML part.
pub(crate) fn find(message: &[u8], tree: &Tree, html: Option<&str>) -> Vec<Link> {
    let mut found = Found::default();
    found.scene.content_ids = own_parts(tree)
        .filter_map(|(_, part)| part.content_id.as_deref())
        .map(|id| id.trim().trim_start_matches('<').trim_end_matches('>').to_owned())
        .collect();
    if let Some(html) = html {
        found.scene.anchors = anchors(html);
        found.html(html);
    }
    let mut left = MAX_TEXT;
    for part in text_parts(tree) {
        let text = tree.decode_text(message, part, left);
        found.text(&text);
        left = left.saturating_sub(text.len());
        if left == 0 || found.is_full() {
            break;
        }
    }
    found.links
}

/// Names in a document that a link may lead to.
fn anchors(html: &str) -> HashSet<String> {
    let mut names = HashSet::new();
    for token in Lexer::new(html) {
        let Token::Start(tag) = token else { continue };
        for attribute in tag.attributes.iter().filter(|a| matches!(&*a.name, "id" | "name")) {
            names.insert(charref::decode(attribute.value).into_owned());
        }
    }
    names
}

#[derive(Default)]
struct Found {
    links: Vec<Link>,
    known: HashMap<(Kind, Place, String), usize>,
    scene: Scene,
    /// The link whose text is being read, and that text.
    open: Option<(Reference, String)>,
}

impl Found {
    fn is_full(&self) -> bool {
        self.links.len() >= MAX_LINKS
    }

    fn add(&mut self, kind: Kind, place: Place, url: &str, text: &str, mut wrong: Vec<Problem>) {
        wrong.extend(problems(url, kind, place, text, &self.scene));
        let key = (kind, place, cut(url.trim(), MAX_SHOWN).to_owned());
        if let Some(link) = self.known.get(&key).and_then(|at| self.links.get_mut(*at)) {
            link.count += 1;
            if link.text.is_empty() {
                link.text = text.to_owned();
            }
            for problem in wrong {
                if link.problems.iter().all(|known| known.id != problem.id) {
                    link.problems.push(problem);
                }
            }
        } else if !self.is_full() {
            let link =
                Link { url: key.2.clone(), kind, place, text: text.to_owned(), count: 1, problems: wrong };
            self.known.insert(key, self.links.len());
            self.links.push(link);
        }
    }

    fn close(&mut self) {
        if let Some((reference, text)) = self.open.take() {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            self.add(reference.kind, Place::Html, &reference.written, &text, Vec::new());
        }
    }

    /// Adds to the text of the link that is open.
    fn label(&mut self, text: &str) {
        if let Some((_, label)) = &mut self.open {
            label.push_str(cut(text, MAX_LABEL.saturating_sub(label.len())));
        }
    }

    fn html(&mut self, html: &str) {
        let mut in_style = false;
        for token in Lexer::new(html) {
            if self.is_full() {
                break;
            }
            match token {
                Token::Text(text) => self.label(&charref::decode(cut(text, 2 * MAX_LABEL))),
                Token::Raw(css) if in_style => {
                    self.style(css::stylesheet(cut(css, css::MAX_STYLE)).urls);
                }
                Token::Raw(_) | Token::Comment(_) => {}
                Token::End(name) if name == "a" => self.close(),
                Token::End(_) => self.label(" "),
                Token::Start(tag) => {
                    in_style = tag.name == "style";
                    self.tag(&tag);
                }
            }
        }
        self.close();
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        if tag.name == "a" {
            self.close();
        }
        let alt = cut(&tag.text("alt").unwrap_or_default(), MAX_LABEL).to_owned();
        self.label(" ");
        self.label(&alt);
        for reference in references(tag) {
            if tag.name == "a" && reference.kind == Kind::Link {
                self.open = Some((reference, String::new()));
                continue;
            }
            let wrong =
                if reference.kind == Kind::Image && is_pixel(tag) { vec![pixel()] } else { Vec::new() };
            self.add(reference.kind, Place::Html, &reference.written, &alt, wrong);
        }
        if let Some(style) = tag.text("style").filter(|style| style.contains(['u', 'U', '\\', '@'])) {
            self.style(css::declarations(cut(&style, css::MAX_STYLE)).urls);
        }
    }

    fn style(&mut self, urls: Vec<String>) {
        for url in urls {
            self.add(Kind::Other, Place::Html, &url, "", Vec::new());
        }
    }

    /// Links in plain text: words that begin like a URL.
    fn text(&mut self, text: &str) {
        let ends = |c: char| is_space(c) || "<>\"()[]|\u{a0}".contains(c);
        for word in text.split(ends).map(|word| word.trim_matches(['\'', '*', '_', ','])) {
            let is_url = ["http://", "https://", "mailto:", "www."]
                .iter()
                .any(|start| word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)));
            if is_url && !self.is_full() {
                let url = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
                self.add(Kind::Link, Place::Text, url, "", Vec::new());
            }
        }
    }
}

fn pixel() -> Problem {
    Problem::new(
        "tracking-pixel",
        Severity::Warning,
        "A picture of one pixel, which tells the sender who reads.",
    )
}

/// Whether a picture is too small to be seen.
fn is_pixel(tag: &Tag<'_>) -> bool {
    let tiny = |value: &str| matches!(value.trim().trim_end_matches("px").trim_end(), "0" | "1");
    let style = tag.text("style").unwrap_or_default();
    let told = |name: &str| {
        tag.text(name).is_some_and(|v| tiny(&v))
            || style.split(';').filter_map(|d| d.split_once(':')).any(|(n, v)| {
                n.trim().eq_ignore_ascii_case(name) && tiny(v.trim().trim_end_matches("!important"))
            })
    };
    told("width") && told("height")
}
