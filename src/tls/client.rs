//! Client side: verify the server by PKIX, or verify nothing and record what PKIX would have said, or let a caller
//! judge (DANE).
//!
//! Mail to an MX host is opportunistic: without a policy an unverified connection is better than none, and the
//! recorded outcome feeds logs and reports. RFC 7435, RFC 5280 §6, RFC 6125.

use std::sync::{Arc, OnceLock};

use mox_clock::Clock;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::{Certificate, ClockTime, Error, provider};

/// What PKIX said about a server's certificate. Clones share the value.
#[derive(Clone, Debug, Default)]
pub struct Outcome(Arc<OnceLock<Result<(), rustls::Error>>>);

impl Outcome {
    /// None before the server showed its certificate; then whether it is trusted and has the expected name.
    pub fn get(&self) -> Option<&Result<(), rustls::Error>> {
        self.0.get()
    }
}

/// How the server's certificate is judged.
#[derive(Clone, Debug)]
pub enum ClientVerify {
    /// The handshake fails unless the chain leads to a root and the name matches.
    Pkix,
    /// The handshake goes on; the first verdict is recorded here. For one connection each.
    Recorded(Outcome),
    /// The judge decides. For one connection each.
    Judged(Arc<dyn Judge>),
}

/// Decides whether a server is who it should be.
pub trait Judge: std::fmt::Debug + Send + Sync {
    /// An error ends the handshake.
    fn judge(&self, presented: &Presented<'_>) -> Result<(), rustls::Error>;
}

/// What a server showed, and what PKIX says of it.
#[derive(Debug)]
pub struct Presented<'a> {
    /// Its own certificate, DER.
    pub own: &'a [u8],
    /// The others it sent, in its order, DER.
    pub others: Vec<&'a [u8]>,
    /// When.
    pub now: UnixTime,
    /// Whether the chain leads to a trust anchor and the expected name matches.
    pub pkix: Result<(), rustls::Error>,
}

/// How a client does TLS.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// How the server is judged.
    pub verify: ClientVerify,
    /// Shown to servers that ask for a client certificate.
    pub identity: Option<Certificate>,
    /// Application protocols in order of preference; none means no ALPN.
    pub alpn: Vec<Vec<u8>>,
}

/// A client's configuration. Making one is cheap: make one per connection when recording.
pub fn client_config(
    roots: Arc<RootCertStore>,
    options: ClientOptions,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ClientConfig>, Error> {
    let algorithms = provider().signature_verification_algorithms;
    let verifier = Verifier { roots, algorithms, verify: options.verify };
    let builder = ClientConfig::builder_with_details(provider(), Arc::new(ClockTime(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(Error::Config)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match options.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.chain().to_vec(), identity.private.clone_key())
            .map_err(Error::Config)?,
    };
    config.resumption = Resumption::disabled();
    config.alpn_protocols = options.alpn;
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct Verifier {
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
    verify: ClientVerify,
}

impl Verifier {
    fn pkix(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let parsed = ParsedCertificate::try_from(own)?;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.roots,
            intermediates,
            now,
            self.algorithms.all,
        )?;
        verify_server_name(&parsed, name)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.pkix(own, intermediates, name, now);
        match &self.verify {
            ClientVerify::Pkix => verdict?,
            ClientVerify::Recorded(outcome) => {
                let _ = outcome.0.set(verdict);
            }
            ClientVerify::Judged(judge) => {
                let others = intermediates.iter().map(AsRef::as_ref).collect();
                judge.judge(&Presented { own: own.as_ref(), others, now, pkix: verdict })?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
