//! A throw-away certificate authority for tests, and for the lab, whose keys are published.

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
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key");
        Authority::of(key, "ca.test", Self::START, Self::LIFETIME).expect("a certificate")
    }

    /// One with this key (PEM, PKCS#8) and dates, whole days.
    pub fn with_key(
        key_pem: &str,
        name: &str,
        from: Timestamp,
        lifetime: Duration,
    ) -> Result<Authority, Error> {
        Authority::of(KeyPair::from_pem(key_pem).map_err(bad)?, name, from, lifetime)
    }

    fn of(key: KeyPair, name: &str, from: Timestamp, lifetime: Duration) -> Result<Authority, Error> {
        let mut params = parameters(&[name], from, lifetime)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.extended_key_usages.clear();
        Ok(Authority(CertifiedIssuer::self_signed(params, key).map_err(bad)?))
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
        self.certify(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(bad)?, names, from, lifetime)
    }

    /// The same for this key (PEM, PKCS#8).
    pub fn issue_for(
        &self,
        key_pem: &str,
        names: &[&str],
        from: Timestamp,
        lifetime: Duration,
    ) -> Result<Certificate, Error> {
        self.certify(&KeyPair::from_pem(key_pem).map_err(bad)?, names, from, lifetime)
    }

    fn certify(
        &self,
        key: &KeyPair,
        names: &[&str],
        from: Timestamp,
        lifetime: Duration,
    ) -> Result<Certificate, Error> {
        let cert = parameters(names, from, lifetime)?.signed_by(key, &self.0).map_err(bad)?;
        Certificate::from_der(vec![cert.der().clone()], private(key))
    }

    /// The certificate with that of this authority behind it, as a server shows it whose clients know the authority
    /// by DNS alone (DANE-TA).
    pub fn with_issuer(&self, certificate: &Certificate) -> Result<Certificate, Error> {
        let chain = certificate.chain().iter().chain([self.0.der()]).cloned().collect();
        Certificate::from_der(chain, certificate.private.clone_key())
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

/// A certificate that nobody but its own key (PEM, PKCS#8) vouches for.
pub fn self_signed_by(
    key_pem: &str,
    names: &[&str],
    from: Timestamp,
    lifetime: Duration,
) -> Result<Certificate, Error> {
    let key = KeyPair::from_pem(key_pem).map_err(bad)?;
    let cert = parameters(names, from, lifetime)?.self_signed(&key).map_err(bad)?;
    Certificate::from_der(vec![cert.der().clone()], private(&key))
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn bad(error: rcgen::Error) -> Error {
    Error::Generate(error.to_string())
}

impl Default for Authority {
    fn default() -> Authority {
        Authority::new()
    }
}
