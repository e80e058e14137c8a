//! Limits per client network: events per fixed window, and connections at once.
//!
//! Each address counts in three classes: IPv4 /32, /26, /21; IPv6 /64, /48, /32. An event is admitted only when all
//! classes of all windows have room, and then counts in each. Memory is bounded by [`MAX_ENTRIES`] per window and class.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mox_clock::Clock;

/// Networks remembered per window and class. When there are more, those under half their limit are forgotten, and
/// if that is none, all are.
const MAX_ENTRIES: usize = 50_000;

/// A network: the leading `bits` of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// The address with the other bits zero.
    pub network: IpAddr,
    /// Leading bits that count.
    pub bits: u8,
}

/// The networks of an address, narrowest first. An IPv6-mapped IPv4 address counts as IPv4.
pub fn prefixes(ip: IpAddr) -> [Prefix; 3] {
    match ip.to_canonical() {
        IpAddr::V4(ip) => [32u8, 26, 21].map(|bits| {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            Prefix { network: IpAddr::V4((ip.to_bits() & mask).into()), bits }
        }),
        IpAddr::V6(ip) => [64u8, 48, 32].map(|bits| {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            Prefix { network: IpAddr::V6((ip.to_bits() & mask).into()), bits }
        }),
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.network, self.bits)
    }
}

/// A network that did much of what it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded {
    /// Which.
    pub network: Prefix,
    /// How much it did.
    pub count: u64,
    /// How much it may.
    pub limit: u64,
    /// In this time; none for what is counted at once.
    pub window: Option<Duration>,
}

impl Crowded {
    /// Of the networks with these counts those that did half of what they may, or more.
    fn of<'a>(
        counts: impl Iterator<Item = (&'a Prefix, &'a u64)>,
        limit: u64,
        window: Option<Duration>,
    ) -> impl Iterator<Item = Crowded> {
        let much = counts.filter(move |(_, count)| **count > 0 && count.saturating_mul(2) >= limit);
        much.map(move |(network, count)| Crowded { network: *network, count: *count, limit, window })
    }
}

/// How much each class of network may do in a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Windows start at multiples of it.
    pub length: Duration,
    /// Most per window, for the three classes, narrowest first.
    pub limits: [u64; 3],
}

/// Counts events per network in one or more windows.
pub struct RateLimit {
    clock: Arc<dyn Clock>,
    windows: Mutex<Vec<Counts>>,
}

struct Counts {
    window: Window,
    /// Which window is counted: its number since the clock's start.
    index: u128,
    classes: [HashMap<Prefix, u64>; 3],
}

impl RateLimit {
    /// With all of these windows at once.
    pub fn new(clock: Arc<dyn Clock>, windows: &[Window]) -> RateLimit {
        let counts = |w: &Window| Counts { window: *w, index: 0, classes: Default::default() };
        RateLimit { clock, windows: Mutex::new(windows.iter().map(counts).collect()) }
    }

    /// Whether `n` more events fit; counts them if so, and nothing otherwise.
    pub fn add(&self, ip: IpAddr, n: u64) -> bool {
        let networks = prefixes(ip);
        let mut windows = self.current();
        let admitted = windows.iter().all(|w| w.has_room(&networks, n));
        if admitted {
            windows.iter_mut().for_each(|w| w.add(&networks, n));
        }
        admitted
    }

    /// Whether `n` more events fit; counts nothing.
    pub fn has_room(&self, ip: IpAddr, n: u64) -> bool {
        let networks = prefixes(ip);
        self.current().iter().all(|w| w.has_room(&networks, n))
    }

    /// Forgets what an address did, as after it proved itself; its wider networks lose as much.
    pub fn forgive(&self, ip: IpAddr) {
        let networks = prefixes(ip);
        self.current().iter_mut().for_each(|w| w.forgive(&networks));
    }

    /// Networks that did half of what they may, or more.
    pub fn crowded(&self) -> Vec<Crowded> {
        let windows = self.current();
        let of = |counts: &Counts| {
            let classes = counts.classes.iter().zip(counts.window.limits);
            let length = Some(counts.window.length);
            classes.flat_map(|(class, limit)| Crowded::of(class.iter(), limit, length)).collect::<Vec<_>>()
        };
        windows.iter().flat_map(of).collect()
    }

    fn current(&self) -> MutexGuard<'_, Vec<Counts>> {
        let now = self.clock.monotonic();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for counts in windows.iter_mut() {
            let index = now.as_nanos() / counts.window.length.as_nanos().max(1);
            if index != counts.index {
                counts.index = index;
                counts.classes = Default::default();
            }
        }
        windows
    }
}

impl Counts {
    fn has_room(&self, networks: &[Prefix; 3], n: u64) -> bool {
        let classes = self.classes.iter().zip(networks).zip(self.window.limits);
        classes.into_iter().all(|((class, network), limit)| {
            class.get(network).copied().unwrap_or(0).saturating_add(n) <= limit
        })
    }

    fn add(&mut self, networks: &[Prefix; 3], n: u64) {
        for ((class, network), limit) in self.classes.iter_mut().zip(networks).zip(self.window.limits) {
            if class.len() >= MAX_ENTRIES && !class.contains_key(network) {
                class.retain(|_, count| count.saturating_mul(2) >= limit);
                if class.len() >= MAX_ENTRIES {
                    class.clear();
                }
            }
            let count = class.entry(*network).or_default();
            *count = count.saturating_add(n);
        }
    }

    fn forgive(&mut self, networks: &[Prefix; 3]) {
        let own = self.classes.first().zip(networks.first()).and_then(|(class, network)| class.get(network));
        let Some(own) = own.copied() else { return };
        for (class, network) in self.classes.iter_mut().zip(networks) {
            if let Some(count) = class.get_mut(network) {
                *count = count.saturating_sub(own);
            }
        }
    }
}

/// Counts connections at once per network.
#[derive(Clone)]
pub struct ConnectionLimit {
    limits: [u64; 3],
    open: Arc<Mutex<HashMap<Prefix, u64>>>,
}

/// Holds one connection's place until dropped.
pub struct ConnectionGuard {
    open: Arc<Mutex<HashMap<Prefix, u64>>>,
    networks: [Prefix; 3],
}

impl ConnectionLimit {
    /// Most connections for the three classes, narrowest first.
    pub fn new(limits: [u64; 3]) -> ConnectionLimit {
        ConnectionLimit { limits, open: Arc::default() }
    }

    /// A place for one more connection; none when a class of the address is full.
    pub fn acquire(&self, ip: IpAddr) -> Option<ConnectionGuard> {
        let networks = prefixes(ip);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |(network, limit): (&Prefix, u64)| open.get(network).copied().unwrap_or(0) >= limit;
        if networks.iter().zip(self.limits).any(full) {
            return None;
        }
        networks.iter().for_each(|network| *open.entry(*network).or_default() += 1);
        Some(ConnectionGuard { open: self.open.clone(), networks })
    }

    /// Networks that have half of the connections that they may have, or more.
    pub fn crowded(&self) -> Vec<Crowded> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let class = |network: &Prefix| match (network.network, network.bits) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 64) => 0,
            (IpAddr::V4(_), 26) | (IpAddr::V6(_), 48) => 1,
            _ => 2,
        };
        let of = |(at, limit): (usize, u64)| {
            let counts = open.iter().filter(move |(network, _)| class(network) == at);
            Crowded::of(counts, limit, None).collect::<Vec<_>>()
        };
        self.limits.into_iter().enumerate().flat_map(of).collect()
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for network in &self.networks {
            match open.get_mut(network) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    open.remove(network);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;

    const MINUTE: Duration = Duration::from_secs(60);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_of_an_address() {
        let text = |ip_text: &str| prefixes(ip(ip_text)).map(|p| format!("{}/{}", p.network, p.bits));
        assert_eq!(text("10.1.7.255"), ["10.1.7.255/32", "10.1.7.192/26", "10.1.0.0/21"]);
        assert_eq!(text("::ffff:10.1.7.255"), text("10.1.7.255"));
        assert_eq!(text("2001:db8:1:2:3::4"), ["2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"]);
    }

    #[test]
    fn every_class_and_window_counts() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let windows = [
            Window { length: MINUTE, limits: [2, 3, 4] },
            Window { length: MINUTE * 10, limits: [3, 100, 100] },
        ];
        let limit = RateLimit::new(Arc::new(clock.clone()), &windows);
        let cases = [
            ("10.0.0.1", true),
            ("10.0.0.1", true),
            ("10.0.0.1", false), // /32 is full
            ("10.0.0.2", true),
            ("10.0.0.3", false), // /26 is full
            ("10.0.0.64", true),
            ("10.0.0.65", false), // /21 is full
            ("10.0.8.1", true),
            ("2001:db8::1", true),
            ("2001:db8::2", true),
            ("2001:db8::3", false), // the same /64
        ];
        for (at, (address, admitted)) in cases.into_iter().enumerate() {
            assert_eq!(limit.add(ip(address), 1), admitted, "case {at}: {address}");
        }
        clock.advance(MINUTE);
        assert!(!limit.add(ip("10.0.0.1"), 2), "only one is left in the long window");
        assert!(limit.has_room(ip("10.0.0.1"), 1) && limit.add(ip("10.0.0.1"), 1));
        assert!(!limit.has_room(ip("10.0.0.1"), 1));
        limit.forgive(ip("10.0.0.1"));
        assert!(limit.add(ip("10.0.0.1"), 2));
    }

    #[test]
    fn memory_is_bounded_and_offenders_are_kept() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let windows = [Window { length: MINUTE, limits: [4, u64::MAX, u64::MAX] }];
        let limit = RateLimit::new(Arc::new(clock), &windows);
        assert!(limit.add(ip("192.0.2.1"), 4));
        for n in 0..u32::try_from(MAX_ENTRIES).unwrap() * 2 {
            assert!(limit.add(IpAddr::V4((0x0a00_0000 + n).into()), 1));
        }
        assert!(!limit.add(ip("192.0.2.1"), 1));
        let windows = limit.current();
        assert!(windows[0].classes.iter().all(|class| class.len() <= MAX_ENTRIES));
    }

    #[test]
    fn networks_with_half_of_what_they_may_are_named() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let limit =
            RateLimit::new(Arc::new(clock.clone()), &[Window { length: MINUTE, limits: [4, 100, 100] }]);
        assert!(limit.add(ip("10.0.0.1"), 1) && limit.add(ip("2001:db8::1"), 4));
        let shown = |all: Vec<Crowded>| {
            let text = |c: Crowded| format!("{} {} of {}", c.network, c.count, c.limit);
            all.into_iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(shown(limit.crowded()), ["2001:db8::/64 4 of 4"]);
        clock.advance(MINUTE);
        assert!(limit.crowded().is_empty());
        let open = ConnectionLimit::new([2, 30, 2]);
        let held = [open.acquire(ip("10.0.0.1")), open.acquire(ip("2001:db8::1"))];
        let mut names = shown(open.crowded());
        names.sort();
        let want =
            ["10.0.0.0/21 1 of 2", "10.0.0.1/32 1 of 2", "2001:db8::/32 1 of 2", "2001:db8::/64 1 of 2"];
        assert_eq!(names, want);
        drop(held);
    }

    #[test]
    fn connections_give_their_place_back() {
        let limit = ConnectionLimit::new([2, 3, 100]);
        let mut held: Vec<_> = (0..2).filter_map(|_| limit.acquire(ip("10.0.0.1"))).collect();
        assert!(limit.acquire(ip("10.0.0.1")).is_none());
        held.extend(limit.acquire(ip("10.0.0.2")));
        assert!(limit.acquire(ip("10.0.0.3")).is_none(), "/26 is full");
        held.remove(0);
        assert!(limit.acquire(ip("10.0.0.1")).is_some());
        held.clear();
        assert!(limit.open.lock().unwrap().is_empty());
    }
}
