//! Mail hosts have addresses that everybody can reach, are no aliases, and their addresses have names that lead back.
//!
//! RFC 5321 §5.1 and RFC 2181 §10.3 (aliases), RFC 8601 §2.7.3 (iprev), RFC 3596 (IPv6).

use mox_dns::{BoxFuture, RecordType};
use mox_https::Egress;
use mox_remoteip::{IprevResult, iprev};

use crate::Finding;
use crate::ground::{Ground, Host, Mail, all};

pub(crate) async fn check(ground: &Ground<'_>, mail: &Mail) -> Vec<Finding> {
    let checks: Vec<BoxFuture<'_, Vec<Finding>>> = mail
        .hosts
        .iter()
        .map(|host| -> BoxFuture<'_, Vec<Finding>> { Box::pin(one(ground, host)) })
        .collect();
    let (found, own) = tokio::join!(all(checks), own(ground, mail));
    found.into_iter().flatten().chain(own).collect()
}

/// Names of this host that are in no MX record: mail leaves under them.
async fn own(ground: &Ground<'_>, mail: &Mail) -> Vec<Finding> {
    let further = ground.ours.iter().flat_map(|ours| &ours.further).map(|further| further.name.ascii());
    let unseen = further.filter(|name| mail.hosts.iter().all(|host| host.name != **name));
    let asked: Vec<BoxFuture<'_, Vec<Finding>>> = unseen
        .map(|name| -> BoxFuture<'_, Vec<Finding>> {
            Box::pin(async move { one(ground, &Host::find(ground.resolver, name.to_owned()).await).await })
        })
        .collect();
    all(asked).await.into_iter().flatten().collect()
}

async fn one(ground: &Ground<'_>, host: &Host) -> Vec<Finding> {
    let name = host.name.as_str();
    let mut findings: Vec<Finding> =
        host.unknown().map(|e| Finding::unanswered(name, e)).into_iter().collect();
    let Some(answer) = host.answer() else {
        if findings.is_empty() {
            let text = "the mail host has no address: mail cannot be delivered there";
            let fix = ground.mend(name, RecordType::A, || format!("{name}. 300 IN A <address>"));
            findings.push(Finding::error("mx-no-address", name, text).fix(fix));
        }
        return findings;
    };
    if !answer.cnames.is_empty() {
        let text =
            format!("the mail host is an alias for {}, which some senders refuse", answer.expanded_name);
        let fix = format!("name {} in the MX record", answer.expanded_name);
        findings.push(Finding::warning("mx-alias", name, text).fix(fix));
    }
    findings.extend(addresses(ground, host));
    findings.extend(names(ground, host).await);
    findings
}

fn addresses(ground: &Ground<'_>, host: &Host) -> Vec<Finding> {
    let (name, ips) = (host.name.as_str(), host.ips());
    let listed: Vec<String> = ips.iter().map(ToString::to_string).collect();
    let mut findings = vec![Finding::ok("address", name, listed.join(", "))];
    for ip in &ips {
        let ours = ground.ours.is_some_and(|ours| ours.all_ips().any(|own| own == ip));
        let egress = Egress::Public { allow: ground.world.reachable.clone() };
        if let Some(refusal) = egress.refusal(*ip).filter(|_| !ours) {
            let text = format!("{ip} cannot be reached by others: {refusal}");
            findings.push(Finding::error("address-not-public", name, text).fix("publish the public address"));
        }
    }
    if ips.iter().all(|ip| ip.is_ipv4()) && host.unknown().is_none() {
        let text = "no IPv6 address: senders that have IPv6 only cannot deliver";
        let fix = ground.mend(name, RecordType::Aaaa, || format!("{name}. 300 IN AAAA <address>"));
        findings.push(Finding::info("ipv6-missing", name, text).fix(fix));
    }
    let own = ground.ours.and_then(|ours| ours.own(name)).map(|(ips, _)| ips).unwrap_or_default();
    if !own.is_empty() {
        for ip in ips.iter().filter(|ip| !own.contains(ip)) {
            let text = format!("{ip} is not an address of this host: mail sent there does not arrive");
            findings.push(Finding::error("address-not-ours", name, text).fix(format!("remove {ip}")));
        }
        for ip in own.iter().filter(|ip| !ips.contains(ip)) {
            let text = format!("{ip} of this host is not published: mail sent from it is distrusted");
            let kind = if ip.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
            let fix = ground.mend(name, kind, || format!("{name}. 300 IN {kind} {ip}"));
            findings.push(Finding::warning("address-missing", name, text).fix(fix));
        }
    }
    findings
}

/// Reverse names: of ours they are what receivers judge, of others only worth knowing.
async fn names(ground: &Ground<'_>, host: &Host) -> Vec<Finding> {
    let ours = ground.ours.is_some_and(|ours| ours.own(&host.name).is_some());
    let mut findings = Vec::new();
    for ip in host.ips() {
        let found = iprev(ground.resolver, ip).await;
        let subject = ip.to_string();
        let fix = format!("{}. 300 IN PTR {}.", mox_dns::reverse_name(ip), host.name);
        let why = || found.problem.clone().unwrap_or_default();
        findings.push(match (found.result, &found.name) {
            (IprevResult::Pass, Some(name)) => Finding::ok("ptr", subject, format!("its name is {name}")),
            (IprevResult::TempError, _) => {
                Finding::warning("dns-unanswered", subject, format!("not known now: {}", why()))
            }
            _ if ours => {
                let text = format!("{}; many receivers refuse mail from such addresses", why());
                Finding::error("ptr-missing", subject, text).fix(fix)
            }
            _ => {
                let text = format!("{}; receivers refuse mail from it, if mail leaves from there", why());
                Finding::info("ptr-missing", subject, text).fix(fix)
            }
        });
    }
    findings
}
