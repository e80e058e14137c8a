//! What DNS says now of addresses in reports: their names, and whether a domain's SPF record lists them.
//!
//! All questions of one command are asked side by side and share a budget of time and number; what was not answered
//! within it is not known.

use std::collections::HashMap;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use mox_address::{Domain, IpDomain, Localpart, Path};
use mox_clock::{Clock, Timestamp};
use mox_dns::{BudgetedResolver, Resolver};
use mox_remoteip::{IprevResult, iprev};
use mox_spf::{Query, SpfResult};
use tokio::task::JoinSet;

use super::service::Ptr;

/// Time for all questions of a command.
const TIME: Duration = Duration::from_secs(2);

/// Most questions of a command.
const QUESTIONS: u32 = 2000;

/// Most addresses that are looked up; those that sent most come first.
pub(crate) const MAX_ADDRESSES: usize = 100;

/// Most lookups at a time.
const AT_ONCE: usize = 32;

/// The questions that a command may ask.
pub(crate) struct Asker {
    pub(crate) resolver: Arc<dyn Resolver>,
    whole: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    now: Timestamp,
}

impl Asker {
    /// The time runs from now on.
    pub(crate) fn new(resolver: Arc<dyn Resolver>, clock: Arc<dyn Clock>) -> Asker {
        let (whole, now) = (resolver.clone(), clock.now());
        let resolver = Arc::new(BudgetedResolver::new(resolver, clock.clone(), QUESTIONS, TIME));
        Asker { resolver, whole, clock, now }
    }

    /// The same, with the time from now on: what is read meanwhile takes none of it.
    pub(crate) fn anew(&self) -> Asker {
        Asker::new(self.whole.clone(), self.clock.clone())
    }

    /// The names of addresses; at most [`MAX_ADDRESSES`] are asked for, and none of networks that are nobody's in the
    /// world: the others are not known.
    pub(crate) async fn names(&self, addresses: &[IpAddr]) -> HashMap<IpAddr, Ptr> {
        let asked = addresses.iter().copied().filter(|ip| is_global(*ip)).take(MAX_ADDRESSES);
        self.all(asked, |resolver, ip| async move {
            let found = iprev(resolver.as_ref(), ip).await;
            let first = found.names.into_iter().next();
            match (found.result, found.name) {
                (IprevResult::Pass, Some(name)) => Ptr::Confirmed(name),
                (IprevResult::Fail, _) => first.map_or(Ptr::Missing, Ptr::Unconfirmed),
                (IprevResult::PermError, _) => Ptr::Missing,
                _ => Ptr::Unknown,
            }
        })
        .await
    }

    /// Whether the SPF record of a domain lets addresses pass; those that nobody could say are left out.
    pub(crate) async fn listed(&self, domain: &Domain, addresses: &[IpAddr]) -> HashMap<IpAddr, bool> {
        let (domain, now) = (domain.clone(), self.now);
        let asked = addresses.iter().copied().take(MAX_ADDRESSES);
        let found = self.all(asked, move |resolver, ip| {
            let domain = domain.clone();
            async move { spf(resolver.as_ref(), domain, ip, now).await }
        });
        found.await.into_iter().filter_map(|(ip, listed)| Some((ip, listed?))).collect()
    }

    /// Looks up all of them, a bounded number at a time.
    async fn all<T, F, Fut>(&self, addresses: impl Iterator<Item = IpAddr>, look: F) -> HashMap<IpAddr, T>
    where
        T: Send + 'static,
        F: Fn(Arc<dyn Resolver>, IpAddr) -> Fut,
        Fut: Future<Output = T> + Send + 'static,
    {
        let mut found = HashMap::new();
        let mut running = JoinSet::new();
        for ip in addresses {
            if running.len() >= AT_ONCE
                && let Some(Ok((ip, one))) = running.join_next().await
            {
                found.insert(ip, one);
            }
            let look = look(self.resolver.clone(), ip);
            running.spawn(async move { (ip, look.await) });
        }
        while let Some(done) = running.join_next().await {
            if let Ok((ip, one)) = done {
                found.insert(ip, one);
            }
        }
        found
    }
}

/// Whether an address may be a host's in the world. A stranger's report is no reason to ask the local resolver for names
/// of the local network.
fn is_global(ip: IpAddr) -> bool {
    let local = match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && b & 0xc0 == 64;
            ip.is_private() || ip.is_link_local() || shared || a == 0 || a >= 240
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    !local
        && !ip.is_loopback()
        && !ip.is_unspecified()
        && !ip.to_canonical().is_loopback()
        && !ip.is_multicast()
}

/// Whether SPF of `postmaster@domain` passes from an address; none when DNS does not say.
async fn spf(resolver: &dyn Resolver, domain: Domain, ip: IpAddr, now: Timestamp) -> Option<bool> {
    let localpart = Localpart::from_unquoted("postmaster").ok()?;
    let path = Path { localpart, domain: IpDomain::Domain(domain.clone()) };
    let query = Query {
        ip,
        helo: &IpDomain::Domain(domain),
        mail_from: Some(&path),
        local_hostname: "",
        local_ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        now,
    };
    match mox_spf::check(resolver, &query).await.result {
        SpfResult::TempError => None,
        result => Some(result == SpfResult::Pass),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimClock;
    use mox_dns::sim::SimResolver;

    fn asker(zone: &str) -> Asker {
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_795_694_400)));
        Asker::new(Arc::new(SimResolver::from_zone(zone).unwrap()), clock)
    }

    #[tokio::test]
    async fn names_are_confirmed_missing_or_not_known() {
        let asker = asker(
            "1.2.0.192.in-addr.arpa. PTR mail.example.
             mail.example. A 192.0.2.1
             2.2.0.192.in-addr.arpa. PTR mail.example.
             4.2.0.192.in-addr.arpa. ANY ; servfail",
        );
        let ips: Vec<IpAddr> = (1..=4).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        let found = asker.names(&ips).await;
        let expected = [
            Ptr::Confirmed("mail.example".to_owned()),
            Ptr::Unconfirmed("mail.example".to_owned()),
            Ptr::Missing,
            Ptr::Unknown,
        ];
        assert_eq!(ips.iter().map(|ip| found[ip].clone()).collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn reading_for_long_takes_no_time_from_questions() {
        let clock = SimClock::new(Timestamp::from_secs(1_795_694_400));
        let zone = SimResolver::from_zone("").unwrap();
        let asker = Asker::new(Arc::new(zone), Arc::new(clock.clone()));
        clock.advance(TIME);
        let ip = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(asker.names(&[ip]).await[&ip], Ptr::Unknown);
        assert_eq!(asker.anew().names(&[ip]).await[&ip], Ptr::Missing);
    }

    #[tokio::test]
    async fn many_addresses_are_bounded() {
        let asker = asker("");
        let ips: Vec<IpAddr> = (0..300_u32).map(|n| IpAddr::from((0xc000_0200 + n).to_be_bytes())).collect();
        assert_eq!(asker.names(&ips).await.len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn names_of_local_networks_are_not_asked_for() {
        let asker = asker("1.0.0.10.in-addr.arpa. PTR secret.example.\nsecret.example. A 10.0.0.1");
        let local = [
            "10.0.0.1",
            "127.0.0.1",
            "::ffff:10.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "fd00::1",
            "fe80::1",
            "::1",
            "224.0.0.1",
        ];
        let ips: Vec<IpAddr> = local.iter().map(|ip| ip.parse().unwrap()).collect();
        assert!(asker.names(&ips).await.is_empty());
    }

    #[tokio::test]
    async fn spf_records_list_addresses() {
        let asker = asker("example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"\ndown.example. TXT ; servfail");
        let ips: Vec<IpAddr> = (1..=2).map(|n| IpAddr::from([192, 0, 2, n])).collect();
        let found = asker.listed(&"example.org".parse().unwrap(), &ips).await;
        assert_eq!((found[&ips[0]], found[&ips[1]]), (true, false));
        assert!(asker.listed(&"down.example".parse().unwrap(), &ips).await.is_empty());
    }
}
