//! Private keys that outlive their certificates, and what is made with one: requests for certificates, certificates
//! signed by itself, and answers to checks of a certificate authority.
//!
//! RFC 2986 (certificate requests), RFC 8737 §3 (certificate of tls-alpn-01).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Timestamp;
use rcgen::{CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::cert::parameters;
use crate::{Certificate, Error, provider};

/// What kind of key it is, of those that certificate authorities sign and mail servers understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// ECDSA on the curve P-256: short, for all but old clients.
    Ecdsa,
    /// RSA, made with 2048 bits.
    Rsa,
}

impl KeyKind {
    /// As in file names: `ecdsap256`, `rsa2048`.
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Ecdsa => "ecdsap256",
            KeyKind::Rsa => "rsa2048",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A private key. Its Debug text does not show it.
#[derive(Clone)]
pub struct PrivateKey {
    pair: Arc<KeyPair>,
    kind: KeyKind,
}

impl PrivateKey {
    /// A new one. An RSA key takes up to a second.
    pub fn generate(kind: KeyKind) -> Result<PrivateKey, Error> {
        let pair = match kind {
            KeyKind::Ecdsa => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyKind::Rsa => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048),
        };
        Ok(PrivateKey { pair: Arc::new(pair.map_err(bad)?), kind })
    }

    /// Reads the first private key of a PEM text: PKCS#8, SEC1 or PKCS#1.
    pub fn from_pem(pem: &[u8]) -> Result<PrivateKey, Error> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|e| match e {
            rustls_pki_types::pem::Error::NoItemsFound => Error::Missing("private key"),
            e => Error::Pem { what: "private key", reason: e.to_string() },
        })?;
        let pair =
            KeyPair::try_from(&der).map_err(|e| Error::Pem { what: "private key", reason: e.to_string() })?;
        let kind = match pair.algorithm() {
            found if *found == PKCS_ECDSA_P256_SHA256 => KeyKind::Ecdsa,
            found if *found == PKCS_RSA_SHA256 => KeyKind::Rsa,
            _ => {
                return Err(Error::Pem {
                    what: "private key",
                    reason: "neither ECDSA P-256 nor RSA".to_owned(),
                });
            }
        };
        Ok(PrivateKey { pair: Arc::new(pair), kind })
    }

    /// As PEM, PKCS#8: keep it private.
    pub fn to_pem(&self) -> String {
        self.pair.serialize_pem()
    }

    /// Which kind it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The public key, as DER of a subject public key info.
    pub fn spki(&self) -> Vec<u8> {
        use rcgen::PublicKeyData;
        self.pair.subject_public_key_info()
    }

    /// SHA-256 of the public key, as TLSA `3 1 1` records hold it.
    pub fn spki_sha256(&self) -> [u8; 32] {
        crate::cert::digest(&self.spki())
    }

    /// A request for a certificate for DNS names, as DER.
    pub fn request(&self, names: &[&str]) -> Result<Vec<u8>, Error> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = rcgen::CertificateParams::new(names).map_err(bad)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        Ok(params.serialize_request(&*self.pair).map_err(bad)?.der().to_vec())
    }

    /// A certificate for DNS names and IP addresses that this key signed itself, valid from the day before `now`.
    pub fn self_signed(
        &self,
        names: &[&str],
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Certificate, Error> {
        self.finish(parameters(names, now, lifetime)?)
    }

    /// The certificate that answers the check tls-alpn-01 of a name: it holds the SHA-256 of the key authorization.
    pub fn challenge(
        &self,
        name: &str,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Arc<CertifiedKey>, Error> {
        let mut params = parameters(&[name], now, Duration::from_secs(7 * 86_400))?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let cert = params.self_signed(&*self.pair).map_err(bad)?;
        let key = provider().key_provider.load_private_key(self.der()).map_err(Error::Key)?;
        // Not compared with the key as others are: the extension is critical, and unknown to what compares.
        Ok(Arc::new(CertifiedKey::new(vec![CertificateDer::from(cert.der().to_vec())], key)))
    }

    /// The certificate that an authority gave for this key: a PEM chain, own certificate first.
    pub fn with_chain(&self, chain: &[u8]) -> Result<Certificate, Error> {
        Certificate::from_pem(chain, self.to_pem().as_bytes())
    }

    fn finish(&self, params: rcgen::CertificateParams) -> Result<Certificate, Error> {
        let cert = params.self_signed(&*self.pair).map_err(bad)?;
        let der = CertificateDer::from(cert.der().to_vec());
        Certificate::from_der(vec![der], self.der())
    }

    fn der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pair.serialize_der()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.kind)
    }
}

fn bad(e: rcgen::Error) -> Error {
    Error::Generate(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

    #[test]
    fn keys_of_both_kinds_come_back_from_their_pem() {
        for kind in [KeyKind::Ecdsa, KeyKind::Rsa] {
            let made = PrivateKey::generate(kind).unwrap();
            let read = PrivateKey::from_pem(made.to_pem().as_bytes()).unwrap();
            assert_eq!((read.kind(), read.spki()), (kind, made.spki()));
            let day = Duration::from_secs(86_400);
            let certificate = read.self_signed(&["mail.example"], NOW, day).unwrap();
            assert_eq!(certificate.names(), ["mail.example"]);
            assert_eq!(certificate.spki_sha256(), crate::fingerprint(&made.spki()));
            assert!(!made.request(&["mail.example"]).unwrap().is_empty());
        }
        assert!(matches!(PrivateKey::from_pem(b""), Err(Error::Missing("private key"))));
        let bad = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert!(matches!(PrivateKey::from_pem(bad), Err(Error::Pem { .. })));
    }

    #[test]
    fn a_challenge_holds_the_digest_in_a_critical_extension() {
        let key = PrivateKey::generate(KeyKind::Ecdsa).unwrap();
        let made = key.challenge("mail.example", &[7; 32], NOW).unwrap();
        let der = made.cert.first().unwrap();
        // 1.3.6.1.5.5.7.1.31, critical, an OCTET STRING of an OCTET STRING of 32 bytes.
        let mut want = vec![0x06, 8, 0x2b, 6, 1, 5, 5, 7, 1, 0x1f, 1, 1, 0xff, 4, 34, 4, 32];
        want.extend([7; 32]);
        assert!(der.windows(want.len()).any(|window| window == want));
    }
}
