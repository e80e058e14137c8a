//! Rates by network: connections, connections at once, failed logins. One gate for all listeners of a house.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use mox_net::{ConnectionGuard, ConnectionLimit, Crowded, RateLimit, Window};

/// New connections per minute for /32, /26, /21 (IPv6: /64, /48, /32).
const CONNECTIONS_PER_MINUTE: [u64; 3] = [300, 900, 2700];
/// Connections at once.
const CONNECTIONS_OPEN: [u64; 3] = [30, 90, 270];
/// Failed logins per minute.
const FAILURES_PER_MINUTE: [u64; 3] = [10, 30, 90];
/// Failed logins per day.
const FAILURES_PER_DAY: [u64; 3] = [50, 150, 450];

/// A connection's place among those of its network, until dropped.
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] ConnectionGuard);

/// Counts by network.
pub struct Gate {
    connections: RateLimit,
    open: ConnectionLimit,
    failures: RateLimit,
}

impl Gate {
    /// With the default rates.
    pub fn new(clock: Arc<dyn Clock>) -> Gate {
        let window = |secs, limits| Window { length: Duration::from_secs(secs), limits };
        let failures = [window(60, FAILURES_PER_MINUTE), window(86_400, FAILURES_PER_DAY)];
        Gate::with(
            RateLimit::new(clock.clone(), &[window(60, CONNECTIONS_PER_MINUTE)]),
            ConnectionLimit::new(CONNECTIONS_OPEN),
            RateLimit::new(clock, &failures),
        )
    }

    /// With other rates: new connections, connections at once, failed logins.
    pub fn with(connections: RateLimit, open: ConnectionLimit, failures: RateLimit) -> Gate {
        Gate { connections, open, failures }
    }

    /// A place for a new connection; none when its network has too many.
    pub fn admit(&self, ip: IpAddr) -> Option<Permit> {
        if self.connections.add(ip, 1) { self.open.acquire(ip).map(Permit) } else { None }
    }

    /// Whether this network has not failed too often.
    pub fn may_authenticate(&self, ip: IpAddr) -> bool {
        self.failures.has_room(ip, 1)
    }

    /// Networks that did half of what they may, or more: new connections, connections at once, failed logins.
    pub fn crowded(&self) -> [Vec<Crowded>; 3] {
        [self.connections.crowded(), self.open.crowded(), self.failures.crowded()]
    }

    /// Counts a failed login.
    pub fn failed_authentication(&self, ip: IpAddr) {
        self.failures.add(ip, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;

    #[test]
    fn failures_count_by_network_and_pass_with_time() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let gate = Gate::new(Arc::new(clock.clone()));
        let [one, neighbour, far] = ["192.0.2.1", "192.0.2.2", "198.51.100.1"].map(|ip| ip.parse().unwrap());
        for _ in 0..10 {
            assert!(gate.may_authenticate(one));
            gate.failed_authentication(one);
        }
        assert!(!gate.may_authenticate(one) && gate.may_authenticate(neighbour));
        for _ in 0..20 {
            gate.failed_authentication("192.0.2.3".parse().unwrap());
            gate.failed_authentication("192.0.2.4".parse().unwrap());
        }
        assert!(!gate.may_authenticate(neighbour) && gate.may_authenticate(far));
        clock.advance(Duration::from_secs(60));
        assert!(gate.may_authenticate(one));
    }

    #[test]
    fn connections_are_bounded_per_minute() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let gate = Gate::new(Arc::new(clock.clone()));
        let ip = "2001:db8::1".parse().unwrap();
        assert!((0..300).all(|_| gate.admit(ip).is_some()));
        assert!(gate.admit(ip).is_none());
        clock.advance(Duration::from_secs(60));
        assert!(gate.admit(ip).is_some());
    }
}
