//! Mailboxes and groups of From, To, Cc and their like.
//!
//! Reads obsolete forms (routes, dots in names, comments as names, empty members), encoded words and UTF-8; what is
//! no address is kept with an empty domain and flags the list as malformed. One pass, no recursion.
//! Limit: [`MAX_MAILBOXES`]. RFC 5322 §3.4, §4.4, RFC 6532 §3.2.

use std::fmt;

use mox_address::{Address, Domain, Localpart};
use serde::{Deserialize, Serialize};

use crate::date::comment_length;
use crate::encodedword;

/// Most mailboxes and empty groups of a list; further ones are not read.
pub const MAX_MAILBOXES: usize = 10_000;

/// A mailbox as a field names it. Its address need not be valid: see [`Mailbox::address`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Mailbox {
    /// Display name, decoded; empty when there is none.
    pub name: String,
    /// Before the `@`, unquoted.
    pub localpart: String,
    /// After the `@`, as written; empty when there was no `@`. A domain literal keeps its brackets.
    pub domain: String,
}

impl Mailbox {
    /// A mailbox with a display name.
    pub fn new(name: impl Into<String>, address: &Address) -> Mailbox {
        Mailbox {
            name: name.into(),
            localpart: address.localpart.as_str().to_owned(),
            domain: address.domain.ascii().to_owned(),
        }
    }

    /// The address, when it is a valid one at a domain.
    pub fn address(&self) -> Option<Address> {
        let localpart = Localpart::from_unquoted(&self.localpart).ok()?;
        Some(Address { localpart, domain: Domain::parse(&self.domain).ok()? })
    }
}

impl fmt::Display for Mailbox {
    /// The address alone, for people and logs: localpart quoted where it must be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Localpart::from_unquoted(&self.localpart) {
            Ok(localpart) => write!(f, "{localpart}")?,
            Err(_) => f.write_str(&self.localpart)?,
        }
        if self.domain.is_empty() { Ok(()) } else { write!(f, "@{}", self.domain) }
    }
}

/// A member of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// One mailbox.
    Mailbox(Mailbox),
    /// A named group, perhaps empty: `undisclosed-recipients:;`.
    Group {
        /// Display name, decoded.
        name: String,
        /// Its mailboxes.
        members: Vec<Mailbox>,
    },
}

/// A parsed list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressList {
    /// Mailboxes and groups in their order.
    pub entries: Vec<Entry>,
    /// Something in it was no address.
    pub malformed: bool,
    /// It held more than [`MAX_MAILBOXES`].
    pub cut: bool,
}

impl AddressList {
    /// Reads an unfolded field value. Never fails.
    pub fn parse(text: &str) -> AddressList {
        let mut parser = Parser { rest: text, ..Parser::default() };
        while parser.step() {}
        parser.flush();
        parser.close_group();
        AddressList { entries: parser.entries, malformed: parser.malformed, cut: parser.cut }
    }

    /// All mailboxes, those in groups too.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.entries.iter().flat_map(|entry| match entry {
            Entry::Mailbox(mailbox) => std::slice::from_ref(mailbox),
            Entry::Group { members, .. } => members.as_slice(),
        })
    }
}

/// A lexical piece; `spaced` when white space or a comment stood before it.
struct Token {
    kind: Kind,
    spaced: bool,
}

#[derive(PartialEq)]
enum Kind {
    Word(String),
    Dot,
    At,
    Literal(String),
}

#[derive(Default)]
struct Parser<'a> {
    rest: &'a str,
    spaced: bool,
    /// Tokens since the last comma.
    tokens: Vec<Token>,
    /// The last comment: `a@example.org (A Name)`.
    comment: Option<&'a str>,
    /// Tokens inside `<...>` once it was seen.
    angle: Option<Vec<Token>>,
    group: Option<(String, Vec<Mailbox>)>,
    entries: Vec<Entry>,
    count: usize,
    malformed: bool,
    cut: bool,
}

impl<'a> Parser<'a> {
    /// Takes one piece; false at the end.
    fn step(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        match c {
            ',' => {
                self.advance(1);
                self.flush();
            }
            ';' => {
                self.advance(1);
                self.flush();
                self.malformed |= self.group.is_none();
                self.close_group();
            }
            ':' => {
                self.advance(1);
                self.malformed |= self.group.is_some() || self.angle.is_some();
                self.close_group();
                let name = phrase(&std::mem::take(&mut self.tokens));
                (self.angle, self.comment) = (None, None);
                self.group = Some((name, Vec::new()));
            }
            '<' => {
                self.advance(1);
                self.angle_address();
            }
            _ => {
                if let Some(token) = self.token(c) {
                    self.tokens.push(token);
                }
            }
        }
        !self.cut
    }

    /// Takes white space, a comment, a word or a special.
    fn token(&mut self, c: char) -> Option<Token> {
        let kind = match c {
            ' ' | '\t' | '\r' | '\n' => {
                self.advance(1);
                self.spaced = true;
                return None;
            }
            '(' => {
                let comment = self.take(comment_length(self.rest));
                self.comment = Some(comment);
                self.spaced = true;
                return None;
            }
            '"' => Kind::Word(self.quoted()),
            '[' => Kind::Literal(self.literal()),
            '.' => self.special(Kind::Dot),
            '@' => self.special(Kind::At),
            ')' | ']' | '\\' | '>' => {
                self.advance(1);
                self.malformed = true;
                return None;
            }
            c if c.is_control() => {
                self.advance(c.len_utf8());
                self.malformed = true;
                return None;
            }
            _ => Kind::Word(self.atom()),
        };
        Some(Token { kind, spaced: std::mem::take(&mut self.spaced) })
    }

    fn advance(&mut self, length: usize) {
        self.take(length);
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn special(&mut self, kind: Kind) -> Kind {
        self.advance(1);
        kind
    }

    /// An atom, or an encoded word with characters an atom may not have.
    fn atom(&mut self) -> String {
        if let Some(length) = encodedword::word_length(self.rest) {
            return self.take(length).to_owned();
        }
        let special = |c: char| c.is_control() || " \t()<>[]:;@\\,.\"".contains(c);
        self.take(self.rest.find(special).unwrap_or(self.rest.len())).to_owned()
    }

    /// A quoted string; one that never ends takes all.
    fn quoted(&mut self) -> String {
        let mut value = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        let mut closed = false;
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    closed = true;
                    break;
                }
                '\\' => value.extend(chars.next().filter(|c| !c.is_control())),
                c if c.is_control() && c != '\t' => {}
                c => value.push(c),
            }
        }
        self.rest = chars.as_str();
        self.malformed |= !closed;
        value
    }

    /// A domain literal, brackets kept, white space dropped.
    fn literal(&mut self) -> String {
        let end = self.rest.find(']').map_or(self.rest.len(), |at| at + 1);
        self.take(end).chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
    }

    /// What stands between `<` and `>`, a source route dropped.
    fn angle_address(&mut self) {
        let mut inner = Vec::new();
        self.malformed |= self.angle.is_some();
        while let Some(c) = self.rest.chars().next() {
            match c {
                '>' => {
                    self.advance(1);
                    self.angle = Some(inner);
                    return;
                }
                // A route, `@a,@b:`, or what lost its `>`.
                ':' => {
                    self.advance(1);
                    inner.clear();
                }
                ',' if inner.first().is_some_and(|t| t.kind == Kind::At) => self.advance(1),
                ',' | ';' | '<' => break,
                c => inner.extend(self.token(c)),
            }
        }
        self.malformed = true;
        self.angle = Some(inner);
    }

    /// Ends a mailbox.
    fn flush(&mut self) {
        let tokens = std::mem::take(&mut self.tokens);
        let comment = self.comment.take();
        let mailbox = match self.angle.take() {
            Some(inner) => {
                let name = phrase(&tokens);
                let (localpart, domain) = address(&inner).unwrap_or_else(|| (phrase(&inner), String::new()));
                Mailbox {
                    name: if name.is_empty() { comment_name(comment) } else { name },
                    localpart,
                    domain,
                }
            }
            None if tokens.is_empty() => return,
            None => match address(&tokens) {
                Some((localpart, domain)) => Mailbox { name: comment_name(comment), localpart, domain },
                None => {
                    Mailbox { name: comment_name(comment), localpart: phrase(&tokens), domain: String::new() }
                }
            },
        };
        if self.is_full() {
            return;
        }
        self.malformed |= mailbox.domain.is_empty() || mailbox.localpart.is_empty();
        match &mut self.group {
            Some((_, members)) => members.push(mailbox),
            None => self.entries.push(Entry::Mailbox(mailbox)),
        }
    }

    /// Counts a mailbox or a group; true when the list holds no more.
    fn is_full(&mut self) -> bool {
        self.cut = self.count == MAX_MAILBOXES;
        self.count += usize::from(!self.cut);
        self.cut
    }

    fn close_group(&mut self) {
        if let Some((name, members)) = self.group.take()
            && (!members.is_empty() || !self.is_full())
        {
            self.entries.push(Entry::Group { name, members });
        }
    }
}

/// Display name of tokens: words with their spaces, encoded words decoded.
fn phrase(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        if token.spaced && !text.is_empty() {
            text.push(' ');
        }
        match &token.kind {
            Kind::Word(word) | Kind::Literal(word) => text.push_str(word),
            Kind::Dot => text.push('.'),
            Kind::At => text.push('@'),
        }
    }
    encodedword::decode(&text).trim().to_owned()
}

fn comment_name(comment: Option<&str>) -> String {
    let inner = comment.unwrap_or_default();
    let inner = inner.strip_prefix('(').unwrap_or(inner);
    let inner = inner.strip_suffix(')').unwrap_or(inner);
    encodedword::decode(&inner.replace("\\(", "(").replace("\\)", ")")).trim().to_owned()
}

/// Localpart and domain of an addr-spec, white space and comments around dots allowed (RFC 5322 §4.4).
fn address(tokens: &[Token]) -> Option<(String, String)> {
    let at = tokens.iter().rposition(|t| t.kind == Kind::At)?;
    let (local, domain) = (tokens.get(..at)?, tokens.get(at + 1..)?);
    Some((dotted(local)?, dotted(domain)?))
}

/// Words separated by single dots. Dots at odd places, which some providers allow in localparts, are kept.
fn dotted(tokens: &[Token]) -> Option<String> {
    let mut text = String::new();
    let mut after_word = false;
    for token in tokens {
        match &token.kind {
            Kind::Word(word) | Kind::Literal(word) => {
                if after_word {
                    return None;
                }
                after_word = true;
                text.push_str(word);
            }
            Kind::Dot => {
                after_word = false;
                text.push('.');
            }
            Kind::At => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(text: &str) -> String {
        let list = AddressList::parse(text);
        let one = |m: &Mailbox| format!("{}|{}|{}", m.name, m.localpart, m.domain);
        let entries: Vec<_> = list
            .entries
            .iter()
            .map(|e| match e {
                Entry::Mailbox(m) => one(m),
                Entry::Group { name, members } => {
                    format!("{name}:[{}]", members.iter().map(one).collect::<Vec<_>>().join(" "))
                }
            })
            .collect();
        entries.join(" ")
    }

    #[test]
    fn lists_of_rfc_5322() {
        let cases = [
            ("John Doe <jdoe@machine.example>", "John Doe|jdoe|machine.example"),
            ("\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public|john.q.public|example.com"),
            (
                "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
                "Mary Smith|mary|x.test |jdoe|example.org Who?|one|y.test",
            ),
            (
                "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
                "|boss|nil.test Giant; \"Big\" Box|sysservices|example.net",
            ),
            (
                "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
                "A Group:[Ed Jones|c|a.test |joe|where.test John|jdoe|one.test]",
            ),
            ("Undisclosed recipients:;", "Undisclosed recipients:[]"),
            ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete|pete|silly.test"),
            (
                "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
                "A Group:[Chris Jones|c|public.example |joe|example.org John|jdoe|one.test]",
            ),
            ("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "Hidden recipients:[]"),
            ("Joe Q. Public <john.q.public@example.com>", "Joe Q. Public|john.q.public|example.com"),
            (
                "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
                "Mary Smith|mary|example.net |jdoe|test.example",
            ),
            ("<@a.test,@b.test:c@d.test>", "|c|d.test"),
            ("jdoe@example.org (John Doe)", "John Doe|jdoe|example.org"),
            ("\"a b\"@[192.0.2.1]", "|a b|[192.0.2.1]"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
            assert!(!AddressList::parse(text).malformed, "{text}");
        }
    }

    #[test]
    fn names_beyond_ascii() {
        let cases = [
            ("=?ISO-8859-1?Q?Andr=E9?= Pirard <p@vm1.ulg.ac.be>", "André Pirard|p|vm1.ulg.ac.be"),
            ("=?utf-8?Q?Doe,_J=C3=B6rn?= <j@x.test>", "Doe, Jörn|j|x.test"),
            ("\"=?utf-8?Q?J=C3=B6rn?=\" <j@x.test>", "Jörn|j|x.test"),
            ("Jörn <jörn@münchen.example>", "Jörn|jörn|münchen.example"),
            ("=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?= <j@x.test>", "äö|j|x.test"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
        }
        let list = AddressList::parse("Jörn <jörn@münchen.example>");
        let address = list.mailboxes().next().unwrap().address().unwrap();
        assert_eq!(address.domain.ascii(), "xn--mnchen-3ya.example");
    }

    #[test]
    fn malformed_lists_say_so() {
        let cases = [
            ("nobody", "|nobody|"),
            ("a@b@c.test", "|a@b@c.test|"),
            ("Name <a@b.test", "Name|a|b.test"),
            ("<a@b.test> <c@d.test>", "|c|d.test"),
            ("\"open <a@b.test>", "|open <a@b.test>|"),
            ("a b@c.test", "|a b@c.test|"),
            ("<>", "||"),
            ("a@b.test;", "|a|b.test"),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
            assert!(AddressList::parse(text).malformed, "{text}");
        }
        assert_eq!(AddressList::parse(" , ,"), AddressList::default());
    }

    #[test]
    fn floods_take_linear_time_and_are_cut() {
        let list = AddressList::parse(&"a@b.test,".repeat(110_000));
        assert_eq!((list.mailboxes().count(), list.cut), (MAX_MAILBOXES, true));
        for piece in ["(", "()", "\"", "<", "a:", "=?a?q?,", "@", "[", "\\"] {
            let _ = AddressList::parse(&piece.repeat(1 << 20 >> 1));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[a@<>,:;.()\\[\\]\"\\\\ =?\u{e9}\\PC]{0,60}") {
            let _ = AddressList::parse(&text);
        }
    }
}
