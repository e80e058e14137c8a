//! Who may send mail for the domain: one record, that can be evaluated, and says no to strangers. RFC 7208.

use std::net::{IpAddr, Ipv4Addr};

use mox_address::{Domain, IpDomain, Path};
use mox_dns::RecordType;
use mox_spf::record::is_spf;
use mox_spf::{MAX_LOOKUPS, MAX_VOID_LOOKUPS, Outcome, Query, Record, SpfResult};

use crate::Finding;
use crate::ground::Ground;

/// A client that nobody lets pass but who lets everybody pass: from a network for documentation (RFC 5737).
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 213));

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let all = ground.ours.iter().flat_map(|ours| ours.all_ips()).copied().collect::<Vec<_>>();
    let mut findings = of(ground, ground.domain, &all).await;
    for name in ground.ours.iter().flat_map(|ours| ours.names()).filter(|name| *name != ground.domain) {
        let ips = ground.ours.and_then(|ours| ours.own(name.ascii())).map(|(ips, _)| ips);
        findings.extend(of(ground, name, ips.unwrap_or_default()).await);
    }
    findings
}

/// One name: that of the domain, or of the host as it greets; `ips` are those that mail leaves from under it.
async fn of(ground: &Ground<'_>, domain: &Domain, ips: &[IpAddr]) -> Vec<Finding> {
    let name = domain.ascii();
    let mend = || ground.mend(name, RecordType::Txt, || format!("{name}. 300 IN TXT \"v=spf1 mx -all\""));
    let texts = match ground.resolver.lookup_txt(name).await {
        Ok(answer) => answer.records,
        Err(error) if error.is_no_records() => Vec::new(),
        Err(error) => return vec![Finding::unanswered(name, &error)],
    };
    let records: Vec<&String> = texts.iter().filter(|text| is_spf(text)).collect();
    let record = match records.as_slice() {
        [] => {
            let text = "no SPF record: anybody may send as the domain";
            return vec![Finding::error("spf-missing", name, text).fix(mend())];
        }
        [record] => *record,
        several => {
            let text = format!("{} SPF records, which is an error: none counts", several.len());
            return vec![Finding::error("spf-several", name, text).fix("join them into one record")];
        }
    };
    if let Err(error) = Record::parse(record) {
        let text = format!("{record:?}: {error}; the record has no effect");
        return vec![Finding::error("spf-invalid", name, text).fix(mend())];
    }
    let mut findings = cost(ground, name).await;
    findings.extend(stranger(ground, domain, record).await);
    for ip in ips {
        findings.extend(sender(ground, domain, *ip).await);
    }
    findings
}

/// What the record and those it includes cost, and what is unwise in them.
async fn cost(ground: &Ground<'_>, name: &str) -> Vec<Finding> {
    let mut survey = mox_spf::survey(ground.resolver, name).await;
    let mut findings = Vec::new();
    if let Some(why) = survey.temporary {
        findings.push(Finding::warning("dns-unanswered", name, format!("not known now: {why}")));
    }
    if survey.lookups > MAX_LOOKUPS {
        // The survey says it last.
        let text = survey.problems.pop().unwrap_or_default();
        let fix = "replace includes by the networks they stand for, or send services' mail under names of their own";
        findings.push(Finding::error("spf-lookups", name, text).fix(fix));
    }
    for problem in survey.problems {
        findings.push(Finding::warning("spf-unwise", name, problem).fix("change or remove the term"));
    }
    findings
}

async fn ask(ground: &Ground<'_>, domain: &Domain, ip: IpAddr) -> Option<Outcome> {
    let path: Path = format!("postmaster@{domain}").parse().ok()?;
    let helo = IpDomain::Domain(domain.clone());
    let query = Query {
        ip,
        helo: &helo,
        mail_from: Some(&path),
        local_hostname: "",
        local_ip: None,
        now: ground.world.clock.now(),
    };
    Some(mox_spf::check(ground.resolver, &query).await)
}

/// What becomes of mail from somebody unknown, and how many lookups lead to nothing on the way.
async fn stranger(ground: &Ground<'_>, domain: &Domain, record: &str) -> Vec<Finding> {
    let name = domain.ascii();
    let Some(outcome) = ask(ground, domain, STRANGER).await else { return Vec::new() };
    let why = outcome.problem.unwrap_or_default();
    let strict = "end the record in -all, or ~all with DMARC";
    let mut findings = vec![match outcome.result {
        SpfResult::Fail | SpfResult::SoftFail => {
            let text = format!("{record}; strangers get {}, {} lookups", outcome.result, outcome.lookups);
            Finding::ok("spf", name, text)
        }
        SpfResult::Pass => {
            let text = format!("{record:?} lets everybody pass");
            Finding::error("spf-open", name, text).fix(strict)
        }
        SpfResult::TempError => Finding::warning("dns-unanswered", name, format!("not known now: {why}")),
        SpfResult::PermError if outcome.void_lookups > MAX_VOID_LOOKUPS => {
            let text = format!(
                "{} lookups find nothing, {MAX_VOID_LOOKUPS} are allowed: {why}",
                outcome.void_lookups
            );
            return vec![
                Finding::error("spf-voids", name, text).fix("remove the terms whose names are gone"),
            ];
        }
        SpfResult::PermError => {
            let text = format!("strangers get permerror: {why}");
            Finding::error("spf-permerror", name, text).fix("mend the record that is named")
        }
        SpfResult::None | SpfResult::Neutral => {
            let text = format!("{record:?} says nothing about strangers");
            Finding::warning("spf-weak", name, text).fix(strict)
        }
    }];
    if outcome.void_lookups > 0 {
        let text = format!(
            "{} lookups of the record find nothing, {MAX_VOID_LOOKUPS} are allowed",
            outcome.void_lookups
        );
        findings.push(Finding::warning("spf-voids", name, text).fix("remove the terms whose names are gone"));
    }
    findings
}

/// Mail from this host has to pass.
async fn sender(ground: &Ground<'_>, domain: &Domain, ip: IpAddr) -> Option<Finding> {
    let outcome = ask(ground, domain, ip).await?;
    match outcome.result {
        SpfResult::Pass | SpfResult::TempError => None,
        result => {
            let text = format!("mail from this host at {ip} gets {result}");
            let term = if ip.is_ipv4() { "ip4" } else { "ip6" };
            let fix = format!("add {term}:{ip} to the record");
            Some(Finding::error("spf-not-ours", domain.ascii(), text).fix(fix))
        }
    }
}
