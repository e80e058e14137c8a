//! Ports: whether the running server answers on them, or else whether another program has them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mox_dnscheck::Finding;
use tokio::io::AsyncReadExt as _;

use crate::{DIAL, Patient, mail_addresses};

/// Dials every port for mail.
pub(crate) async fn look(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (address, service) in mail_addresses(patient.config) {
        findings.extend(one(patient, address, service).await);
    }
    findings
}

async fn one(patient: &Patient<'_>, address: SocketAddr, service: &str) -> Option<Finding> {
    let subject = format!("{service} {address}");
    let dialed = patient.world.dial.dial(reachable(address), None, DIAL).await;
    Some(match (patient.running.is_some(), dialed) {
        (true, Ok(dialed)) if service == "submissions" => {
            drop(dialed);
            Finding::ok("port", subject, "accepts")
        }
        (true, Ok(mut dialed)) => {
            let mut greeting = [0; 4];
            let read = tokio::select! {
                read = dialed.io.read_exact(&mut greeting) => read.is_ok(),
                () = patient.world.clock.sleep(DIAL) => false,
            };
            match read && greeting.starts_with(b"220") {
                true => Finding::ok("port", subject, "greets"),
                false => Finding::error("port-silent", subject, "what accepts there does not greet as SMTP")
                    .fix("`mox status` shows where this server listens; another program may have the port"),
            }
        }
        (true, Err(error)) => Finding::error("port-closed", subject, format!("does not accept: {error}"))
            .fix("start the server again after a change of mox.conf; see `mox status`"),
        (false, Ok(_)) => Finding::error("port-taken", subject, "another program listens there")
            .fix("stop that program, or change the Port of the listener"),
        (false, Err(_)) => return None,
    })
}

/// What a wildcard is reached by.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
