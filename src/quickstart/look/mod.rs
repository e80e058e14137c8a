//! The looking around, a file each. Nothing is changed, and no step stops the others: all is told at once.

mod addresses;
mod blocklists;
mod host;
mod names;
mod outgoing;
mod ports;
mod resolver;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mox_address::Domain;

use crate::{Step, Verdict, Wishes, World};

/// Where the mail server will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub hostname: Domain,
    /// Addresses to listen on.
    pub ips: Vec<IpAddr>,
    /// Addresses that others see, where those are others.
    pub nat_ips: Vec<IpAddr>,
    /// Loopback addresses of the machine.
    pub loopback: Vec<IpAddr>,
}

impl Site {
    /// The addresses that others see; empty when they are not known.
    pub fn public(&self) -> Vec<IpAddr> {
        let seen = if self.nat_ips.is_empty() { &self.ips } else { &self.nat_ips };
        seen.iter().copied().filter(|ip| !ip.is_unspecified()).collect()
    }
}

/// Looks at everything and tells each step when it ends.
pub async fn look(world: &World, wishes: &Wishes, tell: &mut dyn FnMut(&Step)) -> (Site, Vec<Step>) {
    let mut steps: Vec<Step> = Vec::new();
    let mut note = |step: Step| {
        tell(&step);
        steps.push(step);
    };
    note(Step::ok("address", format!("{} at the domain {}", wishes.address, wishes.address.domain)));
    let dns = resolver::check(world).await;
    let silent = dns.verdict == Verdict::Failed;
    note(dns);
    let found = addresses::Found::of(&*world.machine);
    let (hostname, step) = host::choose(world, wishes, &found).await;
    note(step);
    note(host::hosts_file(&*world.machine, &hostname));
    let (ips, nat_ips, here) = addresses::choose(world, wishes, &found, &hostname).await;
    here.into_iter().for_each(&mut note);
    let mut loopback = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    loopback.retain(|ip| ip.is_ipv4() || found.loopback.contains(ip));
    let site = Site { hostname, ips, nat_ips, loopback };
    ports::check(world, wishes, &site).into_iter().for_each(&mut note);
    if silent {
        // Each question would wait for its end.
        for id in ["forward-dns", "reverse-dns", "outgoing-port", "domain-age", "block-lists"] {
            note(Step::skipped(id, "not asked, as DNS does not answer"));
        }
        return (site, steps);
    }
    note(names::forward(world, &site).await);
    note(names::reverse(world, &site).await);
    note(outgoing::port(world, wishes).await);
    note(outgoing::age(world, wishes).await);
    note(blocklists::check(world, &site).await);
    (site, steps)
}
