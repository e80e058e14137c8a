//! Does the name of the mail host lead to its addresses, and each address back to the name?

use std::net::IpAddr;

use mox_remoteip::IprevResult;

use crate::step::listed;
use crate::{Site, Step, World};

pub(super) async fn forward(world: &World, site: &Site) -> Step {
    const ID: &str = "forward-dns";
    let (host, public) = (&site.hostname, site.public());
    let answer = match world.resolver.lookup_ip(host.ascii()).await {
        Ok(answer) => answer,
        Err(error) if error.is_no_records() => {
            let evidence = format!("{host} has no address yet");
            let fix = match public.is_empty() {
                true => "add its address, which the list below cannot know, or name it with --nat-ip",
                false => "add its records from the list below",
            };
            return Step::warning(ID, evidence, fix);
        }
        Err(error) => {
            let fix = "look at the name servers of the domain, then run `mox dnscheck`";
            return Step::warning(ID, format!("addresses of {host}: {error}"), fix);
        }
    };
    let missing: Vec<IpAddr> = public.iter().copied().filter(|ip| !answer.records.contains(ip)).collect();
    let foreign: Vec<IpAddr> = answer.records.iter().copied().filter(|ip| !public.contains(ip)).collect();
    let authentic = if answer.authentic { "authentic (DNSSEC)" } else { "not signed" };
    match (missing.is_empty(), foreign.is_empty(), public.is_empty()) {
        (_, _, true) | (true, true, _) => {
            Step::ok(ID, format!("{host} leads to {}; {authentic}", listed(&answer.records)))
        }
        (false, true, _) => Step::warning(
            ID,
            format!("{host} does not lead to {}", listed(&missing)),
            "add its records from the list below",
        ),
        _ => Step::warning(
            ID,
            format!("{host} leads to {}, and mail would be at {}", listed(&foreign), listed(&public)),
            "correct its records in DNS, or name the outer address with --nat-ip",
        ),
    }
}

pub(super) async fn reverse(world: &World, site: &Site) -> Step {
    const ID: &str = "reverse-dns";
    let (host, public) = (site.hostname.ascii(), site.public());
    if public.is_empty() {
        return Step::skipped(ID, "the addresses that others see are not known");
    }
    let (mut bad, mut unknown) = (Vec::new(), Vec::new());
    for ip in &public {
        let outcome = mox_remoteip::iprev(&*world.resolver, *ip).await;
        match outcome.result {
            _ if outcome.names.iter().any(|name| name == host) => {}
            IprevResult::TempError => unknown.push(ip),
            _ if outcome.names.is_empty() => bad.push(format!("{ip} has no name")),
            _ => bad.push(format!("{ip} is named {}", outcome.names.join(", "))),
        }
    }
    if !bad.is_empty() {
        let fix = format!(
            "set the reverse name (PTR) of each address to {host}, in the control panel of whoever gave you the address"
        );
        return Step::warning(ID, format!("{}: many refuse mail from there", bad.join("; ")), fix);
    }
    if !unknown.is_empty() {
        let fix = "try `mox iprev ADDRESS` later";
        return Step::warning(ID, format!("names of {}: no answer", listed(&unknown)), fix);
    }
    Step::ok(
        ID,
        format!("{} named {host}", if public.len() == 1 { "the address is" } else { "all addresses are" }),
    )
}
