//! How fast localserve accepts mail durably: messages a second, time to the 250, CPU time, memory.
//!
//! Every case sends to a mailbox of its own and then looks whether each message is there, once, and unchanged.
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

use clap::Parser;
use mox_testkit::chance::Chance;
use mox_testkit::house::House;
use mox_testkit::sender;
use serde_json::json;

use kit::load::{self, Sent};
use kit::machine::{Process, introduce};
use kit::options::{Place, Run};
use kit::prose::Prose;
use kit::report::{Column, Report, compared, plain};

/// Measures how fast localserve accepts mail
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    place: Place,
}

const COLUMNS: &[Column] = &[
    compared("accepted/s", 0),
    compared("p50 ms", 2),
    compared("p99 ms", 2),
    compared("CPU ms/msg", 3),
    plain("peak MB", 1),
];

/// Bytes of a body, and with how many sessions how many messages are sent.
const CASES: [(usize, [(usize, usize); 3]); 2] =
    [(4096, [(1, 2000), (10, 5000), (50, 10_000)]), (102_400, [(1, 500), (10, 1000), (50, 1000)])];
/// A short run sends the n-th part.
const QUICK: usize = 20;
const SEED: u64 = 4;

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let folder = args.place.folder();
    let syncs = introduce(folder.path());
    let mut house = args.place.start(folder.path());
    let mut report = Report::start("accept", COLUMNS, &args.run);
    let (prose, mut chance) = (Prose::new(SEED), Chance::seeded(SEED));
    for (size, loads) in CASES {
        // Random letters do not compress, prose does.
        for (kind, body) in [("random", chance.text(size)), ("prose", prose.text(&mut chance, size))] {
            for (sessions, messages) in loads {
                let name = format!("{size} {kind} x{sessions}");
                if args.run.wants(&name) {
                    let messages = if args.run.quick { messages / QUICK } else { messages };
                    let process = Process::of(house.pid().filter(|_| args.place.is_plain()));
                    // A localpart that ends in digits may be one that fails on demand.
                    let to = format!("{size}-x{sessions}-{kind}@bench.example");
                    report.row(&name, &case(&house, process, &to, &body, sessions, messages));
                }
            }
        }
    }
    house.stop();
    house.verify();
    report.finish(json!({ "syncs_a_second": syncs, "quick": args.run.quick }));
}

/// Sends the messages of one case, and checks that all are there.
fn case(
    house: &House,
    process: Process,
    to: &str,
    body: &str,
    sessions: usize,
    messages: usize,
) -> Vec<Option<f64>> {
    let make = |number: usize| (to.to_owned(), sender::message(to, &format!("number {number}"), body));
    process.forget_peak();
    let cpu = process.cpu_ms();
    let sent: Sent = load::send(house, sessions, 0..messages, &make);
    let cpu = process.cpu_ms().zip(cpu).map(|(after, before)| (after - before) / messages as f64);
    let peak = process.peak_mb();
    check(house, to, body, messages);
    let replies = &sent.replies;
    vec![Some(sent.rate(messages)), Some(replies.median_ms()), Some(replies.p99_ms()), cpu, peak]
}

/// Every message is in the mailbox once, and some of them are looked at.
fn check(house: &House, to: &str, body: &str, messages: usize) {
    let rows = house.json(&["message", "list", "--json", "--limit", "100000", "--to", to]);
    let rows = rows.as_array().unwrap();
    let mut numbers: Vec<usize> = rows
        .iter()
        .map(|row| row["subject"].as_str().unwrap().strip_prefix("number ").unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..messages), "{} of {messages} messages to {to}", rows.len());
    for row in rows.iter().step_by(messages.div_ceil(5)) {
        let text = house.mox(&["message", "cat", &row["id"].to_string()]);
        assert!(text.contains(body), "message {} was changed", row["id"]);
    }
}
