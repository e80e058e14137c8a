//! Rules for transports.

use super::{Report, below};
use crate::transport::{SmartHost, Transport};

/// Rules for one transport.
pub(super) fn check(name: &str, transport: &Transport, report: &mut Report<'_>) {
    let path = ["Transports", name];
    let methods: Vec<&str> = transport.methods().collect();
    if methods.len() > 1 {
        report.rule(&path, format!("only one of {} may be there", methods.join(", ")));
    }
    // An empty Fail must not pass for direct delivery.
    for key in Transport::METHODS.iter().filter(|key| !methods.contains(key)) {
        let path = ["Transports", name, key];
        if report.has(&path) {
            report.rule(&path, "says nothing; set one of its keys, or remove it");
        }
    }
    if let Some(fail) = transport.fail.as_ref().filter(|f| !(400..600).contains(&f.smtp_code)) {
        let path = [path.as_slice(), &["Fail", "SMTPCode"]].concat();
        report.rule(&path, format!("{} is not an error code: expected 400 to 599", fail.smtp_code));
    }
    if transport.direct.as_ref().is_some_and(|d| d.disable_ipv4 && d.disable_ipv6) {
        report.rule(&["Transports", name, "Direct"], "with both IP families disabled nothing can be sent");
    }
    if let Some(socks) = &transport.socks {
        let port = socks.address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            report.rule(&["Transports", name, "Socks", "Address"], "expected host:port");
        }
        if socks.remote_ips.is_empty() {
            report.rule(&["Transports", name, "Socks", "RemoteIPs"], "at least one address is needed");
        }
    }
    let hosts = [
        ("Submissions", &transport.submissions),
        ("Submission", &transport.submission),
        ("SMTP", &transport.smtp),
    ];
    for (key, host) in hosts {
        if let Some(host) = host {
            check_smart_host(&["Transports", name, key], host, key == "Submissions", report);
        }
    }
}

fn check_smart_host(path: &[&str], host: &SmartHost, immediate: bool, report: &mut Report<'_>) {
    let unfit = [
        ("STARTTLSInsecureSkipVerify", host.starttls_insecure_skip_verify),
        ("NoSTARTTLS", host.no_starttls),
    ];
    for (key, _) in unfit.into_iter().filter(|(_, set)| *set && immediate) {
        report.rule(&below(path, &[key]), "there is no STARTTLS with TLS from the start; use Submission");
    }
    let mechanisms = host.auth.as_ref().map_or(&[][..], |auth| &auth.mechanisms);
    for (n, mechanism) in mechanisms.iter().enumerate() {
        if mechanisms.iter().take(n).any(|other| other == mechanism) {
            let path = below(path, &["Auth", "Mechanisms"]);
            report.rule(&below(&path, &[&format!("[{n}]")]), format!("{mechanism} is there already"));
        }
    }
}
