//! What must hold of HTML that was made safe: read again by another parser, it has nothing that acts.
//!
//! The lists here are written on their own, so that a slip in the sanitiser's lists is found.

use std::cell::RefCell;
use std::collections::HashSet;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

/// Elements that may be there.
const ELEMENTS: &str = "html head meta style body a abbr acronym address article aside b bdi bdo big blockquote br \
    caption center cite code col colgroup dd del dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 \
    h6 header hr i img ins kbd li main mark nav ol p pre q s samp section small span strike strong sub sup table \
    tbody td tfoot th thead time tr tt u ul var wbr";

/// Attributes that may be there, but for `href` and `src`.
const ATTRIBUTES: &str = "abbr align alt bgcolor border cellpadding cellspacing charset class color colspan dir face \
    height hspace id lang name noshade nowrap rel role rowspan rules scope size span start style summary target \
    title type valign value vspace width";

/// Deepest nesting: what the sanitiser allows, and a `tbody` that the parser adds to each table.
const DEPTH: usize = mox_inspect::MAX_DEPTH / 3 * 4 + 10;

/// Checks a document; panics where it could do something.
pub fn assert_harmless(document: &str) {
    assert!(!document.contains('\0'));
    let known = ELEMENTS.split_whitespace().collect();
    let reader = Reader(RefCell::new(State { known, ..State::default() }));
    let tokenizer = Tokenizer::new(reader, Default::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(document));
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let state = tokenizer.sink.0.into_inner();
    assert_eq!(state.comments, 0);
    assert!(state.open.is_empty(), "open at the end: {:?}", state.open);
    let head: Vec<&str> = state.seen.iter().take(5).map(String::as_str).collect();
    assert_eq!(head, ["html", "head", "meta", "style", "body"]);
    let outside = |name: &&String| ["html", "head", "meta", "style", "body"].contains(&name.as_str());
    assert_eq!(state.seen.iter().filter(outside).count(), 5, "one of each");
}

struct Reader(RefCell<State>);

#[derive(Default)]
struct State {
    known: HashSet<&'static str>,
    comments: usize,
    open: Vec<String>,
    seen: Vec<String>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                state.start(&tag);
                if &*tag.name == "style" {
                    return TokenSinkResult::RawData(RawKind::Rawtext);
                }
            }
            Token::TagToken(tag) => {
                assert_eq!(state.open.pop().as_deref(), Some(&*tag.name), "tags are nested");
            }
            Token::CharacterTokens(text) if state.open.last().is_some_and(|name| name == "style") => {
                check_style(&text.replace("img:not([src])", ""));
            }
            Token::CommentToken(_) => state.comments += 1,
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn start(&mut self, tag: &Tag) {
        let name = &*tag.name;
        assert!(self.known.contains(name), "element {name}");
        for attribute in &tag.attrs {
            check_attribute(name, &attribute.name.local, &attribute.value);
        }
        self.seen.push(name.to_owned());
        if !["br", "col", "hr", "img", "meta", "wbr"].contains(&name) {
            self.open.push(name.to_owned());
            assert!(self.open.len() <= DEPTH, "too deep");
        }
    }
}

fn check_attribute(element: &str, name: &str, value: &str) {
    let starts = |starts: &[&str]| starts.iter().any(|start| value.starts_with(start));
    match (element, name) {
        ("a", "href") => assert!(starts(&["https:", "http:", "mailto:"]), "href={value}"),
        ("img", "src") => {
            let kinds = ["png", "jpeg", "gif", "webp"].map(|kind| format!("data:image/{kind};base64,"));
            assert!(kinds.iter().any(|kind| value.starts_with(kind)), "src={value}");
        }
        ("a", "target") => assert_eq!(value, "_blank"),
        ("a", "rel") => assert_eq!(value, "noopener noreferrer nofollow"),
        ("meta", "charset") => assert_eq!(value, "utf-8"),
        (_, "style") => check_style(value),
        _ => assert!(
            element != "meta"
                && !["target", "rel"].contains(&name)
                && ATTRIBUTES.split_whitespace().any(|known| known == name),
            "{element} {name}={value}"
        ),
    }
}

fn check_style(style: &str) {
    let style = style.to_ascii_lowercase();
    for word in [
        "url(",
        "@import",
        "@font",
        "expression(",
        "image-set(",
        "attr(",
        "var(",
        "position:fixed",
        "position:absolute",
        "{content:",
        ";content:",
        ";src:",
        "{src:",
        "\\",
        "<",
        "[",
        "/*",
        "\"",
        "&",
    ] {
        assert!(!style.contains(word), "{word} in style {style}");
    }
}
