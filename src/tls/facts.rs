//! What a certificate of somebody else says of itself, for people who look at a chain.

use mox_clock::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

use crate::{cert, fingerprint, spki_sha256};

/// Most names that are kept.
const MAX_NAMES: usize = 100;

/// Facts about a certificate. None of them is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Distinguished name of whom it is for.
    pub subject: String,
    /// Distinguished name of who signed it.
    pub issuer: String,
    /// DNS names in lower case and IP addresses, at most a hundred.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// Kind and size of the key: `rsa-2048`, `ec-256`; `other` for what has no such size.
    pub key: String,
    /// SHA-256 of the whole certificate.
    pub sha256: [u8; 32],
    /// SHA-256 of the public key (subject public key info): what TLSA `3 1 1` records hold.
    pub spki_sha256: [u8; 32],
}

impl Facts {
    /// Reads a DER certificate; none where it cannot be parsed.
    pub fn of(der: &[u8]) -> Option<Facts> {
        let (_, x509) = X509Certificate::from_der(der).ok()?;
        let time = |time: x509_parser::time::ASN1Time| Timestamp::from_secs(time.timestamp());
        let mut names = cert::names(&x509);
        names.truncate(MAX_NAMES);
        Some(Facts {
            subject: x509.subject().to_string(),
            issuer: x509.issuer().to_string(),
            names,
            not_before: time(x509.validity().not_before),
            not_after: time(x509.validity().not_after),
            key: match x509.public_key().parsed() {
                Ok(PublicKey::RSA(key)) => format!("rsa-{}", key.key_size()),
                Ok(PublicKey::EC(key)) => format!("ec-{}", key.key_size()),
                _ => "other".to_owned(),
            },
            sha256: fingerprint(der),
            spki_sha256: spki_sha256(der)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Authority;

    #[test]
    fn what_a_certificate_says_of_itself() {
        let made = Authority::new().issue(&["MX.example.org", "192.0.2.1"]).unwrap();
        let facts = Facts::of(&made.chain()[0]).unwrap();
        assert_eq!(facts.names, made.names());
        assert_eq!((facts.not_before, facts.not_after), (made.not_before(), made.not_after()));
        assert_eq!((facts.sha256, facts.spki_sha256), (made.sha256(), made.spki_sha256()));
        assert_eq!(facts.key, "ec-256");
        assert_ne!(facts.subject, facts.issuer);
        assert_eq!(Facts::of(b"0"), None);
    }
}
