//! HTML of strangers as a flat list of tags and texts, in linear time: no tree, so nothing can nest too deep.
//!
//! Follows the tokenizer of the HTML standard (WHATWG HTML §13.2.5) in where tags, attributes and comments end.
//! What is safe does not hang on that: the sanitiser writes everything anew and has it parsed a second time.
//! Character references are not decoded here. Limits: [`MAX_ATTRIBUTES`] of a tag.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// Most attributes of a tag that are read; the rest is skipped.
pub(crate) const MAX_ATTRIBUTES: usize = 64;

/// Longest name of a tag or attribute in bytes that is told apart.
const MAX_NAME: usize = 64;

/// A piece of HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text, character references not decoded.
    Text(&'a str),
    /// What stands in an element whose content is no markup (`<style>`, `<script>`, `<title>`); follows its tag.
    Raw(&'a str),
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag: its name in lower case.
    End(Cow<'a, str>),
    /// A comment, with conditional comments and declarations: what stands between its marks.
    Comment(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tag<'a> {
    /// Name in lower case.
    pub(crate) name: Cow<'a, str>,
    /// Attributes in their order, each name once.
    pub(crate) attributes: Vec<Attribute<'a>>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// Name in lower case.
    pub(crate) name: Cow<'a, str>,
    /// Value as written, character references not decoded.
    pub(crate) value: &'a str,
}

impl Tag<'_> {
    /// The value of an attribute as written.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name).map(|a| a.value)
    }

    /// The value of an attribute with its character references decoded.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(crate::charref::decode)
    }
}

/// Elements whose content is text up to their end tag.
const RAW: [&str; 9] =
    ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "plaintext"];

/// Reads HTML.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    raw: Option<Cow<'a, str>>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(html: &'a str) -> Lexer<'a> {
        Lexer { rest: html, raw: None }
    }

    /// Takes `length` bytes; everything where that is more than there is.
    fn take(&mut self, length: usize) -> &'a str {
        let (head, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        head
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }

    /// Takes what stands before `mark`, and the mark; everything where there is none.
    fn take_until(&mut self, mark: &str) -> &'a str {
        match memmem::find(self.rest.as_bytes(), mark.as_bytes()) {
            Some(at) => {
                let text = self.take(at);
                self.take(mark.len());
                text
            }
            None => self.take(usize::MAX),
        }
    }

    fn text(&mut self) -> Token<'a> {
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let next = self.rest.get(first..).and_then(|rest| memchr(b'<', rest.as_bytes()));
        Token::Text(self.take(next.map_or(usize::MAX, |at| at + first)))
    }

    /// Content up to the end tag of `name`, which is left to be read.
    fn raw(&mut self, name: &str) -> Token<'a> {
        let mut at = 0;
        while let Some(found) = self.rest.get(at..).and_then(|rest| memmem::find(rest.as_bytes(), b"</")) {
            let start = at + found;
            let tag = self.rest.as_bytes().get(start + 2..).unwrap_or_default();
            let named = tag.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
            if named && tag.get(name.len()).is_none_or(|b| is_space(char::from(*b)) || b"/>".contains(b)) {
                return Token::Raw(self.take(start));
            }
            at = start + 2;
        }
        Token::Raw(self.take(usize::MAX))
    }

    fn comment(&mut self) -> Token<'a> {
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            self.rest = rest;
            for empty in [">", "->"] {
                if let Some(rest) = self.rest.strip_prefix(empty) {
                    self.rest = rest;
                    return Token::Comment("");
                }
            }
            let bytes = self.rest.as_bytes();
            let end = memmem::find_iter(bytes, b"--")
                .find_map(|at| match bytes.get(at + 2..) {
                    Some([b'>', ..]) => Some((at, 3)),
                    Some([b'!', b'>', ..]) => Some((at, 4)),
                    Some([b'-', b'>', ..]) => Some((at + 1, 3)),
                    _ => None,
                })
                .unwrap_or((usize::MAX, 0));
            let text = self.take(end.0);
            self.take(end.1);
            return Token::Comment(text);
        }
        self.take(2);
        Token::Comment(self.take_until(">"))
    }

    fn name(&mut self) -> Cow<'a, str> {
        let end = self.rest.find(|c| is_space(c) || c == '/' || c == '>').unwrap_or(self.rest.len());
        lower(self.take(end))
    }

    /// Attributes and the end of a tag; none where the tag does not end.
    fn attributes(&mut self) -> Option<Vec<Attribute<'a>>> {
        let mut attributes: Vec<Attribute<'a>> = Vec::new();
        loop {
            self.rest = self.rest.trim_start_matches(|c| is_space(c) || c == '/');
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return Some(attributes);
            }
            // An `=` at the start belongs to the name.
            let first = self.rest.chars().next()?.len_utf8();
            let end = self.rest.get(first..)?.find(|c| is_space(c) || "/>=".contains(c));
            let name = lower(self.take(end.map_or(usize::MAX, |at| at + first)));
            let value = self.value()?;
            if attributes.len() < MAX_ATTRIBUTES && attributes.iter().all(|a| a.name != name) {
                attributes.push(Attribute { name, value });
            }
        }
    }

    fn value(&mut self) -> Option<&'a str> {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix('=') else { return Some("") };
        self.rest = rest;
        self.skip_space();
        match self.rest.chars().next()? {
            quote @ ('"' | '\'') => {
                self.take(1);
                let end = self.rest.find(quote)?;
                let value = self.take(end);
                self.take(1);
                Some(value)
            }
            _ => {
                let end = self.rest.find(|c| is_space(c) || c == '>')?;
                Some(self.take(end))
            }
        }
    }

    fn start_tag(&mut self) -> Option<Token<'a>> {
        self.take(1);
        let name = self.name();
        let attributes = self.attributes()?;
        if RAW.contains(&&*name) {
            self.raw = Some(name.clone());
        }
        Some(Token::Start(Tag { name, attributes }))
    }

    fn end_tag(&mut self) -> Option<Token<'a>> {
        self.take(2);
        let name = self.name();
        self.attributes()?;
        Some(Token::End(name))
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some(name) = self.raw.take() {
            return Some(if name == "plaintext" {
                Token::Raw(self.take(usize::MAX))
            } else {
                self.raw(&name)
            });
        }
        match self.rest.as_bytes() {
            [b'<', b'!' | b'?', ..] => Some(self.comment()),
            [b'<', b'/', next, ..] if next.is_ascii_alphabetic() => self.end_tag(),
            [b'<', b'/', b'>', ..] => {
                self.take(3);
                Some(Token::Comment(""))
            }
            [b'<', b'/', _, ..] => Some(self.comment()),
            [b'<', next, ..] if next.is_ascii_alphabetic() => self.start_tag(),
            _ => Some(self.text()),
        }
    }
}

/// White space of HTML.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

fn lower(name: &str) -> Cow<'_, str> {
    let name = name.get(..MAX_NAME).unwrap_or(name);
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens on one line, for tables.
    fn shown(html: &str) -> String {
        let mut out = String::new();
        for token in Lexer::new(html) {
            match token {
                Token::Text(text) => out += &format!("T({text})"),
                Token::Raw(text) => out += &format!("R({text})"),
                Token::End(name) => out += &format!("E({name})"),
                Token::Comment(text) => out += &format!("C({text})"),
                Token::Start(tag) => {
                    let attributes: Vec<String> =
                        tag.attributes.iter().map(|a| format!(" {}={}", a.name, a.value)).collect();
                    out += &format!("S({}{})", tag.name, attributes.concat());
                }
            }
        }
        out
    }

    #[test]
    fn tokens_end_where_browsers_end_them() {
        for (html, tokens) in [
            ("", ""),
            ("a<b>c</b>", "T(a)S(b)T(c)E(b)"),
            ("1 < 2 <3 <", "T(1 )T(< 2 )T(<3 )T(<)"),
            ("é<é<p>", "T(é)T(<é)S(p)"),
            ("<A HREF=x Href=y>", "S(a href=x)"),
            ("<a b = 'c>d' e=\"f'g\" h=i/j k/>", "S(a b=c>d e=f'g h=i/j k=)"),
            ("<a =b=c>", "S(a =b=c)"),
            ("<a/b/c='d'e>", "S(a b= c=d e=)"),
            ("<a b", ""),
            ("<a b='c>", ""),
            ("<!-- a -- b --!>c<!-->d<!--->e", "C( a -- b )T(c)C()T(d)C()T(e)"),
            ("<!--a--->b", "C(a-)T(b)"),
            ("<!doctype html><?xml?></ a></>", "C(doctype html)C(xml?)C( a)C()"),
            ("<![CDATA[<b>]]>", "C([CDATA[<b)T(]]>)"),
            ("<style><b></styles></STYLE >x", "S(style)R(<b></styles>)E(style)T(x)"),
            ("<script><!--<script></script>x", "S(script)R(<!--<script>)E(script)T(x)"),
            ("<title>a", "S(title)R(a)"),
            ("<plaintext></plaintext>", "S(plaintext)R(</plaintext>)"),
            ("<!-- open <b>", "C( open <b>)"),
        ] {
            assert_eq!(shown(html), tokens, "{html}");
        }
    }

    #[test]
    fn attributes_are_bounded() {
        let many: String = (0..1000).map(|n| format!(" a{n}=1")).collect();
        let html = format!("<p{many}>x");
        let tokens: Vec<Token<'_>> = Lexer::new(&html).collect();
        let Some(Token::Start(tag)) = tokens.first() else { panic!("{tokens:?}") };
        assert_eq!((tag.attributes.len(), tokens.len()), (MAX_ATTRIBUTES, 2));
    }
}
