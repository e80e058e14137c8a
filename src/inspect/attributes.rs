//! Attributes that the safe document keeps, written anew; what is cut is noted.

use std::collections::BTreeSet;

use ammonia::Url;

use crate::charref;
use crate::css;
use crate::images::Images;
use crate::lex::{Attribute, Tag};
use crate::reference::{references, trimmed};

/// Most URLs of cut resources that are told.
pub const MAX_REMOTE: usize = 1000;

/// Most names of removed elements and attributes that are told.
pub const MAX_REMOVED: usize = 100;

/// Longest URL in bytes that is kept or told.
pub const MAX_URL: usize = 8192;

/// Longest other attribute in bytes.
const MAX_TEXT: usize = 4096;

/// Attributes with words or numbers in them: letters, digits and a few marks.
pub(crate) const PLAIN: [&str; 26] = [
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "colspan",
    "dir",
    "face",
    "height",
    "hspace",
    "lang",
    "noshade",
    "nowrap",
    "role",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "start",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
];

/// Attributes with any text.
pub(crate) const TEXT: [&str; 7] = ["abbr", "alt", "class", "id", "name", "summary", "title"];

/// What was cut from a document.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Elements and attributes.
    pub(crate) removed: BTreeSet<String>,
    /// URLs in the order in which they were met, each once.
    pub(crate) remote: Vec<String>,
    known: BTreeSet<String>,
    /// Whether there were more URLs than are told.
    pub(crate) cut: bool,
}

impl Notes {
    /// Notes that something was removed.
    pub(crate) fn removed(&mut self, what: String) {
        if self.removed.len() < MAX_REMOVED && what.len() < 80 {
            self.removed.insert(what);
        }
    }

    /// Notes a URL that is not fetched.
    pub(crate) fn remote(&mut self, url: &str) {
        let end = (0..=MAX_URL.min(url.len())).rev().find(|at| url.is_char_boundary(*at)).unwrap_or(0);
        let url = url.get(..end).unwrap_or_default();
        if self.known.contains(url) {
            return;
        }
        if self.remote.len() == MAX_REMOTE {
            self.cut = true;
            return;
        }
        self.known.insert(url.to_owned());
        self.remote.push(url.to_owned());
    }
}

/// Writes the attributes of tags.
pub(crate) struct Attributes<'a> {
    pub(crate) images: Images<'a>,
    pub(crate) notes: Notes,
    /// Bytes of style that may still be read.
    pub(crate) style_left: usize,
}

impl<'a> Attributes<'a> {
    pub(crate) fn new(images: Images<'a>) -> Attributes<'a> {
        Attributes { images, notes: Notes::default(), style_left: css::MAX_STYLE }
    }

    /// Notes what showing this tag would fetch.
    pub(crate) fn note_remote(&mut self, tag: &Tag<'_>) {
        for reference in references(tag).iter().filter(|reference| reference.is_remote()) {
            self.notes.remote(&reference.url);
        }
    }

    /// The attributes of a tag that is kept under `name`, each with a space before it.
    pub(crate) fn written(&mut self, name: &str, tag: &Tag<'_>) -> String {
        let mut out = String::new();
        for attribute in &tag.attributes {
            match self.value(name, attribute) {
                Some(value) => out.push_str(&format!(" {}=\"{value}\"", attribute.name)),
                None => self.note_removed(name, attribute),
            }
        }
        out
    }

    fn note_removed(&mut self, element: &str, attribute: &Attribute<'_>) {
        let name = &attribute.name;
        if name.starts_with("on") || matches!(&**name, "srcset" | "background" | "style") {
            self.notes.removed(name.to_string());
        } else if name == "href" {
            let url = trimmed(&charref::decode(attribute.value));
            if let Some((scheme, _)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
                self.notes.removed(format!("{}: in {element} href", scheme.to_ascii_lowercase()));
            }
        }
    }

    /// The value of an attribute, ready to stand between double quotes; none where it is not kept.
    fn value(&mut self, element: &str, attribute: &Attribute<'_>) -> Option<String> {
        let value = attribute.value;
        match &*attribute.name {
            "href" if element == "a" => link(value).map(|url| escaped(&url)),
            "src" if element == "img" => self.images.data_url(&trimmed(&charref::decode(value))),
            "style" => self.style(&charref::decode(value)).map(|css| escaped(&css)),
            name if PLAIN.contains(&name) => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b" #%*+,-.".contains(&b);
                (value.len() <= 100 && value.bytes().all(plain)).then(|| value.to_owned())
            }
            name if TEXT.contains(&name) && value.len() <= MAX_TEXT => Some(quoted(value)),
            _ => None,
        }
    }

    /// The value of a `style` attribute written anew; none where nothing is left.
    pub(crate) fn style(&mut self, css: &str) -> Option<String> {
        let filtered = css::declarations(self.may_read(css)?);
        filtered.urls.iter().for_each(|url| self.note_url(url));
        (!filtered.css.is_empty()).then_some(filtered.css)
    }

    /// The style, if there is still room for it.
    fn may_read<'s>(&mut self, css: &'s str) -> Option<&'s str> {
        match self.style_left.checked_sub(css.len()) {
            Some(left) => {
                self.style_left = left;
                Some(css)
            }
            None => {
                self.notes.cut = true;
                None
            }
        }
    }

    /// A `<style>` element written anew.
    pub(crate) fn sheet(&mut self, css: &str) -> String {
        let Some(css) = self.may_read(css) else { return String::new() };
        let filtered = css::stylesheet(css);
        filtered.urls.iter().for_each(|url| self.note_url(url));
        filtered.css
    }

    fn note_url(&mut self, url: &str) {
        let url = trimmed(url);
        if crate::reference::is_remote(&url) {
            self.notes.remote(&url);
        } else {
            self.notes.removed("url() in style".to_owned());
        }
    }
}

/// The target of a link, if it leads to the web or to a mail address.
fn link(value: &str) -> Option<String> {
    let url = trimmed(&charref::decode(value));
    let url = Url::parse(&url).ok().filter(|_| url.len() <= MAX_URL)?;
    matches!(url.scheme(), "http" | "https" | "mailto").then(|| url.to_string())
}

fn is_scheme(text: &str) -> bool {
    text.len() <= 20 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Text with everything escaped that has a meaning in an attribute.
pub(crate) fn escaped(text: &str) -> String {
    quoted(&text.replace('&', "&amp;"))
}

/// The source of an attribute, its character references kept, so that it may stand between double quotes.
fn quoted(source: &str) -> String {
    source.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
