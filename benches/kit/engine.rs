//! A server without its listeners: store, queue and the engine of reports, at a time of its own; DNS answers from memory.

use std::path::Path;
use std::sync::Arc;

use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_config::{Config, Handle};
use mox_dkim::SigningKey;
use mox_dns::Resolver;
use mox_dns::sim::SimResolver;
use mox_net::TcpDial;
use mox_platform::SystemClock;
use mox_platform::faults::NoFaults;
use mox_queue::{
    DirectOptions, Leaving, LocalDelivery, NoReporting, Notice, Outbound, Policies, Queue, Reporting, Route,
    Router, Tx,
};
use mox_reports::Reports;
use mox_store::{Error, Store};
use mox_telemetry::Metrics;

/// Everything goes straight to its domain.
struct Straight;

impl Router for Straight {
    fn route(&self, _: &Leaving<'_>) -> Route {
        Route::Direct(DirectOptions::default())
    }
}

/// No DSN is expected.
struct Nowhere;

impl LocalDelivery for Nowhere {
    fn deliver(&self, _: &Store, _: &mut Tx<'_>, _: &Notice<'_>) -> Result<bool, Error> {
        panic!("a notification: something failed");
    }
}

/// A server without its listeners.
pub(crate) struct House {
    pub(crate) clock: SimClock,
    pub(crate) store: Store,
    pub(crate) reports: Reports,
    pub(crate) queue: Queue,
    pub(crate) policies: Policies,
    pub(crate) config: Arc<Handle>,
    pub(crate) resolver: Arc<dyn Resolver>,
}

impl House {
    /// In a folder, at ten in the morning of 2026-11-25. What is delivered is accounted for if `accounting`.
    pub(crate) fn open(
        folder: &Path,
        zone: &str,
        accounting: bool,
        outbound: impl FnOnce(&SimClock) -> Arc<dyn Outbound>,
    ) -> House {
        let clock = SimClock::new(Timestamp::parse_rfc3339("2026-11-25T10:00:00Z").unwrap());
        let (time, random): (Arc<dyn Clock>, _) = (Arc::new(clock.clone()), Arc::new(SimRandom::new(7)));
        let resolver: Arc<dyn Resolver> = Arc::new(SimResolver::from_zone(zone).unwrap().forgetting());
        let schemas =
            [mox_queue::SCHEMA, mox_queue::STS_SCHEMA, mox_reports::SCHEMA, mox_reports::RECEIVED_SCHEMA];
        // Group commit measures its own time.
        let store =
            Store::open(&folder.join("data"), &schemas, Arc::new(SystemClock), random.clone()).unwrap();
        let web = mox_https::Client {
            resolver: resolver.clone(),
            dial: Arc::new(TcpDial::new(time.clone())),
            clock: time.clone(),
            roots: Arc::new(mox_tls::RootCertStore::empty()),
            egress: mox_https::Egress::Public { allow: Vec::new() },
            limits: mox_https::Limits::default(),
            user_agent: "mox/bench".to_owned(),
        };
        let sts = Arc::new(web.clone());
        let policies = Policies::new(store.clone(), resolver.clone(), sts, time.clone(), random.clone());
        let seams = mox_reports::Seams {
            resolver: resolver.clone(),
            web,
            clock: time.clone(),
            random: random.clone(),
            faults: Arc::new(NoFaults),
            metrics: Arc::new(Metrics::new(clock.now())),
        };
        let config = Arc::new(Handle::new(configure(folder)));
        let mut options = mox_reports::Options::new(config.clone());
        options.cap_floor = None;
        let reports = Reports::new(store.clone(), seams, options);
        let reporting: Arc<dyn Reporting> =
            if accounting { Arc::new(reports.clone()) } else { Arc::new(NoReporting) };
        let seams = mox_queue::Seams {
            router: Arc::new(Straight),
            local: Arc::new(Nowhere),
            reporting,
            outbound: outbound(&clock),
            clock: time,
            random,
            faults: Arc::new(NoFaults),
            metrics: Arc::new(Metrics::new(clock.now())),
        };
        let options = mox_queue::Options { concurrency: 1, ..mox_queue::Options::new("mox.bench.example") };
        let queue = Queue::new(store.clone(), options, seams);
        reports.attach(queue.clone());
        House { clock, store, reports, queue, policies, config, resolver }
    }

    /// Sets the time.
    pub(crate) fn go_to(&self, time: &str) {
        self.clock.step_to(Timestamp::parse_rfc3339(time).unwrap());
    }

    /// Commits so far.
    pub(crate) fn commits(&self) -> f64 {
        self.store.db().figures().commits as f64
    }
}

fn configure(folder: &Path) -> Config {
    let key = SigningKey::generate_ed25519().unwrap().to_pem().unwrap();
    std::fs::write(folder.join("s.pem"), key).unwrap();
    let server = "DataDir: data\nLogLevel: info\nHostname: mox.bench.example\nListeners:\n\tpublic:\n\t\tIPs:\n\
                  \t\t\t- 127.0.0.1\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n";
    std::fs::write(folder.join("mox.conf"), server).unwrap();
    let dynamic = "Domains:\n\tbench.example:\n\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\ts:\n\
                   \t\t\t\t\tPrivateKeyFile: s.pem\n\t\t\tSign:\n\t\t\t\t- s\n\
                   Accounts:\n\ta:\n\t\tDomain: bench.example\n\t\tDestinations:\n\t\t\ta@bench.example: nil\n";
    std::fs::write(folder.join("domains.conf"), dynamic).unwrap();
    Config::load(&folder.join("mox.conf")).unwrap().0
}
