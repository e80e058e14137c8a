//! A whole server of a domain: it takes mail by SMTP, judges it, keeps reports of others, writes its own, and its queue
//! delivers by SMTP. Network, names and time are simulated; a test says when something is done.

use std::collections::BTreeMap;
use std::path::Path;

use mox_admin::ops::{QueueList, ReportFamily, ReportHistory, ReportHistoryRow};
use mox_clock::Day;
use mox_config::{Config, Handle};
use mox_db::Tx;
use mox_dkim::{Signer, SigningKey};
use mox_dns::sim::SimResolver;
use mox_inbound::{
    Authenticator, Blocklists, Configured, Delivery, LocalOutbound, MxHandler, Notices, Rates, Recipients,
};
use mox_queue::{Leaving, NewQueued, Queue, Route, Router, Seams, Smtp};
use mox_reports::Reports;
use mox_reports::receive::Receiver;
use mox_smtp::Reply;
use mox_smtpserver::{Context, Gate, Handler, Observer, Port};
use mox_store::{Error, Incoming, Store};
use mox_telemetry::Metrics;
use mox_tls::sim::Authority;
use mox_tls::{Certificate, Certificates, ServerConfig, ServerOptions, server_config};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use super::super::*;

/// What both servers live in.
pub(super) struct World {
    pub(super) clock: SimClock,
    pub(super) zone: SimResolver,
    pub(super) net: SimNet,
    authority: Authority,
}

impl World {
    pub(super) fn new(zone: &str) -> World {
        let clock = SimClock::new(Timestamp::parse_rfc3339("2026-11-25T10:10:00Z").unwrap());
        let net = SimNet::new(Arc::new(clock.clone()));
        let zone = SimResolver::from_zone(zone).unwrap().forgetting();
        World { clock, zone, net, authority: Authority::new() }
    }
}

/// How TLS is at a server.
#[derive(Clone, Copy)]
pub(super) enum Tls {
    Works,
    /// STARTTLS is not offered.
    Missing,
    /// Every handshake fails: there is no certificate.
    Fails,
}

fn tls_with(certificates: &[Certificate], clock: &SimClock) -> Arc<ServerConfig> {
    let options = ServerOptions::default();
    server_config(Certificates::new(certificates), &options, Arc::new(clock.clone())).unwrap()
}

/// Messages and refusals by day, as the SMTP server answered.
#[derive(Clone)]
pub(super) struct Traffic(Arc<Mutex<BTreeMap<Day, (u32, u32)>>>, SimClock);

impl Traffic {
    fn count(&self, code: u16) {
        let mut days = self.0.lock().unwrap();
        let (taken, refused) = days.entry(self.1.now().day()).or_default();
        *(if code < 400 { taken } else { refused }) += 1;
    }
}

impl Observer for Traffic {
    fn command(&self, _: Port, verb: &'static str, reply: &Reply, _: Duration) {
        if verb == "RCPT" && reply.code >= 400 {
            self.count(reply.code);
        }
    }
    fn transaction(&self, _: Port, reply: &Reply, _: u64) {
        self.count(reply.code);
    }
}

/// Everything goes out the direct way, and to mailboxes here without a network.
struct Here(mox_address::Domain);

impl Router for Here {
    fn route(&self, mail: &Leaving<'_>) -> Route {
        if mail.to.domain() == Some(&self.0) { Route::Local } else { Route::direct() }
    }
}

pub(super) struct Server {
    pub(super) domain: &'static str,
    pub(super) ip: IpAddr,
    pub(super) store: Store,
    pub(super) handler: Arc<MxHandler>,
    queue: Queue,
    reports: Reports,
    config: Arc<Handle>,
    traffic: Traffic,
    clock: SimClock,
    net: SimNet,
    tls: Arc<ServerConfig>,
    listening: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    _dir: tempfile::TempDir,
}

impl Server {
    /// A server for a domain at an address; `quota` is what the account with the addresses for reports may hold.
    pub(super) fn new(world: &World, domain: &'static str, ip: &str, quota: &str) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let config = configure(dir.path(), world, domain, ip, quota);
        let (clock, random) = (Arc::new(world.clock.clone()), Arc::new(SimRandom::new(7)));
        let metrics = Arc::new(Metrics::new(clock.now()));
        let hostname = config.server.hostname.clone();
        let rates = Rates::new(&config.server.limits, clock.clone());
        let config = Arc::new(Handle::new(config));
        let recipients: Arc<dyn Recipients> = Arc::new(Configured::new(config.clone()));
        let schemas = [mox_queue::SCHEMA, mox_reports::SCHEMA, mox_reports::RECEIVED_SCHEMA];
        let store = Store::open(&dir.path().join("data"), &schemas, clock.clone(), random.clone()).unwrap();
        let reports = engine(world, &store, &config, &metrics);
        let roots = world.authority.roots();
        let ip: IpAddr = ip.parse().unwrap();
        let smtp = Smtp {
            resolver: Arc::new(world.zone.clone()),
            dial: Arc::new(world.net.clone()),
            clock: clock.clone(),
            random: random.clone(),
            hostname: hostname.ascii().to_owned(),
            roots,
            timeouts: Timeouts::RFC,
            locals: vec![ip],
            policies: None,
        };
        let outbound = LocalOutbound {
            store: store.clone(),
            recipients: recipients.clone(),
            hostname: hostname.clone(),
            clock: clock.clone(),
            elsewhere: Arc::new(smtp),
            calls: None,
        };
        let seams = Seams {
            router: Arc::new(Here(domain.parse().unwrap())),
            local: Arc::new(Notices::new(recipients.clone())),
            reporting: Arc::new(reports.clone()),
            outbound: Arc::new(outbound),
            clock: clock.clone(),
            random: random.clone(),
            faults: Arc::new(mox_platform::faults::NoFaults),
            metrics: metrics.clone(),
        };
        let queue = Queue::new(store.clone(), mox_queue::Options::new(hostname.ascii()), seams);
        reports.attach(queue.clone());
        let resolver: Arc<dyn Resolver> = Arc::new(world.zone.clone());
        let authenticator = Authenticator {
            resolver: resolver.clone(),
            dns: None,
            clock: clock.clone(),
            hostname: hostname.clone(),
            client_ip: None,
            patience: Duration::from_secs(60),
            blocklists: Blocklists::default(),
            metrics: metrics.clone(),
        };
        let handler = MxHandler {
            recipients,
            delivery: Delivery::new(store.clone(), queue.clone(), hostname.clone()),
            rates,
            resolver: Some(resolver),
            authenticator: Some(Arc::new(authenticator)),
            reports: Some(Receiver::new(config.clone(), metrics)),
            engine: Some(reports.clone()),
            strangers: mox_inbound::Strangers::default(),
            enforce: true,
            random,
            clock: clock.clone(),
            received_max: 50,
            lift_for_loopback: false,
            pedantic: false,
        };
        let certificate = world.authority.issue(&[hostname.ascii()]).unwrap();
        let tls = tls_with(&[certificate], &world.clock);
        Server {
            domain,
            ip,
            store,
            handler: Arc::new(handler),
            queue,
            reports,
            config,
            traffic: Traffic(Arc::default(), world.clock.clone()),
            clock: world.clock.clone(),
            net: world.net.clone(),
            tls,
            listening: None,
            _dir: dir,
        }
    }

    /// Takes mail from now on.
    pub(super) async fn listen(&mut self, tls: Tls) {
        if let Some((stop, task)) = self.listening.take() {
            stop.send_replace(true);
            task.await.unwrap();
        }
        let listener = self.net.listen((self.ip, 25).into()).unwrap();
        let tls = match tls {
            Tls::Works => Some(self.tls.clone()),
            Tls::Missing => None,
            Tls::Fails => Some(tls_with(&[], &self.clock)),
        };
        let (stop, shutdown) = watch::channel(false);
        let clock = Arc::new(self.clock.clone());
        let context = Context {
            handler: self.handler.clone() as Arc<dyn Handler>,
            observer: Arc::new(self.traffic.clone()),
            port: Port::Mx,
            hostname: self.config.load().server.hostname.clone(),
            limits: mox_smtpserver::Limits::default(),
            tls,
            gate: Arc::new(Gate::new(clock.clone())),
            clock,
            random: Arc::new(SimRandom::new(9)),
            secret: b"secret".to_vec(),
            verifying: Arc::new(Semaphore::new(1)),
            transcripts: false,
            shutdown,
        };
        let task = tokio::spawn(mox_smtpserver::serve(Box::new(listener), Arc::new(context)));
        self.listening = Some((stop, task));
    }

    /// Amy writes to Amy at another domain.
    pub(super) async fn write_to(&self, domain: &str) {
        let from = format!("amy@{}", self.domain);
        let message = format!("From: <{from}>\r\nTo: <amy@{domain}>\r\nSubject: hello\r\n\r\nhello\r\n");
        let mut signer = Signer::new(self.config.load().signers(&self.domain.parse().unwrap()));
        signer.write(message.as_bytes());
        let message = signer.finish(self.clock.now()).unwrap() + &message;
        let mut incoming = Incoming::new(&self.store);
        incoming.write(message.as_bytes()).unwrap();
        let mut prepared = incoming.finish().unwrap();
        let to: mox_address::Path = format!("amy@{domain}").parse().unwrap();
        let queue = self.queue.clone();
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            let content = prepared.insert(tx, 1)?;
            let from = Some(from.parse().map_err(|_| Error::Damaged("no path".to_owned()))?);
            let new = NewQueued::new("amy", from, vec![to.into()], content, prepared.size());
            queue.add(store, tx, &new)
        };
        self.store.write(write).await.unwrap();
    }

    /// Seals and hands over what is due.
    pub(super) async fn report(&self) {
        self.reports.seal_due().await.unwrap();
        self.reports.hand_over_due().await.unwrap();
    }

    async fn is_due(&self) -> bool {
        let now = self.clock.now();
        let rows = self.queue.list(QueueList::default()).await.unwrap();
        rows.iter().any(|row| row.next_attempt.0 <= now)
    }

    /// Makes the attempts that are due; whether there were some.
    pub(super) async fn deliver(&self) -> bool {
        if !self.is_due().await {
            return false;
        }
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(self.queue.clone().run(stopped));
        while self.is_due().await {
            tokio::task::yield_now().await;
        }
        // What is under way goes on to its end.
        stop.send_replace(true);
        running.await.unwrap();
        true
    }

    /// Messages taken and refused on each day on which there were some, the first day being 0.
    pub(super) fn traffic(&self, first: Day) -> Vec<(i64, u32, u32)> {
        let days = self.traffic.0.lock().unwrap();
        let one =
            |(day, (taken, refused)): (&Day, &(u32, u32))| (day.number() - first.number(), *taken, *refused);
        days.iter().map(one).collect()
    }

    /// Reports of ours: policy domain, day since `first`, and what became of each destination.
    pub(super) async fn history(&self, family: ReportFamily, first: Day) -> Vec<(String, i64, String)> {
        let op = ReportHistory { family, ..ReportHistory::default() };
        let line = |row: ReportHistoryRow| {
            let day: Day = row.day.parse().unwrap();
            let states: Vec<String> = row.destinations.iter().map(|d| d.state.clone()).collect();
            (row.policy_domain, day.number() - first.number(), states.join("+"))
        };
        let mut all: Vec<_> = self.reports.history(op).await.unwrap().into_iter().map(line).collect();
        all.sort();
        all
    }

    /// Messages in a mailbox, whose account it may be.
    pub(super) fn messages(&self, mailbox: &'static str) -> i64 {
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let sql = "SELECT count(*) FROM message JOIN mailbox USING (mailbox_id) WHERE name = ?1";
            Ok::<_, Error>(tx.conn().query_row(sql, [mailbox], |row| row.get(0))?)
        };
        self.store.read_blocking(read).unwrap()
    }

    /// The number that a question gives.
    pub(super) fn number(&self, sql: &'static str) -> i64 {
        let read = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
            Ok::<_, Error>(tx.conn().query_row(sql, [], |row| row.get(0))?)
        };
        self.store.read_blocking(read).unwrap()
    }
}

/// Writes the files of a server, and what it publishes.
fn configure(folder: &Path, world: &World, domain: &str, ip: &str, quota: &str) -> Config {
    let key = SigningKey::generate_ed25519().unwrap();
    std::fs::write(folder.join("s1.pem"), key.to_pem().unwrap()).unwrap();
    let zone = format!(
        "{domain}. MX 10 mx.{domain}.\nmx.{domain}. A {ip}\n\
         {domain}. TXT \"v=spf1 ip4:{ip} -all\"\nmx.{domain}. TXT \"v=spf1 ip4:{ip} -all\"\n\
         s1._domainkey.{domain}. TXT \"{}\"\n\
         _smtp._tls.{domain}. TXT \"v=TLSRPTv1; rua=mailto:tls@{domain}\"\n",
        key.record().unwrap()
    );
    world.zone.add(&zone).unwrap();
    let server = format!(
        "DataDir: data\nLogLevel: info\nHostname: mx.{domain}\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- {ip}\n\
         Postmaster:\n\tAccount: amy\n\tMailbox: Inbox\n"
    );
    std::fs::write(folder.join("mox.conf"), server).unwrap();
    let domains = format!(
        "Domains:\n\t{domain}:\n\
         \t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\ts1:\n\t\t\t\t\tPrivateKeyFile: s1.pem\n\t\t\tSign:\n\t\t\t\t- s1\n\
         \t\tTLSRPT:\n\t\t\tLocalpart: tls\n\t\t\tAccount: reports\n\t\t\tMailbox: TLS\n\
         \t\tDMARC:\n\t\t\tLocalpart: dmarc\n\t\t\tAccount: reports\n\t\t\tMailbox: DMARC\n\
         Accounts:\n\tamy:\n\t\tDomain: {domain}\n\t\tDestinations:\n\t\t\tamy@{domain}: nil\n\
         \treports:\n\t\tDomain: {domain}\n{quota}"
    );
    std::fs::write(folder.join("domains.conf"), domains).unwrap();
    Config::load(&folder.join("mox.conf")).unwrap().0
}

fn engine(world: &World, store: &Store, config: &Arc<Handle>, metrics: &Arc<Metrics>) -> Reports {
    let clock = Arc::new(world.clock.clone());
    let web = Client {
        resolver: Arc::new(world.zone.clone()),
        dial: Arc::new(world.net.clone()),
        clock: clock.clone(),
        roots: world.authority.roots(),
        egress: Egress::Public { allow: Vec::new() },
        limits: Limits::default(),
        user_agent: "mox/test".to_owned(),
    };
    let seams = mox_reports::Seams {
        resolver: web.resolver.clone(),
        web,
        clock,
        random: Arc::new(SimRandom::new(8)),
        faults: Arc::new(mox_platform::faults::NoFaults),
        metrics: metrics.clone(),
    };
    Reports::new(store.clone(), seams, mox_reports::Options::new(config.clone()))
}
