//! A day of 1,000,000 messages that DMARC was applied to becomes reports, while mail arrives at the same server.
//!
//! Two shapes of the day: many policy domains with few rows each, and few with as many rows as there may be. What is
//! demanded: sealed in 30 s, memory bounded, and replies of which the 99th percentile takes at most twice as long as
//! without sealing. All reports must be in the queue, once, and tell of each message, or the program ends with an error.
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
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use mox_admin::ops::{QueueDump, QueueList, QueueRow};
use mox_clock::Clock;
use mox_dmarc::{Alignment, Policy};
use mox_dmarcrpt::{Action, AuthResult, DkimAuth, PolicyPublished, Record, Scope, SpfAuth};
use mox_queue::{BoxFuture, OpenFailure, Opened, Outbound, Target, Tx};
use mox_reports::{Evaluation, Standing};
use mox_store::Store;
use serde_json::json;

use kit::engine::House;
use kit::machine::{Process, introduce, runtime};
use kit::mx::{Mx, ZONE};
use kit::options::Run;
use kit::report::{Column, Report, compared, plain};
use kit::sample::Sample;

/// Measures how a day of DMARC evaluations becomes reports while mail arrives
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    /// Where the data goes: measure the disk that matters
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    dir: PathBuf,
    /// Evaluations of the day [default: 1000000, in a short run 20000]
    #[arg(long, value_name = "N")]
    evaluations: Option<usize>,
    /// Messages that arrive a second; 0 for none
    #[arg(long, value_name = "N", default_value_t = 200)]
    rate: usize,
}

const COLUMNS: &[Column] = &[
    compared("collect us", 1),
    compared("seal s", 2),
    compared("queue s", 2),
    plain("reports", 0),
    plain("sent MB", 1),
    plain("more MB", 1),
    plain("commits", 0),
    plain("p99 before", 2),
    plain("p99 sealing", 2),
    plain("ratio", 2),
];

/// Most seconds for sealing.
const SECONDS: f64 = 30.0;
/// Most memory for it.
const MEGABYTES: f64 = 64.0;
/// How many times longer replies may take meanwhile.
const RATIO: f64 = 2.0;
/// Connections that send.
const CONNECTIONS: usize = 20;
/// Evaluations counted in one transaction.
const TOGETHER: usize = 10_000;
/// Records of one report.
const RECORDS: usize = 10_000;

/// How evaluations are spread.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    domains: usize,
    /// Rows of each domain.
    rows: usize,
    /// Messages of each row.
    repeats: usize,
}

impl Shape {
    fn both(evaluations: usize) -> [Shape; 2] {
        let wide = Shape { name: "many domains", domains: evaluations / 100, rows: 50, repeats: 2 };
        [wide, Shape { name: "many rows", domains: 10, rows: evaluations / 10, repeats: 1 }]
    }

    fn messages(self) -> usize {
        self.domains * self.rows * self.repeats
    }

    fn reports(self) -> usize {
        self.domains * self.rows.div_ceil(RECORDS)
    }

    fn zone(self) -> String {
        let record =
            |n| format!("_dmarc.d{n}.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@d{n}.example\"\n");
        (0..self.domains).map(record).collect::<String>() + ZONE
    }

    /// The nth message: of one domain after the other, as mail comes.
    fn message(self, n: usize) -> Evaluation {
        let (domain, row) = (n % self.domains, n / self.domains % self.rows);
        // Sources come in no order.
        let source = Ipv4Addr::from((row as u32).wrapping_mul(0x9e37_79b1));
        evaluation(&format!("d{domain}.example"), source.into(), row % 4 != 3)
    }
}

fn evaluation(domain: &str, source: IpAddr, passed: bool) -> Evaluation {
    let (fate, result, standing) = match passed {
        true => (Action::Pass, AuthResult::Pass, Standing::Taken),
        false => (Action::Reject, AuthResult::Fail, Standing::Unwanted),
    };
    let dkim = DkimAuth {
        domain: domain.to_owned(),
        selector: "s1".to_owned(),
        result,
        human_result: String::new(),
    };
    let spf =
        SpfAuth { domain: domain.to_owned(), scope: Some(Scope::MFrom), result, human_result: String::new() };
    let record = Record {
        source_ip: Some(source),
        count: 0,
        disposition: fate,
        dkim: passed,
        spf: passed,
        reasons: Vec::new(),
        header_from: domain.to_owned(),
        envelope_from: Some(domain.to_owned()),
        envelope_to: None,
        dkim_results: vec![dkim],
        spf_results: vec![spf],
    };
    let policy = PolicyPublished {
        domain: domain.to_owned(),
        p: Some(Policy::Reject),
        sp: Some(Policy::Reject),
        np: Some(Policy::Reject),
        adkim: Some(Alignment::Relaxed),
        aspf: Some(Alignment::Relaxed),
        fo: "0".to_owned(),
        testing: Some(false),
        discovery_method: "treewalk".to_owned(),
        pct: None,
    };
    let name = domain.parse::<mox_address::Domain>().unwrap();
    Evaluation::new(name.clone(), name, &policy, record, standing).unwrap()
}

/// Nothing leaves.
struct Stays;

impl Outbound for Stays {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

fn house(dir: &Path, zone: &str) -> (House, tempfile::TempDir) {
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(dir).unwrap();
    (House::open(folder.path(), zone, true, |_| Arc::new(Stays)), folder)
}

/// Counts all messages of the day; seconds of the writer and of making them.
async fn fill(house: &House, shape: Shape) {
    let at = house.clock.now();
    for from in (0..shape.messages()).step_by(TOGETHER) {
        let some: Vec<_> = (from..shape.messages().min(from + TOGETHER)).map(|n| shape.message(n)).collect();
        let reports = house.reports.clone();
        let count =
            move |_: &Store, tx: &mut Tx<'_>| some.iter().try_for_each(|one| reports.evaluated(tx, one, at));
        house.store.write(count).await.unwrap();
    }
}

/// Lets mail arrive for a time.
async fn quiet(mx: &Mx, rate: usize, time: Duration) -> (Sample, f64) {
    let load = mx.load(CONNECTIONS, rate);
    tokio::time::sleep(time).await;
    tokio::task::spawn_blocking(|| load.end()).await.unwrap()
}

/// A day and its reports.
async fn day(dir: &Path, shape: Shape, rate: usize, time: Duration) -> Vec<Option<f64>> {
    let (house, _folder) = house(dir, &shape.zone());
    let mx = Mx::serve(&house, true);
    let begun = Instant::now();
    fill(&house, shape).await;
    let collected = begun.elapsed().as_secs_f64() * 1e6 / shape.messages() as f64;

    house.go_to("2026-11-26T00:10:00Z");
    let before = if rate > 0 { Some(quiet(&mx, rate, time).await.0) } else { None };
    let process = Process::of(Some(std::process::id()));
    process.forget_peak();
    let (memory, commits) = (process.memory_mb(), house.commits());
    let load = (rate > 0).then(|| mx.load(CONNECTIONS, rate));
    let begun = Instant::now();
    house.reports.seal_due().await.unwrap();
    let sealed = begun.elapsed().as_secs_f64();
    let during = load.map(|load| load.end().0);
    let (more, commits) = (process.peak_mb().zip(memory).map(|(a, b)| a - b), house.commits() - commits);
    let begun = Instant::now();
    let rows = queued(&house, shape).await;
    let queued = begun.elapsed().as_secs_f64();
    let bytes = check(&house, shape, &rows).await;

    let p99 = |sample: &Option<Sample>| sample.as_ref().map(Sample::p99_ms);
    let (before, during) = (p99(&before), p99(&during));
    let ratio = during.zip(before).map(|(a, b)| a / b);
    let (reports, megabytes) = (Some(rows.len() as f64), Some(bytes as f64 / 1e6));
    let times = [Some(collected), Some(sealed), Some(queued)];
    [&times[..], &[reports, megabytes, more, Some(commits), before, during, ratio]].concat()
}

/// Hands reports over: those to one host one after the other, as time passes.
async fn queued(house: &House, shape: Shape) -> Vec<QueueRow> {
    // All have their time within the hour, and each host its turn every five minutes.
    for _ in 0..14 + shape.rows.div_ceil(RECORDS) {
        house.clock.step_to(house.clock.now().plus(Duration::from_secs(301)));
        house.reports.hand_over_due().await.unwrap();
    }
    house.queue.list(QueueList::default()).await.unwrap()
}

/// Every report is there once, and together they tell of each message; how many bytes they have.
async fn check(house: &House, shape: Shape, rows: &[QueueRow]) -> u64 {
    let different: BTreeSet<_> = rows.iter().map(|row| (&row.to, &row.subject)).collect();
    let (there, wanted) = (rows.len(), shape.reports());
    assert!(there == wanted && different.len() == wanted, "{there} reports in the queue, not {wanted}");
    let (mut told, mut bytes) = (0, 0);
    for row in rows {
        let message = house.queue.dump(QueueDump { id: row.id }).await.unwrap();
        bytes += message.len() as u64;
        let message = String::from_utf8(message).unwrap();
        let line = message.lines().find_map(|line| line.strip_prefix("Messages: ")).unwrap();
        let numbers = line.split(' ').filter_map(|word| word.parse::<usize>().ok());
        told += numbers.sum::<usize>();
    }
    assert!(told == shape.messages(), "reports tell of {told} messages, not of {}", shape.messages());
    bytes
}

/// Messages a second and CPU time of each, as fast as they come, with and without counting them.
async fn accepted(dir: &Path, counting: bool, time: Duration) -> (f64, f64) {
    let (house, _folder) = house(dir, ZONE);
    let mx = Mx::serve(&house, counting);
    let process = Process::of(Some(std::process::id()));
    let cpu = process.cpu_ms();
    let (replies, rate) = quiet(&mx, 0, time).await;
    let spent = process.cpu_ms().zip(cpu).map_or(0.0, |(after, before)| after - before);
    let collected = house.reports.dmarc_results(Default::default()).await.unwrap();
    let counted: u64 = collected.iter().map(|row| row.messages).sum();
    let wanted = if counting { replies.len() as u64 } else { 0 };
    assert!(counted == wanted, "{counted} messages are counted, not {wanted}");
    (rate, spent / replies.len() as f64)
}

/// What counting costs an arriving message: alternating runs, the middle one of each kind.
async fn hot_path(dir: &Path, time: Duration) -> [f64; 4] {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        without.push(accepted(dir, false, time).await);
        with.push(accepted(dir, true, time).await);
    }
    let middle = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let [a, b] = [&without, &with].map(|all| middle(all.iter().map(|one| one.0).collect()));
    let [c, d] = [&without, &with].map(|all| middle(all.iter().map(|one| one.1).collect()));
    println!(
        "arriving mail: {a:.0} messages a second, {b:.0} (x{:.3}) when they are counted; {c:.3} ms of CPU time each, \
         {d:.3} (x{:.3}), that of clients included",
        b / a,
        d / c
    );
    [a, b, c, d]
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let evaluations = args.evaluations.unwrap_or(if args.run.quick { 20_000 } else { 1_000_000 });
    let time = Duration::from_secs(if args.run.quick { 2 } else { 10 });
    let syncs = introduce(&args.dir);
    let runtime = runtime();
    let hot = args.run.wants("arriving").then(|| runtime.block_on(hot_path(&args.dir, time / 2)));
    let mut report = Report::start("dmarc", COLUMNS, &args.run);
    let mut missed = false;
    for shape in Shape::both(evaluations).into_iter().filter(|shape| args.run.wants(shape.name)) {
        let figures = runtime.block_on(day(&args.dir, shape, args.rate, time));
        report.row(shape.name, &figures);
        let over = |at: usize, most: f64| figures[at].is_some_and(|figure: f64| figure > most);
        missed |= over(1, SECONDS) || over(5, MEGABYTES) || over(9, RATIO);
    }
    report.finish(json!({ "evaluations": evaluations, "rate": args.rate, "syncs": syncs, "arriving": hot }));
    if missed {
        println!("MISSED");
        std::process::exit(1);
    }
}
