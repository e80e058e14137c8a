//! Pages of the administrator over much data: how long the server takes to answer a GET, and whether memory stays bounded.
//!
//! Pages are called as the HTTP server calls them, without a network; names are asked of memory. Every answer is checked
//! before its time counts.
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
mod much;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use serde_json::json;

use kit::engine::House;
use kit::machine::{Process, introduce, runtime};
use kit::options::Run;
use kit::pages::{COLUMNS, Stays, pages, time};
use kit::report::Report;
use much::Amounts;

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
    /// Domains with results and sent reports of each kind, and policies [default: 10000, in a short run 500]
    #[arg(long, value_name = "N")]
    domains: Option<usize>,
    /// Reports of each kind that arrived in a year [default: 100000, in a short run 15000]
    #[arg(long, value_name = "N")]
    received: Option<usize>,
    /// Attempts to log in [default: 100000, in a short run 2000]
    #[arg(long, value_name = "N")]
    logins: Option<usize>,
}

impl Args {
    fn amounts(&self) -> Amounts {
        let or =
            |given: Option<usize>, whole, quick| given.unwrap_or(if self.run.quick { quick } else { whole });
        Amounts {
            messages: or(self.messages, 100_000, 2000),
            domains: or(self.domains, 10_000, 500),
            received: or(self.received, 100_000, 15_000),
            logins: or(self.logins, 100_000, 2000),
        }
    }
}

/// How often each page is timed, and in a short run.
const TIMES: (usize, usize) = (50, 5);

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let amounts = args.amounts();
    let syncs = introduce(&args.dir);
    let runtime = runtime();
    let _inside = runtime.enter();
    let folder = tempfile::Builder::new().prefix("bench").tempdir_in(&args.dir).unwrap();
    let house = House::open(folder.path(), "", false, |_| Arc::new(Stays));
    let begun = Instant::now();
    runtime.block_on(much::fill(&house, amounts));
    println!("filled in {:.1} s", begun.elapsed().as_secs_f64());

    let cases = runtime.block_on(much::cases(&house, amounts));
    let pages = pages(&house, much::operations(&house));
    let process = Process::of(Some(std::process::id()));
    let before = process.memory_mb();
    let mut report = Report::start("pages", COLUMNS, &args.run);
    let mut missed: Vec<&str> = Vec::new();
    let times = if args.run.quick { TIMES.1 } else { TIMES.0 };
    for case in cases.iter().filter(|case| args.run.wants(case.name)) {
        if !runtime.block_on(time(&pages, case, times, &mut report)) {
            missed.push(case.name);
        }
    }
    // What the allocator keeps for each of the threads adds up.
    let grown = process.memory_mb().zip(before).map(|(after, before)| after - before);
    println!("memory: {} MB more in all", grown.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.1}")));
    let Amounts { messages, domains, received, logins } = amounts;
    let about = json!({ "messages": messages, "domains": domains, "received": received, "logins": logins });
    report.finish(json!({ "amounts": about, "syncs": syncs, "memory": grown }));
    match missed.is_empty() {
        true => println!("ok: all as asked"),
        false => {
            println!("MISSED: {missed:?}");
            std::process::exit(1);
        }
    }
}
