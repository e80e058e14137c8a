//! Who may issue certificates for the domain: the closest name that says so decides. RFC 8659 §3, RFC 8657 §3
//! (only for an account).

use mox_dns::{Issuer, RecordType};

use crate::ground::Ground;
use crate::{Finding, Issuer as Ours};

/// Most names on the way up that are asked.
const MAX_NAMES: usize = 8;

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let domain = ground.domain.ascii();
    let mut at = Some(ground.domain.clone());
    for _ in 0..MAX_NAMES {
        let Some(name) = at else { break };
        match ground.resolver.lookup_caa(name.ascii()).await {
            Ok(answer) => return judge(ground, name.ascii(), &answer.records),
            Err(error) if error.is_no_records() => at = name.parent(),
            Err(error) => return vec![Finding::unanswered(name.ascii(), &error)],
        }
    }
    let text = "no CAA record: any authority may issue certificates for the domain and its hosts";
    let fix =
        ground.mend(domain, RecordType::Caa, || format!("{domain}. 300 IN CAA 0 issue \"<authority>\""));
    vec![Finding::info("caa-missing", domain, text).fix(fix)]
}

fn judge(ground: &Ground<'_>, name: &str, issuers: &[Issuer]) -> Vec<Finding> {
    let allowed: Vec<String> = issuers
        .iter()
        .filter(|issuer| issuer.tag.eq_ignore_ascii_case("issue"))
        .map(|issuer| String::from_utf8_lossy(&issuer.value).into_owned())
        .collect();
    let mut findings = vec![Finding::ok("caa", name, format!("may issue: {}", allowed.join(", ")))];
    for issuer in ground.ours.iter().flat_map(|ours| &ours.issuers).filter(|_| !allowed.is_empty()) {
        findings.extend(refused(name, issuer, &allowed));
    }
    findings
}

/// Why an authority that certificates come from may not issue them.
fn refused(name: &str, issuer: &Ours, allowed: &[String]) -> Option<Finding> {
    let fix = format!("{name}. 300 IN CAA 0 issue \"{issuer}\"");
    // What follows a semicolon are parameters of the authority.
    let parts = |value: &String| value.split(';').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
    let of_it: Vec<Vec<String>> = allowed.iter().map(parts).collect();
    let of_it: Vec<_> = of_it.iter().filter_map(|parts| parts.split_first()).collect();
    let of_it = of_it.into_iter().filter(|(first, _)| first.eq_ignore_ascii_case(issuer.name.ascii()));
    let named = |parameters: &[String]| -> Option<String> {
        let of = |parameter: &String| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case("accounturi").then(|| value.trim().to_owned())
        };
        parameters.iter().find_map(of)
    };
    let accounts: Vec<Option<String>> = of_it.map(|(_, parameters)| named(parameters)).collect();
    if accounts.is_empty() {
        let text = format!("{}, from which certificates come here, may not issue them", issuer.name);
        return Some(Finding::error("caa-not-ours", name, text).fix(fix));
    }
    let account = issuer.account.as_ref()?;
    if accounts.iter().any(|named| named.as_ref().is_none_or(|named| named == account)) {
        return None;
    }
    let text = format!("{} may issue for another account than that of this server, {account}", issuer.name);
    Some(Finding::error("caa-other-account", name, text).fix(fix))
}
