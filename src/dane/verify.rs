//! Which records count for SMTP, whether one matches a certificate, and records made of certificates and keys.
//!
//! RFC 6698 §2.1, RFC 7671 §9 (of several digests the strongest), RFC 7672 §3.1 (only DANE-TA and DANE-EE for SMTP).

use mox_tls::{PublicPart, fingerprint, is_spki, sha512, spki};

use crate::{Matching, Record, Selector, Usage};

/// Why a record cannot be used for SMTP. One such record beside others changes nothing; when all of a host are so, TLS
/// is still a must, but nothing is verified by them (RFC 7672 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// PKIX-TA or PKIX-EE: there are no CAs that all mail hosts agree on.
    #[error("certificate usage {0} is not for SMTP")]
    PkixUsage(Usage),
    /// Not assigned.
    #[error("certificate usage {0} is not known")]
    Usage(u8),
    /// Not assigned.
    #[error("selector {0} is not known")]
    Selector(u8),
    /// Not assigned.
    #[error("matching type {0} is not known")]
    Matching(u8),
    /// The data is no digest of this kind.
    #[error("{length} bytes of data for {matching}, which has {expected}")]
    Length {
        /// What it should be.
        matching: Matching,
        /// How long that is, in bytes.
        expected: usize,
        /// How long the data is.
        length: usize,
    },
    /// The data is neither a certificate nor a public key in DER.
    #[error("the data is not a {0} in DER")]
    Der(Selector),
}

/// Why no record can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MakeError {
    /// The whole certificate is wanted, and there is only a key.
    #[error("selector cert needs a certificate, not a key alone")]
    NoCertificate,
    /// Not assigned.
    #[error("selector {0} is not known")]
    Selector(u8),
    /// Not assigned.
    #[error("matching type {0} is not known")]
    Matching(u8),
    /// Not assigned.
    #[error("certificate usage {0} is not known")]
    Usage(u8),
}

impl Record {
    /// Makes the record for a certificate or key.
    pub fn make(
        usage: Usage,
        selector: Selector,
        matching: Matching,
        of: &PublicPart,
    ) -> Result<Record, MakeError> {
        if let Usage::Other(number) = usage {
            return Err(MakeError::Usage(number));
        }
        let content = match selector {
            Selector::Cert => of.certificate.as_deref().ok_or(MakeError::NoCertificate)?,
            Selector::Spki => &of.spki,
            Selector::Other(number) => return Err(MakeError::Selector(number)),
        };
        let data = compared(matching, content).ok_or(MakeError::Matching(matching.number()))?;
        Ok(Record { usage, selector, matching, data })
    }

    /// Whether it counts for SMTP.
    pub fn check(&self) -> Result<(), Unusable> {
        match self.usage {
            Usage::DaneTa | Usage::DaneEe => {}
            Usage::Other(number) => return Err(Unusable::Usage(number)),
            pkix => return Err(Unusable::PkixUsage(pkix)),
        }
        if let Selector::Other(number) = self.selector {
            return Err(Unusable::Selector(number));
        }
        let expected = match self.matching {
            Matching::Sha256 => 32,
            Matching::Sha512 => 64,
            Matching::Other(number) => return Err(Unusable::Matching(number)),
            Matching::Full => {
                let good = match self.selector {
                    Selector::Cert => spki(&self.data).is_some(),
                    _ => is_spki(&self.data),
                };
                return if good { Ok(()) } else { Err(Unusable::Der(self.selector)) };
            }
        };
        let (length, matching) = (self.data.len(), self.matching);
        if length == expected { Ok(()) } else { Err(Unusable::Length { matching, expected, length }) }
    }

    /// Whether a DER certificate is the one that it is about. What its usage demands besides is another matter.
    pub fn matches(&self, certificate: &[u8]) -> bool {
        let content = match self.selector {
            Selector::Cert => compared(self.matching, certificate),
            Selector::Spki => spki(certificate).and_then(|spki| compared(self.matching, &spki)),
            Selector::Other(_) => None,
        };
        content.is_some_and(|content| content == self.data)
    }
}

/// What a record with this matching type holds of the content.
fn compared(matching: Matching, content: &[u8]) -> Option<Vec<u8>> {
    match matching {
        Matching::Full => Some(content.to_vec()),
        Matching::Sha256 => Some(fingerprint(content).to_vec()),
        Matching::Sha512 => Some(sha512(content).to_vec()),
        Matching::Other(_) => None,
    }
}

/// The records that count for SMTP: usable ones, and for each usage and selector those with the strongest digest
/// beside those with full data.
pub fn usable(records: &[Record]) -> Vec<&Record> {
    let good: Vec<&Record> = records.iter().filter(|record| record.check().is_ok()).collect();
    let strongest = |record: &Record| {
        let alike =
            good.iter().filter(|other| (other.usage, other.selector) == (record.usage, record.selector));
        alike.map(|other| other.matching.number()).max()
    };
    let counts = |record: &Record| {
        record.matching == Matching::Full || Some(record.matching.number()) == strongest(record)
    };
    good.iter().copied().filter(|record| counts(record)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_tls::self_signed;
    use std::time::Duration;

    fn part(name: &str) -> PublicPart {
        let made = self_signed(&[name], Timestamp::from_secs(0), Duration::from_secs(1)).unwrap();
        PublicPart::from_pem(made.cert_pem.as_bytes()).unwrap()
    }

    #[test]
    fn records_made_of_a_certificate_match_it_and_no_other() {
        let (one, other) = (part("a.example"), part("b.example"));
        for usage in [Usage::PkixTa, Usage::PkixEe, Usage::DaneTa, Usage::DaneEe] {
            for selector in [Selector::Cert, Selector::Spki] {
                for matching in [Matching::Full, Matching::Sha256, Matching::Sha512] {
                    let record = Record::make(usage, selector, matching, &one).unwrap();
                    assert!(record.matches(one.certificate.as_ref().unwrap()), "{record}");
                    assert!(!record.matches(other.certificate.as_ref().unwrap()), "{record}");
                    assert!(!record.matches(b"") && !record.matches(b"\x30\x00"));
                    assert_eq!(record.check().is_ok(), matches!(usage, Usage::DaneTa | Usage::DaneEe));
                    assert_eq!(record.to_string().parse::<Record>().unwrap(), record);
                }
            }
        }
        let made = Record::make(Usage::DaneEe, Selector::Spki, Matching::Sha256, &one).unwrap();
        assert_eq!(
            Some(made.data.as_slice()),
            one.certificate.as_deref().and_then(mox_tls::spki_sha256).as_ref().map(<[u8; 32]>::as_slice)
        );
    }

    #[test]
    fn a_key_alone_makes_records_about_keys() {
        let key = PublicPart { certificate: None, ..part("a.example") };
        let make = |usage, selector, matching| Record::make(usage, selector, matching, &key);
        assert!(make(Usage::DaneEe, Selector::Spki, Matching::Sha512).is_ok());
        assert_eq!(make(Usage::DaneEe, Selector::Cert, Matching::Full), Err(MakeError::NoCertificate));
        assert_eq!(make(Usage::DaneEe, Selector::Other(2), Matching::Full), Err(MakeError::Selector(2)));
        assert_eq!(make(Usage::DaneEe, Selector::Spki, Matching::Other(3)), Err(MakeError::Matching(3)));
        assert_eq!(make(Usage::Other(4), Selector::Spki, Matching::Full), Err(MakeError::Usage(4)));
    }

    #[test]
    fn which_records_count() {
        let digest = "00".repeat(32);
        for (text, wrong) in [
            (format!("3 1 1 {digest}"), None),
            (format!("2 0 1 {digest}"), None),
            (format!("3 1 2 {digest}{digest}"), None),
            (format!("0 1 1 {digest}"), Some(Unusable::PkixUsage(Usage::PkixTa))),
            (format!("1 0 2 {digest}{digest}"), Some(Unusable::PkixUsage(Usage::PkixEe))),
            (format!("4 1 1 {digest}"), Some(Unusable::Usage(4))),
            (format!("3 2 1 {digest}"), Some(Unusable::Selector(2))),
            (format!("3 1 3 {digest}"), Some(Unusable::Matching(3))),
            (
                "3 1 1 00".to_owned(),
                Some(Unusable::Length { matching: Matching::Sha256, expected: 32, length: 1 }),
            ),
            (
                format!("3 1 2 {digest}"),
                Some(Unusable::Length { matching: Matching::Sha512, expected: 64, length: 32 }),
            ),
            (format!("3 0 0 {digest}"), Some(Unusable::Der(Selector::Cert))),
            (format!("3 1 0 {digest}"), Some(Unusable::Der(Selector::Spki))),
        ] {
            assert_eq!(text.parse::<Record>().unwrap().check().err(), wrong, "{text}");
        }
    }

    #[test]
    fn the_strongest_digest_counts_for_each_usage_and_selector() {
        let one = part("a.example");
        let make = |usage, selector, matching| Record::make(usage, selector, matching, &one).unwrap();
        let records = [
            make(Usage::DaneEe, Selector::Spki, Matching::Sha256),
            make(Usage::DaneEe, Selector::Spki, Matching::Sha512),
            make(Usage::DaneEe, Selector::Spki, Matching::Full),
            make(Usage::DaneEe, Selector::Cert, Matching::Sha256),
            make(Usage::DaneTa, Selector::Cert, Matching::Full),
            make(Usage::PkixEe, Selector::Cert, Matching::Sha512),
        ];
        let expected: Vec<&Record> = records[1..5].iter().collect();
        assert_eq!(usable(&records), expected);
        assert!(usable(&records[5..]).is_empty());
    }
}
