//! The lab as it runs: names, network, trust and clock, and what moves its domains on.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Clock, Random};
use mox_dns::Resolver;
use mox_dns::signed::{self, SignedZones};
use mox_net::Dial;
use mox_tls::RootCertStore;

use crate::internet::World;
use crate::pki::Pki;
use crate::sink::Sink;
use crate::{LabClock, LabDial, LabDomain, LabStep, domains};

/// Longest wait for connections to end before time moves.
const QUIET: Duration = Duration::from_secs(2);

/// What the keys of the zones are made from: they are the same in every lab, and prove nothing outside.
const SEED: [u8; 32] = *b"the lab of mox: keys, no secrets";

/// Why there is no lab.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A row of the table is wrong.
    #[error("{0}")]
    Zone(String),
    /// A certificate could not be made.
    #[error(transparent)]
    Tls(#[from] mox_tls::Error),
}

/// Why a domain does not move on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// There is none of this name.
    #[error("the lab has no domain {0}")]
    Unknown(String),
    /// It has made its last step.
    #[error("{0} has no further step")]
    Last(String),
    /// Nobody moves it but time.
    #[error("{0} moves on by itself, {1} seconds after the first message")]
    ByItself(String, u64),
}

/// A running lab.
pub struct Lab {
    /// Its names, signed. Steps change them.
    pub zones: Arc<SignedZones>,
    /// What validates them.
    pub resolver: Arc<dyn Resolver>,
    /// Its network, in front of another.
    pub dial: Arc<LabDial>,
    /// Trust in its authority alone.
    pub roots: Arc<RootCertStore>,
    /// Its clock. Who waits on peers takes [`LabClock::paced`].
    pub clock: LabClock,
    world: Arc<World>,
}

impl Lab {
    /// A lab whose time starts as that of `clock`. Addresses that are not the lab's are dialed by `inner`.
    pub fn start(
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        inner: Arc<dyn Dial>,
        sink: Arc<dyn Sink>,
    ) -> Result<Lab, LabError> {
        let clock = LabClock::new(clock);
        let zones = Arc::new(SignedZones::new(Arc::new(clock.clone()), SEED));
        zones.add(&crate::infrastructure_zone()).map_err(LabError::Zone)?;
        for domain in domains() {
            zones.add(&domain.zone).map_err(LabError::Zone)?;
        }
        let resolver = signed::resolver(zones.clone(), clock.paced());
        let pki = Pki::new(clock.paced())?;
        let world = Arc::new(World::new(&pki, clock.clone(), random, sink)?);
        let dial = Arc::new(LabDial { world: world.clone(), inner });
        Ok(Lab { zones, resolver, dial, roots: pki.roots(), clock, world })
    }

    /// The table.
    pub fn domains(&self) -> &'static [LabDomain] {
        domains()
    }

    /// Moves time on, once nobody is connected to a host of the lab; after two seconds anyway.
    pub async fn advance(&self, by: Duration) {
        let _quiet = self.world.quiet(QUIET).await;
        self.clock.advance(by);
    }

    /// Time until the next midnight, UTC.
    pub fn until_midnight(&self) -> Duration {
        let now = self.clock.now();
        now.day().next().start().since(now)
    }

    /// How many steps a domain has made.
    pub fn steps_made(&self, name: &str) -> usize {
        let at = domains().iter().position(|domain| domain.name.eq_ignore_ascii_case(name));
        at.and_then(|at| self.world.steps().get(at).copied()).unwrap_or(0)
    }

    /// What a domain does next.
    pub fn next_step(&self, name: &str) -> Result<&'static LabStep, StepError> {
        self.next(name, &self.world.steps()).map(|(_, _, step)| step)
    }

    /// Lets a domain do what it does next.
    pub fn step(&self, name: &str) -> Result<&'static LabStep, StepError> {
        let mut steps = self.world.steps();
        let (at, zone, step) = self.next(name, &steps)?;
        for name in zone.lines().filter_map(|line| line.split_whitespace().next()) {
            self.zones.remove(name);
        }
        // The zones of all steps are read by a test.
        let _ = self.zones.add(&step.zone);
        if let Some(made) = steps.get_mut(at) {
            *made += 1;
        }
        Ok(step)
    }

    /// The place of a domain in the table, its zone now, and its next step, after so many steps of each.
    fn next(&self, name: &str, made: &[usize]) -> Result<(usize, &'static str, &'static LabStep), StepError> {
        let mut all = domains().iter().zip(made).enumerate();
        let (at, (domain, made)) = all
            .find(|(_, (domain, _))| domain.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| StepError::Unknown(name.to_owned()))?;
        let step = domain.steps.get(*made).ok_or_else(|| StepError::Last(domain.name.clone()))?;
        if let Some(secs) = step.after_secs {
            return Err(StepError::ByItself(domain.name.clone(), secs));
        }
        let last = made.checked_sub(1).and_then(|last| domain.steps.get(last));
        Ok((at, last.map_or(&domain.zone, |step| &step.zone), step))
    }
}
