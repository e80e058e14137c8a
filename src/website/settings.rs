//! What a mail program needs to know for users of a domain: where to send mail, and where to read it.
//!
//! One place for all forms in which it is told. Only services with TLS are told of, as passwords go through them.

use mox_address::Domain;
use mox_config::Config;
use mox_config::listener::Listener;
use serde::Serialize;

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// With the connection.
    Immediate,
    /// After STARTTLS.
    Starttls,
}

/// A service for mail programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Server {
    /// `submissions`, `submission`, `imaps` or `imap`.
    pub protocol: &'static str,
    /// Name of the host, as A-labels.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How TLS begins.
    pub tls: Tls,
}

/// What mail programs of a domain's users need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientSettings {
    /// The domain, as A-labels.
    pub domain: String,
    /// Where mail is read, the best first. None: there is no IMAP yet.
    pub incoming: Vec<Server>,
    /// Where mail is sent, the best first.
    pub outgoing: Vec<Server>,
}

/// The settings of a domain that has mail here and is not disabled. Listeners that others can reach come first.
pub fn client_settings(config: &Config, domain: &Domain) -> Option<ClientSettings> {
    let hosted = config.dynamic.domains.get(domain).filter(|hosted| !hosted.disabled)?;
    if config.reports_only(domain) {
        return None;
    }
    let mut listeners: Vec<&Listener> =
        config.server.listeners.values().filter(|l| l.tls.is_some()).collect();
    listeners.sort_by_key(|listener| listener.ips.iter().all(|ip| ip.is_loopback()));
    let mut outgoing: Vec<Server> = Vec::new();
    for listener in listeners {
        let own = listener.hostname.as_ref().unwrap_or(&config.server.hostname);
        let host = hosted.client_settings_domain.as_ref().unwrap_or(own).ascii();
        let (immediate, starttls) = (&listener.submissions, &listener.submission);
        let offers = [
            ("submissions", immediate.enabled, immediate.port, Tls::Immediate),
            ("submission", starttls.enabled, starttls.port, Tls::Starttls),
        ];
        for (protocol, _, port, tls) in offers.into_iter().filter(|(_, enabled, ..)| *enabled) {
            // One of each is enough for a program, and most take the first alone.
            if outgoing.iter().all(|server| server.protocol != protocol) {
                outgoing.push(Server { protocol, host: host.to_owned(), port, tls });
            }
        }
    }
    outgoing.sort_by_key(|server| server.tls == Tls::Starttls);
    Some(ClientSettings { domain: domain.ascii().to_owned(), incoming: Vec::new(), outgoing })
}
