//! What the domain asks for when mail is forged, and whether its reports can arrive. RFC 9989, RFC 9990 §4.

use mox_dmarc::{Consent, Destination, Discovery, Found, Policy, Status, discover};
use mox_dns::RecordType;

use crate::Finding;
use crate::ground::Ground;

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let name = format!("_dmarc.{}", ground.domain.ascii());
    let mend = || {
        let to = ground.domain.ascii();
        let text = format!("{name}. 300 IN TXT \"v=DMARC1; p=none; rua=mailto:<address>@{to}\"");
        ground.mend(&name, RecordType::Txt, || text)
    };
    let found = discover(ground.resolver, ground.domain).await;
    for step in &found.steps {
        if let Found::Several { count } = step.found {
            let text = format!("{count} records at {}, none of which counts", step.name);
            return vec![Finding::error("dmarc-several", &step.name, text).fix("leave one record")];
        }
    }
    let why = found.problem.clone().unwrap_or_default();
    match (found.status, &found.record) {
        (Status::TempError, _) => {
            vec![Finding::warning("dns-unanswered", name.as_str(), format!("not known now: {why}"))]
        }
        (Status::None, _) => {
            let text = "no DMARC record: receivers take forged mail for the domain, and tell nobody";
            vec![Finding::error("dmarc-missing", name.as_str(), text).fix(mend())]
        }
        (Status::Applies, Some(_)) => applies(ground, &name, &found, mend()).await,
        _ => vec![Finding::error("dmarc-invalid", name.as_str(), why).fix(mend())],
    }
}

async fn applies(ground: &Ground<'_>, name: &str, found: &Discovery, mend: String) -> Vec<Finding> {
    let Some(published) = &found.record else { return Vec::new() };
    let record = &published.record;
    let at = found.policy_domain.as_ref().map_or(name.to_owned(), |domain| format!("_dmarc.{domain}"));
    let mut findings = vec![match found.policy {
        _ if record.is_flawed() => {
            let text = format!("{:?} has no valid policy: none is assumed", published.text);
            Finding::error("dmarc-invalid", &at, text).fix(mend.as_str())
        }
        Some(Policy::None) | None => {
            let text = format!("{:?} asks for reports only: forged mail is taken", published.text);
            let fix =
                "`mox dmarc readiness` says from the reports when p=quarantine or p=reject breaks nothing";
            Finding::info("dmarc-none", &at, text).fix(fix)
        }
        Some(_) => Finding::ok("dmarc", &at, published.text.as_str()),
    }];
    if record.testing {
        let text = "t=y: policies apply one level below what they say";
        findings.push(Finding::info("dmarc-testing", &at, text).fix("remove t=y"));
    }
    for ignored in &record.ignored {
        let text = format!("{}={} has no effect: {}", ignored.tag, ignored.value, ignored.reason);
        findings.push(Finding::warning("dmarc-ignored", &at, text).fix(format!("remove {}", ignored.tag)));
    }
    if record.rua.is_empty() {
        let text = "no rua: nobody learns who sends as the domain, nor what breaks";
        findings.push(Finding::warning("dmarc-no-rua", &at, text).fix(mend.as_str()));
    }
    let wanted = ground.ours.and_then(|ours| ours.dmarc.as_ref());
    let missing = |to: &&mox_address::Address| !record.rua.iter().any(|uri| uri.address.as_ref() == Some(to));
    if let Some(to) = wanted.filter(missing).filter(|_| !record.rua.is_empty()) {
        let text = format!("reports do not go to {to}, where they are expected");
        findings.push(Finding::warning("dmarc-rua-not-ours", &at, text).fix(mend.as_str()));
    }
    if let Some(domain) = &found.policy_domain {
        for destination in mox_dmarc::destinations(ground.resolver, domain, record).await {
            findings.extend(refused(&destination, domain.ascii()));
            findings.extend(unroutable(ground, &destination).await);
        }
    }
    findings
}

/// Those who are named for reports have to agree.
fn refused(destination: &Destination, domain: &str) -> Option<Finding> {
    let (tag, uri) = (destination.tag.tag(), &destination.uri.uri);
    let finding = match &destination.consent {
        Consent::NotNeeded | Consent::Given { .. } => return None,
        Consent::Unknown { reason } => {
            Finding::warning("dns-unanswered", uri, format!("{tag}: not known now: {reason}"))
        }
        Consent::NoHost => Finding::error("dmarc-rua-refused", uri, format!("{tag}: names no host"))
            .fix("write mailto:ADDRESS"),
        Consent::Elsewhere { name, uri: other } => {
            let text = format!("{tag}: {name} leads on to {other}, where nobody may send");
            Finding::error("dmarc-rua-refused", uri, text).fix(format!("change the record at {name}"))
        }
        Consent::Missing { name, reason } => {
            let text = format!(
                "{tag}: its domain did not agree to get reports about {domain} ({reason}): none come"
            );
            Finding::error("dmarc-rua-refused", uri, text).fix(format!("{name}. 300 IN TXT \"v=DMARC1\""))
        }
    };
    Some(finding)
}

/// Mail for the addresses has to have somewhere to go.
async fn unroutable(ground: &Ground<'_>, destination: &Destination) -> Option<Finding> {
    let host = destination.uri.address.as_ref().map(|address| &address.domain)?;
    if host == ground.domain {
        // The check of mail hosts says it.
        return None;
    }
    let host = host.ascii();
    let uri = &destination.uri.uri;
    let text = match ground.resolver.lookup_mx(host, &*ground.world.random).await {
        Ok(answer) if mox_dns::is_null_mx(&answer.records) => format!("{host} takes no mail (null MX)"),
        Ok(_) => return None,
        Err(error) if error.is_no_records() => match ground.resolver.lookup_ip(host).await {
            Err(error) if error.is_no_records() => format!("{host} has no mail host: {error}"),
            _ => return None,
        },
        Err(_) => return None,
    };
    let text = format!("{text}; reports are lost");
    Some(Finding::error("dmarc-rua-unroutable", uri, text).fix("name an address that gets mail"))
}
