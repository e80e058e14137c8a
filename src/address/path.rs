//! Addresses as people own them, and paths as SMTP carries them: `<a@example.org>`, `<>`, `<@route:a@b>`.
//! RFC 5321 §4.1.2; source routes are accepted and dropped (RFC 5321 §4.1.1.3, appendix C).

use std::fmt;
use std::str::FromStr;

use crate::{Domain, Error, IpDomain, Localpart, serde_as_text};

/// A mailbox address at a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Before the `@`, unquoted.
    pub localpart: Localpart,
    /// After the `@`.
    pub domain: Domain,
}

impl FromStr for Address {
    type Err = Error;
    fn from_str(text: &str) -> Result<Address, Error> {
        let (localpart, rest) = Localpart::take(text)?;
        let domain = Domain::parse(rest.strip_prefix('@').ok_or(Error::MissingAt)?)?;
        Ok(Address { localpart, domain })
    }
}

impl Address {
    /// The form for people: the domain in U-labels.
    pub fn unicode(&self) -> String {
        format!("{}@{}", self.localpart, self.domain.unicode())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.localpart, self.domain)
    }
}

serde_as_text!(Address);

/// A forward-path without its angle brackets: a mailbox at a domain or at an address literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// Before the `@`, unquoted.
    pub localpart: Localpart,
    /// Domain or address literal.
    pub domain: IpDomain,
}

/// A reverse-path: a path, or none for `<>`, the null reverse-path of bounces.
pub type ReversePath = Option<Path>;

impl Path {
    /// Longest path in octets, brackets not counted (RFC 5321 §4.5.3.1.3, erratum 1690).
    pub const MAX: usize = 254;

    /// The address, when the path does not lead to an address literal.
    pub fn address(&self) -> Option<Address> {
        let domain = self.domain.domain()?.clone();
        Some(Address { localpart: self.localpart.clone(), domain })
    }

    /// Whether SMTP can carry it without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.localpart.is_ascii()
    }
}

impl From<Address> for Path {
    fn from(a: Address) -> Path {
        Path { localpart: a.localpart, domain: IpDomain::Domain(a.domain) }
    }
}

impl FromStr for Path {
    type Err = Error;
    /// Parses the inside of the angle brackets; a source route before it is dropped.
    fn from_str(text: &str) -> Result<Path, Error> {
        let text = match text.strip_prefix('@') {
            Some(_) => text.split_once(':').map(|(_, rest)| rest).ok_or(Error::BadDomain)?,
            None => text,
        };
        if text.len() > Self::MAX {
            return Err(Error::TooLong);
        }
        let (localpart, rest) = Localpart::take(text)?;
        let domain = rest.strip_prefix('@').ok_or(Error::MissingAt)?.parse()?;
        let path = Path { localpart, domain };
        // A-labels are longer than the U-labels they came from.
        if path.to_string().len() > Self::MAX {
            return Err(Error::TooLong);
        }
        Ok(path)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.localpart, self.domain)
    }
}

serde_as_text!(Path);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_round_trip() {
        for good in ["a@example.org", "\"a b\"@example.org", "a@[192.0.2.1]"] {
            assert_eq!(good.parse::<Path>().unwrap().to_string(), good);
        }
        assert_eq!("@r.example,@s.example:a@b.example".parse::<Path>().unwrap().to_string(), "a@b.example");
        for bad in ["a", "a@", "@b", "a@b c", "a@b>c", "\"a\"b@c"] {
            assert!(bad.parse::<Path>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_length_counts_on_the_wire() {
        let localpart = "a".repeat(200);
        let domain = format!("{}.{}", "ü".repeat(10), "b".repeat(20));
        assert!(format!("{localpart}@{domain}").len() < Path::MAX);
        assert_eq!(format!("{localpart}@{domain}.example").parse::<Path>(), Err(Error::TooLong));
    }

    #[test]
    fn unicode_form_is_for_people() {
        let a: Address = "jürgen@münchen.example".parse().unwrap();
        assert_eq!(a.to_string(), "jürgen@xn--mnchen-3ya.example");
        assert_eq!(a.unicode(), "jürgen@münchen.example");
    }
}
