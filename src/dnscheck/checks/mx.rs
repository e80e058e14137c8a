//! Where mail for the domain goes. RFC 5321 §5.1, RFC 7505 (null MX).

use mox_dns::{MxHost, RecordType, is_null_mx};

use crate::ground::{Ground, MAX_HOSTS, Mail};
use crate::{Expected, Finding};

pub(crate) fn check(ground: &Ground<'_>, mail: &Mail) -> Vec<Finding> {
    let domain = ground.domain.ascii();
    let mend =
        || ground.mend(domain, RecordType::Mx, || format!("{domain}. 300 IN MX 10 <name of the mail host>."));
    let answer = match &mail.mx {
        Ok(answer) => answer,
        Err(error) if !error.is_no_records() => return vec![Finding::unanswered(domain, error)],
        Err(error) if mail.hosts.is_empty() => {
            let text = format!("MX: {error}, nor an address of the domain: mail cannot be delivered");
            return vec![Finding::error("mx-missing", domain, text).fix(mend())];
        }
        Err(_) => {
            let text = "no MX record, so mail goes to the address of the domain itself";
            return vec![Finding::warning("mx-implicit", domain, text).fix(mend())];
        }
    };
    let hosts = &answer.records;
    if is_null_mx(hosts) {
        let text = "the domain says that it takes no mail (null MX)";
        let finding = match ground.ours {
            Some(_) => Finding::error("mx-null", domain, text).fix(mend()),
            None => Finding::info("mx-null", domain, text),
        };
        return vec![finding];
    }
    let mut findings = vec![Finding::ok("mx", domain, listed(hosts))];
    let leads_here =
        |ours: &&Expected| ours.names().any(|name| hosts.iter().any(|mx| mx.host == name.ascii()));
    if let Some(ours) = ground.ours.filter(|ours| !leads_here(ours)) {
        let text = format!("{} is none of the mail hosts: mail does not arrive here", ours.host);
        findings.push(Finding::error("mx-not-ours", domain, text).fix(mend()));
    }
    if hosts.len() > MAX_HOSTS {
        let text = format!("{} mail hosts, of which the first {MAX_HOSTS} were looked at", hosts.len());
        findings.push(Finding::info("mx-many", domain, text));
    }
    findings
}

fn listed(hosts: &[MxHost]) -> String {
    let hosts: Vec<String> = hosts.iter().map(|mx| format!("{} {}", mx.preference, mx.host)).collect();
    hosts.join(", ")
}
