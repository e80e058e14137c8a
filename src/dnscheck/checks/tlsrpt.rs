//! Where reports about TLS go, of the domain (MTA-STS) and of this host (DANE). RFC 8460 §3.

use mox_address::{Address, Domain};
use mox_dns::RecordType;
use mox_tlsrpt::{RecordLookup, Target, lookup_record, record_name};

use crate::Finding;
use crate::ground::Ground;

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let wanted = ground.ours.and_then(|ours| ours.tls_reports.as_ref());
    let mut findings = of(ground, ground.domain, wanted).await;
    if let Some(ours) = ground.ours.filter(|ours| ours.host != *ground.domain) {
        findings.extend(of(ground, &ours.host, ours.host_tls_reports.as_ref()).await);
    }
    findings
}

async fn of(ground: &Ground<'_>, domain: &Domain, wanted: Option<&Address>) -> Vec<Finding> {
    let name = record_name(domain);
    let fix = ground.mend(&name, RecordType::Txt, || {
        format!("{name}. 300 IN TXT \"v=TLSRPTv1; rua=mailto:<address>@{}\"", ground.domain)
    });
    match lookup_record(ground.resolver, domain).await {
        RecordLookup::Temporary(error) => vec![Finding::unanswered(name, &error)],
        RecordLookup::Absent { .. } => {
            let text = "no record: nobody tells when TLS to the mail hosts fails";
            vec![Finding::warning("tlsrpt-missing", name, text).fix(fix)]
        }
        RecordLookup::Several(texts) => {
            let text = format!("{} records, which counts as none", texts.len());
            vec![Finding::error("tlsrpt-several", name, text).fix("leave one record")]
        }
        RecordLookup::Invalid { text, error } => {
            let text = format!("{text:?}: {error}, which counts as none");
            vec![Finding::error("tlsrpt-invalid", name, text).fix(fix)]
        }
        RecordLookup::Found { record, text, .. } => {
            let mut findings = vec![Finding::ok("tlsrpt", &name, text)];
            let gets = |to: &Address| record.rua.iter().any(|uri| uri.target == Target::Mail(to.clone()));
            if let Some(to) = wanted.filter(|to| !gets(to)) {
                let text = format!("reports do not go to {to}, where they are expected");
                findings.push(Finding::warning("tlsrpt-not-ours", &name, text).fix(fix));
            }
            for uri in record.rua.iter().filter(|uri| uri.target == Target::Unsupported) {
                let text = format!("{}: neither mailto nor https, so no reports go there", uri.text);
                findings.push(Finding::warning("tlsrpt-unsupported", &name, text).fix("remove it"));
            }
            findings
        }
    }
}
