//! The records of every domain, and what the resolver can do.

use mox_dns::RecordType;
use mox_dnscheck::{Expected, Finding, check};

use crate::Patient;

/// Asks DNS, policy hosts and mail hosts about every domain.
pub(crate) async fn look(patient: &Patient<'_>) -> Vec<Finding> {
    if !patient.online {
        return Vec::new();
    }
    let mut findings = vec![resolver(patient).await];
    for (domain, hosted) in &patient.config.dynamic.domains {
        if hosted.disabled || patient.config.reports_only(domain) {
            continue;
        }
        let expected = Expected::of(patient.config, domain);
        let found = check(patient.world, domain, expected.as_ref()).await;
        let problems: Vec<Finding> = found.into_iter().filter(|found| found.severity.is_problem()).collect();
        if problems.is_empty() {
            findings.push(Finding::ok("dns", domain.unicode(), "its records are as they should be"));
        }
        findings.extend(problems);
    }
    findings
}

/// Without DNSSEC there is no DANE.
async fn resolver(patient: &Patient<'_>) -> Finding {
    match patient.world.resolver.lookup("com", RecordType::Ns).await {
        Ok(answer) if answer.authentic => Finding::ok("resolver", "DNS", "answers, and DNSSEC is validated"),
        Ok(_) => Finding::warning(
            "resolver-no-dnssec",
            "DNS",
            "answers without DNSSEC: DANE protects no delivery",
        )
        .fix("a resolver that passes DNSSEC records on, or one on this machine that validates: unbound"),
        Err(error) => Finding::error("resolver-fails", "DNS", format!("names cannot be looked up: {error}"))
            .fix("mend the system's resolver, or name another one with --resolver"),
    }
}
