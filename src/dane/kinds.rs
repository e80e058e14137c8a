//! The three numbers of a TLSA record and their names. RFC 6698 §2.1, RFC 7218.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A text that is neither a name nor a number of the registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}: {known}")]
pub struct UnknownKind {
    /// What was given.
    pub text: String,
    /// What it should be.
    pub what: &'static str,
    /// What could be said instead.
    pub known: &'static str,
}

/// How a certificate is bound to the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// 0: a CA that must be in a chain that verifies.
    PkixTa,
    /// 1: the host's certificate, which must verify, too.
    PkixEe,
    /// 2: a trust anchor for the chain.
    DaneTa,
    /// 3: the host's certificate or key itself; its names, dates and chain mean nothing.
    DaneEe,
    /// Not assigned, or private.
    Other(u8),
}

/// Which part of the certificate the record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selector {
    /// 0: all of it.
    Cert,
    /// 1: its public key (subject public key info).
    Spki,
    /// Not assigned, or private.
    Other(u8),
}

/// How the part is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matching {
    /// 0: byte by byte.
    Full,
    /// 1: by SHA-256.
    Sha256,
    /// 2: by SHA-512.
    Sha512,
    /// Not assigned, or private.
    Other(u8),
}

macro_rules! kind {
    ($type:ident, $what:literal, $known:literal, $(($variant:ident, $number:literal, $name:literal $(, $alias:literal)?)),+) => {
        impl $type {
            /// The number in the record.
            pub fn number(self) -> u8 {
                match self {
                    $($type::$variant => $number,)+
                    $type::Other(number) => number,
                }
            }
        }

        impl From<u8> for $type {
            fn from(number: u8) -> $type {
                match number {
                    $($number => $type::$variant,)+
                    other => $type::Other(other),
                }
            }
        }

        impl FromStr for $type {
            type Err = UnknownKind;
            /// By name, in any case, or by number; a number that is not assigned is no error.
            fn from_str(text: &str) -> Result<$type, UnknownKind> {
                match text.to_ascii_lowercase().as_str() {
                    $($name $(| $alias)? => Ok($type::$variant),)+
                    number if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
                        number.parse::<u8>().map($type::from).map_err(|_| unknown(text, $what, $known))
                    }
                    _ => Err(unknown(text, $what, $known)),
                }
            }
        }

        impl fmt::Display for $type {
            /// The name; the number where it has none.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($type::$variant => f.pad($name),)+
                    $type::Other(number) => number.fmt(f),
                }
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
    };
}

fn unknown(text: &str, what: &'static str, known: &'static str) -> UnknownKind {
    UnknownKind { text: text.to_owned(), what, known }
}

kind!(
    Usage,
    "certificate usage",
    "0 pkix-ta, 1 pkix-ee, 2 dane-ta, 3 dane-ee",
    (PkixTa, 0, "pkix-ta"),
    (PkixEe, 1, "pkix-ee"),
    (DaneTa, 2, "dane-ta"),
    (DaneEe, 3, "dane-ee")
);
kind!(Selector, "selector", "0 cert, 1 spki", (Cert, 0, "cert"), (Spki, 1, "spki"));
kind!(
    Matching,
    "matching type",
    "0 full, 1 sha2-256, 2 sha2-512",
    (Full, 0, "full"),
    (Sha256, 1, "sha2-256", "sha256"),
    (Sha512, 2, "sha2-512", "sha512")
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for (text, kind) in [
            ("3", Usage::DaneEe),
            ("DANE-EE", Usage::DaneEe),
            ("dane-ta", Usage::DaneTa),
            ("PKIX-ta", Usage::PkixTa),
            ("1", Usage::PkixEe),
            ("255", Usage::Other(255)),
        ] {
            assert_eq!(text.parse::<Usage>().unwrap(), kind);
            assert_eq!(kind.to_string().parse::<Usage>().unwrap(), kind);
            assert_eq!(Usage::from(kind.number()), kind);
        }
        assert_eq!("SPKI".parse::<Selector>().unwrap(), Selector::Spki);
        for text in ["sha256", "SHA2-256", "1"] {
            assert_eq!(text.parse::<Matching>().unwrap(), Matching::Sha256);
        }
        for bad in ["", "256", "+1", "dane", "-1"] {
            assert!(bad.parse::<Usage>().is_err(), "{bad}");
        }
        let error = "md5".parse::<Matching>().unwrap_err().to_string();
        assert_eq!(error, "\"md5\" is not a matching type: 0 full, 1 sha2-256, 2 sha2-512");
    }
}
