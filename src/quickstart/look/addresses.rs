//! Which addresses to listen on, and which others see: NAT and containers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mox_address::Domain;
use mox_https::Egress;

use crate::machine::Machine;
use crate::step::listed;
use crate::{Step, Wishes, World};

/// Addresses of the machine, by what they are good for.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) public: Vec<IpAddr>,
    /// Those of networks of one's own; link-local ones are of no use and left out.
    pub(super) private: Vec<IpAddr>,
    pub(super) loopback: Vec<IpAddr>,
    /// Why nothing is known.
    pub(super) problem: Option<String>,
}

/// Whether an address is one that the whole Internet can reach.
pub(super) fn is_public(ip: IpAddr) -> bool {
    Egress::Public { allow: Vec::new() }.refusal(ip).is_none()
}

impl Found {
    pub(super) fn of(machine: &dyn Machine) -> Found {
        let mut found = Found::default();
        let ips = machine.interfaces().unwrap_or_else(|error| {
            found.problem = Some(error.to_string());
            Vec::new()
        });
        for ip in ips {
            let link_local = match ip {
                IpAddr::V4(ip) => ip.is_link_local(),
                IpAddr::V6(ip) => ip.is_unicast_link_local(),
            };
            match ip {
                _ if ip.is_loopback() => found.loopback.push(ip),
                _ if link_local || ip.is_unspecified() || ip.is_multicast() => {}
                _ if is_public(ip) => found.public.push(ip),
                _ => found.private.push(ip),
            }
        }
        found
    }
}

/// Addresses to listen on, addresses that others see if those are others, and what to say of both.
pub(super) async fn choose(
    world: &World,
    wishes: &Wishes,
    found: &Found,
    hostname: &Domain,
) -> (Vec<IpAddr>, Vec<IpAddr>, Vec<Step>) {
    let container = world.machine.container();
    let (ips, mut steps) = match (wishes.ips.is_empty(), container) {
        (false, _) => (wishes.ips.clone(), vec![told(&*world.machine, &wishes.ips)]),
        (true, Some(kind)) if found.public.is_empty() => (anywhere(found), vec![contained(kind)]),
        (true, _) => own(found),
    };
    // Who names addresses to listen on means them, unless they say that others see others.
    let behind_nat = !wishes.nat_ips.is_empty() || (wishes.ips.is_empty() && found.public.is_empty());
    if !behind_nat {
        return (ips, Vec::new(), steps);
    }
    let mut nat_ips = wishes.nat_ips.clone();
    if nat_ips.is_empty() {
        let answer = world.resolver.lookup_ip(hostname.ascii()).await;
        nat_ips = answer.map(|answer| answer.records).unwrap_or_default();
        nat_ips.retain(|ip| is_public(*ip));
    }
    steps.push(match nat_ips.is_empty() {
        true => Step::warning(
            "nat",
            "this machine has no public address, and which others see is not known",
            "forward ports 25, 80, 443, 465 and 587 to this machine, and name the outer address with --nat-ip",
        ),
        false => Step::ok("nat", format!("others see {}; ports must be forwarded from there", listed(&nat_ips))),
    });
    (ips, nat_ips, steps)
}

/// All addresses, of the families that there are.
fn anywhere(found: &Found) -> Vec<IpAddr> {
    let mut ips = vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
    if found.private.iter().any(IpAddr::is_ipv6) {
        ips.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    }
    ips
}

fn contained(kind: &str) -> Step {
    let evidence = format!("in a container ({kind}): its addresses change, so all are listened on");
    let fix = "publish ports 25, 80, 443, 465 and 587 with the clients' own addresses (host network), or senders cannot \
               be told apart; keep config and data on volumes";
    Step::warning("interfaces", evidence, fix)
}

fn told(machine: &dyn Machine, ips: &[IpAddr]) -> Step {
    let missing: Vec<IpAddr> =
        ips.iter().copied().filter(|ip| !ip.is_unspecified() && !machine.has(*ip)).collect();
    if missing.is_empty() {
        return Step::ok("interfaces", format!("listening on {}, as told", listed(ips)));
    }
    let evidence = format!("this machine does not have {}", listed(&missing));
    Step::failed(
        "interfaces",
        evidence,
        "give --ip addresses of this machine, and --nat-ip those that others see",
    )
}

fn own(found: &Found) -> (Vec<IpAddr>, Vec<Step>) {
    if let Some(problem) = &found.problem {
        let step = Step::failed("interfaces", format!("not known: {problem}"), "name addresses with --ip");
        return (anywhere(found), vec![step]);
    }
    let ips = if found.public.is_empty() { &found.private } else { &found.public };
    if ips.is_empty() {
        let step = Step::failed(
            "interfaces",
            "there is no address but loopback",
            "connect the machine to a network, or name addresses with --ip",
        );
        return (anywhere(found), vec![step]);
    }
    let several = |v4: bool| ips.iter().filter(|ip| ip.is_ipv4() == v4).count() > 1;
    let step = match several(true) || several(false) {
        true => Step::warning(
            "interfaces",
            format!("several addresses of one family: {}", listed(ips)),
            "mail should leave from one that keeps its name: name it with --ip, once for each family",
        ),
        false => Step::ok("interfaces", format!("addresses of this machine: {}", listed(ips))),
    };
    (ips.clone(), vec![step])
}
