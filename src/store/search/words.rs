//! What a word is, the same for what is indexed and for what is looked for.
//!
//! A *piece* is a run of letters and digits without the case of its letters and their accents; a character of Chinese
//! or Japanese is a piece of its own. Pieces that nothing but punctuation separates (`foo@example.org`, `order-4711`)
//! make *pairs* besides, `foo·example` and `example·org`, which find them as a phrase. A *term* is a piece or a pair.
//! Limits: [`MAX_PIECE`] bytes of a piece, [`MAX_GAP`] characters of punctuation in a pair.

use std::borrow::Cow;
use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest piece in bytes; the rest of it does not count.
pub(crate) const MAX_PIECE: usize = 48;

/// Most characters between the pieces of a pair.
const MAX_GAP: usize = 3;

/// Most terms of a query; more are not looked for.
const MAX_TERMS: usize = 32;

/// Between the pieces of a pair; no letter and no digit, and no ASCII, so that the index takes it for one word.
const JOINT: char = '·';

/// What is found: a piece, and whether only punctuation stands between it and the piece before.
struct Pieces<F: FnMut(&str, bool)> {
    piece: String,
    /// Characters since the last piece; none once a space was among them, or at the beginning.
    gap: Option<usize>,
    found: F,
}

impl<F: FnMut(&str, bool)> Pieces<F> {
    fn push(&mut self, c: char) {
        if self.piece.len() + c.len_utf8() <= MAX_PIECE {
            self.piece.push(c);
        }
    }

    fn end(&mut self) {
        if self.piece.is_empty() {
            return;
        }
        let joined = self.gap.is_some_and(|gap| gap <= MAX_GAP);
        (self.found)(&self.piece, joined);
        self.piece.clear();
        self.gap = Some(0);
    }

    fn separate(&mut self, is_space: bool) {
        self.end();
        self.gap = if is_space { None } else { self.gap.map(|gap| gap.saturating_add(1)) };
    }

    fn take(&mut self, c: char) {
        match c {
            'a'..='z' | '0'..='9' => self.push(c),
            'A'..='Z' => self.push(c.to_ascii_lowercase()),
            _ if c.is_ascii() => self.separate(c.is_ascii_whitespace()),
            _ if is_ideograph(c) => {
                self.end();
                self.push(c);
                self.end();
            }
            _ => self.letter(c),
        }
    }

    fn letter(&mut self, c: char) {
        for c in c.to_lowercase().nfkd() {
            match c {
                'ß' => ['s', 's'].into_iter().for_each(|c| self.push(c)),
                'æ' => ['a', 'e'].into_iter().for_each(|c| self.push(c)),
                'œ' => ['o', 'e'].into_iter().for_each(|c| self.push(c)),
                'ø' => self.push('o'),
                'ł' => self.push('l'),
                'đ' => self.push('d'),
                'ı' => self.push('i'),
                'ς' => self.push('σ'),
                // Soft hyphens and the like are not seen.
                '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
                c if is_combining_mark(c) => {}
                // What a compatibility form stands for may be more than one word.
                c if c.is_alphanumeric() => c.to_lowercase().for_each(|c| self.push(c)),
                c => self.separate(c.is_whitespace()),
            }
        }
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Calls `found` with every piece.
fn pieces(text: &str, found: impl FnMut(&str, bool)) {
    let mut pieces = Pieces { piece: String::new(), gap: None, found };
    text.chars().for_each(|c| pieces.take(c));
    pieces.end();
}

/// The terms of a message, each once.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    terms: HashSet<Box<str>>,
    bytes: usize,
}

impl Terms {
    /// Most bytes of all terms of a message, with a byte between them; the rest is not found.
    pub(crate) const MAX: usize = 128 * 1024;

    /// Adds the terms of a text.
    pub(crate) fn add(&mut self, text: &str) {
        let (mut before, mut pair) = (String::new(), String::new());
        pieces(text, |piece, joined| {
            if joined {
                pair.clear();
                pair.extend([before.as_str(), "·", piece]);
                self.insert(&pair);
            }
            self.insert(piece);
            before.clear();
            before.push_str(piece);
        });
    }

    fn insert(&mut self, term: &str) {
        if self.bytes + term.len() < Self::MAX && !self.terms.contains(term) {
            self.bytes += term.len() + 1;
            self.terms.insert(term.into());
        }
    }

    /// As the index takes them: separated by spaces.
    pub(crate) fn joined(&self) -> String {
        let mut all = String::with_capacity(self.bytes);
        for term in &self.terms {
            all.push_str(term);
            all.push(' ');
        }
        all
    }
}

/// What is looked for: terms that all must be there; the last may be the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Query {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    text: String,
    is_beginning: bool,
}

impl Query {
    /// From what a person typed; none when there is no letter and no digit in it.
    pub(crate) fn parse(text: &str) -> Option<Query> {
        let mut terms: Vec<Term> = Vec::new();
        // Whether the last term is a piece whose pair with the next one may take its place.
        let mut alone = false;
        let mut before = String::new();
        pieces(text, |piece, joined| {
            let text = if joined { format!("{before}{JOINT}{piece}") } else { piece.to_owned() };
            if joined && alone {
                terms.pop();
            }
            alone = !joined;
            piece.clone_into(&mut before);
            terms.push(Term { text, is_beginning: false });
        });
        // After punctuation or a space the last word is whole.
        let typing = text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || is_combining_mark(c));
        if let (Some(last), true) = (terms.last_mut(), typing) {
            last.is_beginning = true;
        }
        terms.truncate(MAX_TERMS);
        (!terms.is_empty()).then_some(Query { terms })
    }

    /// For MATCH. Terms hold letters, digits and [`JOINT`] alone, so nothing in them means anything to it.
    pub(crate) fn expression(&self) -> String {
        let term = |t: &Term| format!("\"{}\"{}", t.text, if t.is_beginning { "*" } else { "" });
        self.terms.iter().map(term).collect::<Vec<_>>().join(" AND ")
    }

    /// Whether a message with these terms is found.
    pub(crate) fn matches(&self, terms: &Terms) -> bool {
        self.terms.iter().all(|wanted| {
            terms.terms.contains(wanted.text.as_str())
                || (wanted.is_beginning && terms.terms.iter().any(|term| term.starts_with(&wanted.text)))
        })
    }
}

/// HTML with a space wherever a tag parts words, so that table cells and paragraphs do not run together.
pub(crate) fn spaced(html: &str) -> Cow<'_, str> {
    const INLINE: [&str; 22] = [
        "a", "abbr", "b", "bdi", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "s",
        "small", "span", "strong", "sub", "sup", "u", "wbr",
    ];
    if !html.contains('<') {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    for (n, part) in html.split('<').enumerate() {
        if n > 0 {
            let name = part.trim_start_matches('/');
            let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
            let name = name.get(..end.min(8)).unwrap_or_default();
            if !INLINE.iter().any(|inline| inline.eq_ignore_ascii_case(name)) {
                out.push(' ');
            }
            out.push('<');
        }
        out.push_str(part);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(text: &str) -> Terms {
        let mut terms = Terms::default();
        terms.add(text);
        terms
    }

    #[test]
    fn words_are_found_whatever_their_case_accents_and_punctuation() {
        let text = "Grüße aus Łódź, STRASSE 5: mail Foo.Bar@example.org about order-4711 (don't)! 東京タワー ﬁne cafe\u{301}";
        let all = terms(text);
        let found = [
            "gruss",
            "GRUSSE",
            "grusse aus",
            "lodz",
            "Łódź",
            "straße",
            "foo.bar@example.org",
            "foo",
            "example",
            "bar@example",
            "bar@example.or",
            "example.org",
            "order-4711",
            "order-47",
            "4711",
            "don't",
            "DON’T",
            "東京",
            "京タ",
            "京",
            "fine",
            "café",
            "CAFÉ",
            "CAFE",
            "aus grüße",
            "order 4711 lod",
            "",
            "!?",
        ];
        for query in found {
            assert!(Query::parse(query).is_none_or(|q| q.matches(&all)), "{query}");
        }
        let missing = [
            "grusse ausx",
            "order-471 ",
            "example-org.de",
            "foo@example",
            "bar@org",
            "4711-order",
            "京東",
            "aus-grusse",
            "odz",
            "example.org5",
        ];
        for query in missing {
            assert!(!Query::parse(query).unwrap().matches(&all), "{query}");
        }
        assert_eq!(Query::parse("  -- \u{301} "), None);
    }

    #[test]
    fn expressions_hold_what_they_should() {
        let cases = [
            ("foo", "\"foo\"*"),
            ("foo bar ", "\"foo\" AND \"bar\""),
            ("a-b.c", "\"a·b\" AND \"b·c\"*"),
            ("NEAR(x \"y\" OR z*)", "\"near·x\" AND \"y\" AND \"or\" AND \"z\""),
            ("a NOT b", "\"a\" AND \"not\" AND \"b\"*"),
        ];
        for (text, expression) in cases {
            assert_eq!(Query::parse(text).unwrap().expression(), expression, "{text}");
        }
        let long = Query::parse(&"x ".repeat(1000)).unwrap();
        assert_eq!(long.terms.len(), MAX_TERMS);
    }

    #[test]
    fn tags_part_words_where_a_reader_sees_them_parted() {
        let html = "<td>one</td><TD>two</TD>f<b>o</b>o<br>x<3";
        assert_eq!(spaced(html), " <td>one </td> <TD>two </TD>f<b>o</b>o <br>x <3");
    }

    #[test]
    fn terms_are_bounded() {
        let many: String = (0..100_000).map(|n| format!("{n}word ")).collect();
        let all = terms(&many);
        assert!(all.joined().len() <= Terms::MAX && all.terms.len() > 10_000);
        assert!(Query::parse(&"x".repeat(1000)).unwrap().matches(&terms(&"x".repeat(50))));
    }

    proptest! {
        /// What stands in a text is found in it, as a whole and word by word.
        #[test]
        fn every_text_finds_itself(text in "[a-zA-Z0-9äÖßéσΣçИ東ﬁ .,@'\"*()\u{301}\u{ad}_-]{0,60}|\\PC{0,40}") {
            let all = terms(&text);
            for query in std::iter::once(text.as_str()).chain(text.split_whitespace()) {
                prop_assert!(Query::parse(query).is_none_or(|q| q.matches(&all)), "{query:?} in {text:?}");
            }
        }

        #[test]
        fn html_of_any_kind_is_spaced(html in "[<>/a-z \\PC]{0,60}") {
            let without = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without(&spaced(&html)), without(&html));
        }
    }
}
