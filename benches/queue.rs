//! How fast the queue lets messages out: signed with RSA and Ed25519, queued, and sent over 50 connections to a sink on
//! this machine, which takes everything and keeps nothing.
//!
//! The sink is Debian's smtp-sink where it is installed (package postfix), whose own figure with smtp-source stands
//! beside; else one of ours. What was queued must all have left, or the program ends with an error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark ends when something is wrong, measures real time, and prints"
)]

mod kit;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use mox_admin::ops::QueueList;
use mox_clock::{Clock, Random};
use mox_dkim::{SignOptions, Signer, SigningKey};
use mox_dns::sim::SimResolver;
use mox_net::TcpDial;
use mox_platform::{SystemClock, SystemRandom};
use mox_queue::{
    Leaving, LocalDelivery, NewQueued, NoReporting, Notice, Options, Queue, Relay, RelayTls, Route, Router,
    Seams, Smtp,
};
use mox_smtpclient::Timeouts;
use mox_store::{Error, Incoming, Store};
use mox_testkit::chance::Chance;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::watch;

use kit::machine::{introduce, runtime};
use kit::options::Run;
use kit::prose::Prose;
use kit::report::{Column, Report, compared, plain};

/// Measures how fast the queue lets messages out
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    /// Where the data goes: measure the disk that matters
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    dir: PathBuf,
    /// Messages [default: 5000, in a short run 300]
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = 50)]
    connections: usize,
    /// Bytes of a message, about
    #[arg(long, value_name = "N", default_value_t = 4096)]
    size: usize,
}

const COLUMNS: &[Column] =
    &[compared("queued/s", 0), compared("sent/s", 0), plain("commits/msg", 2), plain("peer sent/s", 0)];

/// Everything goes to the sink.
struct ToSink(SocketAddr);

impl Router for ToSink {
    fn route(&self, _: &Leaving<'_>) -> Route {
        let host = self.0.ip().to_string();
        Route::Relay(Relay { host, port: self.0.port(), tls: RelayTls::None, auth: None })
    }
}

/// No DSN is expected.
struct Nowhere;

impl LocalDelivery for Nowhere {
    fn deliver(&self, _: &Store, _: &mut mox_queue::Tx<'_>, _: &Notice<'_>) -> Result<bool, Error> {
        panic!("a notification: something failed");
    }
}

/// A sink, and how fast the peer fills it.
struct Sink {
    address: SocketAddr,
    child: Option<Child>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A program of Postfix.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

impl Sink {
    fn start(runtime: &tokio::runtime::Runtime) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let Some(sink) = program("smtp-sink") else {
            println!("the sink is ours: smtp-sink is not installed (Debian: postfix)");
            listener.set_nonblocking(true).unwrap();
            runtime.spawn(take_all(
                tokio::net::TcpListener::from_std(listener).unwrap_or_else(|e| panic!("{e}")),
            ));
            return Sink { address, child: None };
        };
        drop(listener);
        let mut command = Command::new(sink);
        // As root it wants to be told whom to be.
        let id = Command::new("id").arg("-u").output();
        if id.is_ok_and(|id| id.stdout == b"0\n") {
            command.args(["-u", "nobody"]);
        }
        let child = command.arg(address.to_string()).arg("1000").spawn().unwrap();
        let sink = Sink { address, child: Some(child) };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "smtp-sink does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        sink
    }

    /// Messages a second that smtp-source sends into it.
    fn peer(&self, connections: usize, messages: usize, size: usize) -> Option<f64> {
        self.child.as_ref()?;
        let mut source = Command::new(program("smtp-source")?);
        source.arg("-d").args(["-s", &connections.to_string(), "-m", &messages.to_string()]);
        source.args(["-l", &size.to_string(), "-f", "a@bench.example", "-t", "b@sink.example"]);
        let begun = Instant::now();
        let ended = source.arg(self.address.to_string()).status().unwrap();
        assert!(ended.success(), "smtp-source failed");
        Some(messages as f64 / begun.elapsed().as_secs_f64())
    }
}

async fn take_all(listener: tokio::net::TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 sink ESMTP\r\n").await?;
            let (mut line, mut data) = (Vec::new(), false);
            loop {
                line.clear();
                if stream.read_until(b'\n', &mut line).await? == 0 {
                    return Ok::<_, std::io::Error>(());
                }
                let reply: &[u8] = match (data, line.get(..4).unwrap_or_default()) {
                    (true, _) if line != b".\r\n" => continue,
                    (false, b"EHLO") => b"250-sink\r\n250 PIPELINING\r\n",
                    (false, b"DATA") => {
                        data = true;
                        b"354 go on\r\n"
                    }
                    _ => {
                        data = false;
                        b"250 2.0.0 ok\r\n"
                    }
                };
                stream.write_all(reply).await?;
            }
        });
    }
}

/// Signs messages as a domain with two keys does.
struct Maker {
    keys: Vec<(SignOptions, Arc<SigningKey>)>,
    text: String,
}

impl Maker {
    fn new(size: usize) -> Maker {
        let keys = [("rsa", SigningKey::generate_rsa(2048)), ("ed", SigningKey::generate_ed25519())];
        let of = |(selector, key): (&str, Result<SigningKey, _>)| {
            (SignOptions::new("bench.example".parse().unwrap(), selector), Arc::new(key.unwrap()))
        };
        let keys = keys.into_iter().map(of).collect();
        let mut text = Prose::new(5).text(&mut Chance::seeded(5), size);
        text.truncate(size);
        Maker { keys, text: text + "\r\n" }
    }

    fn message(&self, number: usize) -> Vec<u8> {
        let header = format!(
            "From: <a@bench.example>\r\nTo: <b@sink.example>\r\nSubject: {number}\r\n\
             Date: Tue, 24 Nov 2026 10:20:30 +0000\r\nMessage-ID: <{number}@bench.example>\r\n\r\n"
        );
        let mut signer = Signer::new(self.keys.clone());
        signer.write(header.as_bytes());
        signer.write(self.text.as_bytes());
        let signatures = signer.finish(SystemClock.now()).unwrap();
        [signatures.as_bytes(), header.as_bytes(), self.text.as_bytes()].concat()
    }
}

fn open(dir: &Path, sink: SocketAddr, connections: usize) -> (Store, Queue) {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let store = Store::open(dir, &[mox_queue::SCHEMA], clock.clone(), random.clone()).unwrap();
    let smtp = Smtp {
        resolver: Arc::new(SimResolver::from_zone("").unwrap()),
        dial: Arc::new(TcpDial::new(clock.clone())),
        clock: clock.clone(),
        random: random.clone(),
        hostname: "bench.example".to_owned(),
        roots: Arc::new(mox_tls::RootCertStore::empty()),
        timeouts: Timeouts::RFC,
        locals: Vec::new(),
        policies: None,
    };
    let seams = Seams {
        router: Arc::new(ToSink(sink)),
        local: Arc::new(Nowhere),
        reporting: Arc::new(NoReporting),
        outbound: Arc::new(smtp),
        clock,
        random,
        faults: Arc::new(mox_platform::faults::NoFaults),
        metrics: Arc::new(mox_telemetry::Metrics::new(mox_clock::Timestamp::from_secs(0))),
    };
    let options = Options {
        concurrency: connections,
        per_destination: connections,
        per_turn: u32::MAX,
        ..Options::new("bench.example")
    };
    let queue = Queue::new(store.clone(), options, seams);
    (store, queue)
}

/// Signs and queues messages, as many at once as there are connections, each in a transaction of its own.
async fn fill(store: &Store, queue: &Queue, maker: &Arc<Maker>, messages: usize, at_once: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for first in 0..at_once {
        let (store, queue, maker) = (store.clone(), queue.clone(), maker.clone());
        tasks.spawn(async move {
            for number in (first..messages).step_by(at_once) {
                let content = maker.message(number);
                let mut incoming = Incoming::new(&store);
                incoming.write(&content).unwrap();
                let (mut prepared, size) = (incoming.finish().unwrap(), content.len() as u64);
                let queue = queue.clone();
                let write = move |store: &Store, tx: &mut mox_queue::Tx<'_>| {
                    let content = prepared.insert(tx, 1)?;
                    let to = "b@sink.example".parse::<mox_address::Path>().unwrap();
                    let from = "a@bench.example".parse().ok();
                    let new = NewQueued::new("bench", from, vec![to.into()], content, size);
                    queue.add(store, tx, &new).map(drop)
                };
                store.write(write).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let messages = args.messages.unwrap_or(if args.run.quick { 300 } else { 5000 });
    let syncs = introduce(&args.dir);
    let runtime = runtime();
    let _inside = runtime.enter();
    let sink = Sink::start(&runtime);
    let mut report = Report::start("queue", COLUMNS, &args.run);
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(&args.dir).unwrap();
    let (store, queue) = open(folder.path(), sink.address, args.connections);
    let maker = Arc::new(Maker::new(args.size));

    let begun = Instant::now();
    runtime.block_on(fill(&store, &queue, &maker, messages, args.connections));
    let queued = messages as f64 / begun.elapsed().as_secs_f64();

    let before = store.db().figures().commits;
    let (stop, stopped) = watch::channel(false);
    let begun = Instant::now();
    let running = runtime.spawn(queue.clone().run(stopped));
    while queue.length() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(600), "not all leave");
        std::thread::sleep(Duration::from_millis(10));
    }
    let sent = messages as f64 / begun.elapsed().as_secs_f64();
    let commits = (store.db().figures().commits - before) as f64 / messages as f64;
    stop.send_replace(true);
    runtime.block_on(running).unwrap();
    assert!(runtime.block_on(queue.list(QueueList::default())).unwrap().is_empty());

    let peer = sink.peer(args.connections, messages, args.size);
    let name = format!("{} x{}", args.size, args.connections);
    report.row(&name, &[Some(queued), Some(sent), Some(commits), peer]);
    report.finish(json!({ "messages": messages, "syncs": syncs }));
}
