//! What lies outside of a house: names, network, trust, and the time that schedules go by. The world, or the lab.

use std::sync::Arc;

use mox_clock::Clock;
use mox_dns::Resolver;
use mox_https::{Cidr, Client, Egress, Limits};
use mox_net::Dial;
use mox_platform::faults::{Faults, NoFaults};
use mox_smtpclient::Timeouts;
use mox_tls::RootCertStore;

use crate::house::{Error, VERSION};

/// Outside of a house.
#[derive(Clone)]
pub(crate) struct Outside {
    /// Names.
    pub(crate) resolver: Arc<dyn Resolver>,
    /// Connections.
    pub(crate) dial: Arc<dyn Dial>,
    /// Trust anchors.
    pub(crate) roots: Arc<RootCertStore>,
    /// Networks that are let in beside the public ones, where strangers choose a URL.
    pub(crate) allow: Vec<Cidr>,
    /// Waits on mail hosts.
    pub(crate) timeouts: Timeouts,
    /// Time that schedules go by; it may be moved on while connections go at their own pace.
    pub(crate) schedule: Arc<dyn Clock>,
    /// Points at which a test ends the process.
    pub(crate) faults: Arc<dyn Faults>,
}

impl Outside {
    /// The world.
    pub(crate) fn world(
        dns: &mox_dns::Options,
        roots: Arc<RootCertStore>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Outside, Error> {
        let hosts = mox_dns::Hosts::load(&mox_platform::paths::hosts_file()).unwrap_or_default();
        Ok(Outside {
            resolver: mox_dns::resolver(dns, hosts, clock.clone())?,
            dial: Arc::new(mox_net::TcpDial::new(clock.clone())),
            roots,
            allow: Vec::new(),
            timeouts: Timeouts::RFC,
            schedule: clock.clone(),
            faults: Arc::new(NoFaults),
        })
    }

    /// Asks URLs that strangers choose: they lead to public addresses, and to networks that are let in.
    pub(crate) fn web(&self, clock: &Arc<dyn Clock>, allow: impl IntoIterator<Item = Cidr>) -> Client {
        Client {
            resolver: self.resolver.clone(),
            dial: self.dial.clone(),
            clock: clock.clone(),
            roots: self.roots.clone(),
            egress: Egress::Public { allow: self.allow.iter().copied().chain(allow).collect() },
            limits: Limits::default(),
            user_agent: format!("mox/{VERSION}"),
        }
    }
}
