//! How arriving mail is judged: by which DNS, as whose, and whether anything follows.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mox_config::Config;
use mox_config::listener::Listener;
use mox_dns::Resolver;
use mox_inbound::{Authenticator, Blocklists, Strangers};
use mox_telemetry::Metrics;

use crate::house::Plan;

/// How arriving mail is judged.
pub(crate) struct Judging {
    /// Where names and policies are looked up for that.
    pub(crate) dns: JudgingDns,
    /// The client's address for SPF and iprev, if not the real one.
    pub(crate) client_ip: Option<IpAddr>,
    /// Time that one message may cost.
    pub(crate) patience: Duration,
    /// Acts on what was found out; else it is only kept with the message.
    pub(crate) enforce: bool,
    /// Lets senders wait that nobody knows, as listeners say.
    pub(crate) strangers_wait: bool,
    /// Judges also what users submit, as if another server had brought it.
    pub(crate) submitted: bool,
}

/// Where names and policies are looked up.
pub(crate) enum JudgingDns {
    /// Nowhere: nothing is judged.
    Off,
    /// Where all names are.
    House,
    /// In the DNS of the lab.
    Lab(Arc<dyn Resolver>),
}

impl Judging {
    /// What judges mail of the MX port; none when nothing does.
    pub(crate) fn authenticator(
        &self,
        plan: &Plan,
        config: &Config,
        house: &Arc<dyn Resolver>,
        metrics: &Arc<Metrics>,
    ) -> Option<Arc<Authenticator>> {
        let (resolver, dns) = match &self.dns {
            JudgingDns::Off => return None,
            JudgingDns::House => (Arc::clone(house), None),
            JudgingDns::Lab(resolver) => (Arc::clone(resolver), Some("lab")),
        };
        Some(Arc::new(Authenticator {
            resolver,
            dns,
            clock: plan.clock.clone(),
            hostname: config.server.hostname.clone(),
            client_ip: self.client_ip,
            patience: self.patience,
            blocklists: blocklists(config),
            metrics: metrics.clone(),
        }))
    }
}

/// How long listeners let unknown senders wait; not at all where verdicts are only recorded.
pub(crate) fn strangers(plan: &Plan, config: &Config) -> Strangers {
    let waits = |_: &&Listener| plan.judging.strangers_wait;
    let listeners = config.server.listeners.values().filter(|listener| listener.smtp.enabled).filter(waits);
    let times = listeners.flat_map(|listener| {
        let at =
            |ip: &IpAddr| (SocketAddr::new(*ip, listener.smtp.port), *listener.smtp.first_time_sender_delay);
        listener.ips.iter().map(at).collect::<Vec<_>>()
    });
    Strangers::new(times.collect())
}

/// The block lists that listeners name.
fn blocklists(config: &Config) -> Blocklists {
    let lists =
        config.server.listeners.values().filter(|listener| listener.smtp.enabled).flat_map(|listener| {
            let at = |ip: &IpAddr| (SocketAddr::new(*ip, listener.smtp.port), listener.smtp.dnsbls.clone());
            listener.ips.iter().map(at).collect::<Vec<_>>()
        });
    Blocklists::new(lists.collect())
}
