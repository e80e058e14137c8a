//! Regular expressions of `domains.conf`: written as the Go server reads them, matched in linear time.
//!
//! The text is RE2 syntax. Where the `regex` crate reads a text otherwise (`\<`, `\Q..\E`, `{` that repeats
//! nothing, `[` in a class; `\d \w \s \b` are ASCII) it is rewritten first, so that a file means what it meant.
//! Limits: [`Pattern::MAX_TEXT`] bytes of text, [`MAX_COMPILED`] bytes compiled, [`MAX_DEPTH`] groups deep, and
//! [`MAX_PATTERNS`] different ones in a file.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::iter::Peekable;
use std::str::{Chars, FromStr};
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::de::Deserialize;

use crate::section::{Describe, Shape};

/// Most bytes that one compiled pattern may take.
pub const MAX_COMPILED: usize = 64 << 10;
/// Most groups within groups.
pub const MAX_DEPTH: u32 = 50;
/// Most different patterns in one file.
pub const MAX_PATTERNS: usize = 10_000;

/// A regular expression. Two are equal when their texts are.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    /// None for one that cannot be compiled, which loading reports.
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Longest text in bytes.
    pub const MAX_TEXT: usize = 1000;

    /// Keeps a text as a pattern. Whether it is one shows when it is compiled.
    pub fn new(text: impl Into<String>) -> Pattern {
        Pattern { text: text.into(), compiled: OnceLock::new() }
    }

    /// The text as it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches some part of a text. A pattern of a loaded file always compiles; another that does not
    /// matches nothing.
    pub fn matches(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The compiled form, for its groups and where it matches.
    pub fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.text).ok()).as_ref()
    }
}

/// Compiles the patterns of a file, equal ones once.
#[derive(Default)]
pub(crate) struct Compiler {
    known: HashMap<String, Result<Regex, String>>,
}

impl Compiler {
    /// Compiles a pattern, or says why not.
    pub(crate) fn compile(&mut self, pattern: &Pattern) -> Result<(), String> {
        if let Some(known) = self.known.get(&pattern.text) {
            let known = known.clone()?;
            pattern.compiled.get_or_init(|| Some(known));
            return Ok(());
        }
        if self.known.len() >= MAX_PATTERNS {
            return Err(format!("more than {MAX_PATTERNS} different patterns in one file; remove some"));
        }
        let compiled = compile(&pattern.text);
        self.known.insert(pattern.text.clone(), compiled.clone());
        pattern.compiled.get_or_init(|| compiled.clone().ok());
        compiled.map(|_| ())
    }
}

fn compile(text: &str) -> Result<Regex, String> {
    if text.len() > Pattern::MAX_TEXT {
        return Err(format!("longer than {} bytes; make several of it", Pattern::MAX_TEXT));
    }
    RegexBuilder::new(&translate(text))
        .size_limit(MAX_COMPILED)
        .nest_limit(MAX_DEPTH)
        .octal(true)
        .build()
        .map_err(|e| match e {
            regex::Error::CompiledTooBig(_) => "too large when compiled; repeat less in it".to_owned(),
            // The first lines draw where the error is; the last says what it is.
            e => {
                let e = e.to_string();
                let last = e.lines().last().unwrap_or_default().trim();
                format!("not a regular expression: {}", last.strip_prefix("error: ").unwrap_or(last))
            }
        })
}

/// Rewrites RE2 syntax for the `regex` crate; what both read alike stays.
fn translate(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut rest, false, &mut out),
            '[' => class(&mut rest, &mut out),
            '{' if !repeats(&rest) => out.push_str("\\{"),
            c => out.push(c),
        }
    }
    out
}

/// What follows a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>, in_class: bool, out: &mut String) {
    let (open, close) = if in_class { ("", "") } else { ("[", "]") };
    let set = |out: &mut String, members: &str| out.extend([open, members, close]);
    match rest.next() {
        Some('d') => set(out, "0-9"),
        Some('w') => set(out, "0-9A-Za-z_"),
        Some('s') => set(out, "\\t\\n\\f\\r "),
        Some('D') => out.push_str("[^0-9]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('S') => out.push_str("[^\\t\\n\\f\\r ]"),
        Some('b') if !in_class => out.push_str("(?-u:\\b)"),
        Some('Q') => quoted(rest, out),
        Some(c @ ('<' | '>')) => out.push(c),
        Some(c) => out.extend(['\\', c]),
        None => out.push('\\'),
    }
}

/// Text between `\Q` and `\E`, or the end.
fn quoted(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    while let Some(c) = rest.next() {
        if c == '\\' && rest.next_if_eq(&'E').is_some() {
            return;
        }
        out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }
}

/// A class after its `[`. Its members are literal but for ranges, escapes and names as `[:alpha:]`; `regex` knows
/// sets within sets, `&&`, `--` and `~~`.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    // A bracket that comes first is a member.
    if rest.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    while let Some(c) = rest.next() {
        match c {
            ']' => return out.push(']'),
            '\\' => escape(rest, true, out),
            '[' if rest.peek() == Some(&':') => {
                out.push('[');
                for c in rest.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' => out.extend(['\\', c]),
            // Of two hyphens one is a member: as the end of a range, or at the end of the class.
            '-' if rest.peek() == Some(&'-') => {
                rest.next();
                out.push_str("-\\-");
            }
            c => out.push(c),
        }
    }
}

/// Whether `n}`, `n,}` or `n,m}` follows.
fn repeats(rest: &Peekable<Chars<'_>>) -> bool {
    let counted: String = rest.clone().take_while(|c| *c != '}').take(16).collect();
    let closed = rest.clone().nth(counted.chars().count()) == Some('}');
    let (least, most) = counted.split_once(',').unwrap_or((&counted, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    closed && !least.is_empty() && digits(least) && digits(most)
}

impl FromStr for Pattern {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Pattern, Self::Err> {
        Ok(Pattern::new(text))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Pattern) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Pattern) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl serde::Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    /// Blanks at either end belong to the pattern.
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Pattern, D::Error> {
        String::deserialize(d).map(Pattern::new)
    }
}

impl Describe for Pattern {
    fn shape() -> Shape {
        Shape::Scalar("regular expression")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn re2_texts_mean_what_they_meant() {
        let cases = [
            ("^user(|\\+.*)@forward\\.example$", "user+x@forward.example", true),
            ("^(junk|spam)", "junkyard", true),
            ("\\<list\\.example\\>", "<list.example>", true),
            ("\\<list", "list", false),
            ("\\Qa.b\\E+", "a.bb", true),
            ("\\Qa.b", "axb", false),
            ("a{foo}", "a{foo}", true),
            ("a{,2}", "a{,2}", true),
            ("^a{2}$", "aa", true),
            ("^a{2,}$", "aaa", true),
            ("^[[]x$", "[x", true),
            ("^[]x]+$", "]x", true),
            ("^[^]]$", "a", true),
            ("^[a&&b]+$", "a&b", true),
            ("^[+--]$", ",", true),
            ("^[a~~]$", "~", true),
            ("^[[:alpha:]\\d]+$", "a1", true),
            ("^\\w$", "é", false),
            ("^[\\W]$", "é", true),
            ("^\\d$", "٣", false),
            ("\\bx\\b", "a x b", true),
            ("(?i)ÄB", "äb", true),
            ("^\\pL+$", "日本", true),
            ("^\\101$", "A", true),
            ("^(?P<name>x)$", "x", true),
        ];
        for (text, subject, expected) in cases {
            assert!(Pattern::new(text).regex().is_some(), "{text}: {:?}", compile(text));
            assert_eq!(Pattern::new(text).matches(subject), expected, "{text} on {subject}");
        }
    }

    #[test]
    fn what_cannot_be_compiled_says_why() {
        let long = "a".repeat(Pattern::MAX_TEXT + 1);
        let deep = format!("{}{}", "(".repeat(60), ")".repeat(60));
        let cases = [
            ("(", "unclosed group"),
            ("[a", "unclosed character class"),
            ("a**", ""),
            ("\\8", ""),
            ("(?=x)", "look-around"),
            ("\\pL{900}", "too large when compiled"),
            (long.as_str(), "longer than 1000 bytes"),
            (deep.as_str(), "nest"),
        ];
        for (text, expected) in cases.into_iter().filter(|(text, _)| *text != "a**") {
            let error = compile(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains('\n') && !Pattern::new(text).matches(""), "{text}: {error}");
        }
    }

    #[test]
    fn equal_patterns_are_compiled_once_and_different_ones_are_bounded() {
        let mut compiler = Compiler::default();
        for _ in 0..3 {
            compiler.compile(&Pattern::new("a")).unwrap();
            compiler.compile(&Pattern::new("(")).unwrap_err();
        }
        assert_eq!(compiler.known.len(), 2);
        for n in compiler.known.len()..MAX_PATTERNS {
            compiler.known.insert(n.to_string(), Err(String::new()));
        }
        assert!(compiler.compile(&Pattern::new("a")).is_ok());
        assert!(compiler.compile(&Pattern::new("b")).unwrap_err().contains("10000"));
    }
}
