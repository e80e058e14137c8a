//! What mail programs make of a message's HTML: findings from the table in `features`, and a score.

use std::collections::HashMap;

use mox_message::part::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::charref;
use crate::choose::text_parts;
use crate::css::{self, Block, Declaration, Rule, Token as Css};
use crate::features::{Aspect, CLIENTS, FEATURES};
use crate::lex::{Lexer, Tag, Token};
use crate::problem::{Severity, cut};
use crate::reference::{Kind, references};

/// HTML from this size in bytes on is cut by Gmail.
const GMAIL_CUTS: usize = 102 * 1024;

/// Style from this size in bytes on is ignored by Gmail.
const GMAIL_STYLE: usize = 16 * 1024;

/// Longest evidence in bytes.
const MAX_DETAIL: usize = 120;

/// What mail programs make of the HTML part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HtmlReport {
    /// Whether the message has an HTML part. Without one there are no findings.
    pub present: bool,
    /// How much of it mail programs show as meant, in percent: 100 where nothing was found. Each program loses 25
    /// for an error, 10 for a warning and 3 for a note that concerns it, down to 0; this is the mean over the
    /// programs. 0 without an HTML part.
    pub support: u8,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

/// Something in the HTML that not every mail program shows as meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable name in kebab-case: `flexbox`.
    pub id: String,
    /// `info`, `warning` or `error`.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The first place where it was found, as written.
    pub detail: String,
    /// Mail programs that ignore or break it; empty where it is no matter of programs.
    pub clients: Vec<String>,
    /// How often it was found.
    pub count: usize,
}

/// Looks at the HTML of a message.
pub(crate) fn report(html: Option<&str>, tree: &Tree) -> HtmlReport {
    let Some(html) = html else { return HtmlReport::default() };
    let mut scan = Scan::new();
    scan.html(html);
    if text_parts(tree).next().is_none() {
        scan.mark("no-text-part", "");
    }
    let mut findings: Vec<Finding> = FEATURES
        .iter()
        .zip(scan.found)
        .filter(|(_, found)| found.count > 0)
        .map(|(feature, found)| Finding {
            id: feature.id.to_owned(),
            severity: feature.severity,
            message: feature.message.to_owned(),
            detail: found.detail,
            clients: feature.clients.iter().map(|client| (*client).to_owned()).collect(),
            count: found.count,
        })
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    HtmlReport { present: true, support: support(&findings), findings }
}

fn support(findings: &[Finding]) -> u8 {
    let left = |client: &str| {
        let concerns = findings.iter().filter(|f| f.clients.iter().any(|name| name == client));
        let lost: u32 = concerns
            .map(|finding| match finding.severity {
                Severity::Error => 25,
                Severity::Warning => 10,
                Severity::Info => 3,
            })
            .sum();
        100_u32.saturating_sub(lost)
    };
    let clients = u32::try_from(CLIENTS.len()).unwrap_or(1);
    u8::try_from(CLIENTS.iter().map(|client| left(client)).sum::<u32>() / clients).unwrap_or(100)
}

#[derive(Debug, Clone, Default)]
struct Found {
    count: usize,
    detail: String,
}

struct Scan {
    /// What was found of each feature, in the order of the table.
    found: Vec<Found>,
    /// Features by what they are recognised by.
    triggers: HashMap<(Aspect, &'static str), usize>,
    style: usize,
    style_left: usize,
    in_body: bool,
    in_style: bool,
    has: Has,
}

/// What a document should have.
#[derive(Default)]
struct Has {
    lang: bool,
    title: bool,
    doctype: bool,
    colour_scheme: bool,
}

impl Scan {
    fn new() -> Scan {
        let mut triggers = HashMap::new();
        for (at, feature) in FEATURES.iter().enumerate() {
            for (aspect, names) in feature.triggers {
                triggers.extend(names.iter().map(|name| ((*aspect, *name), at)));
            }
        }
        Scan {
            found: vec![Found::default(); FEATURES.len()],
            triggers,
            style: 0,
            style_left: css::MAX_STYLE,
            in_body: false,
            in_style: false,
            has: Has::default(),
        }
    }

    /// Counts a feature, if the table knows it.
    fn hit(&mut self, aspect: Aspect, name: &str, detail: impl FnOnce() -> String) {
        let at = self.triggers.get(&(aspect, name)).copied();
        if let Some(found) = at.and_then(|at| self.found.get_mut(at)) {
            found.count += 1;
            if found.count == 1 {
                found.detail = cut(&detail(), MAX_DETAIL).to_owned();
            }
        }
    }

    fn mark(&mut self, name: &str, detail: &str) {
        self.hit(Aspect::Mark, name, || detail.to_owned());
    }

    fn html(&mut self, html: &str) {
        for token in Lexer::new(html) {
            match token {
                Token::Start(tag) => self.tag(&tag),
                Token::Raw(text) if self.in_style => self.sheet(text),
                Token::Comment(text) => self.comment(text),
                Token::Text(_) | Token::Raw(_) | Token::End(_) => {}
            }
        }
        if html.len() > GMAIL_CUTS {
            self.mark("too-large", &format!("{} bytes", html.len()));
        }
        if self.style > GMAIL_STYLE {
            self.mark("style-too-large", &format!("{} bytes", self.style));
        }
        let Has { lang, title, doctype, colour_scheme } = self.has;
        for (has, name) in [
            (lang, "missing-lang"),
            (title, "missing-title"),
            (doctype, "missing-doctype"),
            (colour_scheme, "no-colour-scheme"),
        ] {
            if !has {
                self.mark(name, "");
            }
        }
    }

    fn comment(&mut self, text: &str) {
        if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("doctype")) {
            self.has.doctype = true;
        }
        let text = text.trim_start_matches('[');
        if text.starts_with("if ") || text.starts_with("if(") {
            self.mark("conditional-comment", &format!("<!--[{}", text.split(']').next().unwrap_or_default()));
        }
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        self.in_style = tag.name == "style";
        self.hit(Aspect::Element, &tag.name, || format!("<{}>", tag.name));
        for attribute in &tag.attributes {
            self.hit(Aspect::Attribute, &attribute.name, || {
                format!("{}={}", attribute.name, attribute.value)
            });
            if attribute.name.len() > 2 && attribute.name.starts_with("on") {
                self.mark("event-handler", &attribute.name);
            }
        }
        match &*tag.name {
            "html" => self.has.lang |= tag.get("lang").is_some_and(|lang| !lang.trim().is_empty()),
            "title" => self.has.title = true,
            "body" => self.in_body = true,
            "style" if self.in_body => self.mark("style-in-body", "<style>"),
            "meta" => self.meta(tag),
            "img" => self.image(tag),
            _ => {}
        }
        for reference in references(tag) {
            match reference.kind {
                Kind::Stylesheet => self.mark("external-stylesheet", &reference.url),
                Kind::Image => self.picture(&reference.url),
                Kind::Link | Kind::Other => {}
            }
        }
        if tag.get("background").is_some() {
            self.mark("background-image", &format!("<{} background>", tag.name));
        }
        if let Some(style) = tag.get("style") {
            self.inline(&charref::decode(style));
        }
    }

    fn meta(&mut self, tag: &Tag<'_>) {
        if tag.text("http-equiv").is_some_and(|v| v.trim().eq_ignore_ascii_case("refresh")) {
            self.mark("meta-refresh", tag.get("content").unwrap_or_default());
        }
        let name = tag.text("name").unwrap_or_default().to_ascii_lowercase();
        self.has.colour_scheme |= matches!(name.as_str(), "color-scheme" | "supported-color-schemes");
    }

    fn image(&mut self, tag: &Tag<'_>) {
        let source = tag.text("src").unwrap_or_default();
        if tag.get("alt").is_none() {
            self.mark("missing-alt", &source);
        }
        if tag.get("width").is_none() {
            self.mark("image-without-width", &source);
        }
    }

    fn picture(&mut self, url: &str) {
        let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        if path.starts_with("data:") {
            self.mark("data-image", url);
        }
        for (end, mark) in [(".gif", "gif"), (".webp", "webp"), (".avif", "avif"), (".svg", "svg-image")] {
            if path.ends_with(end) {
                self.mark(mark, url);
            }
        }
    }

    fn may_read(&mut self, css: &str) -> bool {
        let left = self.style_left.checked_sub(css.len());
        self.style_left = left.unwrap_or(0);
        left.is_some()
    }

    fn sheet(&mut self, css: &str) {
        self.style += css.len();
        if self.may_read(css) {
            self.rules(&css::parse_sheet(css));
        }
    }

    fn inline(&mut self, css: &str) {
        if self.may_read(css) {
            for declaration in css::parse_declarations(css) {
                if declaration.important {
                    self.mark("important-inline", &declaration.name);
                }
                self.declaration(&declaration);
            }
        }
    }

    fn rules(&mut self, rules: &[Rule]) {
        for rule in rules {
            match rule.at.as_deref() {
                Some(name) => {
                    self.hit(Aspect::At, name, || format!("@{name}"));
                    self.media(&rule.prelude);
                }
                None => self.selector(&rule.prelude),
            }
            match &rule.block {
                Block::None => {}
                Block::Declarations(list) => {
                    list.iter().for_each(|declaration| self.declaration(declaration))
                }
                Block::Rules(rules) => self.rules(rules),
            }
        }
    }

    fn media(&mut self, prelude: &[Css]) {
        for token in prelude {
            if let Css::Ident(name) = token {
                self.hit(Aspect::Media, &name.to_ascii_lowercase(), || name.clone());
            }
        }
    }

    fn selector(&mut self, prelude: &[Css]) {
        let mut after_colon = false;
        for token in prelude {
            match token {
                Css::Ident(name) | Css::Function(name) if after_colon => {
                    self.hit(Aspect::Pseudo, &name.to_ascii_lowercase(), || format!(":{name}"));
                }
                Css::Open('[') => self.mark("attribute-selector", "["),
                _ => {}
            }
            after_colon = *token == Css::Delim(':');
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let name = declaration.name.as_str();
        self.hit(Aspect::Property, name, || name.to_owned());
        if name.starts_with("--") {
            self.mark("css-variable", name);
        }
        self.has.colour_scheme |= name == "color-scheme";
        for token in &declaration.value {
            match token {
                Css::Ident(word) if name == "display" => {
                    self.hit(Aspect::Display, &word.to_ascii_lowercase(), || format!("display: {word}"));
                }
                Css::Function(function) => {
                    self.hit(Aspect::Function, &function.to_ascii_lowercase(), || {
                        format!("{name}: {function}()")
                    });
                }
                Css::Number(number, unit) => {
                    self.hit(Aspect::Unit, &unit.to_ascii_lowercase(), || format!("{name}: {number}{unit}"));
                    if number.starts_with('-') && name.starts_with("margin") {
                        self.mark("negative-margin", &format!("{name}: {number}{unit}"));
                    }
                }
                Css::Url(url) if name.starts_with("background") => self.mark("background-image", url),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut seen = HashMap::new();
        let mut ids = std::collections::HashSet::new();
        for feature in FEATURES {
            assert!(ids.insert(feature.id), "{} twice", feature.id);
            assert!(feature.message.ends_with('.') && !feature.triggers.is_empty(), "{}", feature.id);
            assert!(feature.clients.iter().all(|client| CLIENTS.contains(client)), "{}", feature.id);
            for (aspect, names) in feature.triggers {
                for name in *names {
                    let before = seen.insert((*aspect, *name), feature.id);
                    assert_eq!(before, None, "{name} stands for two features");
                }
            }
        }
    }

    fn found(html: &str) -> Vec<String> {
        let whole = format!(
            "<!doctype html><html lang=en><meta name=color-scheme content=light><title>x</title><body>{html}"
        );
        let tree = Tree::parse(b"Content-Type: text/plain\r\n\r\nx");
        let report = report(Some(&whole), &tree);
        report.findings.into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn features_are_found() {
        let head = |css: &str| format!("</body><style>{css}</style>");
        for (html, ids) in [
            ("<p style='color:red'>x".to_owned(), vec![]),
            ("<p style='display:flex;gap:1rem'>x".to_owned(), vec!["gap", "flexbox", "rem"]),
            ("<p style='DISPLAY:Grid'>x".to_owned(), vec!["grid"]),
            ("<p style='position:absolute;margin:-1px'>".to_owned(), vec!["position", "negative-margin"]),
            ("<p style='float:left!important'>".to_owned(), vec!["float", "important"]),
            ("<p style='width:c\\61lc(1vw)'>".to_owned(), vec!["calc", "viewport-unit"]),
            ("<p style='background:url(&quot;x&quot;)'>".to_owned(), vec!["background-image"]),
            ("<table background=x>".to_owned(), vec!["background-image"]),
            (
                head("@media(max-width:1px){a:hover{--x:1;color:var(--x)}}"),
                vec!["media-query", "hover", "css-variable", "style-in-body"],
            ),
            (
                head("@import 'x';@font-face{src:url(x)}a[b]::before{}"),
                vec!["import", "font-face", "pseudo-element", "attribute-selector", "style-in-body"],
            ),
            ("<svg><script>x</script></svg><video src=x></video>".to_owned(), vec!["script", "video", "svg"]),
            (
                "<img src=x.GIF?y><img src=data:image/png,x alt='' width=1>".to_owned(),
                vec!["missing-alt", "image-without-width", "animated-gif", "data-image"],
            ),
            (
                "<link rel=stylesheet href=x><p onclick=x>".to_owned(),
                vec!["external-stylesheet", "event-handler"],
            ),
            ("<!--[if mso]>x<![endif]-->".to_owned(), vec!["conditional-comment"]),
            ("<meta http-equiv=refresh content=1>".to_owned(), vec!["meta-refresh"]),
            ("x".repeat(GMAIL_CUTS), vec!["too-large"]),
            (head(&"a{}".repeat(6000)), vec!["style-in-body", "style-too-large"]),
        ] {
            let mut expected: Vec<&str> = ids;
            let mut got = found(&html);
            expected.sort_unstable();
            got.sort_unstable();
            assert_eq!(got, expected, "{}", cut(&html, 100));
        }
    }

    #[test]
    fn what_is_missing_is_told_and_scored() {
        let tree = Tree::parse(b"Content-Type: text/html\r\n\r\nx");
        assert_eq!(report(None, &tree), HtmlReport::default());
        let bare = report(Some("<p>x"), &tree);
        let ids: Vec<&str> = bare.findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(
            ids,
            ["no-text-part", "missing-lang", "missing-title", "missing-doctype", "no-colour-scheme"]
        );
        assert_eq!((bare.present, bare.support), (true, 99));
        let script = report(Some(&"<script></script>".repeat(3)), &tree);
        let worst = script.findings.first().unwrap();
        assert_eq!((worst.id.as_str(), worst.severity, worst.count), ("script", Severity::Error, 3));
        assert_eq!(worst.detail, "<script>");
        assert!(script.support < 76, "{}", script.support);
    }
}
