//! Certificates with their keys: load, generate, and what they say.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Day, Timestamp};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

use crate::{Error, provider};

/// Most certificates read from one chain.
pub const MAX_CHAIN: usize = 16;

/// A certificate chain with its private key.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(crate) key: Arc<CertifiedKey>,
    pub(crate) private: Arc<PrivateKeyDer<'static>>,
    names: Vec<String>,
    not_before: Timestamp,
    not_after: Timestamp,
    spki_sha256: [u8; 32],
    sha256: [u8; 32],
}

impl Certificate {
    /// Reads a PEM chain, own certificate first, and its PEM private key (PKCS#8, SEC1 or PKCS#1).
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Certificate, Error> {
        let pem = |what| move |e: rustls_pki_types::pem::Error| Error::Pem { what, reason: e.to_string() };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .take(MAX_CHAIN)
            .collect::<Result<_, _>>()
            .map_err(pem("certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| match e {
            rustls_pki_types::pem::Error::NoItemsFound => Error::Missing("private key"),
            e => pem("private key")(e),
        })?;
        Certificate::from_der(chain, key)
    }

    /// From a chain, own certificate first, and its private key.
    pub fn from_der(
        chain: Vec<CertificateDer<'static>>,
        private: PrivateKeyDer<'static>,
    ) -> Result<Certificate, Error> {
        let own = chain.first().ok_or(Error::Missing("certificate"))?;
        let bad = |e: &dyn std::fmt::Display| Error::Certificate(e.to_string());
        let (_, x509) = X509Certificate::from_der(own).map_err(|e| bad(&e))?;
        let validity = x509.validity();
        let (names, not_before, not_after) = (
            names(&x509),
            Timestamp::from_secs(validity.not_before.timestamp()),
            Timestamp::from_secs(validity.not_after.timestamp()),
        );
        let (spki_sha256, sha256) = (digest(x509.public_key().raw), fingerprint(own));
        let key = CertifiedKey::from_der(chain, private.clone_key(), &provider()).map_err(Error::Key)?;
        Ok(Certificate {
            key: Arc::new(key),
            private: Arc::new(private),
            names,
            not_before,
            not_after,
            spki_sha256,
            sha256,
        })
    }

    /// DNS names in lower case (wildcards as `*.example.org`) and IP addresses of the subject alternative names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Valid from.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Valid until.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// SHA-256 of the subject public key info: what TLSA `3 1 1` records hold.
    pub fn spki_sha256(&self) -> [u8; 32] {
        self.spki_sha256
    }

    /// SHA-256 of the whole certificate.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// What its issuer is asked with about its renewal: the key identifier of the issuer's key and the serial number,
    /// both as bytes of DER; none where it does not name the key. RFC 9773 §4.1.
    pub fn issuer_key_and_serial(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (_, x509) = X509Certificate::from_der(self.key.cert.first()?).ok()?;
        let key = x509.extensions().iter().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(issuer) => issuer.key_identifier.as_ref(),
            _ => None,
        })?;
        Some((key.0.to_vec(), x509.raw_serial().to_vec()))
    }

    /// The certificate and the means to sign with its key, as handshakes want them.
    pub fn certified(&self) -> Arc<CertifiedKey> {
        self.key.clone()
    }

    /// The chain, own certificate first, as DER.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.key.cert
    }
}

/// SHA-256 of the subject public key info of the first certificate in PEM: what a TLS client key is known by.
pub fn client_key(pem: &[u8]) -> Result<[u8; 32], Error> {
    let der = CertificateDer::from_pem_slice(pem).map_err(|e| match e {
        rustls_pki_types::pem::Error::NoItemsFound => Error::Missing("certificate"),
        e => Error::Pem { what: "certificate", reason: e.to_string() },
    })?;
    spki_sha256(&der).ok_or_else(|| Error::Certificate("not X.509".to_owned()))
}

/// SHA-256 of a DER certificate.
pub fn fingerprint(der: &[u8]) -> [u8; 32] {
    digest(der)
}

/// SHA-256 of the subject public key info in a DER certificate; none where it cannot be parsed.
pub fn spki_sha256(der: &[u8]) -> Option<[u8; 32]> {
    let (_, x509) = X509Certificate::from_der(der).ok()?;
    Some(digest(x509.public_key().raw))
}

pub(crate) fn digest(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    for (to, from) in
        sum.iter_mut().zip(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
    {
        *to = *from;
    }
    sum
}

pub(crate) fn names(x509: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(san)) = x509.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
        },
        _ => None,
    };
    san.value.general_names.iter().filter_map(name).collect()
}

/// A new certificate and its key, both as PEM.
pub struct SelfSigned {
    /// The certificate.
    pub cert_pem: String,
    /// The private key, PKCS#8: keep it private.
    pub key_pem: String,
}

/// Makes a self-signed ECDSA P-256 certificate for DNS names and IP addresses, valid from the day before `now`
/// (clocks differ) until the day on which `now + lifetime` falls.
pub fn self_signed(names: &[&str], now: Timestamp, lifetime: Duration) -> Result<SelfSigned, Error> {
    let bad = |e: rcgen::Error| Error::Generate(e.to_string());
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(bad)?;
    let params = parameters(names, now, lifetime)?;
    let cert = params.self_signed(&key).map_err(bad)?;
    Ok(SelfSigned { cert_pem: cert.pem(), key_pem: key.serialize_pem() })
}

/// Makes an Ed25519 key for a TLS client, with a self-signed certificate that has it. Nobody looks at the names and
/// dates of such a certificate: the key is what counts.
pub fn client_certificate(name: &str, now: Timestamp) -> Result<SelfSigned, Error> {
    let bad = |e: rcgen::Error| Error::Generate(e.to_string());
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(bad)?;
    let mut params = parameters(&[], now, CLIENT_LIFETIME)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let cert = params.self_signed(&key).map_err(bad)?;
    Ok(SelfSigned { cert_pem: cert.pem(), key_pem: key.serialize_pem() })
}

/// Lifetime of certificates of clients: longer than the key is used.
const CLIENT_LIFETIME: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What self-signed and issued certificates have in common.
pub(crate) fn parameters(
    names: &[&str],
    now: Timestamp,
    lifetime: Duration,
) -> Result<rcgen::CertificateParams, Error> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let common = names.first().cloned().unwrap_or_default();
    let mut params = rcgen::CertificateParams::new(names).map_err(|e| Error::Generate(e.to_string()))?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, common);
    let ((year, month, day), until) = (civil(now.day().previous()), civil(now.plus(lifetime).day()));
    params.not_before = rcgen::date_time_ymd(year, month, day);
    params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
    params.extended_key_usages =
        vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth, rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// Year, month and day as rcgen takes them, kept within what X.509 can say.
fn civil(day: Day) -> (i32, u8, u8) {
    let (year, month, day) = day.civil();
    match (i32::try_from(year), u8::try_from(month), u8::try_from(day)) {
        (Ok(year @ 1970..=9999), Ok(month), Ok(day)) => (year, month, day),
        (Ok(..1970), ..) => (1970, 1, 1),
        _ => (9999, 12, 31),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 86_400);

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn self_signed_round_trip() {
        let made = self_signed(
            &["localhost", "MX.example.org", "127.0.0.1", "::1"],
            at("2026-11-22T10:00:00Z"),
            YEAR,
        )
        .unwrap();
        let cert = Certificate::from_pem(made.cert_pem.as_bytes(), made.key_pem.as_bytes()).unwrap();
        assert_eq!(cert.names(), ["localhost", "mx.example.org", "127.0.0.1", "::1"]);
        assert_eq!((cert.not_before(), cert.not_after()), (at("2026-11-21"), at("2027-11-22")));
        assert_eq!(cert.chain().len(), 1);
        let own = cert.chain().first().unwrap();
        assert_eq!(spki_sha256(own), Some(cert.spki_sha256()));
        assert_eq!(fingerprint(own), cert.sha256());
        assert_ne!(cert.sha256(), cert.spki_sha256());
    }

    #[test]
    fn bad_files_are_told_apart() {
        let a = self_signed(&["a"], at("2026-11-22"), YEAR).unwrap();
        let b = self_signed(&["b"], at("2026-11-22"), YEAR).unwrap();
        let load =
            |cert: &str, key: &str| Certificate::from_pem(cert.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(matches!(load("", &a.key_pem), Error::Missing("certificate")));
        assert!(matches!(load(&a.cert_pem, ""), Error::Missing("private key")));
        assert!(matches!(load(&a.cert_pem, &b.key_pem), Error::Key(_)));
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(load(garbage, &a.key_pem), Error::Certificate(_)));
        let cut = a.cert_pem.get(..a.cert_pem.len() / 2).unwrap();
        assert!(matches!(load(cut, &a.key_pem), Error::Pem { what: "certificate", .. }));
        assert!(matches!(self_signed(&["né"], at("2026-11-22"), YEAR), Err(Error::Generate(_))));
    }

    #[test]
    fn dates_stay_in_range() {
        for (secs, want) in [(-1, (1970, 1, 1)), (0, (1970, 1, 1)), (i64::MAX / 1_000_000, (9999, 12, 31))] {
            assert_eq!(civil(Timestamp::from_secs(secs).day()), want);
        }
    }
}
