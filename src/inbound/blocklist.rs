//! DNS block lists that listeners ask about their clients: one after another, until one lists the client. A list
//! whose test entries are not as they must be is left out, and asked for them again after a while. RFC 5782 §5.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_dns::Resolver;
use mox_remoteip::{DnsblResult, HealthResult, dnsbl, dnsbl_health};

/// How long a list that works is trusted to go on working.
const HEALTHY_FOR: Duration = Duration::from_secs(4 * 3600);
/// How long a list that does not work is left out.
const UNHEALTHY_FOR: Duration = Duration::from_secs(15 * 60);

/// The lists of all listeners.
#[derive(Debug, Default)]
pub struct Blocklists {
    listeners: Vec<(SocketAddr, Vec<Domain>)>,
    health: Mutex<HashMap<Domain, (Timestamp, bool)>>,
}

/// A list that has the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The list.
    pub zone: Domain,
    /// What it says about it.
    pub explanation: Option<String>,
}

impl Blocklists {
    /// The lists by the addresses that listeners were told to listen at.
    pub fn new(listeners: Vec<(SocketAddr, Vec<Domain>)>) -> Blocklists {
        Blocklists { listeners, health: Mutex::default() }
    }

    /// Those of the listener at which a client connected.
    fn of(&self, local: SocketAddr) -> &[Domain] {
        let at = |listener: &SocketAddr| {
            listener.port() == local.port()
                && (listener.ip().is_unspecified()
                    || listener.ip().to_canonical() == local.ip().to_canonical())
        };
        let found = self.listeners.iter().find(|(listener, _)| at(listener));
        found.map(|(_, zones)| zones.as_slice()).unwrap_or_default()
    }

    /// Asks the lists of the listener at `local` about a client.
    pub async fn ask(
        &self,
        resolver: &dyn Resolver,
        local: SocketAddr,
        client: IpAddr,
        now: Timestamp,
    ) -> Option<Listed> {
        for zone in self.of(local) {
            if !self.works(resolver, zone, now).await {
                continue;
            }
            let outcome = dnsbl(resolver, zone, client).await;
            if outcome.result == DnsblResult::Listed {
                return Some(Listed { zone: zone.clone(), explanation: outcome.explanation });
            }
        }
        None
    }

    /// Whether a list works, as far as is known or can be found out.
    async fn works(&self, resolver: &dyn Resolver, zone: &Domain, now: Timestamp) -> bool {
        let health = || self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((until, works)) = health().get(zone).copied()
            && now < until
        {
            return works;
        }
        let found = dnsbl_health(resolver, zone).await;
        let works = found.result == HealthResult::Healthy;
        if !works {
            let problem = found.problem.unwrap_or_default();
            tracing::warn!(zone = zone.ascii(), problem, "dns block list is left out");
        }
        let until = now.plus(if works { HEALTHY_FOR } else { UNHEALTHY_FOR });
        health().insert(zone.clone(), (until, works));
        works
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    #[tokio::test]
    async fn the_lists_of_a_listener_are_asked_in_order_if_they_work() {
        let zone = "
            2.0.0.127.good.example. A 127.0.0.2
            9.2.0.192.good.example. A 127.0.0.4
            9.2.0.192.good.example. TXT \"sent much\"
            *.everything.example. A 127.0.0.2
        ";
        let sim = SimResolver::from_zone(zone).unwrap();
        let zones = ["everything.example", "good.example"].map(|z| z.parse().unwrap());
        let lists = Blocklists::new(vec![("0.0.0.0:25".parse().unwrap(), zones.to_vec())]);
        let now = Timestamp::from_secs(0);
        let ask = |local: &str, client: &str, now| {
            let (local, client) = (local.parse().unwrap(), client.parse().unwrap());
            let (lists, sim) = (&lists, &sim);
            async move { lists.ask(sim, local, client, now).await }
        };
        let listed = ask("192.0.2.1:25", "192.0.2.9", now).await.unwrap();
        assert_eq!((listed.zone.ascii(), listed.explanation.as_deref()), ("good.example", Some("sent much")));
        assert_eq!(ask("192.0.2.1:25", "192.0.2.8", now).await, None);
        let before = sim.query_count();
        assert_eq!(ask("192.0.2.1:2525", "192.0.2.9", now).await, None);
        assert_eq!(sim.query_count(), before, "another listener, without lists");
        ask("192.0.2.1:25", "192.0.2.8", now).await;
        assert_eq!(sim.query_count(), before + 1, "health is remembered");
        ask("192.0.2.1:25", "192.0.2.8", now.plus(UNHEALTHY_FOR)).await;
        assert!(sim.query_count() > before + 2, "and found out again");
    }
}
