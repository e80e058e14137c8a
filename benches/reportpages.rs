//! Pages of the administrator about reports, over much data: how long the server takes to answer a GET, and whether memory
//! stays bounded.
//!
//! There are results of many domains that wait, as many reports that were sent, suppressed destinations, and a year of
//! received reports. Pages are called as the HTTP server calls them, without a network; names are asked of memory. Every
//! answer is checked before its time counts.
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
use mox_admin::ops::*;
use mox_clock::{Clock, Day};
use mox_httpserver::Request;
use mox_queue::{BoxFuture, Class, OpenFailure, Opened, Outbound, Target, Tx};
use mox_store::{Error, Store};
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;
use serde_json::json;

use kit::engine::House;
use kit::machine::{Process, introduce};
use kit::options::Run;
use kit::report::{Column, Report, compared, plain};
use kit::sample::Sample;

/// Measures pages about reports over much data
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    /// Where the data goes: measure the disk that matters
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    dir: PathBuf,
    /// Domains with results and sent reports [default: 10000, in a short run 500]
    #[arg(long, value_name = "N")]
    domains: Option<usize>,
    /// Reports that arrived in a year [default: 100000, in a short run 5000]
    #[arg(long, value_name = "N")]
    received: Option<usize>,
}

const COLUMNS: &[Column] =
    &[compared("p50 ms", 2), compared("max ms", 2), plain("asked max", 0), plain("page kB", 1)];

/// What a page may take, in milliseconds.
const ASKED: f64 = 100.0;
/// How much memory all of it may need beside what the store had, in MB.
const MEMORY: f64 = 64.0;
/// How often each page is timed, and in a short run.
const TIMES: (usize, usize) = (50, 5);
/// Rows of one transaction.
const TOGETHER: usize = 5000;
/// Policy domains of received reports, and reporters.
const ABOUT: usize = 200;
const REPORTERS: usize = 20;

/// Nothing leaves.
struct Stays;

impl Outbound for Stays {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

/// Writes numbers from 0 to `count` in transactions.
async fn write(
    house: &House,
    count: usize,
    one: impl Fn(&mut Tx<'_>, usize) -> Result<(), Error> + Clone + Send + 'static,
) {
    for from in (0..count).step_by(TOGETHER) {
        let (one, to) = (one.clone(), count.min(from + TOGETHER));
        let some = move |_: &Store, tx: &mut Tx<'_>| (from..to).try_for_each(|n| one(tx, n));
        house.store.write(some).await.unwrap();
    }
}

/// Results of today with a failure, of as many recipient domains.
async fn collect(house: &House, domains: usize) {
    let (reports, at) = (house.reports.clone(), house.clock.now());
    write(house, domains, move |tx, n| {
        let name = format!("d{n}.example");
        let mut own = PolicyResult::new(Policy { kind: PolicyType::Sts, ..Policy::none(name.clone()) });
        (own.summary.successful, own.summary.failed) = (10, 1);
        let detail = FailureDetail::new(ResultType::CertificateExpired, "");
        own.add_detail(FailureDetail { failed: 1, mx_hostname: format!("mx.{name}"), ..detail }, 10);
        let results = mox_queue::TlsResults {
            recipient_domain: name.parse().unwrap(),
            at,
            class: Class::Normal,
            domain: Some(own),
            hosts: Vec::new(),
        };
        mox_queue::Reporting::tls(&reports, tx, &results)
    })
    .await;
}

/// Reports that were sent, and destinations that get none.
async fn send(house: &House, domains: usize) {
    let now = house.clock.now().micros();
    write(house, domains, move |tx, n| {
        let row = i64::try_from(n).unwrap();
        let sql = "INSERT INTO report_out (report_id, kind, policy_domain, start, part, until, note, name, submitter,
          file_name, document, sealed, due, why, successful, failed, variant)
          VALUES (?1, 0, ?2, ?3, 0, ?3, '', ?2, '', '', ?4, ?3, ?3, '', 10, 1, '')";
        let (name, time) = (format!("d{n}.example"), now - row * 1000);
        tx.conn().execute(sql, (row + 1, &name, time, "x".repeat(1000)))?;
        let uri = format!("mailto:tls@{name}");
        let sql = "INSERT INTO report_destination (report_id, uri, address, host, state, attempts, next, why)
          VALUES (?1, ?2, ?2, ?3, 2, 1, 0, '')";
        tx.conn().execute(sql, (row + 1, &uri, &name))?;
        let sql = "INSERT INTO report_suppress (address, since, until, automatic, failures, comment)
          VALUES (?1, ?2, ?3, 1, 1, 'refused')";
        tx.conn().execute(sql, (&uri, now, now + 86_400_000_000))?;
        Ok(())
    })
    .await;
}

/// A year of reports of others; one in ten tells of failures.
async fn receive(house: &House, count: usize) {
    let today = house.clock.now().day().number();
    let each = count.div_ceil(365);
    write(house, count, move |tx, n| {
        let day = Day::from_number(today - 364 + i64::try_from(n / each).unwrap());
        let (about, bad) = (format!("h{}.example", n % ABOUT), i64::from(n % 10 == 0));
        let (begin, end) = (day.start().micros(), day.next().start().micros() - 1);
        let sql =
            "INSERT INTO report_in (policy_domain, sender, organization, name, start, until, day, received,
          successful, failed, details, document, oddities)
          VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?5, 90, ?7, ?7, ?8, '[]')";
        let reporter = format!("r{}.example", n / ABOUT % REPORTERS);
        let values = (&about, reporter, n.to_string(), begin, end, day.number(), bad, "x".repeat(1000));
        tx.conn().execute(sql, values)?;
        if bad > 0 {
            let id = tx.conn().last_insert_rowid();
            let sql = "INSERT INTO report_in_failure (report_id, policy_type, mx, result, reason, failed)
              VALUES (?1, 'sts', ?2, 'certificate-expired', '', 1)";
            tx.conn().execute(sql, (id, format!("mx{}.{about}", n % 3)))?;
        }
        Ok(())
    })
    .await;
}

/// The operations that the pages ask.
fn operations(house: &House) -> Operations {
    macro_rules! to {
        ($method:ident) => {{
            let reports = house.reports.clone();
            move |op| {
                let reports = reports.clone();
                async move { reports.$method(op).await }
            }
        }};
    }
    Operations::new()
        .on::<TlsCollected, _, _>(to!(tls_collected))
        .on::<TlsOutlook, _, _>(to!(tls_outlook))
        .on::<TlsSent, _, _>(to!(tls_sent))
        .on::<ReportSuppressed, _, _>(to!(suppressed))
        .on::<TlsReceived, _, _>(to!(tls_received))
        .on::<TlsTimeline, _, _>(to!(tls_timeline))
        .on::<TlsDomains, _, _>(to!(tls_domains))
        .on::<TlsCauses, _, _>(to!(tls_causes))
        .on::<ReportExplain, _, _>(to!(explain))
        .on::<ReportPreview, _, _>(to!(preview))
        .on::<ReportSilent, _, _>(to!(silent))
}

/// Name and path of a page that is timed, and what it must say.
type Case = (&'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("received, a month", "tlsrpt", "What mends it"),
    ("received, a year", "tlsrpt?days=365", "What mends it"),
    ("received, last domains", "tlsrpt?days=365&after=h97.example", "h98.example"),
    ("one domain, a year", "tlsrpt/domain?name=h10.example&days=365", "mx1.h10.example"),
    ("one host, a year", "tlsrpt/host?name=mx1.h10.example&days=365", "certificate-expired"),
    ("reports, first page", "tlsrpt/reports?days=365", "<tr data-key="),
    ("reports, middle page", "tlsrpt/reports?days=365&before=2500", "<tr data-key="),
    ("reports, failed", "tlsrpt/reports?days=365&failed=true", "<tr data-key="),
    ("reports, nothing found", "tlsrpt/reports?days=365&sender=nobody.example", "No such report"),
    ("silent reporters", "tlsrpt/silent", "Reporters that fell silent"),
    ("collected, first page", "tlsrpt/collected", "<tr data-key="),
    ("collected, middle page", "tlsrpt/collected?after=2026-11-25/250", "<tr data-key="),
    ("collected, one domain", "tlsrpt/collected?domain=d7.example", "d7.example"),
    ("outlook, first page", "tlsrpt/outgoing", "<tr data-key="),
    ("outlook, middle page", "tlsrpt/outgoing?after=domain/d3.example/2026-11-25", "<tr data-key="),
    ("outlook, one domain", "tlsrpt/about?domain=d7.example", "What decides"),
    ("sent, first page", "tlsrpt/sent", "<tr data-key="),
    ("sent, middle page", "tlsrpt/sent?before=250", "<tr data-key="),
    ("sent, one domain", "tlsrpt/sent?domain=d7.example", "d7.example"),
    ("suppressed, first page", "tlsrpt/suppressed", "<tr data-key="),
    ("suppressed, middle page", "tlsrpt/suppressed?after=mailto:tls@d3.example", "<tr data-key="),
];

/// Asks for a page; answers how long that took, and its bytes.
async fn get(pages: &dyn Pages, (_, path, has): &Case) -> (Duration, usize) {
    let (head, ()) = hyper::Request::get(format!("/{path}")).body(()).unwrap().into_parts();
    let visit = Visit {
        base: "/".to_owned(),
        path: path.split('?').next().unwrap_or_default().to_owned(),
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
    assert!(response.status().is_success() && text.contains(has), "{path}: {text}");
    (took, body.len())
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let domains = args.domains.unwrap_or(if args.run.quick { 500 } else { 10_000 });
    let received = args.received.unwrap_or(if args.run.quick { 5000 } else { 100_000 });
    let syncs = introduce(&args.dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(&args.dir).unwrap();
    let house = House::open(folder.path(), "", false, |_| Arc::new(Stays));
    let begun = Instant::now();
    runtime.block_on(async {
        collect(&house, domains).await;
        send(&house, domains).await;
        receive(&house, received).await;
    });
    println!("{domains} domains and {received} reports in {:.1} s", begun.elapsed().as_secs_f64());

    let clock = Arc::new(house.clock.clone());
    let pages = mox_webadmin::pages(Arc::new(operations(&house)), "bench".to_owned(), Vec::new(), clock);
    let process = Process::of(Some(std::process::id()));
    process.forget_peak();
    let before = process.memory_mb();
    let mut report = Report::start("reportpages", COLUMNS, &args.run);
    let mut missed: Vec<&str> = Vec::new();
    for case in CASES.iter().filter(|case| args.run.wants(case.0)) {
        let times = if args.run.quick { TIMES.1 } else { TIMES.0 };
        let (_, bytes) = runtime.block_on(get(&pages, case));
        let sample = Sample::of((0..times).map(|_| runtime.block_on(get(&pages, case)).0).collect());
        let figures = [sample.median_ms(), sample.max_ms(), ASKED, bytes as f64 / 1e3];
        report.row(case.0, &figures.map(Some));
        if sample.median_ms() > ASKED {
            missed.push(case.0);
        }
    }
    let grown = process.peak_mb().zip(before).map(|(peak, before)| peak - before);
    println!("memory: {} MB more at most", grown.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.1}")));
    if grown.is_some_and(|mb| mb > MEMORY) {
        missed.push("memory");
    }
    report.finish(json!({ "domains": domains, "received": received, "syncs": syncs, "memory": grown }));
    match missed.is_empty() {
        true => println!("ok: all as asked"),
        false => {
            println!("MISSED: {missed:?}");
            std::process::exit(1);
        }
    }
}
