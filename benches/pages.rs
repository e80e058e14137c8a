//! Pages of the administrator over much data: how long the server takes to answer a GET, and whether memory stays bounded.
//!
//! Pages are called as the HTTP server calls them, without a network. Every answer is checked before its time counts.
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

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Parser;
use mox_admin::Operations;
use mox_admin::ops::{QueueExplain, QueueKey, QueueList, QueueShow};
use mox_clock::Clock;
use mox_httpserver::Request;
use mox_net::BoxFuture;
use mox_queue::{NewQueued, OpenFailure, Opened, Outbound, Target, Tx};
use mox_store::{Error, Incoming, Store};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;
use serde_json::json;

use kit::engine::House;
use kit::machine::{Process, introduce};
use kit::options::Run;
use kit::report::{Column, Report, compared, plain};
use kit::sample::Sample;

/// Measures pages over much data
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    /// Where the data goes: measure the disk that matters
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    dir: PathBuf,
    /// Messages in the queue [default: 100000, in a short run 2000]
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
}

const COLUMNS: &[Column] =
    &[compared("p50 ms", 2), compared("max ms", 2), plain("asked max", 0), plain("page kB", 1)];

/// What a page may take, in milliseconds.
const ASKED: f64 = 100.0;
/// How much memory all of it may need beside what the store had, in MB.
const MEMORY: f64 = 64.0;
/// How often each page is timed, and in a short run.
const TIMES: (usize, usize) = (100, 10);
/// Recipients of a message, each a row of the queue.
const RECIPIENTS: usize = 100;
/// Domains that they are at.
const DOMAINS: usize = 500;

/// Nothing leaves.
struct Stays;

impl Outbound for Stays {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

/// A page that is timed.
struct Case {
    name: &'static str,
    path: String,
    /// What the page must say.
    has: String,
}

impl Case {
    fn new(name: &'static str, path: impl Into<String>, has: impl Into<String>) -> Case {
        Case { name, path: path.into(), has: has.into() }
    }
}

/// Queues messages for a hundred recipients each, with attempts spread over a day.
async fn fill(house: &House, messages: usize) {
    for first in (0..messages).step_by(RECIPIENTS) {
        let mut incoming = Incoming::new(&house.store);
        incoming.write(b"Subject: x\r\n\r\nx\r\n").unwrap();
        let mut prepared = incoming.finish().unwrap();
        let of = |n: usize| {
            let address = format!("b{n}@d{}.example", n % DOMAINS);
            address.parse::<mox_address::Path>().unwrap().into()
        };
        let recipients: Vec<_> = (first..messages.min(first + RECIPIENTS)).map(of).collect();
        let later = Duration::from_secs((first * 7919 % 86_400) as u64);
        let (queue, not_before) = (house.queue.clone(), Some(house.clock.now().plus(later)));
        let write = move |store: &Store, tx: &mut Tx<'_>| {
            let content = prepared.insert(tx, u32::try_from(recipients.len()).unwrap())?;
            let from = "a@mox.bench.example".parse().ok();
            let subject = format!("Message number {first} with a subject of some length");
            let new =
                NewQueued { not_before, subject, ..NewQueued::new("bench", from, recipients, content, 17) };
            queue.add(store, tx, &new)?;
            Ok::<_, Error>(())
        };
        house.store.write(write).await.unwrap();
    }
}

/// The operations that the pages ask.
fn operations(house: &House) -> Operations {
    macro_rules! to {
        ($part:ident . $method:ident) => {{
            let part = house.$part.clone();
            move |op| {
                let part = part.clone();
                async move { part.$method(op).await }
            }
        }};
    }
    Operations::new()
        .on::<QueueList, _, _>(to!(queue.list))
        .on::<QueueShow, _, _>(to!(queue.show))
        .on::<QueueExplain, _, _>(to!(queue.explain))
}

/// The pages of the queue: its beginning, middle and end, and filters that find little or nothing.
async fn of_queue(house: &House, messages: usize) -> Vec<Case> {
    let half = u32::try_from(messages / 2).unwrap();
    let rows = house.queue.list(QueueList { limit: Some(half), ..QueueList::default() }).await.unwrap();
    let QueueKey { at, id } = rows.last().map(|row| QueueKey { at: row.next_attempt, id: row.id }).unwrap();
    let row = "<tr data-key=";
    vec![
        Case::new("queue, first page", "queue", row),
        Case::new("queue, middle page", format!("queue?after={at}/{id}"), row),
        Case::new("queue, latest first", "queue?sort=next-desc", row),
        Case::new("queue, by submission", "queue?sort=queued-desc", row),
        Case::new("queue, of a domain", "queue?to=@d7.example", "@d7.example</td>"),
        Case::new("queue, of an address", "queue?to=b7@d7.example", "b7@d7.example</td>"),
        Case::new("queue, nothing found", "queue?to=nobody@d7.example", "No message matches"),
        Case::new("queue, none on hold", "queue?hold=yes", "No message matches"),
        Case::new("queue, of an account", "queue?account=bench", row),
        Case::new("queue, another account", "queue?account=nobody", "No message matches"),
        Case::new("queue, one message", format!("queue/{id}"), format!("Queue entry {id}")),
    ]
}

/// Asks for a page; answers how long that took, and its bytes.
async fn get(pages: &dyn Pages, case: &Case) -> (Duration, usize) {
    let (head, ()) = hyper::Request::get(format!("/{}", case.path)).body(()).unwrap().into_parts();
    let visit = Visit {
        base: "/".to_owned(),
        path: case.path.split('?').next().unwrap_or_default().to_owned(),
        who: Who::default(),
        csrf: "abcd".to_owned(),
        client: [127, 0, 0, 1].into(),
    };
    let request = Request::of(head, Bytes::new());
    let from = Instant::now();
    let response = pages.call(request, visit).await;
    let took = from.elapsed();
    let body = response.body().bytes().cloned().unwrap_or_default();
    let text = std::str::from_utf8(&body).unwrap();
    assert!(response.status().is_success() && text.contains(&case.has), "{}: {text}", case.path);
    (took, body.len())
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let messages = args.messages.unwrap_or(if args.run.quick { 2000 } else { 100_000 });
    let syncs = introduce(&args.dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(&args.dir).unwrap();
    let house = House::open(folder.path(), "", false, |_| Arc::new(Stays));
    let begun = Instant::now();
    runtime.block_on(fill(&house, messages));
    println!("{messages} messages queued in {:.1} s", begun.elapsed().as_secs_f64());

    let clock = Arc::new(house.clock.clone());
    let pages = mox_webadmin::pages(Arc::new(operations(&house)), "bench".to_owned(), Vec::new(), clock);
    let cases = runtime.block_on(of_queue(&house, messages));
    let process = Process::of(Some(std::process::id()));
    process.forget_peak();
    let before = process.memory_mb();
    let mut report = Report::start("pages", COLUMNS, &args.run);
    let mut missed: Vec<&str> = Vec::new();
    for case in cases.iter().filter(|case| args.run.wants(case.name)) {
        let times = if args.run.quick { TIMES.1 } else { TIMES.0 };
        let (_, bytes) = runtime.block_on(get(&pages, case));
        let sample = Sample::of((0..times).map(|_| runtime.block_on(get(&pages, case)).0).collect());
        let figures = [sample.median_ms(), sample.max_ms(), ASKED, bytes as f64 / 1e3];
        report.row(case.name, &figures.map(Some));
        if sample.max_ms() > ASKED {
            missed.push(case.name);
        }
    }
    let grown = process.peak_mb().zip(before).map(|(peak, before)| peak - before);
    println!("memory: {} MB more at most", grown.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.1}")));
    if grown.is_some_and(|mb| mb > MEMORY) {
        missed.push("memory");
    }
    report.finish(json!({ "messages": messages, "syncs": syncs, "memory": grown }));
    println!(
        "{}",
        if missed.is_empty() { "ok: all as asked".to_owned() } else { format!("MISSED: {missed:?}") }
    );
    std::process::exit(i32::from(!missed.is_empty()));
}
