//! Where mail programs find their servers: SRV records and the names of settings. RFC 6186, RFC 2782.

use mox_dns::{RecordType, Service};

use crate::ground::Ground;
use crate::{Expected, Finding};

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    // Which services others have, nobody but they can say.
    let Some(ours) = ground.ours else { return Vec::new() };
    let mut findings = Vec::new();
    for service in &ours.services {
        let name = format!("{}.{}", service.name, ours.domain.ascii());
        let fix = ground.mend(&name, RecordType::Srv, String::new);
        findings.push(match ground.resolver.lookup_srv(&name, &*ground.world.random).await {
            Ok(answer) => judge(ours, service.port, &name, &answer.records, fix),
            Err(error) if !error.is_no_records() => Finding::unanswered(name, &error),
            Err(_) if service.port.is_none() => {
                Finding::info("srv-missing", name, "nothing says that there is no such service").fix(fix)
            }
            Err(_) => {
                let text = "mail programs do not find the service by themselves";
                Finding::warning("srv-missing", name, text).fix(fix)
            }
        });
    }
    if ours.autoconfig {
        findings.extend(settings(ground, ours).await);
    }
    findings
}

fn judge(ours: &Expected, port: Option<u16>, name: &str, found: &[Service], fix: String) -> Finding {
    let told: Vec<String> = found.iter().map(|at| format!("{}:{}", at.target, at.port)).collect();
    let right = match port {
        Some(port) => found.iter().any(|at| {
            at.port == port && [&ours.host, &ours.client_host].iter().any(|name| name.ascii() == at.target)
        }),
        None => found.iter().all(|at| at.target == "."),
    };
    match (right, port) {
        (true, _) => Finding::ok("srv", name, told.join(", ")),
        (false, Some(port)) => {
            let text =
                format!("{} instead of {}:{port}: programs do not connect", told.join(", "), ours.host);
            Finding::error("srv-differs", name, text).fix(fix)
        }
        (false, None) => {
            let text = format!("{}, and the service does not run here", told.join(", "));
            Finding::warning("srv-differs", name, text).fix(fix)
        }
    }
}

/// The names where programs ask for settings: they lead here, and the record that Outlook asks for does, too.
async fn settings(ground: &Ground<'_>, ours: &Expected) -> Vec<Finding> {
    let name = format!("autoconfig.{}", ours.domain.ascii());
    let other = format!("_autodiscover._tcp.{}", ours.domain.ascii());
    let (found, srv) = tokio::join!(
        ground.resolver.lookup_ip(&name),
        ground.resolver.lookup_srv(&other, &*ground.world.random)
    );
    let fix = || ground.mend(&name, RecordType::Cname, String::new);
    let first = match found {
        Ok(answer) => {
            let ours: Vec<_> = ours.all_ips().collect();
            let right = ours.is_empty() || answer.records.iter().any(|ip| ours.contains(&ip));
            let listed: Vec<String> = answer.records.iter().map(ToString::to_string).collect();
            let text = format!("{}, where this host is not: programs get no settings", listed.join(", "));
            match right {
                true => Finding::ok("autoconfig", &name, listed.join(", ")),
                false => Finding::warning("autoconfig-differs", &name, text).fix(fix()),
            }
        }
        Err(error) if error.is_no_records() => {
            let text = "mail programs do not find their settings";
            Finding::warning("autoconfig-missing", &name, text).fix(fix())
        }
        Err(error) => Finding::unanswered(&name, &error),
    };
    let fix = ground.mend(&other, RecordType::Srv, String::new);
    let second = match srv {
        Ok(answer) => judge(ours, Some(443), &other, &answer.records, fix),
        Err(error) if !error.is_no_records() => Finding::unanswered(&other, &error),
        Err(_) => {
            let text = "Outlook does not find its settings";
            Finding::warning("srv-missing", &other, text).fix(fix)
        }
    };
    vec![first, second]
}
