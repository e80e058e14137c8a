//! The certificates of the lab, made at its start around its clock: good ones, and one for each way to prove nothing.
//!
//! Keys are constants, so TLSA records are; serial numbers and signatures are not. Certificates hold for a century, as
//! the lab's clock may be moved far.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Clock, Timestamp};
use mox_tls::sim::{Authority, self_signed_by};
use mox_tls::{
    Certificate, Certificates, Error, RootCertStore, ServerConfig, ServerOptions, provider, server_config,
};
use rustls::server::WebPkiClientVerifier;

use crate::hosts::Proof;
use crate::keys;

const DAY: Duration = Duration::from_secs(86_400);
const LONG: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Makes certificates.
pub(crate) struct Pki {
    authority: Authority,
    stranger: Authority,
    now: Timestamp,
    clock: Arc<dyn Clock>,
}

impl Pki {
    /// With dates around now.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Pki, Error> {
        let now = clock.now();
        Ok(Pki {
            authority: Authority::with_key(keys::AUTHORITY, "ca.lab.test", now, LONG)?,
            stranger: Authority::with_key(keys::STRANGER, "ca.stranger.test", now, LONG)?,
            now,
            clock,
        })
    }

    /// Trust in the lab's authority alone.
    pub(crate) fn roots(&self) -> Arc<RootCertStore> {
        self.authority.roots()
    }

    /// A certificate for a name and all names one label below it.
    pub(crate) fn certificate(&self, name: &str, proof: Proof) -> Result<Certificate, Error> {
        let wildcard = format!("*.{name}");
        let names: &[&str] = &[name, &wildcard];
        let (key, now) = (keys::HOST, self.now);
        match proof {
            Proof::Good => self.authority.issue_for(key, names, now, LONG),
            Proof::WithIssuer => {
                self.authority.with_issuer(&self.authority.issue_for(key, names, now, LONG)?)
            }
            Proof::Expired => self.authority.issue_for(key, names, now.minus(90 * DAY), 60 * DAY),
            Proof::WrongName => self.authority.issue_for(key, &["elsewhere.example"], now, LONG),
            Proof::UnknownIssuer => self.stranger.issue_for(key, names, now, LONG),
            Proof::SelfSigned => self_signed_by(key, names, now, LONG),
        }
    }

    /// A server that shows the certificate.
    pub(crate) fn server(&self, certificates: &[Certificate]) -> Result<Arc<ServerConfig>, Error> {
        let options = ServerOptions::default();
        server_config(Certificates::new(certificates), &options, self.clock.clone())
    }

    /// The same, which takes only clients with a certificate of an authority that there is not. In TLS 1.3 a client hears
    /// of that when its handshake is done.
    pub(crate) fn suspicious_server(&self, certificates: &[Certificate]) -> Result<Arc<ServerConfig>, Error> {
        let config =
            server_config(Certificates::new(certificates), &ServerOptions::default(), self.clock.clone())?;
        let asks = WebPkiClientVerifier::builder_with_provider(self.stranger.roots(), provider())
            .build()
            .map_err(|e| Error::Certificate(e.to_string()))?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(Error::Config)?;
        let resolver = config.cert_resolver.clone();
        Ok(Arc::new(builder.with_client_cert_verifier(asks).with_cert_resolver(resolver)))
    }
}
