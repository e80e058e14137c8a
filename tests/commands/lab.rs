//! `mox tlsrpt explain` and `preview` tell, for each receiving domain of the lab, what goes where and why.
//!
//! One message is tried at each domain in simulated time: the queue's deliverer in the lab, whose results the engine of
//! reports collects. Then the binary asks that engine over a control endpoint of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mox_address::IpDomain;
use mox_admin::Operations;
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_config::{Config, Handle};
use mox_lab::{Expect, Ignored, Lab, NETWORKS};
use mox_net::sim::SimNet;
use mox_platform::faults::NoFaults;
use mox_queue::{Asking, Class, DirectOptions, Outbound, Reporting, Route, Smtp, Target, TlsResults};
use mox_reports::{Options, Reports, SCHEMA, Seams};
use mox_smtpclient::Timeouts;
use mox_store::Store;
use mox_telemetry::Metrics;
use tokio::sync::Notify;

use crate::commands::{shell::shell, snapshot};

/// When deliveries begin, and when the operator looks.
const BEGIN: &str = "2026-11-22T00:20:30Z";
const LOOK: &str = "2026-11-22T18:00:00Z";

/// The lab, what delivers to it, and what reports about it.
struct World {
    sim: SimClock,
    smtp: Smtp,
    store: Store,
    reports: Reports,
}

impl World {
    fn new(dir: &Path) -> World {
        let sim = SimClock::new(Timestamp::parse_rfc3339(BEGIN).unwrap());
        let (clock, random) = (Arc::new(sim.clone()), Arc::new(SimRandom::new(1)));
        let net = Arc::new(SimNet::new(clock.clone()));
        let lab = Lab::start(clock.clone(), random.clone(), net, Arc::new(Ignored)).unwrap();
        let web = mox_https::Client {
            dial: lab.dial.clone(),
            resolver: lab.resolver.clone(),
            roots: lab.roots.clone(),
            egress: mox_https::Egress::Public {
                allow: NETWORKS.iter().map(|n| n.parse().unwrap()).collect(),
            },
            limits: mox_https::Limits::default(),
            clock: lab.clock.paced(),
            user_agent: "test".to_owned(),
        };
        let smtp = Smtp {
            resolver: lab.resolver.clone(),
            dial: lab.dial.clone(),
            clock: lab.clock.paced(),
            random: random.clone(),
            hostname: mox_lab::HOST.to_owned(),
            roots: lab.roots.clone(),
            timeouts: Timeouts { greeting: Duration::from_secs(3), ..Timeouts::RFC },
            locals: Vec::new(),
            policies: Some(Arc::new(Asking { resolver: lab.resolver.clone(), web: Arc::new(web.clone()) })),
        };
        let store = Store::open(&dir.join("data"), &[SCHEMA], clock.clone(), random.clone()).unwrap();
        let seams = Seams {
            resolver: lab.resolver.clone(),
            web,
            clock: clock.clone(),
            random,
            faults: Arc::new(NoFaults),
            metrics: Arc::new(Metrics::new(clock.now())),
        };
        let (config, _) = Config::load(&dir.join("mox.conf")).unwrap();
        let reports = Reports::new(store.clone(), seams, Options::new(Arc::new(Handle::new(config))));
        World { sim, smtp, store, reports }
    }

    /// Tries a message at a domain, and collects how TLS went.
    async fn deliver(&self, name: &str) {
        let target = Target {
            route: Route::Direct(DirectOptions {
                require_dane: name.starts_with("dane-required."),
                ..DirectOptions::default()
            }),
            domain: IpDomain::Domain(name.parse().unwrap()),
            require_tls: None,
            class: Class::Normal,
            attempt: 1,
        };
        let tls = match self.stepped(self.smtp.open(&target)).await {
            Ok(opened) => opened.tls,
            Err(failure) => failure.tls,
        };
        let Some(tls) = tls else { return };
        let (reports, tls) =
            (self.reports.clone(), TlsResults { at: Timestamp::parse_rfc3339(BEGIN).unwrap(), ..tls });
        self.store.write(move |_, tx| reports.tls(tx, &tls)).await.unwrap();
    }

    /// Lets time pass when nothing else happens.
    async fn stepped<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut idle = 0;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::task::yield_now() => idle += 1,
            }
            if idle > 500 {
                idle = 0;
                self.sim.advance(self.sim.until_next_sleeper().unwrap_or(Duration::from_secs(1)));
            }
        }
    }

    fn operations(&self) -> Operations {
        let (explains, previews) = (self.reports.clone(), self.reports.clone());
        Operations::new()
            .on(move |op| {
                let reports = explains.clone();
                async move { reports.explain(op).await }
            })
            .on(move |op| {
                let reports = previews.clone();
                async move { reports.preview(op).await }
            })
    }
}

fn configure(dir: &Path) {
    let (host, data) = (mox_lab::HOST, dir.join("data"));
    std::fs::create_dir(data).unwrap();
    std::fs::write(dir.join("lab.pem"), mox_lab::DKIM_KEY).unwrap();
    let server = format!(
        "DataDir: data\nLogLevel: info\nHostname: {host}\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\
         Postmaster:\n\tAccount: a\n\tMailbox: Inbox\n"
    );
    std::fs::write(dir.join("mox.conf"), server).unwrap();
    let selector = format!("\t\t\t\t{}:\n\t\t\t\t\tPrivateKeyFile: lab.pem\n", mox_lab::SELECTOR);
    let dynamic = format!(
        "Domains:\n\t{host}:\n\t\tDKIM:\n\t\t\tSelectors:\n{selector}\t\t\tSign:\n\t\t\t\t- {}\nAccounts:\n\ta:\n\
         \t\tDomain: {host}\n",
        mox_lab::SELECTOR
    );
    std::fs::write(dir.join("domains.conf"), dynamic).unwrap();
}

#[test]
fn every_domain_of_the_lab_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    configure(dir.path());
    // One thread: time passes only when nobody has anything to do.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let receivers: Vec<&str> = mox_lab::domains()
        .iter()
        .filter(|domain| matches!(domain.expect, Expect::Receiving(_)))
        .map(|domain| domain.name.as_str())
        .collect();
    let (operations, listener) = runtime.block_on(async {
        let world = World::new(dir.path());
        for name in &receivers {
            world.deliver(name).await;
        }
        world.sim.step_to(Timestamp::parse_rfc3339(LOOK).unwrap());
        let endpoint = mox_ctl::endpoint(&dir.path().join("data"));
        (world.operations(), mox_platform::ctlsocket::listen(&endpoint).unwrap())
    });
    let stop = Arc::new(Notify::new());
    let stopped = stop.clone();
    let serving = std::thread::spawn(move || {
        let clock = Arc::new(mox_platform::SystemClock);
        runtime.block_on(async {
            tokio::select! {
                () = mox_ctl::serve(listener, Arc::new(operations), "0.1.0", clock) => {}
                () = stopped.notified() => {}
            }
        });
    });
    let lines = receivers
        .iter()
        .flat_map(|name| [format!("mox tlsrpt explain {name}"), format!("mox tlsrpt preview {name}")]);
    let told: Vec<Option<String>> =
        lines.map(|line| shell(dir.path(), &line).map(|ran| ran.transcript(&line))).collect();
    stop.notify_one();
    serving.join().unwrap();
    snapshot::check("tlsrpt-lab.txt", &told);
}
