//! `mox localserve --lab` as a developer uses it: one message to every domain, results as the table says, reports that
//! come back; and processes that end at every point between sealing a report and knowing that it arrived.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::house::House;
use mox_testkit::sender::Session;

/// Long enough for no second attempt while a test looks.
const ONE_ATTEMPT: &[&str] = &["--lab", "--retry", "1h"];

fn send(house: &House, to: &str) {
    let mut session = Session::open(&house.mx()).unwrap();
    assert_eq!(session.send(to, &format!("hello {to}"), "hello\r\n").unwrap().0, 250, "{to}");
}

fn receivers(house: &House) -> Vec<Value> {
    let Value::Array(all) = house.json(&["lab", "list", "--json"]) else { panic!("an array") };
    all.into_iter().filter(|domain| domain["expect"]["results"].is_array()).collect()
}

/// Every message was tried once.
fn tried(house: &House) {
    house.eventually("an attempt at every message", || {
        let queued = house.json(&["queue", "list", "--json"]);
        let waiting =
            |row: &Value| row["attempts"] == 0 || row["last_error"].as_str().unwrap_or("").contains("began");
        (!queued.as_array().unwrap().iter().any(waiting)).then_some(())
    });
}

/// The results as the table has them, in the order of the table.
fn results(house: &House) -> Vec<Value> {
    let Value::Array(rows) = house.json(&["tlsrpt", "results", "--json"]) else { panic!("an array") };
    rows.iter().map(stable).collect()
}

/// What is the same every time.
fn stable(row: &Value) -> Value {
    let mut row = row.clone();
    let map = row.as_object_mut().unwrap();
    map.retain(|key, _| {
        [
            "policy_domain",
            "recipient_domain",
            "kind",
            "policy_type",
            "policy_string",
            "mx_host",
            "successful",
            "failed",
            "details",
        ]
        .contains(&key.as_str())
    });
    let fields = ["result-type", "failure-reason-code", "receiving-mx-hostname", "failed-session-count"];
    for detail in map["details"].as_array_mut().unwrap() {
        let get = |name: &str| detail.get(name).cloned().unwrap_or_else(|| json!(""));
        *detail = fields
            .iter()
            .map(|name| ((*name).to_owned(), get(name)))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    row
}

fn sorted(mut rows: Vec<Value>) -> Vec<String> {
    rows.sort_by_key(ToString::to_string);
    rows.iter().map(ToString::to_string).collect()
}

#[test]
fn one_message_to_every_domain_gives_the_results_of_the_table_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), ONE_ATTEMPT);
    let domains = receivers(&house);
    for domain in &domains {
        send(&house, &format!("bob@{}", domain["name"].as_str().unwrap()));
    }
    tried(&house);
    let expected: Vec<Value> = domains
        .iter()
        .flat_map(|domain| domain["expect"]["results"].as_array().unwrap())
        .map(stable)
        .collect();
    // Of two results with the same policy domain only that of the TLSA records is kept.
    let found = sorted(results(&house));
    let expected = sorted(expected);
    let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).collect();
    let surplus: Vec<_> = found.iter().filter(|row| !expected.contains(row)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?}\nsurplus {surplus:#?}");

    house.mox(&["tlsrpt", "send-now", "--day", "today"]);
    let reports = house.eventually("reports of every result type", || {
        let reports = documents(&house);
        (types(&reports).len() == RESULT_TYPES.len()).then_some(reports)
    });
    assert_eq!(types(&reports), RESULT_TYPES.iter().map(|name| (*name).to_owned()).collect());
    for report in &reports {
        assert_eq!(mox_testkit::schema::problems(&schema(), &document(report)), Vec::<String>::new());
    }
    assert!(house.messages().iter().any(|m| m["to"] == "https@rua.lab.test"), "a posted report");
}

#[test]
fn a_message_as_each_sender_sends_it_is_judged_as_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &["--lab"]);
    let Value::Array(senders) = house.json(&["lab", "list", "--group", "senders", "--json"]) else {
        panic!("an array")
    };
    assert!(senders.len() > 20, "{senders:?}");
    let mut wrong = Vec::new();
    for sender in &senders {
        let name = sender["name"].as_str().unwrap();
        let tried = house.json(&["lab", "try", name, "--json"]);
        assert_eq!(tried["accepted"], true, "{tried}");
        let messages = house.json(&["message", "list", "--from", &format!("@{name}"), "--json"]);
        let shown = house.json(&["message", "show", &messages[0]["id"].to_string(), "--json"]);
        let verdicts = &shown["verdicts"];
        let found = (&verdicts["spf"]["result"], &verdicts["dmarc"]["result"], &verdicts["decision"]);
        let expected = (&sender["expect"]["spf"], &sender["expect"]["dmarc"], &sender["expect"]["decision"]);
        if found != expected {
            wrong.push(format!("{name}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../data/tlsrpt.schema.json")).unwrap()
}

/// The document in what `mox tlsrpt parse --json` prints.
fn document(read: &Value) -> Value {
    let mut document = read.clone();
    document.as_object_mut().unwrap().remove("oddities");
    document
}

/// RFC 8460 §4.3.
const RESULT_TYPES: [&str; 11] = [
    "certificate-expired",
    "certificate-host-mismatch",
    "certificate-not-trusted",
    "dane-required",
    "dnssec-invalid",
    "starttls-not-supported",
    "sts-policy-fetch-error",
    "sts-policy-invalid",
    "sts-webpki-invalid",
    "tlsa-invalid",
    "validation-failure",
];

fn types(reports: &[Value]) -> BTreeSet<String> {
    let policies = reports.iter().flat_map(|report| report["policies"].as_array().unwrap());
    let details = policies.flat_map(|policy| policy["failure-details"].as_array().unwrap());
    details.map(|detail| detail["result-type"].as_str().unwrap().to_owned()).collect()
}

/// The reports that came back, as `mox tlsrpt parse` reads them.
fn documents(house: &House) -> Vec<Value> {
    let sinks = ["tlsrpt@rua.lab.test", "https@rua.lab.test"];
    let messages = house.messages();
    let ids = messages.iter().filter(|m| sinks.iter().any(|to| m["to"] == *to)).map(|m| m["id"].to_string());
    ids.map(|id| read(house, &id)).collect()
}

fn read(house: &House, id: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.eml");
    let message = house.mox(&["message", "cat", id]);
    std::fs::write(&file, &message).unwrap();
    let output = house.try_mox(&["tlsrpt", "parse", file.to_str().unwrap(), "--json"]);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    // What was posted comes in a message of the lab, which does not have these.
    let lacks = ["Submitter", "Domain"].map(|name| format!("the message has no field TLS-Report-{name}"));
    let posted = message.contains("To: <https@rua.lab.test>");
    assert_eq!(read["oddities"], if posted { json!(lacks) } else { json!([]) }, "{read}");
    read
}

#[test]
fn domains_that_report_to_each_other_come_to_rest() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), ONE_ATTEMPT);
    for domain in ["loop-a", "loop-b"] {
        send(&house, &format!("bob@{domain}.lab.test"));
    }
    tried(&house);
    let made = |house: &House| house.json(&["tlsrpt", "history", "--json"]).as_array().unwrap().len();
    for day in 0..7 {
        house.mox(&["lab", "advance", "midnight"]);
        for _ in 0..3 {
            house.mox(&["lab", "advance", "2h"]);
        }
        if day == 0 {
            house.eventually("the reports of the first day", || {
                let history = house.json(&["tlsrpt", "history", "--json"]);
                let arrived = |row: &Value| {
                    row["destinations"].as_array().unwrap().iter().all(|d| d["state"] == "delivered")
                };
                let rows = history.as_array().unwrap();
                (rows.len() == 2 && rows.iter().all(arrived)).then_some(())
            });
        }
    }
    assert_eq!(made(&house), 2, "no report was caused by a report");
}

/// The points of the engine and of the queue, in the order in which a report passes them. Where something is handed over,
/// only that: what another destination is getting at the same moment may be between its acceptance and our commit.
const POINTS: [(&str, &[&str]); 9] = [
    ("tlsrpt-sealing", ALL),
    ("tlsrpt-sealed", ALL),
    ("tlsrpt-composed", BY_MAIL),
    ("tlsrpt-queued", BY_MAIL),
    ("tlsrpt-post-recorded", BY_HTTPS),
    ("tlsrpt-posted", BY_HTTPS),
    ("tlsrpt-acknowledged", BY_HTTPS),
    ("report-sent", BY_MAIL),
    ("report-settled", BY_MAIL),
];

/// Domains whose reports go by mail, by HTTPS, by either and by both.
const BY_MAIL: &[&str] = &["sts-expired"];
const BY_HTTPS: &[&str] = &["rua-https"];
const ALL: &[&str] = &["sts-expired", "rua-https", "rua-both"];

/// Points between a peer's acceptance and our commit: there the same bytes may come twice.
const TWICE: [&str; 2] = ["tlsrpt-posted", "report-sent"];

#[test]
fn a_process_that_ends_at_any_point_sends_each_report_once() {
    for (point, domains) in POINTS {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("house");
        let mut options = ONE_ATTEMPT.to_vec();
        options.extend(["--fault", point]);
        let mut house = House::start(&dir, &options);
        for domain in domains {
            send(&house, &format!("bob@{domain}.lab.test"));
        }
        tried(&house);
        let _ = house.try_mox(&["tlsrpt", "send-now", "--day", "today"]);
        house.ends(&format!("the end at {point}"));
        drop(house);

        let house = House::start(&dir, ONE_ATTEMPT);
        let _ = house.try_mox(&["tlsrpt", "send-now", "--day", "today"]);
        // A second attempt waits for its time.
        house.eventually(&format!("all reports after {point}"), || {
            house.mox(&["lab", "advance", "2h"]);
            let history = house.json(&["tlsrpt", "history", "--json"]);
            let rows = history.as_array().unwrap();
            let done = |row: &Value| {
                row["destinations"].as_array().unwrap().iter().all(|d| d["state"] == "delivered")
            };
            (rows.len() >= domains.len() && rows.iter().all(done)).then_some(())
        });
        let mut seen: Vec<(String, String, Value)> = Vec::new();
        for message in house.messages() {
            let to = message["to"].as_str().unwrap_or_default().to_owned();
            if to.ends_with("@rua.lab.test") {
                let report = read(&house, &message["id"].to_string());
                let id = report["report-id"].as_str().unwrap().to_owned();
                if let Some(before) = seen.iter().find(|(t, i, _)| (t, i) == (&to, &id)) {
                    assert!(TWICE.contains(&point), "{point}: {to} has {id} twice");
                    assert_eq!(before.2, report, "{point}");
                    continue;
                }
                seen.push((to, id, report));
            }
        }
        // Asked again, today has a second report; and one of the whole day, where that ended meanwhile.
        let of = |to: &str| seen.iter().filter(|(t, id, _)| t == to && id.ends_with("partial1")).count();
        let goes = |only: &str| domains.iter().filter(|d| **d == only || **d == "rua-both").count();
        let expected = (goes("sts-expired"), goes("rua-https"));
        let found = (of("tlsrpt@rua.lab.test"), of("https@rua.lab.test"));
        assert_eq!(found, expected, "{point}: {seen:#?}");
    }
}
