//! How much mail an account takes in from one network: messages and bytes, per minute and per day.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_clock::Clock;
use mox_config::Limits;
use mox_net::{RateLimit, Window};

/// Accounts that are counted at the same time; beyond it counting starts anew.
const ACCOUNTS_MAX: usize = 10_000;

/// Counts what comes in for each account.
pub struct Rates {
    clock: Arc<dyn Clock>,
    messages: [Window; 2],
    bytes: [Window; 2],
    accounts: Mutex<HashMap<String, Arc<Counts>>>,
}

struct Counts {
    messages: RateLimit,
    bytes: RateLimit,
}

impl Rates {
    /// With the limits of the configuration.
    pub fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Rates {
        let windows = |minute: u64, day: u64| {
            [(60, minute), (86_400, day)].map(|(secs, most)| Window {
                length: Duration::from_secs(secs),
                limits: [most, most.saturating_mul(3), most.saturating_mul(9)],
            })
        };
        Rates {
            clock,
            messages: windows(limits.messages_per_minute.into(), limits.messages_per_day.into()),
            bytes: windows(limits.bytes_per_minute, limits.bytes_per_day),
            accounts: Mutex::new(HashMap::new()),
        }
    }

    /// Whether a message of that size fits; counts it if so.
    pub fn add(&self, account: &str, ip: IpAddr, bytes: u64) -> bool {
        let counts = self.counts(account);
        counts.bytes.has_room(ip, bytes) && counts.messages.add(ip, 1) && counts.bytes.add(ip, bytes)
    }

    fn counts(&self, account: &str) -> Arc<Counts> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = accounts.get(account) {
            return counts.clone();
        }
        if accounts.len() >= ACCOUNTS_MAX {
            accounts.clear();
        }
        let limit = |windows: &[Window]| RateLimit::new(self.clock.clone(), windows);
        let counts = Arc::new(Counts { messages: limit(&self.messages), bytes: limit(&self.bytes) });
        accounts.insert(account.to_owned(), counts.clone());
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;

    #[test]
    fn messages_and_bytes_are_bounded_per_account() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let limits = Limits { messages_per_minute: 2, bytes_per_minute: 100, ..Limits::default() };
        let rates = Rates::new(&limits, Arc::new(clock.clone()));
        let ip: IpAddr = "192.0.2.1".parse().unwrap();
        assert!(rates.add("a", ip, 10) && rates.add("a", ip, 10) && !rates.add("a", ip, 10));
        assert!(rates.add("b", ip, 90) && !rates.add("b", ip, 20));
        clock.advance(Duration::from_secs(60));
        assert!(rates.add("a", ip, 10));
    }
}
