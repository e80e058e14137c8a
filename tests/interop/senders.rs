//! One message from each sender of the lab, to a server that follows policies and to one that only records: what
//! `mox dmarc results` lists is what the table of `mox lab list` promises, and reports about it arrive. RFC 9990 §3.1.

use std::collections::BTreeMap;
use std::path::Path;

use mox_testkit::sender::Session;
use serde_json::{Value, json};

use crate::house::House;

/// Says MAIL, RCPT and DATA, and sends a message: the code of the last reply.
pub(crate) fn send(house: &House, mail_from: &str, message: &str) -> u16 {
    let mut session = Session::open(&house.mx()).unwrap();
    for (said, code) in [
        (format!("MAIL FROM:<{mail_from}>\r\n"), 250),
        ("RCPT TO:<reader@example.org>\r\n".to_owned(), 250),
        ("DATA\r\n".to_owned(), 354),
    ] {
        assert_eq!(session.say(&said).unwrap().0, code, "{said}");
    }
    session.say(&format!("{message}\r\n.\r\n")).unwrap().0
}

/// The message of a sender as the table describes it.
pub(crate) fn message(house: &House, folder: &Path, domain: &Value) -> String {
    let name = domain["name"].as_str().unwrap();
    let message = format!("From: <amy@{name}>\r\nSubject: {name}\r\n\r\nhello\r\n");
    let Some(signer) = domain["expect"]["signed"].as_str() else { return message };
    let (key, file) = (folder.join("lab.pem"), folder.join("message.eml"));
    std::fs::write(&key, house.mox(&["lab", "key"])).unwrap();
    std::fs::write(&file, message).unwrap();
    let (key, file) = (key.to_str().unwrap(), file.to_str().unwrap());
    house.mox(&["dkim", "sign", "--domain", signer, "--selector", "lab", "--key", key, file])
}

/// A row as the table has it.
fn stable(policy_domain: &Value, row: &Value) -> String {
    let word = |name: &str| if row[name] == true { "pass" } else { "fail" };
    let reasons = row["reasons"].as_array().cloned().unwrap_or_default();
    let reasons: Vec<&Value> = reasons.iter().map(|reason| &reason["type"]).collect();
    json!([
        row["header_from"],
        policy_domain,
        row["disposition"],
        reasons,
        word("dkim"),
        word("spf"),
        row["count"]
    ])
    .to_string()
}

/// A report goes to each who wants one where somebody takes it, and says how many messages passed and failed.
fn reported(house: &House, domains: &[Value]) {
    let mut expected: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for report in domains.iter().map(|domain| &domain["expect"]["report"]).filter(|report| report.is_object())
    {
        let policy_domain = report["policy_domain"].as_str().unwrap();
        if !["dmarc-rua-unauthorised.lab.test", "dmarc-rua-gone.lab.test"].contains(&policy_domain) {
            let (passed, failed) = expected.entry(policy_domain.to_owned()).or_default();
            let counts = if report["dkim"] == "pass" || report["spf"] == "pass" { passed } else { failed };
            *counts += 1;
        }
    }
    // It says which domains get none.
    let _ = house.try_mox(&["dmarc", "send-now", "--day", "today"]);
    house.eventually("a report to everybody", || {
        let Value::Array(history) = house.json(&["dmarc", "history", "--json"]) else { panic!("an array") };
        let arrived = |row: &&Value| {
            let mut destinations = row["destinations"].as_array().unwrap().iter();
            destinations.any(|destination| destination["state"] == "delivered")
        };
        let count = |row: &Value, name: &str| row[name].as_u64().unwrap();
        let told = |row: &Value| {
            let policy_domain = row["policy_domain"].as_str().unwrap().to_owned();
            (policy_domain, (count(row, "successful"), count(row, "failed")))
        };
        let found: BTreeMap<_, _> = history.iter().filter(arrived).map(told).collect();
        (found == expected).then_some(())
    });
}

#[test]
fn each_sender_is_in_the_results_as_the_table_says() {
    for (options, fate) in [(&["--lab"] as &[&str], "recorded"), (&["--lab", "--enforce"], "enforced")] {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::start(&folder.path().join("house"), options);
        let mut expected = Vec::new();
        let Value::Array(domains) = house.json(&["lab", "list", "--group", "senders", "--json"]) else {
            panic!("an array")
        };
        for domain in &domains {
            let (name, expect) = (domain["name"].as_str().unwrap(), &domain["expect"]);
            let mail_from = format!("amy@{}", expect["mail_from"].as_str().unwrap_or(name));
            let code = match expect["decision"].as_str().unwrap() {
                "reject" if fate == "enforced" => 550,
                "defer" if fate == "enforced" => 451,
                _ => 250,
            };
            assert_eq!(send(&house, &mail_from, &message(&house, folder.path(), domain)), code, "{name}");
            let (report, done) = (&expect["report"], &expect["report"][fate]);
            if done.is_object() {
                let (domain, reasons) = (&report["policy_domain"], &done["reasons"]);
                let row =
                    json!([name, domain, done["disposition"], reasons, report["dkim"], report["spf"], 1]);
                expected.push(row.to_string());
            }
        }
        let Value::Array(results) = house.json(&["dmarc", "results", "--json"]) else { panic!("an array") };
        let rows = |of: &Value| -> Vec<String> {
            of["rows"].as_array().unwrap().iter().map(|row| stable(&of["policy_domain"], row)).collect()
        };
        let mut found: Vec<String> = results.iter().flat_map(rows).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{fate}");
        if fate == "recorded" {
            reported(&house, &domains);
        }
        house.stop();
        house.verify();
    }
}
