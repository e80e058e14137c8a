//! Rules for listeners.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::{Report, below};
use crate::listener::{Listener, ListenerTls, Service, Sharing};
use crate::server::Static;
use crate::tree::join;
use crate::values::TlsVersion;
use crate::web::WebService;

/// Rules for one listener, ports aside.
pub(super) fn check(name: &str, listener: &Listener, server: &Static, report: &mut Report<'_>) {
    let at = |key| ["Listeners", name, key];
    if listener.ips.is_empty() {
        report.rule(&at("IPs"), "a listener needs at least one address");
    }
    let smtp = &listener.smtp;
    if smtp.no_starttls && smtp.require_starttls {
        report.rule(&at("SMTP"), "NoSTARTTLS and RequireSTARTTLS exclude each other");
    }
    for (n, zone) in smtp.dnsbls.iter().enumerate() {
        if smtp.dnsbls.iter().take(n).any(|other| other == zone) {
            let path = below(&at("SMTP"), &["DNSBLs"]);
            report.rule(&below(&path, &[&format!("[{n}]")]), format!("{} is there already", zone.unicode()));
        }
    }
    match &listener.tls {
        Some(tls) => check_tls(&at("TLS"), tls, server, report),
        None => check_without_tls(name, listener, report),
    }
    check_nat(name, listener, report);
    let pages = [
        ("AccountHTTP", &listener.account_http),
        ("AccountHTTPS", &listener.account_https),
        ("AdminHTTP", &listener.admin_http),
        ("AdminHTTPS", &listener.admin_https),
        ("WebmailHTTP", &listener.webmail_http),
        ("WebmailHTTPS", &listener.webmail_https),
        ("WebAPIHTTP", &listener.webapi_http),
        ("WebAPIHTTPS", &listener.webapi_https),
    ];
    for (key, service) in pages {
        check_path(&below(&at(key), &["Path"]), service, report);
    }
}

fn check_tls(path: &[&str], tls: &ListenerTls, server: &Static, report: &mut Report<'_>) {
    let acme = below(path, &["ACME"]);
    match (tls.acme.is_empty(), tls.key_certs.is_empty()) {
        (true, true) => report.rule(path, "needs ACME or KeyCerts; remove it for a listener without TLS"),
        (false, false) => report.rule(path, "ACME and KeyCerts exclude each other"),
        (false, true) if !server.acme.contains_key(&tls.acme) => {
            report.rule(&acme, format!("provider {:?} is not in ACME at the top level", tls.acme));
        }
        _ => {}
    }
    if tls.min_version < TlsVersion::Tls12 {
        let message = format!("{} is no longer spoken, read as TLSv1.2", tls.min_version);
        report.notice(&below(path, &["MinVersion"]), message);
    }
}

fn check_without_tls(name: &str, listener: &Listener, report: &mut Report<'_>) {
    let at = |key| ["Listeners", name, key];
    let smtp = &listener.smtp;
    if smtp.enabled && smtp.require_starttls {
        report.rule(&at("SMTP"), "RequireSTARTTLS needs TLS in the listener");
    }
    let mut last = "";
    for Service { key, .. } in listener.services().filter(|service| service.tls) {
        match key {
            _ if key == last => {}
            "Submission" => report.rule(&at(key), "needs TLS in the listener, or NoRequireSTARTTLS: true"),
            // The Go server starts with this.
            "IMAP" => report.notice(
                &at(key),
                "nobody can log in without TLS in the listener, or NoRequireSTARTTLS: true",
            ),
            "AutoconfigHTTPS" | "MTASTSHTTPS" => {
                report.rule(&at(key), "needs TLS in the listener, or NonTLS: true behind a proxy");
            }
            _ => report.rule(&at(key), "needs TLS in the listener"),
        }
        last = key;
    }
}

fn check_nat(name: &str, listener: &Listener, report: &mut Report<'_>) {
    let at = ["Listeners", name, "IPsNATed"];
    if listener.ips_nated && !listener.nat_ips.is_empty() {
        report.rule(&at, "exclude each other: NATIPs and the deprecated IPsNATed; remove the latter");
    } else if listener.ips_nated {
        report.notice(&at, "deprecated; list the addresses that others see in NATIPs instead");
    }
    for (n, ip) in listener.nat_ips.iter().enumerate() {
        if ip.is_unspecified() || ip.is_loopback() {
            let path = ["Listeners", name, "NATIPs", &format!("[{n}]")];
            report.rule(&path, "expected an address that others see");
        }
    }
}

fn check_path(path: &[&str], service: &WebService, report: &mut Report<'_>) {
    if service.path.is_empty() {
        return;
    }
    if !service.path.starts_with('/') || service.path.contains(['?', '#', ' ']) {
        report.rule(path, "expected a path with a slash at both ends, as /mail/");
    } else if !service.path.ends_with('/') {
        report.notice(path, format!("read as {}/, as a path ends with a slash", service.path));
    }
}

/// A user of a port.
pub(super) struct Taken {
    ip: IpAddr,
    path: String,
    listener: String,
    sharing: Sharing,
}

/// Reports ports that two services would bind; an address of all interfaces overlaps with each of its family. HTTP
/// services of a listener share a port, but not one with TLS and one without.
pub(super) fn check_ports(
    name: &str,
    listener: &Listener,
    server: &Static,
    taken: &mut HashMap<u16, Vec<Taken>>,
    report: &mut Report<'_>,
) {
    let overlap = |a: IpAddr, b: IpAddr| {
        a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()))
    };
    let acme = listener.tls.as_ref().and_then(|tls| server.acme.get(&tls.acme));
    let checks = acme.map(|acme| Service { key: "TLS", port: acme.port, sharing: Sharing::Https, tls: true });
    for Service { key, port, sharing, .. } in listener.services().chain(checks) {
        let path = ["Listeners", name, key];
        let users = taken.entry(port).or_default();
        for ip in &listener.ips {
            let shares =
                |user: &&Taken| sharing != Sharing::Alone && user.sharing == sharing && user.listener == name;
            if let Some(other) = users.iter().filter(|user| !shares(user)).find(|user| overlap(user.ip, *ip))
            {
                let message = format!("{} is used by {} already", SocketAddr::new(*ip, port), other.path);
                report.rule(&path, message);
                break;
            }
        }
        users.extend(listener.ips.iter().map(|ip| Taken {
            ip: *ip,
            path: join(&path),
            listener: name.to_owned(),
            sharing,
        }));
    }
}
