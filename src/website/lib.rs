//! What the HTTP and HTTPS ports of the listeners of `mox.conf` serve, by host name and path.
//!
//! In this order: answers to the checks of a certificate authority, MTA-STS policies and settings for mail programs
//! (each at a name of its own below a domain), then what `domains.conf` says: redirects of whole domains and
//! WebHandlers; then the pages of this server. What nobody serves is answered with 404.

mod asked;
pub mod autoconfig;
pub mod autodiscover;
mod compress;
mod discovery;
mod files;
mod forward;
mod hops;
mod listing;
mod logged;
mod own;
pub mod profile;
mod redirect;
pub mod settings;
mod site;
mod upstream;
mod websocket;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use mox_clock::Clock;
use mox_config::Handle;
use mox_dns::Resolver;
use mox_httpserver::Service;
use mox_net::Dial;
use mox_tls::RootCertStore;

pub use discovery::policy;
pub use site::limits;

/// A port of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Name of the listener in `mox.conf`.
    pub listener: String,
    /// TCP port.
    pub number: u16,
    /// Over TLS.
    pub tls: bool,
}

/// Answers the checks of certificate authorities: ACME's http-01 (RFC 8555 §8.3).
pub trait Challenges: Send + Sync {
    /// The text that belongs to a token, while a check of that host is expected.
    fn answer(&self, host: &str, token: &str) -> Option<String>;
}

/// No check is expected.
#[derive(Debug, Clone, Copy)]
pub struct NoChallenges;

impl Challenges for NoChallenges {
    fn answer(&self, _: &str, _: &str) -> Option<String> {
        None
    }
}

/// What is served with.
#[derive(Clone)]
pub struct Seams {
    /// Domains and handlers; what changes counts at once.
    pub config: Arc<Handle>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Finds the hosts that requests are forwarded to.
    pub resolver: Arc<dyn Resolver>,
    /// Connects to them.
    pub dial: Arc<dyn Dial>,
    /// Whose certificates they may have.
    pub roots: Arc<RootCertStore>,
    /// Answers certificate authorities.
    pub challenges: Arc<dyn Challenges>,
    /// The pages of this server, from when they are there.
    pub own: Arc<OnceLock<Own>>,
}

/// The pages of this server and what programs ask. Each answers below the [`mox_httpserver::Mount`] of its requests.
pub struct Own {
    /// For the administrator.
    pub admin: Arc<dyn Service>,
    /// For owners of accounts.
    pub account: Arc<dyn Service>,
    /// For programs that send mail.
    pub webapi: Arc<dyn Service>,
}

/// The service of a port. It streams: serve it with [`limits`].
pub fn service(port: Port, seams: Seams) -> Arc<dyn Service> {
    Arc::new(site::Website::new(port, seams))
}
