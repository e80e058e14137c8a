//! What `mox.conf` listens on: one list, for those who open sockets before privileges are given up and for those who
//! serve.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mox_config::Config;
use mox_config::acme::AcmeProvider;
use mox_config::listener::Listener;
use mox_smtpserver::Port;

/// What a port of a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Mail.
    Smtp(Port),
    /// Figures for Prometheus.
    Metrics,
    /// The web server; over TLS or not.
    Web(bool),
}

impl Purpose {
    /// The name of the service in lists and errors.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Purpose::Smtp(port) => port.name(),
            Purpose::Metrics => "metrics",
            Purpose::Web(true) => "https",
            Purpose::Web(false) => "http",
        }
    }
}

/// The ports of a listener, in the order in which they are opened.
pub(crate) fn ports(config: &Config, listener: &Listener) -> Vec<(Purpose, u16)> {
    let fixed = [
        (Purpose::Smtp(Port::Mx), listener.smtp.enabled, listener.smtp.port),
        (Purpose::Smtp(Port::Submission), listener.submission.enabled, listener.submission.port),
        (Purpose::Smtp(Port::Submissions), listener.submissions.enabled, listener.submissions.port),
        (Purpose::Metrics, listener.metrics_http.enabled, listener.metrics_http.port),
    ];
    let fixed = fixed.into_iter().filter(|(_, enabled, _)| *enabled).map(|(what, _, port)| (what, port));
    let web = web_ports(config, listener).into_iter().map(|(port, tls)| (Purpose::Web(tls), port));
    fixed.chain(web).collect()
}

/// The ports of the web server, of what is found by names of a fixed form, and those that certificate authorities
/// check names at; true for TLS.
fn web_ports(config: &Config, listener: &Listener) -> BTreeSet<(u16, bool)> {
    let mut ports = configured_web_ports(listener);
    if let Some(authority) = authority(config, listener) {
        ports.insert((authority.port, true));
        // Where the checks by TLS come through something in front, those by HTTP come to a port that it knows. And
        // something else may be served there.
        let taken = listener.services().any(|service| service.port == 80);
        if authority.port == 443 && !taken && ports.iter().all(|(_, tls)| *tls) {
            ports.insert((80, false));
        }
    }
    ports
}

/// Whether nothing but checks of names is served at a port, and those come to another one, too: it may be missing.
pub(crate) fn is_spare(config: &Config, listener: &Listener, purpose: Purpose, number: u16) -> bool {
    purpose == Purpose::Web(false)
        && authority(config, listener).is_some()
        && !configured_web_ports(listener).contains(&(number, false))
}

/// Who gives certificates to a listener.
fn authority<'a>(config: &'a Config, listener: &Listener) -> Option<&'a AcmeProvider> {
    config.server.acme.get(&listener.tls.as_ref()?.acme)
}

fn configured_web_ports(listener: &Listener) -> BTreeSet<(u16, bool)> {
    let usual = |port: u16, tls: bool| match (port, tls) {
        (0, true) => 443,
        (0, false) => 80,
        (port, _) => port,
    };
    let discovery = [&listener.mtasts_https, &listener.autoconfig_https];
    let discovery = discovery.into_iter().filter(|found| found.enabled).map(|found| {
        let tls = !found.non_tls;
        (usual(found.port, tls), tls)
    });
    let servers = [(&listener.webserver_http, false), (&listener.webserver_https, true)];
    let servers = servers.into_iter().filter(|(server, _)| server.enabled);
    let mail = &listener.submissions;
    let mail = (mail.enabled && mail.enabled_on_https).then_some((443, true));
    let pages = listener.web_ports().map(|port| (port.port, port.tls));
    let discovery = discovery.chain(pages);
    discovery.chain(servers.map(|(server, tls)| (usual(server.port, tls), tls))).chain(mail).collect()
}

/// An address that a server listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Address and port.
    pub address: SocketAddr,
    /// Name of what is served there.
    pub service: &'static str,
    /// The server does without it where it cannot be had.
    pub spare: bool,
}

/// Every address that a server with this configuration listens on.
pub fn addresses(config: &Config) -> Vec<Wanted> {
    let mut all = Vec::new();
    for listener in config.server.listeners.values() {
        for ip in &listener.ips {
            all.extend(ports(config, listener).into_iter().map(|(purpose, port)| Wanted {
                address: SocketAddr::new(*ip, port),
                service: purpose.name(),
                spare: is_spare(config, listener, purpose, port),
            }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn checks_of_names_have_their_ports() {
        let ports = |acme: &str, services: &str| {
            let text = format!(
                "DataDir: data\nHostname: mail.example\nACME:\n\tca:\n\t\tDirectoryURL: https://ca.example/dir\n\t\tContactEmail: a@b.example\n{acme}Listeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 192.0.2.1\n\t\tTLS:\n\t\t\tACME: ca\n{services}Postmaster:\n\tAccount: a\n\tMailbox: Inbox\n"
            );
            let domains = "Domains:\n\tb.example: nil\nAccounts:\n\ta:\n\t\tDomain: b.example\n";
            let config = Config::parse(Path::new("/etc/mox/mox.conf"), &text, domains).unwrap();
            web_ports(&config, config.server.listeners.get("public").unwrap()).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(ports("", ""), [(80, false), (443, true)]);
        assert_eq!(ports("\t\tPort: 1443\n", ""), [(1443, true)]);
        let own = "\t\tWebserverHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: 8080\n";
        assert_eq!(ports("", own), [(443, true), (8080, false)]);
        let metrics = "\t\tMetricsHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: 80\n";
        assert_eq!(ports("", metrics), [(443, true)]);
    }
}
