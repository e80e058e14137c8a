//! Port 25 of a [`House`], in this process and on its store, and clients that send to it without end.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mox_clock::Clock;
use mox_clock::sim::SimRandom;
use mox_inbound::{Authenticator, Blocklists, Configured, Delivery, MxHandler, Rates, Recipients};
use mox_net::Listen;
use mox_platform::SystemClock;
use mox_smtpserver::{Context, Gate, Limits, Nobody, Port};
use mox_telemetry::Metrics;
use mox_testkit::sender::{Session, message};
use tokio::sync::{Semaphore, watch};

use super::engine::House;
use super::load::deliver;
use super::sample::Sample;

/// Names of those who send: SPF and DMARC pass, and reports are wanted.
pub(crate) const ZONE: &str = "client.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n\
    _dmarc.client.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@client.example\"\n";

/// Who gets the messages.
const TO: &str = "a@bench.example";

/// A listener; it ends when dropped.
pub(crate) struct Mx {
    address: String,
    _stop: watch::Sender<bool>,
}

impl Mx {
    /// Serves on a port that the system picks. What DMARC is applied to is counted if `counting`.
    pub(crate) fn serve(house: &House, counting: bool) -> Mx {
        let listen = mox_net::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listen.local().to_string();
        let (stop, shutdown) = watch::channel(false);
        let system: Arc<dyn Clock> = Arc::new(SystemClock);
        let context = Context {
            handler: Arc::new(handler(house, counting)),
            observer: Arc::new(Nobody),
            port: Port::Mx,
            hostname: house.config.load().server.hostname.clone(),
            limits: Limits { lift_for_loopback: true, ..Limits::default() },
            tls: None,
            gate: Arc::new(Gate::new(system.clone())),
            clock: system,
            random: Arc::new(SimRandom::new(9)),
            secret: vec![7; 32],
            verifying: Arc::new(Semaphore::new(1)),
            transcripts: true,
            shutdown,
        };
        tokio::spawn(mox_smtpserver::serve(Box::new(listen), Arc::new(context)));
        Mx { address, _stop: stop }
    }

    /// Sends from so many connections at once, so many messages a second in all, or, at 0, one after the other.
    pub(crate) fn load(&self, connections: usize, rate: usize) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let begun = Instant::now();
        let work = |n: usize| {
            let (address, stop) = (self.address.clone(), stop.clone());
            let (gap, first) = match rate {
                0 => (Duration::ZERO, begun),
                rate => {
                    let gap = Duration::from_secs_f64(connections as f64 / rate as f64);
                    (gap, begun + gap.mul_f64(n as f64 / connections as f64))
                }
            };
            std::thread::spawn(move || send(&address, &stop, first, gap))
        };
        Load { clients: (0..connections).map(work).collect(), stop, begun }
    }
}

/// Clients at work.
pub(crate) struct Load {
    clients: Vec<JoinHandle<Vec<Duration>>>,
    stop: Arc<AtomicBool>,
    begun: Instant,
}

impl Load {
    /// Ends it: from the first byte of content to the 250, for each message; and messages a second.
    pub(crate) fn end(self) -> (Sample, f64) {
        self.stop.store(true, Ordering::Relaxed);
        let times: Vec<_> = self.clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
        let rate = times.len() as f64 / self.begun.elapsed().as_secs_f64();
        (Sample::of(times), rate)
    }
}

/// A client: a message each `gap`, but never two at once.
fn send(address: &str, stop: &AtomicBool, mut next: Instant, gap: Duration) -> Vec<Duration> {
    let mut session = Session::open(address).unwrap();
    let content = message(TO, "load", &"A line of a message that is like other lines.\r\n".repeat(80));
    let mut times = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        times.push(deliver(&mut session, TO, &content));
        next = (next + gap).max(Instant::now());
    }
    times
}

fn handler(house: &House, counting: bool) -> MxHandler {
    let config = house.config.clone();
    let (server, clock) = (config.load().server.clone(), Arc::new(house.clock.clone()));
    let metrics = Arc::new(Metrics::new(clock.now()));
    let recipients: Arc<dyn Recipients> = Arc::new(Configured::new(config));
    let authenticator = Authenticator {
        resolver: house.resolver.clone(),
        dns: None,
        clock: clock.clone(),
        hostname: server.hostname.clone(),
        client_ip: Some(IpAddr::from(Ipv4Addr::new(192, 0, 2, 1))),
        patience: Duration::from_secs(60),
        blocklists: Blocklists::default(),
        metrics,
    };
    MxHandler {
        recipients,
        delivery: Delivery::new(house.store.clone(), house.queue.clone(), server.hostname.clone()),
        rates: Rates::new(&server.limits, clock.clone()),
        resolver: None,
        authenticator: Some(Arc::new(authenticator)),
        reports: None,
        engine: counting.then(|| house.reports.clone()),
        enforce: true,
        random: Arc::new(SimRandom::new(10)),
        clock,
        received_max: 50,
        lift_for_loopback: true,
        pedantic: false,
        strangers: mox_inbound::Strangers::default(),
    }
}
