//! Certificates in files: whether they can be used, how long, and for which names.

use std::path::Path;

use mox_config::listener::{KeyCert, Listener};
use mox_dnscheck::Finding;
use mox_tls::Certificate;

use crate::Patient;

/// Days before the end at which somebody should act.
const SOON: i64 = 21;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Looks at the certificates of all listeners.
pub(crate) fn look(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, listener) in &patient.config.server.listeners {
        let needs = listener.smtp.enabled || listener.submission.enabled || listener.submissions.enabled;
        match &listener.tls {
            None if needs && !only_loopback(listener) => {
                let text = "no certificate: mail comes and goes in clear, and users cannot log in";
                findings.push(
                    Finding::error("tls-none", format!("listener {name}"), text)
                        .fix("TLS with ACME or KeyCerts in the listener of mox.conf"),
                );
            }
            None => {}
            Some(tls) => findings.extend(tls.key_certs.iter().flat_map(|pair| one(patient, listener, pair))),
        }
    }
    findings
}

fn only_loopback(listener: &Listener) -> bool {
    listener.ips.iter().all(std::net::IpAddr::is_loopback)
}

fn one(patient: &Patient<'_>, listener: &Listener, pair: &KeyCert) -> Vec<Finding> {
    let (cert, key) = (patient.config.path(&pair.cert_file), patient.config.path(&pair.key_file));
    let subject = cert.display().to_string();
    let certificate = match read(&cert, &key) {
        Ok(certificate) => certificate,
        Err(why) => {
            let finding = Finding::error("certificate-unusable", subject, why);
            return vec![finding.fix("write certificate and key as PEM, the chain after the certificate")];
        }
    };
    let left = (certificate.not_after().secs() - patient.world.clock.now().secs()).div_euclid(DAY);
    let until = certificate.not_after().rfc3339();
    let renew = "renew it; the files are read again when they change";
    let mut findings = vec![match left {
        ..0 => Finding::error("certificate-expired", subject.clone(), format!("ended on {until}")).fix(renew),
        0..SOON => {
            let text = format!("ends in {left} days, on {until}");
            Finding::warning("certificate-ends", subject.clone(), text).fix(renew)
        }
        _ => {
            let text = format!("{left} days left, until {until}; for {}", certificate.names().join(", "));
            Finding::ok("certificate", subject.clone(), text)
        }
    }];
    let host = listener.hostname.as_ref().unwrap_or(&patient.config.server.hostname);
    if !names(&certificate, host.ascii()) {
        let text = format!("is not for {}, the name of the listener's host", host.ascii());
        findings.push(Finding::warning("certificate-name", subject, text).fix("a certificate for that name"));
    }
    findings
}

fn read(cert: &Path, key: &Path) -> Result<Certificate, String> {
    let read =
        |path: &Path| std::fs::read(path).map_err(|e| format!("{} cannot be read: {e}", path.display()));
    Certificate::from_pem(&read(cert)?, &read(key)?).map_err(|e| e.to_string())
}

/// Whether a certificate is for a host (RFC 9525 §6.3).
fn names(certificate: &Certificate, host: &str) -> bool {
    let parent = host.split_once('.').map(|(_, parent)| format!("*.{parent}"));
    certificate.names().iter().any(|name| name == host || Some(name) == parent.as_ref())
}
