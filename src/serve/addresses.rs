//! What `mox.conf` listens on: one list, for those who open sockets before privileges are given up and for those who
//! serve.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mox_config::Config;
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
pub(crate) fn ports(listener: &Listener) -> Vec<(Purpose, u16)> {
    let fixed = [
        (Purpose::Smtp(Port::Mx), listener.smtp.enabled, listener.smtp.port),
        (Purpose::Smtp(Port::Submission), listener.submission.enabled, listener.submission.port),
        (Purpose::Smtp(Port::Submissions), listener.submissions.enabled, listener.submissions.port),
        (Purpose::Metrics, listener.metrics_http.enabled, listener.metrics_http.port),
    ];
    let fixed = fixed.into_iter().filter(|(_, enabled, _)| *enabled).map(|(what, _, port)| (what, port));
    let web = web_ports(listener).into_iter().map(|(port, tls)| (Purpose::Web(tls), port));
    fixed.chain(web).collect()
}

/// The ports of the web server, and of what is found by names of a fixed form; true for TLS.
pub(crate) fn web_ports(listener: &Listener) -> BTreeSet<(u16, bool)> {
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
    discovery.chain(servers.map(|(server, tls)| (usual(server.port, tls), tls))).collect()
}

/// Every address that a server with this configuration listens on, and the name of what is served there.
pub fn addresses(config: &Config) -> Vec<(SocketAddr, &'static str)> {
    let listeners = config.server.listeners.values();
    let all = listeners.flat_map(|listener| {
        let ports = ports(listener);
        listener.ips.iter().flat_map(move |ip| {
            let at = ports.clone().into_iter();
            at.map(|(what, port)| (SocketAddr::new(*ip, port), what.name())).collect::<Vec<_>>()
        })
    });
    all.collect()
}
