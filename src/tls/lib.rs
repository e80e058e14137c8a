//! Certificates and verification: what both sides of a TLS connection need, over one crypto provider.
//!
//! Invariants: 1. TLS 1.2 and 1.3 only, aws-lc-rs only, post-quantum key exchange preferred. 2. Time comes from
//! the given Clock. 3. No resumption unless asked for: each session shows its certificate. 4. No ALPN unless asked for.

mod cert;
pub mod chain;
mod client;
mod facts;
mod finding;
mod info;
mod key;
mod public;
mod roots;
mod server;
pub mod sim;

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use mox_clock::Clock;
use rustls::crypto::CryptoProvider;

pub use cert::{
    Certificate, MAX_CHAIN, SelfSigned, client_certificate, client_key, fingerprint, self_signed, spki_sha256,
};
pub use client::{ClientOptions, ClientVerify, Judge, Outcome, Presented, client_config};
pub use facts::Facts;
pub use finding::{Category, Finding, finding, is_certificate};
pub use info::TlsInfo;
pub use key::{KeyKind, PrivateKey};
pub use public::{PublicPart, is_spki, sha512, spki};
pub use roots::{add_pem, system_roots};
pub use server::{ACME_ALPN, Certificates, ServerOptions, server_config};

/// Why a certificate or a handshake is refused; [`finding`] names it.
pub use rustls::Error as VerifyError;
/// The configuration types that other rooms hand around.
pub use rustls::server::{ClientHello, ResolvesServerCert};
pub use rustls::sign::CertifiedKey;
pub use rustls::{
    CipherSuite, ClientConfig, RootCertStore, ServerConfig, SignatureAlgorithm, SignatureScheme,
};
/// The name a client expects a server to prove.
pub use rustls_pki_types::{ServerName, UnixTime};

/// What goes wrong before a handshake: with files, keys and certificates.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PEM text cannot be read.
    #[error("cannot read {what} as PEM: {reason}")]
    Pem {
        /// Certificate or private key.
        what: &'static str,
        /// What the parser said.
        reason: String,
    },
    /// There is none in the PEM text.
    #[error("no {0} in the PEM text")]
    Missing(&'static str),
    /// A certificate cannot be parsed.
    #[error("not a valid certificate: {0}")]
    Certificate(String),
    /// The private key does not fit the certificate, or is of a kind that is not supported.
    #[error("private key does not fit the certificate or is not supported: {0}")]
    Key(rustls::Error),
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Generate(String),
    /// rustls refuses the configuration.
    #[error("tls configuration: {0}")]
    Config(rustls::Error),
}

/// The one crypto provider.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    PROVIDER.clone()
}

/// A Clock as rustls wants it.
struct ClockTime(Arc<dyn Clock>);

impl rustls::time_provider::TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let secs = u64::try_from(self.0.now().secs()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(secs)))
    }
}

impl fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockTime")
    }
}
