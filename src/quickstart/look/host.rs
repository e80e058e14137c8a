//! The name of the mail host, and what the hosts file does to it.

use std::net::IpAddr;

use mox_address::Domain;

use super::addresses::Found;
use crate::machine::Machine;
use crate::step::listed;
use crate::{Step, Wishes, World};

/// The name: as told, else the machine's own, else the one of its address, else the machine's below the domain.
pub(super) async fn choose(world: &World, wishes: &Wishes, found: &Found) -> (Domain, Step) {
    if let Some(name) = &wishes.hostname {
        return (name.clone(), Step::ok("hostname", format!("{name}, as told")));
    }
    let machine = world.machine.hostname().unwrap_or_default();
    if let Some(name) = full(&machine).or_else(|| canonical(&world.machine.hosts(), &machine)) {
        return (name.clone(), Step::ok("hostname", format!("{name}, the name of this machine")));
    }
    let seen = if wishes.nat_ips.is_empty() { &found.public } else { &wishes.nat_ips };
    for ip in seen {
        let outcome = mox_remoteip::iprev(&*world.resolver, *ip).await;
        if let Some(name) = outcome.name.as_deref().and_then(full) {
            return (name.clone(), Step::ok("hostname", format!("{name}, the name of {ip} in DNS")));
        }
    }
    let domain = &wishes.address.domain;
    let below = |label: &str| Domain::parse(&format!("{label}.{}", domain.ascii())).ok();
    let usable = !machine.is_empty() && machine != "localhost";
    let name = Some(machine.as_str()).filter(|_| usable).and_then(below).or_else(|| below("mail"));
    let name = name.unwrap_or_else(|| domain.clone());
    let evidence = format!("{name} is a guess: the machine and its addresses have no full name");
    (name, Step::warning("hostname", evidence, "name it with --hostname"))
}

/// A name with a dot that is no name of this machine for itself.
fn full(name: &str) -> Option<Domain> {
    let name = name.trim_end_matches('.');
    let own = ["localhost", "localdomain", "local", "internal", "lan", "home.arpa"];
    let outside = !own.iter().any(|top| name.ends_with(&format!(".{top}")));
    if name.contains('.') && outside { Domain::parse(name).ok() } else { None }
}

/// The full name that the hosts file has for a short one: the first of its line (hosts(5)).
fn canonical(hosts: &str, short: &str) -> Option<Domain> {
    let line = |line: &str| {
        let mut names = line.split('#').next()?.split_whitespace().skip(1);
        let first = names.next()?;
        if first == short || names.any(|name| name == short) { full(first) } else { None }
    };
    hosts.lines().find_map(line).filter(|_| !short.is_empty())
}

/// Debian and others put the machine's own name on 127.0.1.1: programs here then take it for a loopback name.
pub(super) fn hosts_file(machine: &dyn Machine, hostname: &Domain) -> Step {
    let is_it = |name: &str| Domain::parse(name).is_ok_and(|name| name == *hostname);
    let mut trapped: Vec<IpAddr> = Vec::new();
    for line in machine.hosts().lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(ip) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
        if ip.is_loopback() && words.any(is_it) {
            trapped.push(ip);
        }
    }
    if trapped.is_empty() {
        return Step::ok("hosts-file", "the hosts file leads the name to no loopback address");
    }
    let evidence = format!(
        "the hosts file leads {hostname} to {}: mail from here to itself goes astray",
        listed(&trapped)
    );
    let fix = format!("take {hostname} out of that line of the hosts file, or put the public address there");
    Step::warning("hosts-file", evidence, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_file_knows_full_names() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1 mx.example.org mx # mx\n10.0.0.1 lan.local lan\n";
        for (short, expected) in [("mx", Some("mx.example.org")), ("lan", None), ("other", None), ("", None)]
        {
            assert_eq!(canonical(hosts, short), expected.map(|name| name.parse().unwrap()), "{short}");
        }
        assert_eq!(full("localhost.localdomain"), None);
        assert_eq!(full("mx"), None);
    }
}
