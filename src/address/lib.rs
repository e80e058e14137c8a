//! Who and where: domains, localparts, addresses and paths, as values that are always valid.
//!
//! A `Domain` is kept as its lower-case A-label form (what goes on the wire) with its U-label form
//! beside it; a `Localpart` is kept unquoted. `FromStr` and `Display` are inverse for every type here.
//! RFC 5321 §4.1.2, §4.1.3, RFC 5890, RFC 6531 §3.3.

mod domain;
mod ipdomain;
mod localpart;
mod path;

pub use domain::Domain;
pub use ipdomain::IpDomain;
pub use localpart::Localpart;
pub use path::{Address, Path, ReversePath};

/// Why a text is not a domain, a localpart or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Nothing where a name was expected.
    Empty,
    /// Longer than DNS or SMTP allow (domain 253 octets, label 63, localpart 64, path 254).
    TooLong,
    /// The domain breaks host name or IDNA rules.
    BadDomain,
    /// The localpart is neither a dot-string nor a quoted string.
    BadLocalpart,
    /// An address literal such as `[192.0.2.1]` that holds no address.
    BadAddressLiteral,
    /// No `@` between localpart and domain.
    MissingAt,
    /// Something follows where the text should end.
    TrailingText,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Error::Empty => "empty name",
            Error::TooLong => "name too long",
            Error::BadDomain => "not a valid domain name",
            Error::BadLocalpart => "not a valid localpart",
            Error::BadAddressLiteral => "not a valid address literal",
            Error::MissingAt => "no @ in address",
            Error::TrailingText => "text after the address",
        })
    }
}

impl std::error::Error for Error {}

/// Serializes a type through `Display` and deserializes it through `FromStr`.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
