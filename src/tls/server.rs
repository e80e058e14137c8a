//! Server side: certificate by SNI, sessions without tickets, optional client keys.
//!
//! RFC 6066 §3 (server name indication), RFC 4422 appendix A (EXTERNAL).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use mox_clock::Clock;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::{Certificate, ClockTime, Error, provider};

/// The certificates of a listener, changeable while it runs. The first is for clients that name no server or one
/// that is not here.
#[derive(Debug, Default)]
pub struct Certificates(RwLock<ByName>);

#[derive(Debug, Default)]
struct ByName {
    names: HashMap<String, Arc<CertifiedKey>>,
    default: Option<Arc<CertifiedKey>>,
}

impl Certificates {
    /// With these certificates; without any, every handshake fails.
    pub fn new(certificates: &[Certificate]) -> Arc<Certificates> {
        let all = Certificates::default();
        all.set(certificates);
        Arc::new(all)
    }

    /// Replaces all of them, for handshakes from now on. Of two for one name the earlier counts.
    pub fn set(&self, certificates: &[Certificate]) {
        let mut new = ByName { default: certificates.first().map(|c| c.key.clone()), ..ByName::default() };
        for certificate in certificates {
            for name in certificate.names() {
                new.names.entry(name.clone()).or_insert_with(|| certificate.key.clone());
            }
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// SHA-256 of the certificate for clients that name no server.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        let own = self.find(None)?;
        own.cert.first().map(|der| crate::fingerprint(der))
    }

    fn find(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let by_name = |name: &str| {
            let name = name.to_ascii_lowercase();
            let wildcard =
                || name.split_once('.').and_then(|(_, parent)| all.names.get(&format!("*.{parent}")));
            all.names.get(&name).or_else(wildcard).cloned()
        };
        name.and_then(by_name).or_else(|| all.default.clone())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(hello.server_name())
    }
}

/// The application protocol of the check tls-alpn-01 of certificate authorities (RFC 8737 §6.2).
pub const ACME_ALPN: &[u8] = b"acme-tls/1";

/// How a listener does TLS.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Ask clients for a certificate, take any or none; what it proves is the public key in [`crate::TlsInfo`].
    pub ask_client_key: bool,
    /// Offer session tickets. With them a client's key is proven once per session, not per connection.
    pub tickets: bool,
    /// Speak TLS 1.3 only.
    pub only_tls13: bool,
    /// Application protocols in order of preference; none means no ALPN.
    pub alpn: Vec<Vec<u8>>,
}

/// A server's configuration; cheap to share between listeners.
pub fn server_config(
    certificates: Arc<dyn ResolvesServerCert>,
    options: &ServerOptions,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, Error> {
    let newest = [&rustls::version::TLS13];
    let both = [&rustls::version::TLS13, &rustls::version::TLS12];
    let builder = ServerConfig::builder_with_details(provider(), Arc::new(ClockTime(clock)))
        .with_protocol_versions(if options.only_tls13 { &newest } else { &both })
        .map_err(Error::Config)?;
    let builder = if options.ask_client_key {
        builder.with_client_cert_verifier(Arc::new(AnyKey(provider().signature_verification_algorithms)))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_cert_resolver(certificates);
    if options.tickets {
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(Error::Config)?;
    } else {
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    config.alpn_protocols.clone_from(&options.alpn);
    Ok(Arc::new(config))
}

/// Takes any client certificate that parses; the handshake signature proves possession of its key.
#[derive(Debug)]
struct AnyKey(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyKey {
    fn client_auth_mandatory(&self) -> bool {
        false
    }
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }
    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        ParsedCertificate::try_from(own).map(|_| ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Authority;

    #[test]
    fn certificate_by_name_with_default() {
        let ca = Authority::new();
        let [a, b] = [&["a.example"], &["*.b.example"]].map(|names| ca.issue(names).unwrap());
        let all = Certificates::new(&[a.clone(), b.clone()]);
        let cases = [
            (Some("A.example"), &a),
            (Some("x.b.example"), &b),
            (Some("x.y.b.example"), &a),
            (Some("b.example"), &a),
            (None, &a),
        ];
        for (name, want) in cases {
            assert_eq!(all.find(name).unwrap().cert, want.chain(), "{name:?}");
        }
        all.set(&[]);
        assert!(all.find(None).is_none());
    }
}
