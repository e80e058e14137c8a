//! A throw-away certificate authority for tests.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::Timestamp;
use rcgen::{BasicConstraints, CertifiedIssuer, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::RootCertStore;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::cert::parameters;
use crate::{Certificate, Error, add_pem};

/// Issues certificates that only its own [`Authority::roots`] trust.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// When certificates of [`Authority::issue`] start to be valid, but for a day.
    pub const START: Timestamp = Timestamp::from_secs(1_767_225_600);
    /// How long they are valid: well past any test's clock.
    pub const LIFETIME: Duration = Duration::from_secs(50 * 365 * 86_400);

    /// A new one, with a new key.
    #[expect(clippy::expect_used, reason = "tests only, with constant arguments")]
    pub fn new() -> Authority {
        let mut params = parameters(&["ca.test"], Self::START, Self::LIFETIME).expect("constant parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages.clear();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        Authority(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// A certificate for names and IP addresses, valid from [`Authority::START`] for fifty years.
    pub fn issue(&self, names: &[&str]) -> Result<Certificate, Error> {
        self.issue_valid(names, Self::START, Self::LIFETIME)
    }

    /// The same with other dates, whole days.
    pub fn issue_valid(
        &self,
        names: &[&str],
        from: Timestamp,
        lifetime: Duration,
    ) -> Result<Certificate, Error> {
        let bad = |e: rcgen::Error| Error::Generate(e.to_string());
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(bad)?;
        let cert = parameters(names, from, lifetime)?.signed_by(&key, &self.0).map_err(bad)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Certificate::from_der(vec![cert.der().clone()], private)
    }

    /// The authority's own certificate.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Trust in this authority alone.
    pub fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        let _ = add_pem(&mut roots, self.pem().as_bytes());
        Arc::new(roots)
    }
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}
