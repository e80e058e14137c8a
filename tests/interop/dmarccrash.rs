//! Processes that end while DMARC reports are under way, and while mail arrives that they tell of: each report is sent
//! once, and each message that is held is counted once. RFC 9990 §3.1, §3.5.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mox_testkit::sender::Session;
use serde_json::Value;

use crate::house::House;
use crate::peers::Chance;
use crate::senders::send;

/// Long enough for no second attempt while a test looks.
const ONE_ATTEMPT: &[&str] = &["--lab", "--retry", "1h"];

/// Domains whose reports go to two hosts.
const BOTH: &[&str] = &["dmarc-pass.lab.test", "dmarc-loop-a.lab.test"];
const ONE: &[&str] = &["dmarc-pass.lab.test"];

/// The points of the engine and of the queue, in the order in which a report passes them. Where something is handed over,
/// only that: another report may be between its acceptance and our commit at the same moment.
const POINTS: [(&str, &[&str]); 6] = [
    ("dmarcrpt-sealing", BOTH),
    ("dmarcrpt-sealed", BOTH),
    ("dmarcrpt-composed", ONE),
    ("dmarcrpt-queued", ONE),
    ("report-sent", ONE),
    ("report-settled", ONE),
];

/// The point between a peer's acceptance and our commit: there the same bytes may come twice.
const TWICE: &str = "report-sent";

/// A report that arrived: to whom, its Subject with its id, and all of it as it was sent.
fn arrived(house: &House) -> Vec<(String, String, String)> {
    let text = |message: &Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let reports = house.messages().into_iter().filter(|m| text(m, "subject").starts_with("Report Domain: "));
    let read = |message: Value| {
        let whole = house.mox(&["message", "cat", &message["id"].to_string()]);
        // The receiver's own fields stand above the signatures.
        let sent = whole.find("\nDKIM-Signature:").map(|from| whole[from..].to_owned()).unwrap();
        (text(&message, "to"), text(&message, "subject"), sent)
    };
    reports.map(read).collect()
}

#[test]
fn a_process_that_ends_at_any_point_sends_each_report_once() {
    for (point, domains) in POINTS {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("house");
        let mut house = House::start(&dir, &[ONE_ATTEMPT, &["--fault", point]].concat());
        for name in domains {
            let message = format!("From: <amy@{name}>\r\nSubject: {name}\r\n\r\nhello\r\n");
            assert_eq!(send(&house, &format!("amy@{name}"), &message), 250, "{name}");
        }
        let _ = house.try_mox(&["dmarc", "send-now", "--day", "today"]);
        house.ends(&format!("the end at {point}"));
        drop(house);

        let house = House::start(&dir, ONE_ATTEMPT);
        let _ = house.try_mox(&["dmarc", "send-now", "--day", "today"]);
        // A second attempt waits for its time.
        house.eventually(&format!("all reports after {point}"), || {
            house.mox(&["lab", "advance", "2h"]);
            let history = house.json(&["dmarc", "history", "--json"]);
            let rows = history.as_array().unwrap();
            let done = |row: &Value| {
                let mut destinations = row["destinations"].as_array().unwrap().iter();
                destinations.all(|destination| destination["state"] == "delivered")
            };
            (rows.len() >= domains.len() && rows.iter().all(done)).then_some(())
        });
        let mut seen: Vec<(String, String, String)> = Vec::new();
        for report in arrived(&house) {
            match seen.iter().find(|before| (&before.0, &before.1) == (&report.0, &report.1)) {
                Some(before) => {
                    assert_eq!(point, TWICE, "{} has twice: {}", report.0, report.1);
                    assert_eq!(before.2, report.2, "{point}");
                }
                None => seen.push(report),
            }
        }
        // Asked again, today has a second report; and one of the whole day, where that ended meanwhile.
        for name in domains {
            let first = |subject: &str| {
                subject.starts_with(&format!("Report Domain: {name} ")) && subject.contains("partial1>")
            };
            let count = seen.iter().filter(|(_, subject, _)| first(subject)).count();
            assert_eq!(count, 1, "{point}: {name}: {seen:#?}");
        }
    }
}

/// Sends from a domain that wants reports, in some sessions, until the server dies; answers how many were acknowledged.
fn load(house: &mut House, chance: &mut Chance) -> u64 {
    let (acknowledged, address) = (AtomicU64::new(0), house.mx());
    let alive_for = Duration::from_millis(50 + chance.below(400));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let Ok(mut open) = Session::open(&address) else { return };
                while deliver(&mut open).is_some_and(|code| code == 250) {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(alive_for);
        house.kill();
    });
    acknowledged.into_inner()
}

/// One message: the code of the reply that decides about it; none when the server is gone.
fn deliver(open: &mut Session) -> Option<u16> {
    for command in ["MAIL FROM:<amy@dmarc-pass.lab.test>\r\n", "RCPT TO:<reader@example.org>\r\n", "DATA\r\n"]
    {
        let (code, reply) = open.say(command).ok()?;
        assert!(code < 400 || code == 421, "{reply}");
    }
    let message = "From: <amy@dmarc-pass.lab.test>\r\nSubject: load\r\n\r\nhello\r\n.\r\n";
    open.say(message).ok().map(|(code, _)| code)
}

#[test]
fn killed_under_load_it_counts_each_message_that_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut chance = Chance::new();
    let mut house = House::start(&folder.path().join("house"), ONE_ATTEMPT);
    let mut acknowledged = 0;
    for _ in 0..4 {
        acknowledged += load(&mut house, &mut chance);
        house.restart();
        let held = house.messages().len() as u64;
        let results = house.json(&["dmarc", "results", "--json"]);
        let counts = results.as_array().unwrap().iter().map(|row| row["messages"].as_u64().unwrap());
        assert_eq!(counts.sum::<u64>(), held, "as many messages are counted as are held");
        // The reply of some was lost.
        assert!(held >= acknowledged, "{held} are held, {acknowledged} were acknowledged");
    }
    assert!(acknowledged > 4, "hardly anything was sent: {acknowledged}");
    house.stop();
    house.verify();
}
