//! A hundred programs wait, each for its own message, while a thousand messages a second come in.
//!
//! Each must get its message and no other. The delay is from the 250 for that message to the answer of the wait call.
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

use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::Parser;
use mox_testkit::chance::Chance;
use mox_testkit::house::House;
use mox_testkit::sender::{self, Session};
use serde_json::json;

use kit::http::Client;
use kit::load::deliver;
use kit::machine::{Process, introduce};
use kit::options::{Place, Run};
use kit::report::{Column, Report, compared, plain};
use kit::sample::Sample;

/// Measures waits under load
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    place: Place,
    /// Waits at the same time
    #[arg(long, value_name = "N", default_value_t = 100)]
    waiters: usize,
    /// Messages a second to send
    #[arg(long, value_name = "N", default_value_t = 1000)]
    rate: usize,
}

const COLUMNS: &[Column] = &[
    plain("messages/s", 0),
    plain("own message", 0),
    compared("p50 ms", 2),
    compared("p99 ms", 2),
    compared("max ms", 2),
    plain("CPU ms/msg", 3),
    plain("peak MB", 1),
];

const SESSIONS: usize = 10;
/// How long mail comes in, and in a short run.
const SECONDS: (usize, usize) = (20, 3);
const SEED: u64 = 5;

/// How the load was, once it is over.
struct Loaded {
    took: Duration,
    /// When the message for each waiter was accepted.
    accepted: Vec<Option<Instant>>,
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let folder = args.place.folder();
    let syncs = introduce(folder.path());
    let mut house = args.place.start(folder.path());
    let mut report = Report::start("waiters", COLUMNS, &args.run);
    let seconds = if args.run.quick { SECONDS.1 } else { SECONDS.0 };
    let messages = args.rate * seconds;
    assert!(messages >= args.waiters, "a message for every waiter");
    let process = Process::of(house.pid().filter(|_| args.place.is_plain()));
    let cpu = process.cpu_ms();
    let (loaded, answers) = run(&house, &args, messages);
    let cpu = process.cpu_ms().zip(cpu).map(|(after, before)| (after - before) / messages as f64);
    let delays: Vec<Duration> = answers
        .iter()
        .zip(&loaded.accepted)
        .filter_map(|(answer, accepted)| {
            // The answer may be read before the 250 is.
            Some(answer.as_ref().ok()?.saturating_duration_since((*accepted)?))
        })
        .collect();
    let own = delays.len();
    let delays = Sample::of(delays);
    let rate = messages as f64 / loaded.took.as_secs_f64();
    let name = format!("{} waits, {} msg/s asked", args.waiters, args.rate);
    report.row(
        &name,
        &[
            Some(rate),
            Some(own as f64),
            Some(delays.median_ms()),
            Some(delays.p99_ms()),
            Some(delays.max_ms()),
            cpu,
            process.peak_mb(),
        ],
    );
    house.stop();
    report.finish(json!({ "syncs_a_second": syncs, "quick": args.run.quick, "messages": messages }));
    for (waiter, answer) in answers.iter().enumerate() {
        if let Err(what) = answer {
            println!("waiter {waiter}: {what}");
        }
    }
    if rate < args.rate as f64 * 0.98 {
        println!("MISSED: {rate:.0} of {} messages a second were accepted", args.rate);
    }
    assert_eq!(own, args.waiters, "every wait gets its own message");
    println!("ok: each of {own} waits got its own message, none another one");
}

/// Starts the waits, then the load; gives when each wait was answered.
fn run(house: &House, args: &Args, messages: usize) -> (Loaded, Vec<Result<Instant, String>>) {
    std::thread::scope(|scope| {
        let waits: Vec<_> =
            (0..args.waiters).map(|waiter| scope.spawn(move || wait(house, waiter))).collect();
        // The server holds the waits before the first message comes; the moment is not part of any figure.
        sleep(Duration::from_millis(500));
        let loaded = load(house, args, messages);
        (loaded, waits.into_iter().map(|wait| wait.join().unwrap()).collect())
    })
}

/// A localpart that ends in digits may be one that fails on demand.
fn address(waiter: usize) -> String {
    format!("wait-{waiter}-here@bench.example")
}

/// One wait call; when it was answered with the waiter's own message.
fn wait(house: &House, waiter: usize) -> Result<Instant, String> {
    let path = format!("/api/v1/wait?to={}&timeout=60s", address(waiter));
    let answer = Client::new(house.at(80)).get(&path).map_err(|e| format!("no answer: {e}"))?;
    let now = Instant::now();
    if answer.status != 200 {
        return Err(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)));
    }
    let row = answer.json(&path);
    if row["to"] != address(waiter) || row["subject"] != subject(Some(waiter)) {
        return Err(format!("another message: {row}"));
    }
    Ok(now)
}

fn subject(waiter: Option<usize>) -> String {
    waiter.map_or_else(|| "for nobody who waits".to_owned(), |waiter| format!("for waiter {waiter}"))
}

/// Sends the messages at the rate; those for waiters come evenly among the others, in another order than they wait.
fn load(house: &House, args: &Args, messages: usize) -> Loaded {
    let body = Chance::seeded(SEED).text(2000);
    let accepted = Mutex::new(vec![None; args.waiters]);
    let every = messages / args.waiters;
    let from = Instant::now();
    std::thread::scope(|scope| {
        for first in 0..SESSIONS {
            let (body, accepted) = (&body, &accepted);
            scope.spawn(move || {
                let mut session = Session::open(&house.mx()).expect("a session");
                for number in (first..messages).step_by(SESSIONS) {
                    let due = from + Duration::from_secs(1) * number as u32 / args.rate as u32;
                    sleep(due.saturating_duration_since(Instant::now()));
                    // The turn of the last waiter comes first.
                    let waiter = Some(number / every).filter(|n| number % every == 0 && *n < args.waiters);
                    let waiter = waiter.map(|n| args.waiters - 1 - n);
                    let to =
                        waiter.map_or_else(|| format!("crowd-{}-here@bench.example", number % 50), address);
                    deliver(&mut session, &to, &sender::message(&to, &subject(waiter), body));
                    if let Some(waiter) = waiter {
                        accepted.lock().unwrap()[waiter] = Some(Instant::now());
                    }
                }
            });
        }
    });
    Loaded { took: from.elapsed(), accepted: accepted.into_inner().unwrap() }
}
