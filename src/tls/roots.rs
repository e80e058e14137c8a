//! Trust anchors: the system's, or Mozilla's where the system has none, and extra ones from files.

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::Error;

/// The system's trust anchors; Mozilla's, built in, where the system has none that can be used. Reads files:
/// takes a few milliseconds, call once.
pub fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// Adds the certificates of a PEM text; an error when there is none or one is not a usable trust anchor.
pub fn add_pem(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), Error> {
    let before = roots.len();
    for der in CertificateDer::pem_slice_iter(pem) {
        let der = der.map_err(|e| Error::Pem { what: "certificate", reason: e.to_string() })?;
        roots.add(der).map_err(|e| Error::Certificate(e.to_string()))?;
    }
    if roots.len() == before { Err(Error::Missing("certificate")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_anchors_are_added_or_refused() {
        let mut roots = RootCertStore::empty();
        add_pem(&mut roots, crate::sim::Authority::new().pem().as_bytes()).unwrap();
        assert_eq!(roots.len(), 1);
        assert!(matches!(add_pem(&mut roots, b"nothing"), Err(Error::Missing(_))));
        let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(add_pem(&mut roots, garbage), Err(Error::Certificate(_))));
    }

    #[test]
    fn there_are_always_some() {
        assert!(!system_roots().is_empty());
    }
}
