//! Who may issue certificates for the domain: the closest name that says so decides. RFC 8659 §3.

use mox_dns::{Issuer, RecordType};

use crate::Finding;
use crate::ground::Ground;

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
    // What follows a semicolon are parameters of the authority.
    let may = |authority: &str| {
        allowed.iter().any(|value| value.split(';').next().map(str::trim) == Some(authority))
    };
    for issuer in ground.ours.iter().flat_map(|ours| &ours.issuers) {
        if !allowed.is_empty() && !may(issuer.ascii()) {
            let text = format!("{issuer}, from which certificates come here, may not issue them");
            let fix = format!("{name}. 300 IN CAA 0 issue \"{issuer}\"");
            findings.push(Finding::error("caa-not-ours", name, text).fix(fix));
        }
    }
    findings
}
