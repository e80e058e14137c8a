//! Can mail leave, and is the domain old enough to be trusted?

use std::net::SocketAddr;
use std::time::Duration;

use mox_https::Url;

use crate::{Step, Wishes, World};

/// A large provider, whose mail hosts are always there.
const PROVIDER: &str = "gmail.com";
/// Longest wait for one of its hosts.
const TIME: Duration = Duration::from_secs(10);
/// Most hosts that are tried.
const HOSTS: usize = 2;
/// Younger domains are trusted less by many who receive mail.
const YOUNG_DAYS: u64 = 42;

pub(super) async fn port(world: &World, wishes: &Wishes) -> Step {
    const ID: &str = "outgoing-port";
    if wishes.skip_dial {
        return Step::skipped(ID, "nobody is connected to (--skip-dial)");
    }
    let hosts = match world.resolver.lookup_mx(PROVIDER, &*world.random).await {
        Ok(answer) => answer.records,
        Err(error) => {
            return Step::warning(ID, format!("mail hosts of {PROVIDER}: {error}"), "mend name resolution");
        }
    };
    let mut problem = format!("{PROVIDER} has no mail host with an IPv4 address");
    for host in hosts.iter().take(HOSTS) {
        let Ok(ips) = world.resolver.lookup_ipv4(&host.host).await else { continue };
        let Some(ip) = ips.records.first() else { continue };
        match world.dial.dial(SocketAddr::new(*ip, 25), None, TIME).await {
            Ok(_) => return Step::ok(ID, format!("port 25 of {} can be reached", host.host)),
            Err(error) => problem = format!("port 25 of {} ({ip}): {error}", host.host),
        }
    }
    let fix = "many providers block port 25 until asked: open a ticket; or send through a smart host (Transports in \
               mox.conf, Routes in domains.conf)";
    Step::failed(ID, format!("mail cannot leave: {problem}"), fix)
}

pub(super) async fn age(world: &World, wishes: &Wishes) -> Step {
    const ID: &str = "domain-age";
    if wishes.skip_dial {
        return Step::skipped(ID, "no registry is asked (--skip-dial)");
    }
    let Ok(bootstrap) = mox_rdap::IANA.parse::<Url>() else {
        return Step::skipped(ID, "no registry is known");
    };
    // A registry knows the domain as it was registered, so the names above are tried as well.
    let mut domain = wishes.address.domain.clone();
    let found = loop {
        match mox_rdap::lookup(&*world.web, &bootstrap, &domain).await {
            Err(mox_rdap::Error::NotRegistered(_)) => match domain.parent() {
                Some(parent) if parent.ascii().contains('.') => domain = parent,
                _ => {
                    return Step::skipped(
                        ID,
                        format!("the registry does not know {}", wishes.address.domain),
                    );
                }
            },
            Err(error) => return Step::skipped(ID, format!("not known: {error}")),
            Ok(found) => break found,
        }
    };
    let now = world.clock.now();
    let Some(registered) = found.object.registered(now) else {
        return Step::skipped(ID, format!("the registry does not tell when {domain} was registered"));
    };
    let days = now.since(registered).as_secs() / 86_400;
    let evidence = format!("{domain} was registered {days} days ago");
    if days >= YOUNG_DAYS {
        return Step::ok(ID, evidence);
    }
    let fix = "begin with few messages, to people who answer; some receivers are wary for six weeks";
    Step::warning(ID, format!("{evidence}: many who receive mail are wary of young domains"), fix)
}
