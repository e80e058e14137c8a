//! The policy that asks others for verified TLS: record, file, and whether it names the mail hosts. RFC 8461.

use mox_dns::RecordType;
use mox_mtasts::{FetchError, Mode, Policy, RecordLookup, record_name};

use crate::Finding;
use crate::ground::{Ground, Mail};

/// Shortest time that a policy should hold, in seconds: a week (RFC 8461 §3.2 suggests weeks).
const GOOD_AGE: u32 = 7 * DAY;
/// A day, in seconds.
const DAY: u32 = 24 * 3600;

pub(crate) async fn check(ground: &Ground<'_>, mail: &Mail) -> Vec<Finding> {
    let unknown = mail.mx.as_ref().is_err_and(mox_dns::Error::is_temporary);
    if mail.hosts.is_empty() && !unknown {
        // Who takes no mail needs no policy.
        return Vec::new();
    }
    let name = record_name(ground.domain);
    let fix = ground.mend(&name, RecordType::Txt, || {
        format!("serve a policy at https://mta-sts.{}/.well-known/mta-sts.txt, and {name}. 300 IN TXT \"v=STSv1; id=1\"", ground.domain)
    });
    let outcome = mox_mtasts::lookup(ground.resolver, &*ground.world.web, ground.domain).await;
    let record = match outcome.record {
        RecordLookup::Temporary(error) => return vec![Finding::unanswered(name, &error)],
        RecordLookup::Absent { .. } => {
            let text = "no MTA-STS policy: without DANE, whoever is on the way can read mail";
            return vec![Finding::warning("mtasts-missing", name, text).fix(fix)];
        }
        RecordLookup::Several(texts) => {
            let text = format!("{} records, which counts as none", texts.len());
            return vec![Finding::error("mtasts-several", name, text).fix("leave one record")];
        }
        RecordLookup::Invalid { text, error } => {
            let text = format!("{text:?}: {error}, which counts as none");
            return vec![Finding::error("mtasts-invalid", name, text).fix(fix)];
        }
        RecordLookup::Found { record, .. } => record,
    };
    let mut findings = Vec::new();
    let wanted = ground.ours.and_then(|ours| ours.policy_id.as_ref());
    if let Some(id) = wanted.filter(|id| **id != record.id) {
        let text = format!("id {} in DNS, {id} in the configuration: others keep an old policy", record.id);
        findings.push(Finding::warning("mtasts-id", &name, text).fix(fix));
    }
    match outcome.policy {
        Some(Ok(fetched)) => findings.extend(judge(ground, mail, &fetched.policy)),
        Some(Err(error)) => findings.push(not_fetched(ground, &error)),
        None => {}
    }
    findings
}

fn host(ground: &Ground<'_>) -> String {
    format!("mta-sts.{}", ground.domain)
}

fn not_fetched(ground: &Ground<'_>, error: &FetchError) -> Finding {
    let (name, text) = (host(ground), format!("the policy cannot be had: {error}"));
    match error {
        FetchError::NoHost { .. } => {
            let fix = ground.mend(&name, RecordType::Cname, || format!("{name}. 300 IN CNAME <web host>."));
            Finding::error("mtasts-policy", &name, text).fix(fix)
        }
        error if error.is_temporary() => Finding::warning("mtasts-unreachable", &name, text),
        _ => Finding::error("mtasts-policy", &name, text).fix(format!(
            "serve the policy at https://{name}/.well-known/mta-sts.txt as text/plain, with a certificate for {name}"
        )),
    }
}

fn judge(ground: &Ground<'_>, mail: &Mail, policy: &Policy) -> Vec<Finding> {
    let subject = host(ground);
    let mut findings = vec![match policy.mode {
        Mode::Enforce => Finding::ok("mtasts", &subject, format!("mode enforce, max_age {}", policy.max_age)),
        Mode::Testing => {
            let text = "mode testing: failures are reported, and nothing is protected";
            Finding::info("mtasts-testing", &subject, text).fix("mode: enforce, once reports are clean")
        }
        Mode::None => Finding::info("mtasts-none", &subject, "mode none: the policy is being withdrawn"),
    }];
    if policy.mode == Mode::None {
        return findings;
    }
    if policy.max_age < GOOD_AGE {
        let text = format!("max_age of {} s: others forget the policy soon", policy.max_age);
        // A day is right at the beginning, as long as the policy may turn out to be wrong.
        let finding = match policy.max_age < DAY {
            true => Finding::warning("mtasts-max-age", &subject, text),
            false => Finding::info("mtasts-max-age", &subject, text),
        };
        findings.push(finding.fix("max_age: 2592000"));
    }
    for mail_host in &mail.hosts {
        if mail_host.domain().is_some_and(|name| policy.matches(&name)) {
            continue;
        }
        let fix = format!("mx: {}", mail_host.name);
        findings.push(match policy.mode {
            Mode::Enforce => {
                let text =
                    format!("the policy does not name {}: others do not deliver to it", mail_host.name);
                Finding::error("mtasts-mx", &mail_host.name, text).fix(fix)
            }
            _ => {
                let text = format!("the policy does not name {}: others report it", mail_host.name);
                Finding::warning("mtasts-mx", &mail_host.name, text).fix(fix)
            }
        });
    }
    findings
}
