//! A store with a queue that delivers nothing, names that lead somewhere, an https server, and time to pass.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mox_admin::ops::{QueueDump, QueueList, QueueRow, ReportFamily, ReportHistory, ReportHistoryRow};
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_config::{Config, Handle};
use mox_db::Tx;
use mox_dkim::SigningKey;
use mox_dns::sim::SimResolver;
use mox_net::sim::SimNet;
use mox_net::{Io, Listen, accept_tls};
use mox_platform::faults::{Faults, NoFaults};
use mox_queue::{
    BoxFuture, Class, End, Leaving, LocalDelivery, Notice, OpenFailure, Opened, Outbound, Peer, Queue,
    QueueId, Queued, Reporting, Route, Router, Target, TlsResults, Verdict,
};
use mox_smtp::EnhancedCode;
use mox_store::{Error, Store};
use mox_telemetry::Metrics;
use mox_tls::sim::Authority;
use mox_tls::{Certificates, ServerOptions, server_config};
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Evaluation, Options, Reports, SCHEMA, Seams};

const ZONE: &str = "
    _smtp._tls.one.example. TXT \"v=TLSRPTv1; rua=mailto:tls@one.example\"
    _smtp._tls.two.example. TXT \"v=TLSRPTv1; rua=mailto:a@two.example,mailto:b@reports.example\"
    _smtp._tls.web.example. TXT \"v=TLSRPTv1; rua=https://hook.example/in\"
    _smtp._tls.both.example. TXT \"v=TLSRPTv1; rua=mailto:tls@both.example,https://hook.example/both\"
    _smtp._tls.mx.host.example. TXT \"v=TLSRPTv1; rua=mailto:tls@host.example\"
    _smtp._tls.hosted.example. TXT \"v=TLSRPTv1; rua=mailto:tls@host.example\"
    hook.example. A 8.8.8.8
    _dmarc.one.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@one.example\"
    _dmarc.two.example. TXT \"v=DMARC1; p=none; rua=mailto:a@two.example,mailto:b@reports.other,mailto:c@silent.other\"
    two.example._report._dmarc.reports.other. TXT \"v=DMARC1; rua=mailto:instead@reports.other\"
    _dmarc.none.example. TXT \"v=DMARC1; p=none\"
    _dmarc.web.example. TXT \"v=DMARC1; p=none; rua=https://web.example/x\"
    _dmarc.stranger.example. TXT \"v=DMARC1; p=none; rua=mailto:x@silent.other\"
";

pub(super) struct House {
    dir: TempDir,
    pub(super) clock: SimClock,
    pub(super) zone: SimResolver,
    pub(super) store: Store,
    pub(super) queue: Queue,
    pub(super) reports: Reports,
    pub(super) hook: Hook,
    net: SimNet,
    roots: Arc<mox_tls::RootCertStore>,
    /// What is set otherwise than at a server.
    change: fn(&mut Options),
}

/// Is refused everywhere.
struct Nobody;

impl Router for Nobody {
    fn route(&self, _: &Leaving<'_>) -> Route {
        Route::Direct(mox_queue::DirectOptions::default())
    }
}

impl LocalDelivery for Nobody {
    fn deliver(&self, _: &Store, _: &mut Tx<'_>, notice: &Notice<'_>) -> Result<bool, Error> {
        panic!("a DSN to {}", notice.to)
    }
}

impl Outbound for Nobody {
    fn open<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        let wanted = if target.class == Class::DmarcReport { None } else { Some(false) };
        assert!(target.class.is_report() && target.require_tls == wanted);
        let failure = OpenFailure { verdict: refused(), peer: Peer::default(), steps: Vec::new(), tls: None };
        Box::pin(async { Err(failure) })
    }
}

/// Head and body of a request.
pub(super) type Post = (String, Vec<u8>);

/// An https server that remembers.
#[derive(Clone, Default)]
pub(super) struct Hook(Arc<Mutex<(Vec<Post>, u16)>>);

impl Hook {
    /// What was posted.
    pub(super) fn posts(&self) -> Vec<Post> {
        self.0.lock().unwrap().0.clone()
    }

    /// What is answered from now on.
    pub(super) fn answer(&self, status: u16) {
        self.0.lock().unwrap().1 = status;
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// Counts under a policy.
pub(super) fn result(kind: PolicyType, domain: &str, successful: u64, failed: u64) -> PolicyResult {
    let mut one = PolicyResult::new(Policy { kind, ..Policy::none(domain) });
    one.summary.successful = successful;
    one.summary.failed = failed;
    if failed > 0 {
        one.add_detail(
            FailureDetail { failed, ..FailureDetail::new(ResultType::CertificateExpired, "") },
            10,
        );
    }
    one
}

impl House {
    pub(super) fn new() -> House {
        House::with("mox.example.org", "example.org", true)
    }

    /// On a host, with a domain that signs or not.
    pub(super) fn with(hostname: &str, domain: &str, signs: bool) -> House {
        let dir = TempDir::new().unwrap();
        configure(dir.path(), hostname, domain, signs);
        let clock = SimClock::new(at("2026-11-25T10:00:00Z"));
        let net = SimNet::new(Arc::new(clock.clone()));
        let (hook, roots) = hook(&net, &clock);
        let zone = SimResolver::from_zone(ZONE).unwrap().forgetting();
        House::open(dir, clock, zone, net, roots, hook, Arc::new(NoFaults), |options| {
            options.cap_floor = None
        })
    }

    #[expect(clippy::too_many_arguments, reason = "what survives a kill")]
    fn open(
        dir: TempDir,
        clock: SimClock,
        zone: SimResolver,
        net: SimNet,
        roots: Arc<mox_tls::RootCertStore>,
        hook: Hook,
        faults: Arc<dyn Faults>,
        change: fn(&mut Options),
    ) -> House {
        let random = Arc::new(SimRandom::new(7));
        let (time, data) = (Arc::new(clock.clone()), dir.path().join("data"));
        let store = Store::open(
            &data,
            &[mox_queue::SCHEMA, SCHEMA, crate::RECEIVED_SCHEMA],
            time.clone(),
            random.clone(),
        )
        .unwrap();
        let (config, _) = Config::load(&dir.path().join("mox.conf")).unwrap();
        let web = mox_https::Client {
            resolver: Arc::new(zone.clone()),
            dial: Arc::new(net.clone()),
            clock: time.clone(),
            roots: roots.clone(),
            egress: mox_https::Egress::Public { allow: Vec::new() },
            limits: mox_https::Limits::default(),
            user_agent: "mox/test".to_owned(),
        };
        let seams = Seams {
            resolver: Arc::new(zone.clone()),
            web,
            clock: time.clone(),
            random: random.clone(),
            faults,
            metrics: Arc::new(Metrics::new(clock.now())),
        };
        let mut options = Options::new(Arc::new(Handle::new(config)));
        change(&mut options);
        let reports = Reports::new(store.clone(), seams, options);
        let seams = mox_queue::Seams {
            router: Arc::new(Nobody),
            local: Arc::new(Nobody),
            reporting: Arc::new(reports.clone()),
            outbound: Arc::new(Nobody),
            clock: time,
            random,
            faults: Arc::new(mox_platform::faults::NoFaults),
            metrics: Arc::new(Metrics::new(clock.now())),
        };
        let queue = Queue::new(store.clone(), mox_queue::Options::new("mox.example.org"), seams);
        reports.attach(queue.clone());
        House { dir, clock, zone, store, queue, reports, hook, net, roots, change }
    }

    /// As after a kill: what was in memory is gone.
    pub(super) fn again(self, faults: Arc<dyn Faults>) -> House {
        self.store.db().close();
        let House { dir, clock, zone, store, queue, reports, hook, net, roots, change } = self;
        drop((store, queue, reports));
        House::open(dir, clock, zone, net, roots, hook, faults, change)
    }

    /// The same house with other settings.
    pub(super) fn set(mut self, change: fn(&mut Options)) -> House {
        self.change = change;
        self.again(Arc::new(NoFaults))
    }

    /// Deliveries are accounted for, in one transaction.
    pub(super) async fn hear(&self, all: Vec<TlsResults>) {
        let reports = self.reports.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| all.iter().try_for_each(|one| reports.tls(tx, one));
        self.store.write(write).await.unwrap();
    }

    /// Mail of a class for a domain, whose policy and hosts gave these results.
    pub(super) async fn mail(
        &self,
        class: Class,
        domain: &str,
        own: Option<PolicyResult>,
        hosts: Vec<PolicyResult>,
    ) {
        let recipient_domain = domain.parse().unwrap();
        self.hear(vec![TlsResults { recipient_domain, at: self.clock.now(), class, domain: own, hosts }])
            .await;
    }

    /// A session for a domain that failed.
    pub(super) async fn fail(&self, domain: &str) {
        self.mail(Class::Normal, domain, Some(result(PolicyType::Sts, domain, 1, 1)), Vec::new()).await;
    }

    /// Messages that DMARC was applied to, in one transaction.
    pub(super) async fn evaluate(&self, all: Vec<Evaluation>) {
        let (reports, at) = (self.reports.clone(), self.clock.now());
        let write =
            move |_: &Store, tx: &mut Tx<'_>| all.iter().try_for_each(|one| reports.evaluated(tx, one, at));
        self.store.write(write).await.unwrap();
    }

    pub(super) fn go_to(&self, time: &str) {
        self.clock.step_to(at(time));
    }

    /// Seals what is due.
    pub(super) async fn seal(&self) {
        self.reports.seal_due().await.unwrap();
    }

    /// Lets hours pass in which what is sealed is handed over, every five minutes.
    pub(super) async fn hours(&self, hours: u32) {
        for _ in 0..hours * 12 {
            self.reports.hand_over_due().await.unwrap();
            self.clock.advance(Duration::from_secs(300));
        }
        self.reports.hand_over_due().await.unwrap();
    }

    pub(super) async fn queued(&self) -> Vec<QueueRow> {
        let mut rows = self.queue.list(QueueList::default()).await.unwrap();
        rows.sort_by_key(|row| row.id);
        rows
    }

    pub(super) async fn message(&self, id: i64) -> String {
        String::from_utf8(self.queue.dump(QueueDump { id }).await.unwrap()).unwrap()
    }

    /// About TLS.
    pub(super) async fn history(&self) -> Vec<ReportHistoryRow> {
        self.history_of(ReportFamily::Tls).await
    }

    pub(super) async fn history_of(&self, family: ReportFamily) -> Vec<ReportHistoryRow> {
        self.reports.history(ReportHistory { family, ..ReportHistory::default() }).await.unwrap()
    }

    /// Of history about TLS.
    pub(super) async fn told(&self) -> Vec<String> {
        self.told_of(ReportFamily::Tls).await
    }

    /// Kind, domain, day, outcome and destinations of each line of history, sorted.
    pub(super) async fn told_of(&self, family: ReportFamily) -> Vec<String> {
        let line = |row: ReportHistoryRow| {
            let to: Vec<_> = row.destinations.iter().map(|d| format!("{} {}", d.uri, d.state)).collect();
            format!("{} {} {} {} [{}]", row.kind, row.policy_domain, row.day, row.outcome, to.join(", "))
        };
        let mut told: Vec<String> = self.history_of(family).await.into_iter().map(line).collect();
        told.sort();
        told
    }

    /// The queue tells how a message of its ended.
    pub(super) async fn ended(&self, id: i64, end: End, verdict: Verdict) {
        self.all_ended(vec![(id, end, verdict)]).await;
    }

    /// The same of some, in one transaction.
    pub(super) async fn all_ended(&self, all: Vec<(i64, End, Verdict)>) {
        let reports = self.reports.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            all.iter().try_for_each(|(id, end, verdict)| reports.ended(tx, &row(*id), *end, verdict))
        };
        self.store.write(write).await.unwrap();
    }
}

pub(super) fn refused() -> Verdict {
    Verdict::permanent(EnhancedCode(5, 1, 1), "no such user")
}

/// A row of the queue of which nothing but the id matters.
pub(super) fn row(id: i64) -> Queued {
    Queued {
        transport: None,
        from_id: None,
        extra: None,
        id: QueueId(id),
        base: 0,
        content: None,
        prefix: Vec::new(),
        account: String::new(),
        reverse_path: None,
        forward_path: "a@b.example".parse().unwrap(),
        size: 0,
        body: mox_smtp::Body::SevenBit,
        smtputf8: false,
        require_tls: Some(false),
        queued: Timestamp::from_secs(0),
        next_attempt: Timestamp::from_secs(0),
        attempts: 1,
        max_attempts: 8,
        hold: false,
        busy: false,
        last_error: None,
        last_attempt: None,
        last_code: None,
        last_enhanced: None,
        remote_mta: None,
        last_tls: None,
        not_before: None,
        ret: None,
        envid: None,
        notify: None,
        orcpt: None,
        subject: String::new(),
        message_id: None,
        class: Class::TlsReport,
        end: None,
        ended: None,
        copy: None,
    }
}

fn configure(folder: &Path, hostname: &str, domain: &str, signs: bool) {
    let sign = match signs {
        true => {
            "\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\ts1:\n\t\t\t\t\tPrivateKeyFile: s1.pem\n\t\t\t\ts2:\n\t\t\t\t\tPrivateKeyFile: s2.pem\n\t\t\tSign:\n\t\t\t\t- s1\n\t\t\t\t- s2\n"
        }
        false => "\t\tDescription: unsigned\n",
    };
    for name in ["s1.pem", "s2.pem"] {
        std::fs::write(folder.join(name), SigningKey::generate_ed25519().unwrap().to_pem().unwrap()).unwrap();
    }
    let server = format!(
        "DataDir: data\nLogLevel: info\nHostname: {hostname}\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n"
    );
    std::fs::write(folder.join("mox.conf"), server).unwrap();
    let dynamic = format!("Domains:\n\t{domain}:\n{sign}Accounts:\n\ta:\n\t\tDomain: {domain}\n");
    std::fs::write(folder.join("domains.conf"), dynamic).unwrap();
}

/// An https server at `hook.example`, and whom to trust for it.
fn hook(net: &SimNet, clock: &SimClock) -> (Hook, Arc<mox_tls::RootCertStore>) {
    let authority = Authority::new();
    let certificate = authority.issue(&["hook.example"]).unwrap();
    let certificates = Certificates::new(&[certificate]);
    let config = server_config(certificates, &ServerOptions::default(), Arc::new(clock.clone())).unwrap();
    let mut listener = net.listen("8.8.8.8:443".parse().unwrap()).unwrap();
    let hook = Hook(Arc::new(Mutex::new((Vec::new(), 200))));
    let (seen, clock) = (hook.clone(), clock.clone());
    tokio::spawn(async move {
        while let Ok(accepted) = listener.accept().await {
            let tls = accept_tls(accepted.io, config.clone(), &clock, Duration::from_secs(1 << 20)).await;
            let Ok((mut io, _)) = tls else { continue };
            // A client that is killed goes away in the middle.
            let Some(post) = request(&mut io).await else { continue };
            let status = {
                let mut seen = seen.0.lock().unwrap();
                seen.0.push(post);
                seen.1
            };
            let answer = format!(
                "HTTP/1.1 {status} X\r\nLocation: https://other.example/\r\nContent-Length: 0\r\n\r\n"
            );
            let _ = io.write_all(answer.as_bytes()).await;
            let _ = io.shutdown().await;
        }
    });
    (hook, authority.roots())
}

/// Head and body of a request with a Content-Length; none when it ends before.
async fn request(io: &mut Box<dyn Io>) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4000];
        let n = io.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&piece[..n]);
        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if bytes.len() - end - 4 >= length.parse().unwrap() {
            return Some((head, bytes[end + 4..].to_vec()));
        }
    }
}
