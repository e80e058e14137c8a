//! Is an address of ours in a DNS block list, from whoever had it before?

use mox_remoteip::DnsblResult;

use crate::{Site, Step, World};

/// Lists that many receivers ask.
const LISTS: [&str; 2] = ["sbl.spamhaus.org", "bl.spamcop.net"];

pub(super) async fn check(world: &World, site: &Site) -> Step {
    const ID: &str = "block-lists";
    let public: Vec<_> = site.public().into_iter().filter(|ip| super::addresses::is_public(*ip)).collect();
    if public.is_empty() {
        return Step::skipped(ID, "there is no public address to ask about");
    }
    let (mut listed, mut unknown) = (Vec::new(), Vec::new());
    for zone in LISTS.iter().filter_map(|zone| zone.parse().ok()) {
        for ip in &public {
            let outcome = mox_remoteip::dnsbl(&*world.resolver, &zone, *ip).await;
            match outcome.result {
                DnsblResult::Clear => {}
                DnsblResult::Listed => listed.push(format!("{ip} is in {zone}")),
                DnsblResult::TempError => unknown.push(zone.to_string()),
            }
        }
    }
    unknown.dedup();
    if !listed.is_empty() {
        let fix =
            "ask for removal at the list's web site, or for another address; until then much mail is refused";
        return Step::warning(ID, listed.join("; "), fix);
    }
    match unknown.is_empty() {
        true => Step::ok(ID, format!("in none of {}", LISTS.join(", "))),
        false => Step::skipped(ID, format!("no answer from {}", unknown.join(", "))),
    }
}
