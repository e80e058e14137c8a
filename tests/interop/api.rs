//! The JSON API of the running server: the examples of its manual, many waiters under load, and what it refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Instant;

use mox_testkit::house::PATIENCE;
use mox_testkit::sender::Session;
use serde_json::Value;

use crate::house::House;
use crate::peers::{installed, run};

/// Waiters at once.
const WAITERS: usize = 100;
/// SMTP sessions that send at once.
const SENDERS: usize = 8;
/// One message in so many is for a waiter.
const EVERY: usize = if cfg!(debug_assertions) { 10 } else { 40 };
/// Messages a session.
const EACH: usize = EVERY * WAITERS.div_ceil(SENDERS);

fn house(folder: &tempfile::TempDir) -> House {
    House::start(&folder.path().join("house"), &[])
}

/// A request that was sent, and what of the answer is not read yet.
struct Asked {
    stream: BufReader<TcpStream>,
    status: u16,
}

/// Sends a request to the HTTP port and reads the head of the answer.
fn ask(house: &House, request: &str, headers: &[&str]) -> Asked {
    let mut stream = TcpStream::connect(house.at(80)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "{request} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).unwrap();
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{request}: {first:?}"));
    let mut line = String::new();
    while stream.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    Asked { stream, status }
}

/// Status and JSON of an answer to one of our own programs.
fn json(house: &House, request: &str) -> (u16, Value) {
    let mut asked = ask(house, request, &["Host: localhost"]);
    let mut body = String::new();
    asked.stream.read_to_string(&mut body).unwrap();
    (asked.status, serde_json::from_str(&body).unwrap_or_default())
}

fn deliver(house: &House, to: &str, subject: &str) {
    let (code, reply) = Session::open(&house.mx()).unwrap().send(to, subject, "text").unwrap();
    assert_eq!(code, 250, "{reply}");
}

/// The fenced blocks of the manual: language and text.
fn examples() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut found, mut open) = (Vec::new(), None);
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some((_, block))) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of {path} is not closed");
    found
}

/// Runs the examples in one language of the manual against a server of its own.
fn examples_work(language: &str, file: &str, program: &[&str], needs: &[&str]) {
    if !installed(needs) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let blocks: Vec<String> =
        examples().into_iter().filter(|(of, _)| of == language).map(|(_, text)| text).collect();
    assert!(!blocks.is_empty(), "docs/api.md has no example for {language}");
    for block in blocks {
        let path = folder.path().join(file);
        std::fs::write(&path, &block).unwrap();
        let (program, options) = program.split_first().unwrap();
        run(Command::new(program)
            .args(options)
            .arg(&path)
            .current_dir(folder.path())
            .env("MOX_API", format!("http://{}/api/v1", house.at(80)))
            .env("MOX_SMTP_PORT", (house.base + 25).to_string()));
    }
}

#[test]
fn examples_for_the_shell_work() {
    examples_work("sh", "example.sh", &["sh", "-eu"], &["sh", "curl", "jq"]);
}

#[test]
fn examples_for_python_work() {
    examples_work("python", "example.py", &["python3"], &["python3"]);
}

#[test]
fn examples_for_javascript_work() {
    examples_work("js", "example.test.mjs", &["node", "--test"], &["node"]);
}

#[test]
fn every_waiter_gets_its_own_message_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let address = |waiter: usize| format!("waiter-{waiter:03}@example.org");
    std::thread::scope(|scope| {
        let wait = |waiter: usize| {
            let (house, to) = (&house, address(waiter));
            scope.spawn(move || {
                let (status, row) = json(house, &format!("GET /api/v1/wait?to={to}&timeout=60s"));
                assert_eq!(status, 200, "{to}: {row}");
                assert_eq!((row["to"].as_str(), row["mailbox"].as_str()), (Some(&*to), Some(&*to)), "{row}");
                assert_eq!(row["subject"], format!("for {waiter}"), "{row}");
            })
        };
        // Half of them are there before anything is sent, the others come while much is.
        let mut waiters: Vec<_> = (0..WAITERS / 2).map(wait).collect();
        for sender in 0..SENDERS {
            let house = &house;
            scope.spawn(move || {
                let mut session = Session::open(&house.mx()).unwrap();
                for number in 0..EACH {
                    // Every EVERYth message is for a waiter, all of them in turn.
                    let waiter = number / EVERY * SENDERS + sender;
                    let (to, subject) = match number % EVERY == 0 && waiter < WAITERS {
                        true => (address(waiter), format!("for {waiter}")),
                        false => (format!("other-{sender}@example.org"), "for nobody".to_owned()),
                    };
                    let (code, reply) = session.send(&to, &subject, "text").unwrap();
                    assert_eq!(code, 250, "{reply}");
                }
            });
        }
        waiters.extend((WAITERS / 2..WAITERS).map(wait));
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn foreign_hosts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    for path in ["/", "/api/v1/messages", "/api/v1/events"] {
        let foreign = ask(&house, &format!("GET {path}"), &["Host: evil.example"]);
        assert_eq!(foreign.status, 421, "{path}: its name may have been turned round to us");
        assert_eq!(ask(&house, &format!("GET {path}"), &["Host: localhost"]).status, 200, "{path}");
    }
}

#[test]
fn foreign_origins_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    deliver(&house, "box@example.org", "stays");
    let own = format!("Origin: http://{}", house.at(80));
    let host = format!("Host: {}", house.at(80));
    for foreign in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        for request in
            ["DELETE /api/v1/messages?all=true", "DELETE /api/v1/messages/1", "GET /api/v1/messages"]
        {
            assert_eq!(ask(&house, request, &[&host, foreign]).status, 403, "{request} {foreign}");
        }
    }
    assert_eq!(house.messages().len(), 1);
    assert_eq!(ask(&house, "DELETE /api/v1/messages/1", &[&host, &own]).status, 200, "our own page");
    assert!(house.messages().is_empty());
}

#[test]
fn event_streams_of_other_sites_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let house = house(&folder);
    let host = format!("Host: {}", house.at(80));
    // What a browser sends for `new EventSource("http://localhost:1080/api/v1/events")` in a page elsewhere.
    for site in ["cross-site", "same-site"] {
        let sent = [
            &host,
            "Accept: text/event-stream",
            "Origin: http://evil.example",
            &format!("Sec-Fetch-Site: {site}"),
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: empty",
        ];
        assert_eq!(ask(&house, "GET /api/v1/events", &sent).status, 403, "{site}");
        // A frame or a script needs no origin.
        let sent =
            [&host, &*format!("Sec-Fetch-Site: {site}"), "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"];
        assert_eq!(ask(&house, "GET /api/v1/events", &sent).status, 403, "{site}");
    }
}

/// The name of the next event of a stream; none at its end.
fn next_event(events: &mut Asked) -> Option<String> {
    let from = Instant::now();
    let mut line = String::new();
    while events.stream.read_line(&mut line).unwrap() > 0 {
        if let Some(name) = line.strip_prefix("event: ") {
            return Some(name.trim().to_owned());
        }
        assert!(from.elapsed() < PATIENCE, "only: {line}");
        line.clear();
    }
    None
}

#[test]
fn events_are_told_until_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = house(&folder);
    let mut all = ask(&house, "GET /api/v1/events", &["Host: localhost"]);
    let mut some = ask(&house, "GET /api/v1/events?to=bob@", &["Host: localhost"]);
    assert_eq!((all.status, some.status), (200, 200));
    assert_eq!(next_event(&mut all).as_deref(), Some("ready"));
    assert_eq!(next_event(&mut some).as_deref(), Some("ready"));
    deliver(&house, "amy@example.org", "for somebody else");
    assert_eq!(next_event(&mut all).as_deref(), Some("arrived"));
    assert_eq!(json(&house, "DELETE /api/v1/messages?to=amy@").0, 200);
    assert_eq!(next_event(&mut all).as_deref(), Some("gone"));
    deliver(&house, "bob@example.org", "for bob");
    assert_eq!(next_event(&mut some).as_deref(), Some("arrived"));
    let (_, page) = json(&house, "GET /api/v1/messages");
    assert_eq!(page["messages"][0]["subject"], "for bob");
    house.stop();
    assert_eq!(next_event(&mut some), None, "the stream ends with the server");
}
