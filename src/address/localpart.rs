//! The part before the `@`, kept unquoted: `"a b"@example.org` has the localpart `a b`.
//!
//! Invariants: not empty, at most 64 octets, no control characters. RFC 5321 §4.1.2, §4.5.3.1.1, RFC 6531 §3.3.

use std::fmt;
use std::str::FromStr;

use crate::{Error, serde_as_text};

/// A localpart. Equality is exact: whether case or a suffix after a separator matters is the domain owner's
/// choice, see [`Localpart::canonical`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Localpart(Box<str>);

impl Localpart {
    /// Longest localpart in octets (RFC 5321 §4.5.3.1.1).
    pub const MAX: usize = 64;

    /// Takes the unquoted text as it is.
    pub fn from_unquoted(text: &str) -> Result<Localpart, Error> {
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if text.len() > Self::MAX {
            return Err(Error::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(Error::BadLocalpart);
        }
        Ok(Localpart(text.into()))
    }

    /// The text without quoting.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether SMTP can carry it without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// The form under which an address is looked up: lower case unless `case_sensitive`, cut before the first
    /// of `separators` (never to nothing).
    pub fn canonical(&self, case_sensitive: bool, separators: &[&str]) -> Localpart {
        let cut = separators
            .iter()
            .filter(|s| !s.is_empty())
            .filter_map(|s| self.0.find(s))
            .filter(|at| *at > 0)
            .min();
        let text = cut.and_then(|at| self.0.get(..at)).unwrap_or(&self.0);
        if case_sensitive { Localpart(text.into()) } else { Localpart(text.to_lowercase().into()) }
    }

    /// Splits a dot-string or a quoted string off the front of `text`; the rest is what follows it.
    pub fn take(text: &str) -> Result<(Localpart, &str), Error> {
        match text.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted),
            None => {
                let end = text.find(|c| !(is_atext(c) || c == '.')).unwrap_or(text.len());
                let (head, rest) = text.split_at(end);
                if head.split('.').any(str::is_empty) {
                    return Err(if head.is_empty() { Error::Empty } else { Error::BadLocalpart });
                }
                Ok((Localpart::from_unquoted(head)?, rest))
            }
        }
    }
}

fn take_quoted(text: &str) -> Result<(Localpart, &str), Error> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let rest = text.get(at + 1..).unwrap_or_default();
                return Ok((Localpart::from_unquoted(&value)?, rest));
            }
            '\\' => match chars.next() {
                Some((_, c)) if c == ' ' || c.is_ascii_graphic() => value.push(c),
                _ => return Err(Error::BadLocalpart),
            },
            c if c == ' ' || !c.is_control() => value.push(c),
            _ => return Err(Error::BadLocalpart),
        }
    }
    Err(Error::BadLocalpart)
}

/// atext of RFC 5322 §3.2.3, with UTF-8 as RFC 6531 §3.3 adds it.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

impl fmt::Display for Localpart {
    /// Writes a dot-string where possible, else a quoted string.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext)) {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if c == '"' || c == '\\' {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}

impl fmt::Debug for Localpart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Localpart({self})")
    }
}

impl FromStr for Localpart {
    type Err = Error;
    fn from_str(text: &str) -> Result<Localpart, Error> {
        let (localpart, rest) = Localpart::take(text)?;
        if rest.is_empty() { Ok(localpart) } else { Err(Error::TrailingText) }
    }
}

serde_as_text!(Localpart);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_round_trips() {
        let cases = [
            ("a.b", "a.b", "a.b"),
            ("\"a b\"", "a b", "\"a b\""),
            ("\"a\\\"b\\\\\"", "a\"b\\", "\"a\\\"b\\\\\""),
            ("\"plain\"", "plain", "plain"),
            ("\"..\"", "..", "\"..\""),
            ("jürgen", "jürgen", "jürgen"),
        ];
        for (input, value, output) in cases {
            let localpart: Localpart = input.parse().unwrap();
            assert_eq!(localpart.as_str(), value);
            assert_eq!(localpart.to_string(), output);
        }
    }

    #[test]
    fn what_is_no_localpart() {
        let long = "a".repeat(65);
        for bad in ["", ".a", "a.", "a..b", "a b", "\"a", "\"a\u{7}\"", "\"\"", "a\"b\"", &long] {
            assert!(bad.parse::<Localpart>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn canonical_form() {
        let l: Localpart = "Bob+News-x".parse().unwrap();
        assert_eq!(l.canonical(false, &["+", "-"]).as_str(), "bob");
        assert_eq!(l.canonical(true, &["-"]).as_str(), "Bob+News");
        assert_eq!("+x".parse::<Localpart>().unwrap().canonical(false, &["+"]).as_str(), "+x");
    }
}
