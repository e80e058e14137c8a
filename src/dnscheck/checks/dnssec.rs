//! Whether DNSSEC proves which mail hosts the domain has, and their addresses: what DANE rests on. RFC 4035 §3.2.3.

use crate::Finding;
use crate::ground::{Ground, Mail};

pub(crate) fn check(ground: &Ground<'_>, mail: &Mail) -> Vec<Finding> {
    let Ok(mx) = &mail.mx else { return Vec::new() };
    let domain = ground.domain.ascii();
    if !mx.authentic {
        let text =
            "DNSSEC does not prove the mail hosts: DANE cannot protect mail, and answers can be forged";
        let fix = "sign the zone, and have the DS record published at the registry";
        return vec![Finding::info("dnssec-missing", domain, text).fix(fix)];
    }
    let mut findings = vec![Finding::ok("dnssec", domain, "DNSSEC proves the mail hosts")];
    for host in &mail.hosts {
        if host.answer().is_some_and(|answer| !answer.authentic) {
            let text = "DNSSEC does not prove its addresses: DANE does not protect mail to it";
            let fix = "sign the zone of the host, too";
            findings.push(Finding::info("dnssec-host", &host.name, text).fix(fix));
        }
    }
    findings
}
