//! How fast a day of TLS results becomes reports: 10,000 recipient domains, each with a host of its own, are collected,
//! sealed, composed and queued; DNS answers from memory, reports are signed with one Ed25519 key.
//!
//! What is demanded: sealed and composed in 2 s and 50 MB, signing apart, and no commit (so no sync) more for a delivery
//! that is accounted for. All reports must be in the queue, once, or the program ends with an error.
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

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use mox_admin::ops::QueueList;
use mox_clock::sim::SimClock;
use mox_clock::{Clock, Timestamp};
use mox_dkim::{SignOptions, Signer, SigningKey};
use mox_platform::SystemClock;
use mox_queue::{
    BoxFuture, Class, NewQueued, OpenFailure, Opened, Outbound, Outgoing, Peer, Reporting, Sent, Session,
    Target, TlsResults, Tx, Verdict,
};
use mox_store::{Incoming, Store};
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType};
use serde_json::json;
use tokio::sync::watch;

use kit::engine::House;
use kit::machine::{Process, introduce, runtime};
use kit::options::Run;
use kit::report::{Column, Report, compared, plain};

/// Measures how fast a day of TLS results becomes reports
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    /// Where the data goes: measure the disk that matters
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    dir: PathBuf,
    /// Recipient domains [default: 10000, in a short run 500]
    #[arg(long, value_name = "N")]
    domains: Option<usize>,
}

const COLUMNS: &[Column] = &[
    compared("collect s", 2),
    compared("seal s", 2),
    compared("queue s", 2),
    plain("CPU s", 2),
    plain("sign CPU s", 2),
    plain("commits", 0),
    plain("more MB", 1),
];

/// Deliveries whose commits are counted.
const DELIVERIES: usize = 300;
/// Most seconds for sealing and composing, signing apart.
const SECONDS: f64 = 2.0;
/// Most memory for it.
const MEGABYTES: f64 = 50.0;
/// About the bytes of a report's message.
const LETTER: usize = 2600;

/// Servers that take everything, and tell how TLS went.
struct Takes(SimClock);

impl Outbound for Takes {
    fn open<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        let tls = Some(results(&target.domain.to_string(), self.0.now()));
        let (peer, steps) = (Peer::default(), Vec::new());
        Box::pin(async { Ok(Opened { session: Box::new(Takes(self.0.clone())), peer, steps, tls }) })
    }
}

impl Session for Takes {
    fn send<'a>(&'a mut self, message: &'a Outgoing) -> BoxFuture<'a, Sent> {
        let verdicts = message.rcpts.iter().map(|_| Some(Verdict::delivered("ok"))).collect();
        Box::pin(async { Sent { verdicts, usable: true } })
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

/// How TLS went in one delivery.
fn results(domain: &str, at: Timestamp) -> TlsResults {
    let one = |kind, domain: &str| {
        let mut one = PolicyResult::new(Policy { kind, ..Policy::none(domain) });
        (one.summary.successful, one.summary.failed) = (10, 1);
        let mut detail = FailureDetail::new(ResultType::CertificateExpired, "");
        (detail.failed, detail.mx_hostname) = (1, format!("mx.{domain}"));
        one.add_detail(detail, 10);
        one
    };
    TlsResults {
        recipient_domain: domain.parse().unwrap(),
        at,
        class: Class::Normal,
        domain: Some(one(PolicyType::Sts, domain)),
        hosts: vec![one(PolicyType::NoPolicyFound, &format!("mx.{domain}"))],
    }
}

/// A house whose recipient domains all want reports.
fn house(folder: &Path, domains: usize, accounting: bool) -> House {
    let zone: String = (0..domains)
        .map(|n| format!("_smtp._tls.d{n}.example. TXT \"v=TLSRPTv1; rua=mailto:tls@d{n}.example\"\n"))
        .collect();
    House::open(folder, &zone, accounting, |clock| Arc::new(Takes(clock.clone())))
}

/// Commits of a delivery, from the first look at the queue to the end of its last message.
async fn delivered(dir: &Path, accounting: bool) -> f64 {
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(dir).unwrap();
    let house = house(folder.path(), 0, accounting);
    for n in 0..DELIVERIES {
        let mut incoming = Incoming::new(&house.store);
        incoming.write(b"Subject: x\r\n\r\nx\r\n").unwrap();
        let (mut prepared, queue) = (incoming.finish().unwrap(), house.queue.clone());
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            let content = prepared.insert(tx, 1)?;
            let to = format!("b@d{n}.example").parse::<mox_address::Path>().unwrap();
            let from = "a@bench.example".parse().ok();
            queue.add(store, tx, &NewQueued::new("a", from, vec![to.into()], content, 17)).map(drop)
        };
        house.store.write(write).await.unwrap();
    }
    let before = house.commits();
    let (stop, stopped) = watch::channel(false);
    let begun = Instant::now();
    let running = tokio::spawn(house.queue.clone().run(stopped));
    while house.queue.length() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "not all leave");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let commits = house.commits() - before;
    stop.send_replace(true);
    running.await.unwrap();
    let collected = house.reports.results(Default::default()).await.unwrap().len();
    assert_eq!(collected, if accounting { 2 * DELIVERIES } else { 0 });
    commits / DELIVERIES as f64
}

/// Seconds that one thread takes to sign so many messages of this kind.
fn signing(count: usize) -> f64 {
    let key = Arc::new(SigningKey::generate_ed25519().unwrap());
    let keys = vec![(SignOptions::new("bench.example".parse().unwrap(), "s"), key)];
    let header = "From: <postmaster@bench.example>\r\nTo: <tls@d.example>\r\nSubject: Report\r\n\
                  Date: Tue, 24 Nov 2026 10:20:30 +0000\r\nMessage-ID: <1@bench.example>\r\n\
                  MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";
    let message = header.to_owned() + &"0123456789abcdef 0123456789abcdef\r\n".repeat(LETTER / 35);
    let begun = Instant::now();
    for _ in 0..count {
        let mut signer = Signer::new(keys.clone());
        signer.write(message.as_bytes());
        assert!(!signer.finish(SystemClock.now()).unwrap().is_empty());
    }
    begun.elapsed().as_secs_f64()
}

/// A day of mail, a transaction each, then its reports.
async fn day(dir: &Path, domains: usize) -> Vec<Option<f64>> {
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(dir).unwrap();
    let house = house(folder.path(), domains, true);
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..domains {
        let (store, reports, at) = (house.store.clone(), house.reports.clone(), house.clock.now());
        tasks.spawn(async move {
            let all = results(&format!("d{n}.example"), at);
            store.write(move |_: &Store, tx: &mut Tx<'_>| reports.tls(tx, &all)).await.unwrap();
        });
    }
    assert!(tasks.join_all().await.len() == domains);
    let collected = begun.elapsed().as_secs_f64();

    let process = Process::of(Some(std::process::id()));
    process.forget_peak();
    let (memory, commits, cpu) = (process.memory_mb(), house.commits(), process.cpu_ms());
    house.go_to("2026-11-26T00:10:00Z");
    let begun = Instant::now();
    house.reports.seal_due().await.unwrap();
    let sealed = begun.elapsed().as_secs_f64();
    house.go_to("2026-11-26T04:20:00Z");
    let begun = Instant::now();
    house.reports.hand_over_due().await.unwrap();
    let queued = begun.elapsed().as_secs_f64();
    let cpu = process.cpu_ms().zip(cpu).map(|(after, before)| (after - before) / 1e3);
    let (more, commits) = (process.peak_mb().zip(memory).map(|(a, b)| a - b), house.commits() - commits);

    let rows = house.queue.list(QueueList::default()).await.unwrap();
    let to: BTreeSet<_> = rows.iter().map(|row| &row.to).collect();
    assert!(to.len() == domains && rows.len() == domains, "{} in the queue", rows.len());
    let left = house.reports.results(Default::default()).await.unwrap();
    assert!(left.is_empty(), "{} results wait", left.len());
    let signed = signing(domains);
    vec![Some(collected), Some(sealed), Some(queued), cpu, Some(signed), Some(commits), more]
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let domains = args.domains.unwrap_or(if args.run.quick { 500 } else { 10_000 });
    let syncs = introduce(&args.dir);
    let runtime = runtime();
    let plain = runtime.block_on(delivered(&args.dir, false));
    let accounted = runtime.block_on(delivered(&args.dir, true));
    println!("a delivery: {plain:.2} commits, {accounted:.2} with its TLS results accounted for");
    let mut report = Report::start("reports", COLUMNS, &args.run);
    let figures = runtime.block_on(day(&args.dir, domains));
    report.row(&format!("{domains} domains"), &figures);
    let figure = |at: usize| figures[at].unwrap_or(0.0);
    let (seconds, more) = (figure(1) + figure(2), figure(6));
    println!("sealed, composed, signed and queued: {seconds:.2} s, x{:.2} of {SECONDS} s", seconds / SECONDS);
    println!("memory: {more:.1} MB more, x{:.2} of {MEGABYTES} MB", more / MEGABYTES);
    report.finish(json!({ "domains": domains, "syncs": syncs, "commits": [plain, accounted] }));
    // What is signed is signed by some threads at once: all of it is let off, not more than a core's share.
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let missed = seconds - figure(4) / cores > SECONDS || more > MEGABYTES || accounted > plain + 0.05;
    if missed {
        println!("MISSED");
        std::process::exit(1);
    }
}
