//! A domain name in both its forms: A-labels for the wire, U-labels for people.
//!
//! Invariants: never empty, no trailing dot, lower case, every label 1 to 63 octets, at most 253 octets.
//! Underscores are allowed, because names such as `_dmarc.example.org` are domains to DNS.
//! RFC 5890, RFC 1035 §2.3.4, UTS 46 (non-transitional).

use std::fmt;
use std::str::FromStr;

use crate::{Error, serde_as_text};

/// A domain name. Ordering and equality are those of the A-label form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    /// Lower-case A-label, no trailing dot.
    ascii: Box<str>,
    /// U-label form where it differs.
    unicode: Option<Box<str>>,
}

impl Domain {
    /// Parses U-labels or A-labels, with or without a trailing dot.
    pub fn parse(text: &str) -> Result<Domain, Error> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(Error::Empty);
        }
        if plain(text) {
            return Domain::from_ascii(text.to_ascii_lowercase());
        }
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::EMPTY)
            .map_err(|_| Error::BadDomain)?
            .into_owned();
        let (unicode, valid) = idna::domain_to_unicode(&ascii);
        valid.map_err(|_| Error::BadDomain)?;
        let mut domain = Domain::from_ascii(ascii)?;
        if *unicode != *domain.ascii {
            domain.unicode = Some(unicode.into());
        }
        Ok(domain)
    }

    fn from_ascii(ascii: String) -> Result<Domain, Error> {
        if ascii.len() > 253 {
            return Err(Error::TooLong);
        }
        for label in ascii.split('.') {
            if label.is_empty() || label.starts_with('-') || label.ends_with('-') {
                return Err(Error::BadDomain);
            }
            if label.len() > 63 {
                return Err(Error::TooLong);
            }
            if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                return Err(Error::BadDomain);
            }
        }
        // A name whose last label is a number would be read as an IP address by others (WHATWG, RFC 3696 §2).
        if ascii.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Error::BadDomain);
        }
        Ok(Domain { ascii: ascii.into(), unicode: None })
    }

    /// The lower-case A-label form, no trailing dot: what DNS and SMTP carry.
    pub fn ascii(&self) -> &str {
        &self.ascii
    }

    /// The U-label form: what people read.
    pub fn unicode(&self) -> &str {
        self.unicode.as_deref().unwrap_or(&self.ascii)
    }

    /// The domain one label up; none for a single label.
    pub fn parent(&self) -> Option<Domain> {
        let cut = |text: &str| text.split_once('.').map(|(_, rest)| rest.to_owned());
        let ascii = cut(&self.ascii)?;
        let unicode = self.unicode.as_deref().and_then(cut).filter(|u| *u != ascii);
        Some(Domain { ascii: ascii.into(), unicode: unicode.map(Into::into) })
    }

    /// Whether this is `other` or below it.
    pub fn is_within(&self, other: &Domain) -> bool {
        match self.ascii.strip_suffix(&*other.ascii) {
            Some(head) => head.is_empty() || head.ends_with('.'),
            None => false,
        }
    }
}

/// Whether every label is plain ASCII without an A-label among them, so that IDNA has nothing to do.
fn plain(text: &str) -> bool {
    text.is_ascii()
        && !text.split('.').any(|l| l.len() >= 4 && l.as_bytes().get(2..4) == Some(b"--".as_slice()))
}

impl fmt::Display for Domain {
    /// Writes the A-label form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.ascii)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Domain({})", self.ascii)
    }
}

impl FromStr for Domain {
    type Err = Error;
    fn from_str(text: &str) -> Result<Domain, Error> {
        Domain::parse(text)
    }
}

serde_as_text!(Domain);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_name() {
        let cases = [
            ("Example.ORG.", "example.org", "example.org"),
            ("münchen.example", "xn--mnchen-3ya.example", "münchen.example"),
            ("XN--mnchen-3ya.example", "xn--mnchen-3ya.example", "münchen.example"),
            ("_dmarc.example.org", "_dmarc.example.org", "_dmarc.example.org"),
            ("localhost", "localhost", "localhost"),
        ];
        for (input, ascii, unicode) in cases {
            let domain = Domain::parse(input).unwrap();
            assert_eq!(domain.ascii(), ascii, "{input}");
            assert_eq!(domain.unicode(), unicode, "{input}");
            assert_eq!(Domain::parse(&domain.to_string()).unwrap(), domain, "{input}");
            assert_eq!(Domain::parse(domain.unicode()).unwrap(), domain, "{input}");
        }
    }

    #[test]
    fn what_is_no_domain() {
        let long_label = format!("{}.org", "a".repeat(64));
        let long = format!("{}org", "abcdefghi.".repeat(26));
        for bad in [
            "",
            ".",
            "a..b",
            "-a.org",
            "a-.org",
            "a b.org",
            "a@b",
            "192.0.2.1",
            "a/b",
            &long_label,
            &long,
            "xn--\u{1}.org",
        ] {
            assert!(Domain::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parent_and_within() {
        let sub = Domain::parse("a.münchen.example").unwrap();
        let parent = sub.parent().unwrap();
        assert_eq!(parent.unicode(), "münchen.example");
        assert!(sub.is_within(&parent) && sub.is_within(&sub) && !parent.is_within(&sub));
        assert!(!Domain::parse("xexample.org").unwrap().is_within(&Domain::parse("example.org").unwrap()));
    }
}
