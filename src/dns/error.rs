//! Why a lookup gave no records: there are none, nobody answered, or the answer was forged.

use std::fmt;
use std::time::Duration;

/// A lookup without records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name does not exist.
    #[error("no such name")]
    NxDomain {
        /// Whether DNSSEC proves it.
        authentic: bool,
        /// How long that may be kept.
        ttl: Duration,
    },
    /// The name exists, but has no records of the type.
    #[error("no records of this type")]
    NoData {
        /// Whether DNSSEC proves it.
        authentic: bool,
        /// How long that may be kept.
        ttl: Duration,
    },
    /// No usable answer now: timeout, server failure, refusal.
    #[error("temporary dns failure: {reason}")]
    Temporary {
        /// What went wrong.
        reason: String,
    },
    /// DNSSEC says the answer is not the zone owner's: it must not be used, nor taken for "no records".
    #[error("dnssec validation failed{}", .extended.as_ref().map(|e| format!(": {e}")).unwrap_or_default())]
    Bogus {
        /// What the validator said.
        extended: Option<ExtendedError>,
    },
    /// A file of trust anchors is wrong.
    #[error("trust anchors: {0}")]
    BadAnchor(String),
    /// The text is not a name DNS can carry.
    #[error("not a dns name: {0:?}")]
    BadName(String),
}

impl Error {
    /// A temporary failure with a reason.
    pub fn temporary(reason: impl Into<String>) -> Error {
        Error::Temporary { reason: reason.into() }
    }

    /// Whether asking later may help. A bogus answer counts: owners mend their zones.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Error::Temporary { .. } | Error::Bogus { .. })
    }

    /// Whether it is known that there are no records (of this type, or at all).
    pub fn is_no_records(&self) -> bool {
        matches!(self, Error::NxDomain { .. } | Error::NoData { .. })
    }

    /// Whether DNSSEC proves that there are no records.
    pub fn is_authentic(&self) -> bool {
        matches!(self, Error::NxDomain { authentic: true, .. } | Error::NoData { authentic: true, .. })
    }
}

/// An extended DNS error (RFC 8914).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedError {
    /// The registered code.
    pub code: u16,
    /// Text of the server, for people; control characters removed.
    pub text: String,
}

impl ExtendedError {
    /// Longest text kept, in bytes.
    pub const MAX_TEXT: usize = 200;

    /// Parses the content of EDNS option 15.
    pub fn parse(option: &[u8]) -> Option<ExtendedError> {
        let (code, text) = option.split_first_chunk::<2>()?;
        let text = text.get(..text.len().min(Self::MAX_TEXT)).unwrap_or_default();
        let text = String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).collect();
        Some(ExtendedError { code: u16::from_be_bytes(*code), text })
    }

    /// Whether it says that DNSSEC validation failed.
    pub fn is_dnssec(&self) -> bool {
        matches!(self.code, 1 | 2 | 5..=12 | 25 | 27)
    }

    /// The registered meaning, in lower case with dashes: `dnssec-bogus`.
    pub fn name(&self) -> &'static str {
        match self.code {
            1 => "unsupported-dnskey-algorithm",
            2 => "unsupported-ds-digest-type",
            3 => "stale-answer",
            5 => "dnssec-indeterminate",
            6 => "dnssec-bogus",
            7 => "signature-expired",
            8 => "signature-not-yet-valid",
            9 => "dnskey-missing",
            10 => "rrsigs-missing",
            11 => "no-zone-key-bit-set",
            12 => "nsec-missing",
            15 => "blocked",
            16 => "censored",
            17 => "filtered",
            18 => "prohibited",
            20 => "not-authoritative",
            22 => "no-reachable-authority",
            23 => "network-error",
            25 => "signature-expired-before-valid",
            27 => "unsupported-nsec3-iterations-value",
            _ => "other-error",
        }
    }
}

impl fmt::Display for ExtendedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "extended error {} {}", self.code, self.name())?;
        if self.text.is_empty() { Ok(()) } else { write!(f, " ({})", self.text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_errors_are_bounded_text() {
        let parsed = ExtendedError::parse(b"\0\x06no\r\nSEP").unwrap();
        assert_eq!(parsed, ExtendedError { code: 6, text: "noSEP".to_owned() });
        assert!(parsed.is_dnssec());
        assert_eq!(
            Error::Bogus { extended: Some(parsed) }.to_string(),
            "dnssec validation failed: extended error 6 dnssec-bogus (noSEP)"
        );
        let long = [b"\0\x16".as_slice(), &[b'x'; 1000]].concat();
        assert_eq!(ExtendedError::parse(&long).unwrap().text.len(), ExtendedError::MAX_TEXT);
        assert!(!ExtendedError::parse(b"\0\x16").unwrap().is_dnssec());
        assert_eq!(ExtendedError::parse(b"\0"), None);
    }
}
