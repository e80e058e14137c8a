//! A report about TLS that this server sends is read by others: parsedmarc finds in it what happened, and dkimpy
//! verifies its signatures, which cover the fields that name its subject and submitter. RFC 8460 §3, §5.

use std::path::{Path, PathBuf};
use std::process::Command;

use mox_testkit::sender::Session;
use serde_json::{Value, json};

use crate::house::House;
use crate::peers::{file, parsedmarc, python_with, run};

/// What failed, in the lab.
const DOMAIN: &str = "sts-expired.lab.test";
/// Where its reports go.
const SINK: &str = "tlsrpt@rua.lab.test";

/// The report that came back about the day so far, in a file.
fn report(house: &House, folder: &Path) -> PathBuf {
    let mut session = Session::open(&house.mx()).unwrap();
    assert_eq!(session.send(&format!("bob@{DOMAIN}"), "hello", "hello\r\n").unwrap().0, 250);
    house.eventually("a result", || {
        let results = house.json(&["tlsrpt", "results", "--domain", DOMAIN, "--json"]);
        results.as_array().unwrap().iter().any(|row| row["failed"] == 1).then_some(())
    });
    house.mox(&["tlsrpt", "send-now", "--day", "today", DOMAIN]);
    let id = house.eventually("the report", || {
        let messages = house.messages();
        messages.iter().find(|message| message["to"] == SINK).map(|message| message["id"].to_string())
    });
    let path = folder.join("report.eml");
    std::fs::write(&path, house.mox(&["message", "cat", &id])).unwrap();
    path
}

#[test]
fn a_report_is_read_by_parsedmarc_and_verified_by_dkimpy() {
    let Some(parsedmarc) = parsedmarc() else { return };
    let Some(python) = python_with("dkim, nacl, dns.resolver") else { return };
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &["--lab", "--retry", "1h"]);
    let path = report(&house, folder.path());

    let read: Value =
        serde_json::from_str(&run(Command::new(parsedmarc).arg("--offline").arg(&path))).unwrap();
    let [report] = read["smtp_tls_reports"].as_array().unwrap().as_slice() else { panic!("{read}") };
    assert_eq!(report["organization_name"], "mox.lab.test", "{read}");
    let policy = report["policies"].as_array().unwrap().iter().find(|policy| policy["policy_type"] == "sts");
    let policy = policy.unwrap_or_else(|| panic!("{read}"));
    assert_eq!(policy["policy_domain"], DOMAIN);
    let counts = ["successful_session_count", "failed_session_count"].map(|count| policy[count].clone());
    assert_eq!(counts, [json!(0), json!(1)], "{read}");
    let detail = &policy["failure_details"][0];
    assert_eq!(detail["result_type"], "certificate-expired", "{read}");
    assert_eq!(detail["receiving_mx_hostname"], format!("mx.{DOMAIN}"), "{read}");

    verified_by_dkimpy(&python, &path, house.base + 53, &["tls-report-domain", "tls-report-submitter"]);
}

/// Both signatures of the lab's host hold with keys from its name server, and cover the usual fields and some more.
pub(crate) fn verified_by_dkimpy(python: &Path, report: &Path, port: u16, more: &[&str]) {
    let mut script = Command::new(python);
    let lines = run(script.arg(file("tlsreports/dkimpy.py")).arg(report).arg(port.to_string()));
    let mut algorithms = Vec::new();
    for line in lines.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["pass", "mox.lab.test", _, algorithm, fields] = words.as_slice() else { panic!("{lines}") };
        algorithms.push(*algorithm);
        for field in ["from", "to", "subject", "date", "message-id"].iter().chain(more) {
            assert!(fields.split(':').any(|signed| signed == *field), "{field} is not signed: {line}");
        }
    }
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["ed25519-sha256", "rsa-sha256"], "{lines}");
}
