//! The public half of what stands in PEM files: a certificate, a public key, or the public key of a private one.
//!
//! RFC 5280 §4.1.2.7 (subject public key info).

use aws_lc_rs::digest::{SHA512, digest};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::{Error, provider};

/// What may be published of a certificate or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicPart {
    /// The certificate as DER, when the text has one.
    pub certificate: Option<Vec<u8>>,
    /// The subject public key info as DER.
    pub spki: Vec<u8>,
}

impl PublicPart {
    /// Reads PEM text: its first certificate, else its first public key, else the public key of its first private key
    /// (PKCS#8, SEC1 or PKCS#1).
    pub fn from_pem(text: &[u8]) -> Result<PublicPart, Error> {
        let bad = |what| move |e: pem::Error| Error::Pem { what, reason: e.to_string() };
        if let Some(der) = CertificateDer::pem_slice_iter(text).next() {
            let der = der.map_err(bad("certificate"))?;
            let spki = spki(&der).ok_or_else(|| Error::Certificate("not X.509".to_owned()))?;
            return Ok(PublicPart { certificate: Some(der.to_vec()), spki });
        }
        if let Some(der) = SubjectPublicKeyInfoDer::pem_slice_iter(text).next() {
            let der = der.map_err(bad("public key"))?;
            return match is_spki(&der) {
                true => Ok(PublicPart { certificate: None, spki: der.to_vec() }),
                false => Err(Error::Certificate("not a public key".to_owned())),
            };
        }
        let key = PrivateKeyDer::from_pem_slice(text).map_err(|e| match e {
            pem::Error::NoItemsFound => Error::Missing("certificate or key"),
            e => bad("private key")(e),
        })?;
        let key = provider().key_provider.load_private_key(key).map_err(Error::Key)?;
        let spki = key.public_key().ok_or(Error::Missing("public key"))?;
        Ok(PublicPart { certificate: None, spki: spki.to_vec() })
    }
}

/// The subject public key info in a DER certificate; none where it cannot be parsed.
pub fn spki(der: &[u8]) -> Option<Vec<u8>> {
    let (rest, x509) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then(|| x509.public_key().raw.to_vec())
}

/// Whether this is a subject public key info, and nothing more.
pub fn is_spki(der: &[u8]) -> bool {
    SubjectPublicKeyInfo::from_der(der).is_ok_and(|(rest, _)| rest.is_empty())
}

/// SHA-512 of bytes.
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    let mut sum = [0; 64];
    for (to, from) in sum.iter_mut().zip(digest(&SHA512, bytes).as_ref()) {
        *to = *from;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::self_signed;
    use mox_clock::Timestamp;
    use std::time::Duration;

    #[test]
    fn certificate_and_keys_have_the_same_public_part() {
        let made = self_signed(&["mx.example.org"], Timestamp::from_secs(0), Duration::from_secs(1)).unwrap();
        let from_cert = PublicPart::from_pem(made.cert_pem.as_bytes()).unwrap();
        let from_key = PublicPart::from_pem(made.key_pem.as_bytes()).unwrap();
        assert_eq!(from_cert.spki, from_key.spki);
        assert!(from_cert.certificate.is_some() && from_key.certificate.is_none());
        assert!(is_spki(&from_key.spki));
        let both = format!("{}{}", made.key_pem, made.cert_pem);
        assert_eq!(PublicPart::from_pem(both.as_bytes()).unwrap(), from_cert);
        let public = rcgen::KeyPair::from_pem(&made.key_pem).unwrap();
        let public = rcgen::PublicKeyData::der_bytes(&public).len();
        assert!(public > 0 && from_key.spki.len() > public);
    }

    #[test]
    fn what_is_none() {
        assert!(matches!(PublicPart::from_pem(b"x"), Err(Error::Missing(_))));
        for what in ["CERTIFICATE", "PUBLIC KEY", "PRIVATE KEY"] {
            let text = format!("-----BEGIN {what}-----\nAAAA\n-----END {what}-----\n");
            let error = PublicPart::from_pem(text.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Certificate(_) | Error::Key(_)), "{what}: {error}");
        }
        assert_eq!(spki(b""), None);
        assert!(!is_spki(b"\x30\x00"));
    }
}
