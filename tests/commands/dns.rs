//! `mox dns lookup` judges what a name server with signed zones answers: statuses and exit codes.

use std::path::Path;
use std::process::Command;

use mox_testkit::nameserver::SignedNameServer;
use serde_json::Value;

const ZONE: &str = "
    mail.lab.test. ZONE
    mail.lab.test. MX 10 mx.mail.lab.test.
    _25._tcp.mx.mail.lab.test. TLSA 3 1 1 00ff10
    mx.mail.lab.test. A 127.0.0.1
    out.mail.lab.test. CNAME plain.lab.test.
    plain.lab.test. A 127.0.0.2 ; insecure
    spoiled.lab.test. A 127.0.0.3 ; bogus
    old.lab.test. A 127.0.0.4 ; expired
    fails.lab.test. A ; servfail
";

/// Runs `mox dns lookup` with the server's trust anchor, gives the exit code and the JSON.
fn lookup(server: &SignedNameServer, folder: &Path, kind: &str, name: &str) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
    command.current_dir(folder).env_remove("MOXCONF").args(["dns", "lookup", kind, name, "--json"]);
    command.args(["--resolver", &server.address.to_string(), "--trust-anchor", "lab.key"]);
    let output = command.output().unwrap();
    (output.status.code().unwrap_or(-1), serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

#[test]
fn every_status_has_its_exit_code() {
    let (server, folder) = (SignedNameServer::start(ZONE), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("lab.key"), server.zones.anchor()).unwrap();
    for (kind, name, code, status, result) in [
        ("mx", "mail.lab.test", 0, "secure", "records"),
        ("tlsa", "_25._tcp.mx.mail.lab.test", 0, "secure", "records"),
        ("txt", "mail.lab.test", 5, "secure", "nodata"),
        ("a", "none.mail.lab.test", 5, "secure", "nxdomain"),
        ("a", "out.mail.lab.test", 0, "insecure", "records"),
        ("a", "plain.lab.test", 0, "insecure", "records"),
        ("a", "spoiled.lab.test", 3, "bogus", "bogus"),
        ("a", "old.lab.test", 3, "bogus", "bogus"),
        ("a", "fails.lab.test", 1, "indeterminate", "error"),
    ] {
        let (exit, json) = lookup(&server, folder.path(), kind, name);
        let at = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
        assert_eq!((exit, at("/status"), at("/result")), (code, status, result), "{kind} {name}: {json}");
    }
}

#[test]
fn an_anchor_of_others_makes_everything_bogus() {
    let (server, folder) = (SignedNameServer::start(ZONE), tempfile::tempdir().unwrap());
    let anchor = server.zones.anchor();
    let (rest, digest) = anchor.trim_end().rsplit_once(' ').unwrap();
    let other: String = digest.chars().rev().collect();
    std::fs::write(folder.path().join("lab.key"), format!("{rest} {other}\n")).unwrap();
    let (exit, json) = lookup(&server, folder.path(), "mx", "mail.lab.test");
    assert_eq!((exit, json.pointer("/status").and_then(Value::as_str)), (3, Some("bogus")), "{json}");
}
