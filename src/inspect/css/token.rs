//! CSS as tokens, escapes decoded and comments gone, so that nothing hides behind `\75rl(` or `ur/**/l(`.
//!
//! CSS Syntax Level 3 §4. Every `url(...)` in any spelling is one token of its own kind.

/// A token. Names keep their letter case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A word.
    Ident(String),
    /// A word with an opening parenthesis; the closing one is [`Token::Close`].
    Function(String),
    /// `@` and a word.
    At(String),
    /// `#` and a name.
    Hash(String),
    /// Text in quotes.
    Text(String),
    /// `url(...)` with what it names; the closing parenthesis is part of it.
    Url(String),
    /// A number as written, and its unit: empty, `%` or a word.
    Number(String, String),
    /// White space, one or more, or a comment.
    Space,
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// Any other character, `;`, `:` and `,` among them; U+FFFD for a text or URL that is broken.
    Delim(char),
}

/// Reads CSS.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(css: &'a str) -> Tokens<'a> {
        Tokens { rest: css }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    fn bump(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }

    /// Whether an escape starts here: a backslash that no line end follows.
    fn is_escape(&self) -> bool {
        self.peek() == Some('\\') && self.second().is_some_and(|c| !matches!(c, '\n' | '\r' | '\x0c'))
    }

    /// Whether a name may start here.
    fn starts_name(&self) -> bool {
        let mut chars = self.rest.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some('-'), Some('-'), _) => true,
            (Some('-'), Some('\\'), Some(c)) => c != '\n',
            (Some('-'), Some(c), _) => is_name_start(c),
            (Some('\\'), ..) => self.is_escape(),
            (Some(c), ..) => is_name_start(c),
            _ => false,
        }
    }

    /// Decodes an escape after its backslash.
    fn escape(&mut self) -> char {
        let digits = self.rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits == 0 {
            return self.bump().unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let (number, rest) = self.rest.split_at_checked(digits).unwrap_or((self.rest, ""));
        self.rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(is_space)).unwrap_or(rest);
        let number = u32::from_str_radix(number, 16).unwrap_or(0);
        char::from_u32(number).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if self.is_escape() {
                self.bump();
                name.push(self.escape());
            } else if is_name_start(c) || c.is_ascii_digit() || c == '-' {
                name.push(c);
                self.bump();
            } else {
                break;
            }
        }
        name
    }

    fn text(&mut self, quote: char) -> Token {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '\n' | '\r' | '\x0c' => return Token::Delim(char::REPLACEMENT_CHARACTER),
                '\\' if self.is_escape() => {
                    self.bump();
                    text.push(self.escape());
                    continue;
                }
                '\\' => {
                    self.bump();
                    if self.bump() == Some('\r') && self.peek() == Some('\n') {
                        self.bump();
                    }
                    continue;
                }
                c if c == quote => {
                    self.bump();
                    return Token::Text(text);
                }
                c => text.push(c),
            }
            self.bump();
        }
        Token::Text(text)
    }

    /// What stands in `url(` up to its `)`, quoted or not.
    fn url(&mut self) -> Token {
        self.skip_space();
        let mut url = String::new();
        if let Some(quote @ ('"' | '\'')) = self.peek() {
            self.bump();
            if let Token::Text(text) = self.text(quote) {
                url = text;
            }
        }
        let quoted = !url.is_empty();
        while let Some(c) = self.bump() {
            match c {
                ')' => break,
                '\\' => {
                    let c = self.escape();
                    if !quoted {
                        url.push(c);
                    }
                }
                c if !quoted => url.push(c),
                _ => {}
            }
        }
        Token::Url(url.trim().to_owned())
    }

    fn number(&mut self) -> Option<Token> {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| {
            bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
        };
        let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
        let whole = digits(end);
        end += whole;
        let fraction = if bytes.get(end) == Some(&b'.') { digits(end + 1) } else { 0 };
        if whole + fraction == 0 {
            return None;
        }
        end += if fraction > 0 { fraction + 1 } else { 0 };
        let (number, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let unit = match self.peek() {
            Some('%') => {
                self.bump();
                "%".to_owned()
            }
            _ if self.starts_name() => self.name(),
            _ => String::new(),
        };
        Some(Token::Number(number.to_owned(), unit))
    }

    fn word(&mut self) -> Token {
        let name = self.name();
        match self.rest.strip_prefix('(') {
            Some(rest) => {
                self.rest = rest;
                if name.eq_ignore_ascii_case("url") { self.url() } else { Token::Function(name) }
            }
            None => Token::Ident(name),
        }
    }

    /// Skips comments; whether there were any.
    fn skip_comments(&mut self) -> bool {
        let mut found = false;
        while let Some(rest) = self.rest.strip_prefix("/*") {
            self.rest = rest.split_once("*/").map_or("", |(_, rest)| rest);
            found = true;
        }
        found
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        // Space keeps apart what a comment kept apart: written without it, `url` and `(` would join.
        if self.skip_comments() {
            return Some(Token::Space);
        }
        for mark in ["<!--", "-->"] {
            if let Some(rest) = self.rest.strip_prefix(mark) {
                self.rest = rest;
                return Some(Token::Space);
            }
        }
        let c = self.peek()?;
        if is_space(c) {
            self.skip_space();
            return Some(Token::Space);
        }
        if (c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))
            && let Some(number) = self.number()
        {
            return Some(number);
        }
        if self.starts_name() {
            return Some(self.word());
        }
        self.bump();
        Some(match c {
            '@' if self.starts_name() => Token::At(self.name()),
            '#' => Token::Hash(self.name()),
            '"' | '\'' => self.text(c),
            '(' | '[' | '{' => Token::Open(c),
            ')' | ']' | '}' => Token::Close(c),
            c => Token::Delim(c),
        })
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_a_url() {
        for css in [
            "url(http://x/)",
            "URL( 'http://x/' )",
            "\\75rl(http://x/)",
            "\\000075\\72 l(\"http://x/\")",
            "u\\72l(http://x/)",
            "url(http:\\2f/x/)",
            "url(\"http://x\\2f\")",
            "url(http://x/",
        ] {
            assert_eq!(Tokens::new(css).collect::<Vec<_>>(), [Token::Url("http://x/".to_owned())], "{css}");
        }
        let ident = |name: &str| Token::Ident(name.to_owned());
        let split: Vec<Token> = Tokens::new("ur/**/l(x)").collect();
        assert_eq!(
            split,
            [ident("ur"), Token::Space, Token::Function("l".to_owned()), ident("x"), Token::Close(')')]
        );
    }

    #[test]
    fn tokens_of_values() {
        let text = |text: &str| Token::Text(text.to_owned());
        let number = |n: &str, unit: &str| Token::Number(n.to_owned(), unit.to_owned());
        for (css, tokens) in [
            ("-1.5em+.2%", vec![number("-1.5", "em"), number("+.2", "%")]),
            ("#fff!", vec![Token::Hash("fff".to_owned()), Token::Delim('!')]),
            ("'a\\'b' \"c", vec![text("a'b"), Token::Space, text("c")]),
            ("'a\nb", vec![Token::Delim('\u{fffd}'), Token::Space, Token::Ident("b".to_owned())]),
            ("@media/*", vec![Token::At("media".to_owned()), Token::Space]),
            ("<!-- -->.", vec![Token::Space, Token::Space, Token::Space, Token::Delim('.')]),
            ("\\", vec![Token::Delim('\\')]),
            ("--x", vec![Token::Ident("--x".to_owned())]),
        ] {
            assert_eq!(Tokens::new(css).collect::<Vec<_>>(), tokens, "{css}");
        }
    }
}
