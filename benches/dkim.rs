//! How fast messages are signed and verified, and that a large message with ten signatures takes no more memory than a
//! small one. dkimpy's figures stand beside, where it is installed.
//!
//! Keys come from a resolver in memory: what DNS costs is not measured. Messages of 25 MB stream by in pieces and are
//! never held. The fastest round counts.
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

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use mox_clock::Timestamp;
use mox_dkim::{Canonicalization, DkimResult, Limits, SignOptions, Signer, SigningKey, Verifier};
use mox_dns::sim::SimResolver;
use mox_testkit::chance::Chance;
use serde_json::json;

use kit::machine::Process;
use kit::options::Run;
use kit::prose::Prose;
use kit::report::{Column, Report, compared, plain};

/// Measures how fast messages are signed and verified
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    /// Write the messages and the keys there, for other programs
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
}

const COLUMNS: &[Column] =
    &[compared("messages/s", 1), compared("MB/s", 1), plain("grown MB", 1), plain("dkimpy /s", 1)];

const SEED: u64 = 9;
const PIECE: usize = 64 * 1024;
const SMALL: usize = 10_000;
const LARGE: usize = 25_000_000;

/// Most that memory may grow while a large message streams by.
const MOST_GROWN_MB: f64 = 4.0;

/// A time after all signatures here were made.
const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

/// A message: what to verify or sign, and with which keys.
struct Case {
    name: &'static str,
    size: usize,
    /// Selector and canonicalisation of each signature.
    signatures: Vec<(&'static str, &'static str)>,
    verify: bool,
}

fn cases() -> Vec<Case> {
    let one =
        |name, size, selector, way, verify| Case { name, size, signatures: vec![(selector, way)], verify };
    let ways = ["relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed"];
    let ten = || (0..10).map(|n| (if n % 2 == 0 { "rsa" } else { "ed" }, ways[n % 4])).collect();
    vec![
        one("verify 10 kB rsa", SMALL, "rsa", "relaxed/relaxed", true),
        one("verify 10 kB ed25519", SMALL, "ed", "relaxed/relaxed", true),
        one("sign 10 kB rsa", SMALL, "rsa", "relaxed/relaxed", false),
        one("sign 10 kB ed25519", SMALL, "ed", "relaxed/relaxed", false),
        one("verify 25 MB relaxed", LARGE, "rsa", "relaxed/relaxed", true),
        one("verify 25 MB simple", LARGE, "rsa", "simple/simple", true),
        Case { name: "verify 25 MB x10", size: LARGE, signatures: ten(), verify: true },
        one("sign 25 MB relaxed", LARGE, "rsa", "relaxed/relaxed", false),
    ]
}

/// Keys, and a piece of text that bodies are made of.
struct Bench {
    rsa: Arc<SigningKey>,
    ed: Arc<SigningKey>,
    dns: SimResolver,
    records: String,
    piece: Vec<u8>,
    runtime: tokio::runtime::Runtime,
}

const HEADER: &str = "From: Amy <amy@example.org>\r\nTo: Bob <bob@example.com>\r\nSubject: What the benchmark says\r\n\
    Date: Tue, 24 Nov 2026 10:20:30 +0000\r\nMessage-ID: <7f3a.1@example.org>\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\n";

impl Bench {
    fn new() -> Bench {
        let (rsa, ed) = (SigningKey::generate_rsa(2048).unwrap(), SigningKey::generate_ed25519().unwrap());
        let (mut zone, mut records) = (String::new(), String::new());
        for (selector, key) in [("rsa", &rsa), ("ed", &ed)] {
            let record = key.record().unwrap();
            let strings: Vec<String> = record.strings().iter().map(|s| format!("\"{s}\"")).collect();
            writeln!(zone, "{selector}._domainkey.example.org TXT {}", strings.join(" ")).unwrap();
            writeln!(records, "{selector}._domainkey.example.org {record}").unwrap();
        }
        let mut piece = Prose::new(SEED).text(&mut Chance::seeded(SEED), PIECE).into_bytes();
        piece.truncate(PIECE - 2);
        piece.extend_from_slice(b"\r\n");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dns = SimResolver::from_zone(&zone).unwrap();
        Bench { rsa: Arc::new(rsa), ed: Arc::new(ed), dns, records, piece, runtime }
    }

    /// Gives the body of a message, piece by piece.
    fn body(&self, size: usize, mut take: impl FnMut(&[u8])) {
        let mut left = size;
        while left > 0 {
            let piece = &self.piece[..left.min(self.piece.len())];
            take(piece);
            left -= piece.len();
        }
    }

    fn sign(&self, case: &Case) -> String {
        let key = |(selector, way): &(&str, &str)| {
            let mut options = SignOptions::new("example.org".parse().unwrap(), *selector);
            options.canonicalization = way.parse::<Canonicalization>().unwrap();
            (options, Arc::clone(if *selector == "ed" { &self.ed } else { &self.rsa }))
        };
        let mut signer = Signer::new(case.signatures.iter().map(key).collect());
        signer.write(HEADER.as_bytes());
        self.body(case.size, |piece| signer.write(piece));
        signer.finish(NOW).unwrap()
    }

    fn verify(&self, case: &Case, signatures: &str) {
        let mut verifier = Verifier::new(Limits::default());
        verifier.write(signatures.as_bytes());
        verifier.write(HEADER.as_bytes());
        self.body(case.size, |piece| verifier.write(piece));
        let results = self.runtime.block_on(verifier.finish(&self.dns, NOW));
        assert_eq!(results.len(), case.signatures.len());
        assert!(results.iter().all(|s| s.result == DkimResult::Pass), "{results:?}");
    }

    /// Seconds for one message: in the fastest round.
    fn measure(&self, case: &Case, signatures: &str, quick: bool) -> f64 {
        let calls = if case.size == SMALL { 500 } else { 4 };
        let (calls, rounds) = if quick { (calls.min(2), 2) } else { (calls, 9) };
        let round = |_| {
            let begun = Instant::now();
            for _ in 0..calls {
                match case.verify {
                    true => self.verify(case, signatures),
                    false => drop(self.sign(case)),
                }
            }
            begun.elapsed().as_secs_f64() / f64::from(calls)
        };
        (0..rounds).map(round).fold(f64::INFINITY, f64::min)
    }

    /// Writes the message, signed, and the keys, as `tests/interop/dkim/dkimpy.py` takes them.
    fn lay_out(&self, folder: &Path, case: &Case, signatures: &str) {
        std::fs::create_dir_all(folder).unwrap();
        let mut message = format!("{signatures}{HEADER}").into_bytes();
        self.body(case.size, |piece| message.extend_from_slice(piece));
        std::fs::write(folder.join("0000.eml"), message).unwrap();
        std::fs::write(folder.join("keys"), &self.records).unwrap();
    }
}

/// Seconds that dkimpy takes to verify (the first signature of) the message in a folder.
fn dkimpy(python: &Path, folder: &Path, count: u32) -> Option<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/dkim/dkimpy.py");
    let output =
        Command::new(python).arg(script).arg("time").arg(folder).arg(count.to_string()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = said.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    if seconds.is_none() {
        println!("dkimpy said: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    seconds
}

/// A Python that has dkimpy.
fn python() -> Option<PathBuf> {
    let has = |python: &PathBuf| {
        let mut import = Command::new(python);
        import.args(["-c", "import dkim, nacl"]).stderr(std::process::Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().map(PathBuf::from).find(has)
}

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let python = python();
    if python.is_none() {
        println!(
            "SKIPPED: dkimpy's figures: no python3 with dkimpy and PyNaCl (Debian: python3-dkim python3-nacl)"
        );
    }
    let bench = Bench::new();
    let mut report = Report::start("dkim", COLUMNS, &args.run);
    let process = Process::of(Some(std::process::id()));
    let mut missed = Vec::new();
    for case in cases().into_iter().filter(|case| args.run.wants(case.name)) {
        let signatures = bench.sign(&case);
        process.forget_peak();
        let before = process.memory_mb();
        let seconds = bench.measure(&case, &signatures, args.run.quick);
        let grown = process.peak_mb().zip(before).map(|(peak, before)| (peak - before).max(0.0));
        if grown.is_some_and(|grown| grown > MOST_GROWN_MB) {
            missed.push(case.name);
        }
        let folder = tempfile::tempdir().unwrap();
        let folder =
            args.files.as_ref().map_or(folder.path().to_owned(), |dir| dir.join(case.name.replace(' ', "-")));
        let beside = match (&python, case.verify) {
            (_, false) | (None, _) if args.files.is_none() => None,
            (python, verify) => {
                bench.lay_out(&folder, &case, &signatures);
                let count = if case.size == SMALL && !args.run.quick { 100 } else { 1 };
                let seconds =
                    python.as_ref().filter(|_| verify).and_then(|python| dkimpy(python, &folder, count));
                // It verifies one signature at a time, and reads the message again for each.
                seconds.map(|seconds| 1.0 / (seconds * case.signatures.len() as f64))
            }
        };
        let bytes = (case.size + HEADER.len()) as f64;
        report.row(case.name, &[Some(1.0 / seconds), Some(bytes / seconds / 1e6), grown, beside]);
    }
    report.finish(json!({ "quick": args.run.quick }));
    match missed.is_empty() {
        true => println!("ok: memory is flat (at most {MOST_GROWN_MB} MB more)"),
        false => println!("MISSED: memory grew more than {MOST_GROWN_MB} MB: {missed:?}"),
    }
    std::process::exit(i32::from(!missed.is_empty()));
}
