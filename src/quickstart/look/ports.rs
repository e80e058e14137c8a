//! Ports that other programs have already.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::step::listed;
use crate::{Site, Step, Wishes, World};

/// Ports of mail, and of what certificates and policies need.
const MAIL: [u16; 3] = [25, 465, 587];
const WEB: [u16; 2] = [80, 443];

pub(super) fn check(world: &World, wishes: &Wishes, site: &Site) -> [Step; 2] {
    let taken = |ports: &[u16]| -> Vec<SocketAddr> {
        let all =
            site.ips.iter().map(|ip| if ip.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { *ip });
        let mut at: Vec<SocketAddr> =
            all.flat_map(|ip| ports.iter().map(move |port| SocketAddr::new(ip, *port))).collect();
        at.dedup();
        at.retain(|at| world.machine.answers(*at));
        at
    };
    let (mail, web) = (taken(&MAIL), taken(&WEB));
    let mail = match mail.is_empty() {
        true => Step::ok("mail-ports", "ports 25, 465 and 587 are free"),
        false => Step::failed(
            "mail-ports",
            format!("another program answers at {}: there is a mail server already", listed(&mail)),
            "stop it and keep it from starting, as with `systemctl disable --now postfix exim4`, or use other addresses \
             with --ip",
        ),
    };
    let web = match (web.is_empty(), wishes.existing_webserver) {
        (true, false) => Step::ok("web-ports", "ports 80 and 443 are free"),
        (false, true) => {
            Step::ok("web-ports", format!("a web server answers at {}, and keeps these ports", listed(&web)))
        }
        (true, true) => Step::warning(
            "web-ports",
            "no web server answers on ports 80 and 443",
            "leave --existing-webserver out, and certificates come by themselves",
        ),
        (false, false) => Step::failed(
            "web-ports",
            format!("another program answers at {}", listed(&web)),
            "give --existing-webserver if it shall stay, or stop it",
        ),
    };
    [mail, web]
}
