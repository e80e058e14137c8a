//! `mox dmarc` asks a name server over the wire: verdicts, exit codes and the names in JSON.

use std::path::Path;
use std::process::Command;

use mox_testkit::nameserver::NameServer;
use serde_json::Value;

const ZONE: &str = "
    _dmarc.example.org. TXT \"v=DMARC1; p=reject; np=quarantine; t=y; rua=mailto:a@example.org,mailto:b@third.example!10m,mailto:c@other.example\"
    example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"
    here.example.org. A 192.0.2.9
    example.org._report._dmarc.third.example. TXT \"v=DMARC1; rua=mailto:instead@third.example\"
    _dmarc.broken.example. TXT \"v=DMARC1; p=rejekt\"
    _dmarc.down.example. TXT ; servfail
    _dmarc.good.example. TXT \"v=DMARC1; p=none; rua=mailto:a@good.example\"
";

/// Runs `mox dmarc`, gives the exit code and the JSON.
fn mox(server: &NameServer, folder: &Path, args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
    command.current_dir(folder).env_remove("MOXCONF").arg("dmarc").args(args);
    command.args(["--json", "--dnssec", "off", "--resolver", &server.address.to_string()]);
    let output = command.output().unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(json != Value::Null || output.status.code() != Some(0), "{args:?}: {errors}");
    (output.status.code().unwrap_or(-1), json)
}

fn at<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}

#[test]
fn lookups_show_the_walk() {
    let (server, folder) = (NameServer::start(ZONE), tempfile::tempdir().unwrap());
    for (domain, code, status, policy, disposition, steps) in [
        ("example.org", 0, "applies", "reject", "quarantine", 2),
        ("here.example.org", 0, "applies", "reject", "quarantine", 3),
        ("gone.example.org", 0, "applies", "quarantine", "none", 3),
        ("example.net", 3, "none", "-", "none", 2),
        ("broken.example", 3, "permerror", "-", "none", 2),
        ("down.example", 1, "temperror", "-", "none", 1),
        ("a.b.c.d.e.f.g.h.i.example.org", 0, "applies", "quarantine", "none", 8),
    ] {
        let (exit, json) = mox(&server, folder.path(), &["lookup", domain]);
        let found = (exit, at(&json, "/status"), at(&json, "/policy"), at(&json, "/disposition"));
        assert_eq!(found, (code, status, policy, disposition), "{domain}: {json}");
        assert_eq!(json["steps"].as_array().unwrap().len(), steps, "{domain}");
    }
}

/// For people: what was found at each name, and what holds.
#[test]
fn lookups_are_readable() {
    let (server, folder) = (NameServer::start(ZONE), tempfile::tempdir().unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_mox"))
        .current_dir(folder.path())
        .env_remove("MOXCONF")
        .args(["dmarc", "lookup", "gone.example.org", "--dnssec", "off", "--color", "never"])
        .args(["--resolver", &server.address.to_string()])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "    _dmarc.gone.example.org: no record",
        "ok  _dmarc.example.org: v=DMARC1; p=reject;",
        "organization:  example.org",
        "exists:        no: np applies",
        "applies:       np=quarantine, while testing as none",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn report_addresses_are_checked() {
    let (server, folder) = (NameServer::start(ZONE), tempfile::tempdir().unwrap());
    let (code, json) = mox(&server, folder.path(), &["checkreportaddrs", "x.example.org"]);
    assert_eq!(code, 3, "{json}");
    let consents = [0, 1, 2].map(|n| at(&json, &format!("/destinations/{n}/consent")).to_owned());
    assert_eq!(consents, ["not_needed", "given", "missing"]);
    assert_eq!(at(&json, "/destinations/1/send_to/0/address"), "instead@third.example");
    assert_eq!(at(&json, "/destinations/2/name"), "example.org._report._dmarc.other.example");
    assert_eq!(mox(&server, folder.path(), &["checkreportaddrs", "good.example"]).0, 0);
    assert_eq!(mox(&server, folder.path(), &["checkreportaddrs", "example.net"]).0, 3);
    assert_eq!(mox(&server, folder.path(), &["checkreportaddrs", "down.example"]).0, 1);
}

#[test]
fn messages_are_judged() {
    let (server, folder) = (NameServer::start(ZONE), tempfile::tempdir().unwrap());
    let message = |from: &str| format!("From: {from}\nTo: c@example.net\nSubject: x\n\nhi\n");
    for (name, from) in [
        ("own.eml", "Joe <joe@example.org>"),
        ("gone.eml", "joe@gone.example.org"),
        ("none.eml", "joe@example.net"),
        ("two.eml", "joe@example.org, jane@example.net"),
        ("down.eml", "joe@down.example"),
    ] {
        std::fs::write(folder.path().join(name), message(from)).unwrap();
    }
    // Client, MAIL FROM, file; exit code, spf, dmarc, disposition.
    for (ip, mail_from, file, code, spf, dmarc, disposition) in [
        ("192.0.2.1", "joe@example.org", "own.eml", 0, "pass", "pass", "none"),
        ("192.0.2.2", "joe@example.org", "own.eml", 3, "fail", "fail", "quarantine"),
        ("192.0.2.1", "joe@third.example", "own.eml", 3, "none", "fail", "quarantine"),
        ("192.0.2.2", "", "gone.eml", 3, "fail", "fail", "none"),
        ("192.0.2.1", "joe@example.org", "gone.eml", 0, "pass", "pass", "none"),
        ("192.0.2.1", "joe@example.org", "none.eml", 0, "pass", "none", "none"),
        ("192.0.2.1", "joe@example.org", "two.eml", 3, "pass", "permerror", "none"),
        ("192.0.2.1", "joe@example.org", "down.eml", 1, "pass", "temperror", "none"),
    ] {
        let options = ["verify", "--ip", ip, "--mail-from", mail_from, "--helo", "example.org", file];
        for args in [&options[..], &["verify", ip, mail_from, "example.org", file]] {
            let (exit, json) = mox(&server, folder.path(), args);
            let found =
                (exit, at(&json, "/spf/result"), at(&json, "/dmarc/result"), at(&json, "/disposition"));
            assert_eq!(found, (code, spf, dmarc, disposition), "{args:?}: {json}");
            assert!(at(&json, "/authentication_results").contains(&format!("dmarc={dmarc}")), "{json}");
            assert_eq!(json["dkim"], serde_json::json!([]));
        }
    }
    for args in [
        &["verify", "own.eml"][..],
        &["verify", "--ip", "192.0.2.1", "own.eml"],
        &["verify", "x", "", "example.org", "own.eml"],
        &["verify", "192.0.2.1", "a@", "example.org", "own.eml"],
    ] {
        assert_eq!(mox(&server, folder.path(), args).0, 2, "{args:?}");
    }
}

/// Runs `mox dmarc parse` with bytes as standard input; exit code, JSON and talk.
fn parsed(what: &str, input: &[u8]) -> (i32, Value, String) {
    use std::io::Write;
    let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
    command.env_remove("MOXCONF").args(["dmarc", "parse", "--json", what]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    // What asks for a file does not read it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap_or(-1), json, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn records_and_reports_are_told_apart() {
    let corpus = crate::source::root().join("tests/fuzz/corpus");
    for (file, code, container, messages, passed) in [
        ("dmarcrpt_report/google", 3, "plain", 19, 17),
        ("dmarcrpt_report/mailru", 0, "plain", 3, 3),
        ("dmarcrpt_report/gzip", 0, "gzip", 1, 1),
        ("dmarcrpt_report/mimecast", 0, "zlib", 1, 1),
        ("dmarcrpt_report/forwarded", 0, "plain", 1, 1),
        ("dmarcrpt_report/zip", 0, "zip", 1, 1),
    ] {
        let path = corpus.join(file);
        let (exit, json, talk) = parsed(path.to_str().unwrap(), b"");
        let found = (exit, at(&json, "/kind"), at(&json, "/container"), &json["messages"], &json["passed"]);
        let (messages, passed) = (Value::from(messages), Value::from(passed));
        assert_eq!(found, (code, "aggregate", container, &messages, &passed), "{file}: {json} {talk}");
        assert_eq!(parsed("-", &std::fs::read(path).unwrap()), (exit, json, talk), "{file}");
    }
    let google = std::fs::read(corpus.join("dmarcrpt_report/google")).unwrap();
    let (_, json, _) = parsed("-", &google);
    assert_eq!(at(&json, "/form"), "rfc7489");
    assert_eq!(at(&json, "/metadata/begin"), "2025-11-24T00:00:00Z");
    assert_eq!(at(&json, "/policy_published/np"), "reject");
    assert_eq!(at(&json, "/records/1/reasons/0/comment"), "arc=pass");
    assert_eq!(json["oddities"], serde_json::json!([]));
    let causes = json["causes"].as_array().unwrap();
    assert!(causes.iter().any(|cause| cause["messages"] == 2 && at(cause, "/mend") != "-"), "{json}");

    let failure = std::fs::read(corpus.join("dmarcrpt_failure/message")).unwrap();
    let (code, json, _) = parsed("-", &failure);
    assert_eq!((code, at(&json, "/kind"), at(&json, "/auth_failure/0")), (3, "failure", "dmarc"));
    assert_eq!(at(&json, "/header"), "From: a@example.org\nSubject: x");

    for (what, input, code, told) in [
        ("v=DMARC1; p=none", &b""[..], 0, ""),
        ("-", b"v=DMARC1; p=none\n", 0, ""),
        ("v=DMARC1; p=rejekt", b"", 3, ""),
        ("p=none", b"", 3, "a record begins with"),
        ("v=spf1 -all", b"", 3, "a record begins with"),
        ("no-such-file.xml", b"", 5, "no-such-file.xml"),
        ("-", b"<html/>", 3, "not a DMARC report"),
        ("-", b"Subject: x\r\n\r\nhello", 3, "no DMARC report in it"),
        ("-", b"<!DOCTYPE x><feedback/>", 3, "DOCTYPE"),
    ] {
        let (exit, _, talk) = parsed(what, input);
        assert!(exit == code && talk.contains(told), "{what}: {exit} {talk}");
    }
    let abuse = std::fs::read(corpus.join("dmarcrpt_failure/abuse")).unwrap();
    let (code, _, talk) = parsed("-", &abuse);
    assert!(code == 3 && talk.contains("feedback of type \"abuse\""), "{code} {talk}");
}
