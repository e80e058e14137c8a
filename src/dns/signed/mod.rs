//! Zones in memory that are signed when they are asked: an internet for the real validating resolver.
//!
//! [`SignedZones`] reads the zone text of [`crate::sim`], whose flags are no verdicts here but facts that lead to them:
//!
//! - `NAME ZONE` makes the name the apex of a zone with a key of its own. The root, `test.` and `lab.test.` always are.
//! - `; insecure` makes the name, with all below it, a zone without keys, and the zone above proves that.
//! - `; bogus` spoils the signatures of the records, or of the proof that there are none. On `ZONE` the zone above
//!   names another key.
//! - `; expired` signs them for a time that is over, on `ZONE` everything in the zone.
//! - `; servfail` and `; delay SECONDS` are what the name servers do; a delay of more than 10 seconds is no answer.
//!
//! Everything may be kept 5 seconds, so that is how long a change takes to be seen; what a name had before may be bogus
//! meanwhile, as with real zones. Signatures hold for 14 days of the clock that is passed in and are made anew in
//! time. Keys come from the seed and the zone's name. RFC 4034, 4035, 4592 (wildcards), 8080 (Ed25519).

mod data;
mod key;
#[cfg(test)]
mod tests;
mod zones;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_resolver::proto::rr::{Name, RecordType as HickoryType};
use mox_clock::Clock;

use crate::validate::anchors::Anchors;
use crate::validate::ask::{Ask, Reply};
use crate::{BoxFuture, Error, Resolver, ValidatingResolver, zonetext};

pub(crate) use data::{name as absolute, rdata};
#[cfg(test)]
pub(crate) use key::ZoneKey;
use zones::State;

/// Most records of all zones.
pub const MAX_RECORDS: usize = 10_000;

/// How long everything may be kept, in seconds.
pub(crate) const TTL: u32 = 5;

/// Zones that are there from the beginning, beside the root.
const USUAL: &str = "test. ZONE\nlab.test. ZONE";

/// How long somebody who asks waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Zones with their keys.
pub struct SignedZones {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

impl SignedZones {
    /// Zones without records. The same seed gives the same keys.
    pub fn new(clock: Arc<dyn Clock>, seed: [u8; 32]) -> SignedZones {
        let zones = SignedZones { state: Mutex::new(State::new(seed)), clock };
        // It is correct, as tests show.
        let _ = zones.add(USUAL);
        zones
    }

    /// Adds zone text, all of it or nothing; the error says which line is wrong. Names in a zone that is declared later
    /// move into it.
    pub fn add(&self, zone_text: &str) -> Result<(), String> {
        let lines: Vec<_> = zonetext::lines(zone_text).collect::<Result<_, _>>()?;
        self.state().add(lines)
    }

    /// Forgets the records and flags of a name, and that it is a zone. Names below it stay.
    pub fn remove(&self, name: &str) {
        self.state().remove(name);
    }

    /// The trust anchor: the root's DS record, as in a zone file.
    pub fn anchor(&self) -> String {
        self.state().anchor()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ask for SignedZones {
    fn ask<'a>(&'a self, name: &'a Name, kind: HickoryType) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            // Signatures count seconds modulo 2^32 (RFC 4034 §3.1.5).
            let now = u32::try_from(self.clock.now().secs().rem_euclid(1 << 32)).unwrap_or(0);
            let (delay, reply) = self.state().answer(name, kind, now);
            if !delay.is_zero() {
                self.clock.sleep(delay.min(PATIENCE)).await;
            }
            if delay > PATIENCE { Err(Error::temporary("simulated timeout")) } else { reply }
        })
    }
}

/// The validating resolver that trusts the root of these zones and asks nobody else.
pub fn resolver(zones: Arc<SignedZones>, clock: Arc<dyn Clock>) -> Arc<dyn Resolver> {
    let anchors = zones.anchor();
    trusting(zones, &anchors, clock)
}

/// The same, but the name servers lie once: the question with this number, from 0, is answered with `message`. What
/// such a resolver takes for secure is true nevertheless.
pub fn deceived(
    zones: Arc<SignedZones>,
    clock: Arc<dyn Clock>,
    number: usize,
    message: &[u8],
) -> Arc<dyn Resolver> {
    let anchors = zones.anchor();
    let lie = Reply::read(message);
    trusting(Arc::new(Liar { zones, number, lie, asked: AtomicUsize::new(0) }), &anchors, clock)
}

fn trusting(ask: Arc<dyn Ask>, anchors: &str, clock: Arc<dyn Clock>) -> Arc<dyn Resolver> {
    // Without an anchor of its own nothing would be authentic, never too much.
    let anchors = Anchors::parse(anchors).unwrap_or_else(|_| Anchors::root());
    Arc::new(ValidatingResolver::with(ask, anchors, clock))
}

struct Liar {
    zones: Arc<SignedZones>,
    number: usize,
    lie: Result<Reply, Error>,
    asked: AtomicUsize,
}

impl Ask for Liar {
    fn ask<'a>(&'a self, name: &'a Name, kind: HickoryType) -> BoxFuture<'a, Result<Reply, Error>> {
        match self.asked.fetch_add(1, Ordering::Relaxed) == self.number {
            true => Box::pin(std::future::ready(self.lie.clone())),
            false => self.zones.ask(name, kind),
        }
    }
}
