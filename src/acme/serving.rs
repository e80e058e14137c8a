//! Which certificate a client gets: the answer to a check, the one of the name it asks for, the one of the host, and
//! until that is there one that the host signed itself.
//!
//! RFC 8737 §3 (the check), RFC 6066 §3 (names), RFC 8446 §4.2.3 (signatures that a client understands).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mox_tls::{
    ACME_ALPN, CertifiedKey, CipherSuite, ClientHello, Error, KeyKind, PrivateKey, ResolvesServerCert,
};

use crate::Acme;

/// How long a certificate that the host signed itself is valid: it is there for encryption alone.
const SELF_SIGNED: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The certificates of one listener.
pub struct Serving {
    acme: Arc<Acme>,
    /// Name of its host.
    host: String,
    /// For the time until there is a certificate.
    own: Vec<Arc<CertifiedKey>>,
}

impl Serving {
    /// For a listener with this host name, A-labels in lower case.
    pub fn new(acme: Arc<Acme>, host: &str) -> Result<Serving, Error> {
        let mut keys = acme.keys(host);
        if keys.is_empty() {
            keys.push(PrivateKey::generate(KeyKind::Ecdsa)?);
        }
        keys.sort_by_key(PrivateKey::kind);
        let sign = |key: &PrivateKey| key.self_signed(&[host], acme.now(), SELF_SIGNED);
        let own = keys.iter().map(|key| sign(key).map(|c| c.certified())).collect::<Result<_, _>>()?;
        if !acme.has(host) {
            tracing::warn!(
                host,
                "no certificate yet: one that this host signed itself is served until there is"
            );
        }
        Ok(Serving { acme, host: host.to_owned(), own })
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        if hello.alpn().is_some_and(|mut offered| offered.any(|protocol| protocol == ACME_ALPN)) {
            return self.acme.challenge(&name?);
        }
        let named = name.and_then(|name| choose(self.acme.certificates(&name), &hello));
        named
            .or_else(|| choose(self.acme.certificates(&self.host), &hello))
            .or_else(|| choose(self.own.clone(), &hello))
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serving({})", self.host)
    }
}

/// The first that the client understands, else the last.
fn choose(all: Vec<Arc<CertifiedKey>>, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
    let understood = |one: &&Arc<CertifiedKey>| {
        let signs = one.key.choose_scheme(hello.signature_schemes()).is_some();
        signs && hello.cipher_suites().iter().any(|suite| fits(*suite, one.key.algorithm()))
    };
    all.iter().find(understood).or(all.last()).cloned()
}

/// Whether a cipher suite can be used with keys of this kind; those of TLS 1.3 with all.
fn fits(suite: CipherSuite, algorithm: mox_tls::SignatureAlgorithm) -> bool {
    let name = suite.as_str().unwrap_or_default();
    name.starts_with("TLS13_")
        || match algorithm {
            mox_tls::SignatureAlgorithm::ECDSA => name.contains("_ECDSA_"),
            _ => name.contains("_RSA_"),
        }
}
