//! Does a chain of certificates lead to one given anchor, and does a certificate hold a name: for callers that choose
//! the anchor themselves (DANE).
//!
//! An anchor is a certificate, or a bare key, which is taken for the key of each issuer that the chain names in turn.
//! Dates count for all certificates of the chain but the anchor. RFC 5280 §6, RFC 6125, RFC 7671 §5.2.

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use rustls_pki_types::{CertificateDer, Der, ServerName, TrustAnchor, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::provider;

/// Where a chain should lead.
#[derive(Debug, Clone, Copy)]
pub enum Anchor<'a> {
    /// To this certificate, DER.
    Certificate(&'a [u8]),
    /// To whoever has this key: a subject public key info, DER.
    Key(&'a [u8]),
}

/// Whether `own` is signed, through `others`, by the anchor.
pub fn leads_to(
    own: &[u8],
    others: &[&[u8]],
    anchor: Anchor<'_>,
    now: UnixTime,
) -> Result<(), rustls::Error> {
    let der = CertificateDer::from(own);
    let parsed = ParsedCertificate::try_from(&der)?;
    let others: Vec<CertificateDer<'_>> = others.iter().map(|other| CertificateDer::from(*other)).collect();
    let mut roots = RootCertStore::empty();
    match anchor {
        Anchor::Certificate(anchor) => roots.add(CertificateDer::from(anchor.to_vec()))?,
        Anchor::Key(spki) => {
            let chain = std::iter::once(own).chain(others.iter().map(AsRef::as_ref));
            roots.roots.extend(chain.filter_map(|certificate| named_by(certificate, spki)));
        }
    }
    let algorithms = provider().signature_verification_algorithms.all;
    verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &others, now, algorithms)
}

/// Whether the certificate is for one of the names. With none it is not.
pub fn has_name(own: &[u8], names: &[&str]) -> Result<(), rustls::Error> {
    let der = CertificateDer::from(own);
    let parsed = ParsedCertificate::try_from(&der)?;
    let mut verdict = Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForName));
    for name in names {
        let Ok(name) = ServerName::try_from(*name) else { continue };
        match verify_server_name(&parsed, &name) {
            Ok(()) => return Ok(()),
            Err(e) => verdict = Err(e),
        }
    }
    verdict
}

/// The issuer of a certificate as an anchor with the key.
fn named_by(certificate: &[u8], spki: &[u8]) -> Option<TrustAnchor<'static>> {
    let (_, x509) = X509Certificate::from_der(certificate).ok()?;
    Some(TrustAnchor {
        subject: Der::from(content(x509.issuer().as_raw())?.to_vec()),
        subject_public_key_info: Der::from(content(spki)?.to_vec()),
        name_constraints: None,
    })
}

/// What is in an ASN.1 SEQUENCE.
fn content(der: &[u8]) -> Option<&[u8]> {
    let (rest, any) = x509_parser::der_parser::asn1_rs::Any::from_der(der).ok()?;
    rest.is_empty().then_some(any.data)
}
