//! How fast an mbox file is imported into a running server, and what memory and CPU time that takes.
//!
//! `mox import mbox` reads a file of generated messages and hands them to `mox localserve`; the search index follows behind.
//! Then the same once more, which must import nothing, and an export. All messages must be there, once.
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

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use mox_testkit::chance::Chance;
use mox_testkit::house::House;
use serde_json::{Value, json};

use kit::machine::{Process, introduce};
use kit::options::{Place, Run};
use kit::prose::Prose;
use kit::report::{Column, Report, compared, plain};

/// Measures how fast messages are imported
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    place: Place,
    /// Messages [default: 200000, in a short run 20000]
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
}

const COLUMNS: &[Column] = &[
    compared("a second", 0),
    compared("CPU s/1000", 3),
    plain("of server", 3),
    compared("server MB", 0),
    compared("command MB", 0),
];
const SIZE: usize = 4000;
const SEED: u64 = 11;
/// What must be reached: messages a second, and MB of each process.
const RATE: f64 = 5_000.0;
const MEMORY: f64 = 200.0;

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let syncs = introduce(&args.place.dir);
    let messages = args.messages.unwrap_or(if args.run.quick { 20_000 } else { 200_000 });
    let folder = args.place.folder();
    let file = folder.path().join("generated.mbox");
    generate(&file, messages);
    let mut house = args.place.start(folder.path());
    let mut report = Report::start("import", COLUMNS, &args.run);
    let mut missed = false;
    let mut case = |name: &str, arguments: &[&str], added: Option<usize>| {
        let (figures, said) = run(&house, arguments, messages);
        report.row(name, &figures);
        if let Some(added) = added {
            assert_eq!(said["imported"], added, "{name}: {said}");
            assert_eq!(said["complete"], true, "{name}: {said}");
        }
        let over = |figure: Option<f64>| figure.is_some_and(|mb| mb > MEMORY);
        missed |= figures[0].is_some_and(|rate| rate < RATE) || over(figures[3]) || over(figures[4]);
    };
    let path = file.to_str().unwrap();
    case("import", &["import", "mbox", "mox", "Inbox", path, "--json"], Some(messages));
    let from = Instant::now();
    house.within(Duration::from_secs(1800), "the index", || {
        let status = house.json(&["status", "--json"]);
        (status["unindexed"] == 0).then_some(())
    });
    println!("the index was behind for another {:.1} s", from.elapsed().as_secs_f64());
    case("import again", &["import", "mbox", "mox", "Inbox", path, "--json"], Some(0));
    let out = folder.path().join("out.mbox");
    let out = out.to_str().unwrap();
    case("export", &["export", "mbox", "mox", out, "Inbox", "--single", "--json"], None);
    house.stop();
    house.verify();
    report.finish(json!({ "syncs_a_second": syncs, "quick": args.run.quick, "messages": messages }));
    if missed && !args.run.quick {
        println!("MISSED: {RATE} a second in {MEMORY} MB");
        std::process::exit(1);
    }
}

/// Writes the file.
fn generate(file: &Path, messages: usize) {
    let (prose, mut chance) = (Prose::new(SEED), Chance::seeded(SEED));
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    for number in 0..messages {
        let text = prose.text(&mut chance, SIZE - 400).replace("\r\n", "\n");
        // A conversation of up to five.
        let thread = number / 5 * 5;
        write!(
            out,
            "From amy@example.com Thu Nov 26 21:{:02}:{:02} 2026\nReceived: from mx.example.com (mx.example.com [192.0.2.1])\n\
             \tby mx.example.org with ESMTPS; Thu, 26 Nov 2026 21:50:30 +0000\nFrom: Amy <amy{}@example.com>\n\
             To: Bob <bob@example.org>\nDate: Thu, 26 Nov 2026 21:50:30 +0000\nMessage-ID: <{number}@example.com>\n\
             References: <{thread}@example.com>\nSubject: {} {number}\nStatus: RO\n\n{text}\n",
            number / 60 % 60,
            number % 60,
            number % 997,
            prose.draw(&mut chance),
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// Runs a command against the server: its figures, and what it printed.
fn run(house: &House, arguments: &[&str], messages: usize) -> (Vec<Option<f64>>, Value) {
    let server = Process::of(house.pid());
    server.forget_peak();
    let before = server.cpu_ms();
    let from = Instant::now();
    let config = house.dir.clone();
    let mut child = Command::new(env!("CARGO_BIN_EXE_mox"))
        .args(arguments)
        .env("MOXCONF", config)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let command = Process::of(Some(child.id()));
    let (mut cpu, mut peak) = (None, None);
    // What a process used is gone with it.
    while child.try_wait().unwrap().is_none() {
        cpu = command.cpu_ms().or(cpu);
        peak = command.peak_mb().or(peak);
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = from.elapsed().as_secs_f64();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    let of_server = server.cpu_ms().zip(before).map(|(after, before)| (after - before) / messages as f64);
    let both = of_server.zip(cpu).map(|(server, cpu)| server + cpu / messages as f64);
    let figures = vec![Some(messages as f64 / took), both, of_server, server.peak_mb(), peak];
    (figures, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}
