//! Pages of the administrator that are timed, called as the HTTP server calls them, without a network.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mox_admin::Operations;
use mox_httpserver::Request;
use mox_queue::{BoxFuture, OpenFailure, Opened, Outbound, Target, Tx};
use mox_store::{Error, Store};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

use super::engine::House;
use super::machine::Process;
use super::report::{Column, Report, compared, plain};
use super::sample::Sample;

/// What is said of each page.
pub(crate) const COLUMNS: &[Column] = &[
    compared("p50 ms", 2),
    compared("max ms", 2),
    compared("cpu ms", 2),
    plain("asked p50", 0),
    plain("more MB", 1),
    plain("page kB", 1),
];

/// What a page may take, in milliseconds.
pub(crate) const ASKED: f64 = 100.0;
/// How much memory it may take, however often it is asked for, in MB.
const MEMORY: f64 = 64.0;

/// Rows of one transaction.
const TOGETHER: usize = 5000;

/// Nothing leaves.
pub(crate) struct Stays;

impl Outbound for Stays {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

/// A page that is timed.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    path: String,
    /// What the page must say.
    has: String,
}

impl Case {
    pub(crate) fn new(name: &'static str, path: impl Into<String>, has: impl Into<String>) -> Case {
        Case { name, path: path.into(), has: has.into() }
    }
}

/// Writes numbers from 0 to `count` in transactions.
pub(crate) async fn write(
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

/// The pages of the administrator, on these operations.
pub(crate) fn pages(house: &House, operations: Operations) -> impl Pages + use<> {
    let clock = Arc::new(house.clock.clone());
    mox_webadmin::pages(Arc::new(operations), "bench".to_owned(), Vec::new(), clock)
}

/// Asks for a page so many times and says how long that took and how much memory; answers whether it was as asked.
pub(crate) async fn time(pages: &dyn Pages, case: &Case, times: usize, report: &mut Report) -> bool {
    let process = Process::of(Some(std::process::id()));
    process.forget_peak();
    let memory = process.memory_mb();
    let (_, bytes) = get(pages, case).await;
    let before = process.cpu_ms();
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        took.push(get(pages, case).await.0);
    }
    let cpu = process.cpu_ms().zip(before).map(|(after, before)| (after - before) / times as f64);
    let sample = Sample::of(took);
    let (median, max) = (sample.median_ms(), sample.max_ms());
    let more = process.peak_mb().zip(memory).map(|(peak, before)| peak - before);
    report.row(case.name, &[Some(median), Some(max), cpu, Some(ASKED), more, Some(bytes as f64 / 1e3)]);
    median <= ASKED && more.is_none_or(|more| more <= MEMORY)
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
