//! An inbox of 10,000 messages of 50 kB: how long lists and searches take over HTTP, and whether memory stays flat.
//!
//! Times are those of a client on the same machine with a connection that is kept open, so a little more than the
//! server's. Every answer is checked before its time counts.
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

use std::time::{Duration, Instant};

use clap::Parser;
use mox_message::body::encode_base64;
use mox_testkit::chance::Chance;
use mox_testkit::house::House;
use serde_json::{Value, json};

use kit::http::{Answer, Client};
use kit::load;
use kit::machine::{Process, introduce};
use kit::options::{Place, Run};
use kit::prose::Prose;
use kit::report::{Column, Report, compared, plain};
use kit::sample::{Sample, millis};

/// Measures lists and searches in a full inbox
#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    place: Place,
    /// Messages in the inbox [default: 10000, in a short run 500]
    #[arg(long, value_name = "N")]
    messages: Option<usize>,
}

const COLUMNS: &[Column] = &[
    compared("median ms", 2),
    compared("p99 ms", 2),
    plain("max ms", 2),
    plain("asked p99", 0),
    plain("answer kB", 1),
];

const SIZE: usize = 50_000;
const SESSIONS: usize = 10;
/// Recipients, each with a mailbox of its own.
const ADDRESSES: usize = 50;
/// How often each request is timed, and in a short run.
const TIMES: (usize, usize) = (300, 20);
/// Requests between two looks at the memory, and in a short run.
const REQUESTS: (usize, usize) = (1000, 50);
/// What a list and a search may take, in milliseconds.
const LIST: f64 = 50.0;
const SEARCH: f64 = 100.0;
/// Flat memory may still move by this part, and by so many MB.
const FLAT: (f64, f64) = (0.05, 4.0);
/// How long the index may take after the last message came.
const PATIENCE: Duration = Duration::from_secs(300);
const SEED: u64 = 7;

fn main() {
    let args = Args::parse();
    if !args.run.is_wanted() {
        return;
    }
    let folder = args.place.folder();
    let syncs = introduce(folder.path());
    let mut house = args.place.start(folder.path());
    let messages = args.messages.unwrap_or(if args.run.quick { 500 } else { 10_000 });
    let process = Process::of(house.pid().filter(|_| args.place.is_plain()));
    let prose = Prose::new(SEED);
    let mut client = Client::new(house.at(80));
    let mut memory = vec![("empty", process.memory_mb())];
    fill(&house, &mut client, &prose, 0..messages / 2);
    memory.push(("half filled", process.memory_mb()));
    fill(&house, &mut client, &prose, messages / 2..messages);
    memory.push(("filled", process.memory_mb()));

    let mut report = Report::start("inbox", COLUMNS, &args.run);
    let requests = requests(&mut client, &prose, messages);
    let mut missed = Vec::new();
    let times = if args.run.quick { TIMES.1 } else { TIMES.0 };
    for request in requests.iter().filter(|request| args.run.wants(request.name)) {
        let (sample, bytes) = request.time(&mut client, times);
        let figures = [sample.median_ms(), sample.p99_ms(), sample.max_ms()].map(Some);
        let [median, p99, max] = figures;
        report.row(request.name, &[median, p99, max, request.asked, Some(bytes as f64 / 1e3)]);
        if p99 > request.asked.or(p99) {
            missed.push(request.name);
        }
    }
    let count = if args.run.quick { REQUESTS.1 } else { REQUESTS.0 };
    for after in ["requests", "and again"] {
        let asked = requests.iter().filter(|request| request.asked.is_some()).cycle().take(count);
        asked.for_each(|request| drop(request.ask(&mut client)));
        memory.push((after, process.memory_mb()));
    }
    house.stop();
    report.finish(
        json!({ "messages": messages, "syncs_a_second": syncs, "memory": memory, "quick": args.run.quick }),
    );
    println!("memory in MB ({count} requests): {}", in_words(&memory));
    if let [.., (_, Some(before)), (_, Some(after))] = memory.as_slice()
        && after > &(before * (1.0 + FLAT.0) + FLAT.1)
    {
        missed.push("flat memory");
    }
    println!(
        "{}",
        if missed.is_empty() { "ok: all as asked".to_owned() } else { format!("MISSED: {missed:?}") }
    );
    // A run on a busy machine may miss; that it does is for people to judge, and for scripts to see.
    std::process::exit(i32::from(!missed.is_empty()));
}

fn in_words(memory: &[(&str, Option<f64>)]) -> String {
    let figure = |mb: &Option<f64>| mb.map_or_else(|| "not measured".to_owned(), |mb| format!("{mb:.1}"));
    let parts: Vec<String> = memory.iter().map(|(when, mb)| format!("{when} {}", figure(mb))).collect();
    parts.join(", ")
}

/// Sends these messages and waits until the search knows them.
fn fill(house: &House, client: &mut Client, prose: &Prose, numbers: std::ops::Range<usize>) {
    let sent = load::send(house, SESSIONS, numbers.clone(), &|number| message(prose, number));
    let rate = sent.rate(numbers.len());
    let from = Instant::now();
    // The last one, and some of those before, for the index need not go in order.
    for number in numbers.clone().rev().step_by(numbers.len().div_ceil(20)) {
        let path = format!("/api/v1/messages?text={}&limit=2", mark(number));
        while rows(&client.get(&path).expect("an answer"), &path).is_empty() {
            assert!(from.elapsed() < PATIENCE, "message {number} is never found");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let late = millis(from.elapsed()) / 1e3;
    println!("{} messages came, {rate:.0} a second; the last was found {late:.1} s later", numbers.end);
}

fn address(number: usize) -> String {
    format!("person{}@bench.example", number % ADDRESSES)
}

fn subject(prose: &Prose, chance: &mut Chance) -> String {
    (0..5).map(|_| prose.draw(chance)).collect::<Vec<_>>().join(" ")
}

/// A word that no other message has: `zq` and letters.
fn mark(number: usize) -> String {
    let letter = |place: u32| char::from(b'a' + (number / 26_usize.pow(place) % 26) as u8);
    format!("zq{}", (0..5).rev().map(letter).collect::<String>())
}

/// Recipient and content of a message. Every fifth one has an attachment that does not compress.
fn message(prose: &Prose, number: usize) -> (String, String) {
    let mut chance = Chance::seeded(SEED + 2 * number as u64);
    let (to, sender) = (address(number), prose.draw(&mut chance).to_owned());
    let header = format!(
        "From: {sender} <{sender}@client.example>\r\nTo: <{to}>\r\nSubject: {}\r\n\
         Date: Tue, 24 Nov 2026 10:20:30 +0000\r\nMessage-ID: <{number}@client.example>\r\nMIME-Version: 1.0\r\n",
        subject(prose, &mut chance)
    );
    let mark = mark(number);
    if !number.is_multiple_of(5) {
        let text = prose.text(&mut chance, SIZE - header.len());
        let kind = "Content-Type: text/plain; charset=utf-8";
        return (to, format!("{header}{kind}\r\n\r\n{mark} {text}\r\n.\r\n"));
    }
    let text = prose.text(&mut chance, SIZE * 2 / 5);
    let file: Vec<u8> = (0..SIZE * 2 / 5).map(|_| chance.below(256) as u8).collect();
    let content = format!(
        "{header}Content-Type: multipart/mixed; boundary=next\r\n\r\n\
         --next\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{mark} {text}\r\n\
         --next\r\nContent-Type: application/pdf; name={sender}.pdf\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename={sender}.pdf\r\n\r\n{}--next--\r\n.\r\n",
        encode_base64(&file)
    );
    (to, content)
}

/// The rows of a list in JSON.
fn rows(answer: &Answer, path: &str) -> Vec<Value> {
    answer.json(path)["messages"].as_array().expect("messages").clone()
}

/// A request that is timed.
struct Request {
    name: &'static str,
    path: String,
    /// Milliseconds that it may take.
    asked: Option<f64>,
    /// How many rows it must bring, where it is a list in JSON.
    rows: Option<usize>,
}

impl Request {
    fn ask(&self, client: &mut Client) -> Answer {
        let answer = client.get(&self.path).expect("an answer");
        assert_eq!(answer.status, 200, "{}: {}", self.path, String::from_utf8_lossy(&answer.body));
        answer
    }

    /// Times it; returns the bytes of an answer, too.
    fn time(&self, client: &mut Client, times: usize) -> (Sample, usize) {
        let first = self.ask(client);
        if let Some(expected) = self.rows {
            assert_eq!(rows(&first, &self.path).len(), expected, "{}", self.path);
        }
        let times = (0..times).map(|_| {
            let from = Instant::now();
            let answer = self.ask(client);
            let took = from.elapsed();
            assert!(!answer.body.is_empty());
            took
        });
        (Sample::of(times.collect()), first.body.len())
    }
}

fn requests(client: &mut Client, prose: &Prose, messages: usize) -> Vec<Request> {
    let page = 50.min(messages);
    let one = mark(messages / 2);
    let id = {
        let path = format!("/api/v1/messages?text={one}&limit=1");
        rows(&client.get(&path).expect("an answer"), &path)[0]["id"].to_string()
    };
    let list = |name, path: &str| Request { name, path: path.to_owned(), asked: Some(LIST), rows: None };
    let json = |name, query: String, asked, rows| Request {
        name,
        path: format!("/api/v1/messages?limit={page}{query}"),
        asked: Some(asked),
        rows,
    };
    let search = |name, text: &str, rows| json(name, format!("&text={text}"), SEARCH, rows);
    let page_of = |name, path: String| Request { name, path, asked: None, rows: None };
    let (common, middle) = (prose.word(0), prose.word(400));
    let of_one = (0..messages).filter(|n| address(*n) == address(3)).count().min(page);
    vec![
        list("list page", "/"),
        list("list page of a mailbox", &format!("/?mailbox={}", address(3))),
        json("list, JSON", String::new(), LIST, Some(page)),
        Request { asked: Some(SEARCH), ..list("search page, rare word", &format!("/?q={one}")) },
        Request { asked: Some(SEARCH), ..list("search page, common word", &format!("/?q={common}")) },
        search("search rare word", &one, Some(1)),
        search("search common word", common, Some(page)),
        search("search two words", &format!("{common}+{middle}"), None),
        search("search rare and common", &format!("{common}+{one}"), Some(1)),
        search("search beginning", &middle[..3], None),
        search("search beginning of all", "zqa", Some(page)),
        search("search nothing found", "xyzzyxyzzy", Some(0)),
        json("filter to", format!("&to={}", address(3)), SEARCH, Some(of_one)),
        json("filter to, not found", "&to=nobody@bench.example".to_owned(), SEARCH, Some(0)),
        json("filter from", format!("&from={common}@"), SEARCH, None),
        json("filter subject", format!("&subject={middle}"), SEARCH, None),
        page_of("message page", format!("/message/{id}")),
        page_of("message, JSON", format!("/api/v1/messages/{id}")),
        page_of("message, raw", format!("/api/v1/messages/{id}/raw")),
    ]
}
