//! A store, a queue, a network with mail hosts that do as told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mox_address::ReversePath;
use mox_admin::ops::{QueueExplain, QueueFilter, QueueList, QueueRow};
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Timestamp};
use mox_db::Tx;
use mox_dns::sim::SimResolver;
use mox_net::sim::SimNet;
use mox_net::{Listen, Stream};
use mox_smtpclient::Timeouts;
use mox_store::{
    Error, Filter, Flags, Incoming, MailboxName, NewMessage, Problem, SmtpEnvelope, Store, verify,
};
use mox_telemetry::Metrics;
use mox_tls::RootCertStore;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::doubles::{HereOr, Taken};
use crate::*;

pub(super) const MESSAGE: &[u8] =
    b"From: <alice@here.example>\r\nSubject: Hello\r\nMessage-ID: <m1@here.example>\r\n\r\nBody text\r\n.dot\r\n";

pub(super) struct House {
    pub(super) dir: TempDir,
    pub(super) clock: SimClock,
    pub(super) net: SimNet,
    pub(super) zone: SimResolver,
    pub(super) store: Store,
    pub(super) metrics: Arc<Metrics>,
    pub(super) queue: Queue,
    taken: Arc<Taken>,
    running: Option<(watch::Sender<bool>, JoinHandle<()>)>,
}

/// Puts DSNs for `here.example` into the Inbox of their account.
struct Local;

impl LocalDelivery for Local {
    fn deliver(&self, store: &Store, tx: &mut Tx<'_>, notice: &Notice<'_>) -> Result<bool, Error> {
        if notice.to.domain.to_string() != "here.example" {
            return Ok(false);
        }
        let account = store.open_account(tx, notice.account)?;
        let mailbox = store.open_mailbox(tx, account, &MailboxName::parse("Inbox")?)?;
        let new = NewMessage {
            account,
            mailbox,
            content: notice.content,
            content_size: notice.content_size,
            prefix: b"Return-Path: <>\r\n",
            received: notice.received,
            flags: Flags::NONE,
            envelope: &SmtpEnvelope::default(),
            digest: notice.digest,
            verdicts: None,
            keywords: Vec::new(),
            quota: None,
        };
        store.append(tx, &new).map(|_| true)
    }
}

/// Sends everything the direct way, but `relayed.example` through a relay, `closed.example` nowhere; panics
/// over the first attempt for `panics.example`.
struct Routes;

impl Router for Routes {
    fn route(&self, mail: &Leaving<'_>) -> Route {
        if mail.transport == Some("relay") {
            return Route::Relay(Relay {
                host: "192.0.2.99".to_owned(),
                port: 2525,
                tls: RelayTls::None,
                auth: None,
            });
        }
        match mail.to.to_string().as_str() {
            "relayed.example" => Route::Relay(Relay {
                host: "192.0.2.99".to_owned(),
                port: 2525,
                tls: RelayTls::None,
                auth: None,
            }),
            "closed.example" => Route::Fail {
                code: 550,
                enhanced: mox_smtp::EnhancedCode(5, 7, 1),
                text: "no mail goes there".to_owned(),
            },
            "smart.example" => Route::Relay(Relay {
                host: "192.0.2.99".to_owned(),
                port: 587,
                tls: RelayTls::StartTls,
                auth: None,
            }),
            "socks.example" => Route::Direct(DirectOptions {
                socks: Some(Socks {
                    host: "proxy.here.example".to_owned(),
                    port: 1080,
                    login: None,
                    hello: "out.here.example".to_owned(),
                }),
                ..DirectOptions::default()
            }),
            "six.example" | "six.there.example" => {
                Route::Direct(DirectOptions { ipv4: false, ..DirectOptions::default() })
            }
            "panics.example" if mail.attempts == 0 => panic!("on purpose"),
            _ => Route::direct(),
        }
    }

    fn knows(&self, transport: &str) -> bool {
        transport == "relay"
    }

    fn keep_retired(&self, account: &str) -> Duration {
        Duration::from_secs(if account == "keeps" { 30 * 86_400 } else { 0 })
    }
}

pub(super) fn options() -> Options {
    Options::new("mx.here.example")
}

impl House {
    pub(super) fn new(options: Options) -> House {
        let clock = SimClock::new(Timestamp::from_secs(1_800_000_000));
        let net = SimNet::new(Arc::new(clock.clone()));
        let zone = SimResolver::from_zone(
            "there.example. MX 10 mx.there.example.
             mx.there.example. A 192.0.2.1
             panics.example. MX 10 mx.there.example.
             other.example. MX 10 mx.there.example.
             dead.example. MX 10 mx.dead.example.
             mx.dead.example. A 192.0.2.66
             six.example. MX 10 mx.six.example.
             mx.six.example. A 192.0.2.1
             mx.six.example. AAAA 2001:db8::1
             six.there.example. MX 10 mx.there.example.
             socks.example. A 192.0.2.77
             proxy.here.example. A 192.0.2.50
             null.example. MX 0 .",
        )
        .unwrap();
        House::open(TempDir::new().unwrap(), clock, net, zone, options)
    }

    fn open(dir: TempDir, clock: SimClock, net: SimNet, zone: SimResolver, options: Options) -> House {
        let random = Arc::new(SimRandom::new(7));
        let store = Store::open(dir.path(), &[SCHEMA], Arc::new(clock.clone()), random.clone()).unwrap();
        let smtp = Smtp {
            resolver: Arc::new(zone.clone()),
            dial: Arc::new(net.clone()),
            clock: Arc::new(clock.clone()),
            random: random.clone(),
            hostname: "mx.here.example".to_owned(),
            roots: Arc::new(RootCertStore::empty()),
            timeouts: Timeouts::RFC,
            locals: Vec::new(),
            policies: None,
        };
        let taken = Arc::new(Taken::default());
        let metrics = Arc::new(Metrics::new(clock.now()));
        let seams = Seams {
            router: Arc::new(Routes),
            local: Arc::new(Local),
            reporting: taken.clone(),
            outbound: Arc::new(HereOr(smtp)),
            clock: Arc::new(clock.clone()),
            random,
            faults: Arc::new(mox_platform::faults::NoFaults),
            metrics: metrics.clone(),
        };
        let queue = Queue::new(store.clone(), options, seams);
        House { dir, clock, net, zone, store, queue, taken, metrics, running: None }
    }

    pub(super) fn start(&mut self) {
        let (stop, stopped) = watch::channel(false);
        self.running = Some((stop, tokio::spawn(self.queue.clone().run(stopped))));
    }

    pub(super) async fn stop(&mut self) {
        let (stop, task) = self.running.take().unwrap();
        stop.send_replace(true);
        task.await.unwrap();
    }

    /// As after a crash: whatever was in memory is gone.
    pub(super) fn crash(mut self) -> House {
        if let Some((_, task)) = self.running.take() {
            task.abort();
        }
        self.store.db().close();
        let House { dir, clock, net, zone, store, queue, .. } = self;
        let options = queue.0.options.clone();
        drop((store, queue));
        House::open(dir, clock, net, zone, options)
    }

    /// Queues [`MESSAGE`], changed as asked.
    pub(super) async fn add(
        &self,
        from: &str,
        to: &[&str],
        change: impl FnOnce(&mut NewQueued) + Send + 'static,
    ) -> Vec<i64> {
        let from: ReversePath = (!from.is_empty()).then(|| from.parse().unwrap());
        let to: Vec<NewRecipient> =
            to.iter().map(|t| t.parse::<mox_address::Path>().unwrap().into()).collect();
        let mut incoming = Incoming::new(&self.store);
        incoming.write(MESSAGE).unwrap();
        let mut prepared = incoming.finish().unwrap();
        let queue = self.queue.clone();
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            let content = prepared.insert(tx, to.len() as u32)?;
            let mut new = NewQueued::new("mox", from, to, content, MESSAGE.len() as u64);
            new.subject = "Hello".to_owned();
            change(&mut new);
            queue.add(store, tx, &new)
        };
        let ids = self.store.write(write).await.unwrap();
        ids.into_iter().map(|id| id.0).collect()
    }

    /// Recipients of somebody's mail that other hosts took, in that order.
    pub(super) fn taken(&self) -> Vec<String> {
        self.taken.all()
    }

    pub(super) async fn rows(&self) -> Vec<QueueRow> {
        self.queue.list(QueueList::default()).await.unwrap()
    }

    /// Waits until the filter holds for the rows; time stands still.
    pub(super) async fn until(&self, mut holds: impl FnMut(&[QueueRow]) -> bool) {
        while !holds(&self.rows().await) {
            tokio::task::yield_now().await;
        }
    }

    /// The same with time passing in steps, but not while a message is being delivered: the disk is not simulated.
    ///
    /// Looking and stepping are one closure of the writer, so that no worker begins in between and then finds that a
    /// minute has passed.
    pub(super) async fn pass_until(&self, step: Duration, mut holds: impl FnMut(&[QueueRow]) -> bool) {
        let end = self.clock.now().plus(Duration::from_secs(60 * 86_400));
        while self.clock.now() < end {
            for _ in 0..50 {
                if holds(&self.rows().await) {
                    return;
                }
                tokio::task::yield_now().await;
            }
            let clock = self.clock.clone();
            let pass = move |_: &Store, tx: &mut Tx<'_>| {
                let all = QueueFilter::default();
                let rows = tables::select::list(tx.conn(), &all, Default::default(), false, None, u32::MAX)?;
                if rows.iter().all(|q| !q.busy) {
                    clock.advance(step);
                }
                Ok::<_, Error>(())
            };
            self.store.write(pass).await.unwrap();
        }
        panic!("it did not come to pass in 60 days: {:?}", self.rows().await);
    }

    pub(super) async fn explain(&self, id: i64) -> String {
        let lines = self.queue.explain(QueueExplain { id }).await.unwrap().lines;
        lines.iter().map(|l| format!("{}: {}\n", l.step, l.text)).collect()
    }

    /// DSNs in the Inbox, oldest first.
    pub(super) fn dsns(&self) -> Vec<String> {
        let read = self.store.read_blocking(|s, tx| {
            let Ok(account) = s.account(tx, "mox") else { return Ok(Vec::new()) };
            let filter = Filter { limit: 100, oldest_first: true, ..Filter::default() };
            let messages = s.messages(tx, account.id, &filter)?;
            messages.iter().map(|m| s.content(tx, m)?.bytes()).collect::<Result<Vec<_>, Error>>()
        });
        read.unwrap().into_iter().map(|b| String::from_utf8(b).unwrap()).collect()
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        verify(&self.store, &Queue::content_refs, false, &|_| {}).unwrap().problems
    }

    pub(super) fn ids(ids: &[i64]) -> QueueFilter {
        QueueFilter { ids: ids.to_vec(), ..QueueFilter::default() }
    }

    /// A mail host; `answer` gives the reply to each RCPT and to the message (`DATA`).
    pub(super) fn host(
        &self,
        address: &str,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Host {
        self.host_offering(address, &[], answer)
    }

    /// One that offers extensions.
    pub(super) fn host_offering(
        &self,
        address: &str,
        extensions: &'static [&'static str],
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Host {
        let mut listener = self.net.listen(address.parse::<SocketAddr>().unwrap()).unwrap();
        let host = Host(Arc::default());
        let (seen, answer, clock) = (host.clone(), Arc::new(answer), Arc::new(self.clock.clone()));
        tokio::spawn(async move {
            while let Ok(accepted) = listener.accept().await {
                seen.0.lock().unwrap().connections += 1;
                let stream = Stream::new(accepted.io, clock.clone(), accepted.remote, accepted.local);
                tokio::spawn(session(stream, seen.clone(), extensions, answer.clone(), clock.clone()));
            }
        });
        host
    }
}

#[derive(Clone, Default)]
pub(super) struct Host(Arc<Mutex<Seen>>);

/// What a host has seen.
#[derive(Clone, Default, Debug)]
pub(super) struct Seen {
    pub(super) connections: usize,
    /// (when, recipients, message) of each message taken.
    pub(super) taken: Vec<(Timestamp, Vec<String>, String)>,
    /// EHLO lines.
    pub(super) hello: Vec<String>,
    /// How many RCPTs came.
    pub(super) rcpts: usize,
}

impl Host {
    pub(super) fn seen(&self) -> Seen {
        self.0.lock().unwrap().clone()
    }
}

async fn session(
    mut stream: Stream,
    host: Host,
    extensions: &'static [&'static str],
    answer: Arc<dyn Fn(&str) -> String + Send + Sync>,
    clock: Arc<SimClock>,
) {
    const WAIT: Duration = Duration::from_secs(1 << 30);
    let mut rcpts = Vec::new();
    let mut reply = "220 mx ESMTP".to_owned();
    loop {
        stream.push(format!("{reply}\r\n").as_bytes());
        if stream.flush(WAIT).await.is_err() {
            return;
        }
        let Ok(line) = stream.read_line(2000, WAIT).await else { return };
        let line = String::from_utf8(line.bytes).unwrap();
        reply = match line.get(..4).unwrap_or_default() {
            "EHLO" => {
                host.0.lock().unwrap().hello.push(line);
                let mut lines = vec!["mx"];
                lines.extend(extensions);
                let last = lines.pop().unwrap();
                lines.iter().map(|l| format!("250-{l}\r\n")).collect::<String>() + "250 " + last
            }
            "RCPT" => {
                host.0.lock().unwrap().rcpts += 1;
                let path = line.split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
                let reply = answer(&path);
                if reply.starts_with('2') {
                    rcpts.push(path);
                }
                reply
            }
            "DATA" if rcpts.is_empty() => "503 no recipients".to_owned(),
            "DATA" => {
                stream.push(b"354 go on\r\n");
                stream.flush(WAIT).await.unwrap();
                let mut text = String::new();
                loop {
                    let Ok(line) = stream.read_line(2000, WAIT).await else { return };
                    if &*line == b"." {
                        break;
                    }
                    text.push_str(std::str::from_utf8(&line).unwrap());
                    text.push('\n');
                }
                let reply = answer("DATA");
                if reply.starts_with('2') {
                    let taken = (clock.now(), std::mem::take(&mut rcpts), text);
                    host.0.lock().unwrap().taken.push(taken);
                }
                reply
            }
            "MAIL" | "RSET" => {
                rcpts.clear();
                "250 ok".to_owned()
            }
            "QUIT" => "221 bye".to_owned(),
            _ => "250 mx".to_owned(),
        };
    }
}
