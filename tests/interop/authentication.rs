//! Forged, aligned and unaligned senders of the lab, sent by swaks: the verdict in the header, in the command and on
//! the page is the one that the lab's table promises; with `--enforce` it is acted upon.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::house::House;
use crate::peers::{installed, run};

/// A message by swaks: reverse-path, From, subject, and more options.
fn swaks(house: &House, mail_from: &str, from: &str, subject: &str, more: &[&str]) -> Output {
    let mut swaks = Command::new("swaks");
    swaks.args([
        "--server",
        "127.0.0.1",
        "--port",
        &(house.base + 25).to_string(),
        "--helo",
        "client.lab.test",
    ]);
    swaks.args(["--from", mail_from, "--h-From", from, "--to", "reader@example.org"]);
    swaks.args(["--h-Subject", subject]).args(more);
    swaks.output().unwrap()
}

/// What `message show --json` says of the message with a subject.
fn shown(house: &House, subject: &str) -> Value {
    let id = house.eventually(subject, || {
        let found = house.messages().into_iter().find(|message| message["subject"] == subject)?;
        Some(found["id"].to_string())
    });
    house.json(&["message", "show", "--json", &id])
}

/// The first field of a name, as shown.
fn field(shown: &Value, name: &str) -> String {
    let headers = shown["headers"].as_array().unwrap();
    let field = headers.iter().find(|header| header["name"] == name);
    field.map(|header| header["value"].as_str().unwrap().to_owned()).unwrap_or_default()
}

/// The domains of the lab that mail comes from.
fn senders(domains: &Value) -> impl Iterator<Item = &Value> {
    domains.as_array().unwrap().iter().filter(|domain| domain["expect"]["spf"].is_string())
}

/// The message of a sender as the table describes it; its subject is the domain.
fn send(house: &House, folder: &Path, domain: &Value) -> Output {
    let (name, expect) = (domain["name"].as_str().unwrap(), &domain["expect"]);
    let from = format!("amy@{name}");
    let mail_from = format!("amy@{}", expect["mail_from"].as_str().unwrap_or(name));
    let Some(signer) = expect["signed"].as_str() else {
        return swaks(house, &mail_from, &from, name, &[]);
    };
    let file = folder.join("signed.eml");
    std::fs::write(&file, signed(house, folder, signer, "lab", name)).unwrap();
    let data = format!("@{}", file.display());
    let mut swaks = Command::new("swaks");
    swaks.args([
        "--server",
        "127.0.0.1",
        "--port",
        &(house.base + 25).to_string(),
        "--helo",
        "client.lab.test",
    ]);
    swaks.args(["--from", &mail_from, "--to", "reader@example.org", "--data", &data]);
    swaks.output().unwrap()
}

#[test]
fn every_sender_of_the_lab_gets_its_verdict() {
    if !installed(&["swaks", "curl"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let domains = house.json(&["lab", "list", "--json"]);
    for domain in senders(&domains) {
        let name = domain["name"].as_str().unwrap();
        let expect = &domain["expect"];
        let sent = send(&house, folder.path(), domain);
        assert!(sent.status.success(), "{name}: {}", String::from_utf8_lossy(&sent.stdout));
        let message = shown(&house, name);
        let verdicts = &message["verdicts"];
        assert_eq!(verdicts["spf"]["result"], expect["spf"], "{name}: {verdicts}");
        assert_eq!(verdicts["dmarc"]["result"], expect["dmarc"], "{name}: {verdicts}");
        assert_eq!(verdicts["decision"], expect["decision"], "{name}: {verdicts}");
        let results = field(&message, "Authentication-Results");
        for method in ["spf", "dmarc"] {
            let claim = format!("{method}={}", expect[method].as_str().unwrap());
            assert!(results.contains(&claim), "{name}: {claim} is not in {results}");
        }
        assert!(field(&message, "Received-SPF").to_lowercase().starts_with(expect["spf"].as_str().unwrap()));
        let page = page(&house, &message["id"].to_string());
        for method in ["spf", "dmarc"] {
            assert!(page.contains(expect[method].as_str().unwrap()), "{name}: {method} is not on the page");
        }
    }
    house.stop();
    house.verify();
}

/// The page about a message's authentication.
fn page(house: &House, id: &str) -> String {
    let url = format!("http://127.0.0.1:{}/message/{id}?view=authentication", house.base + 80);
    run(Command::new("curl").args(["-sS", "--fail", &url]))
}

#[test]
fn who_speaks_for_another_is_found_out() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &[]);
    // SPF passes for the reverse-path, whose domain is not that of From.
    let (own, other) = ("amy@dmarc-pass.lab.test", "bob@dmarc-reject.lab.test");
    let forged = "Authentication-Results: localhost; spf=pass; dmarc=pass header.from=dmarc-reject.lab.test";
    assert!(swaks(&house, own, other, "unaligned", &["--add-header", forged]).status.success());
    let message = shown(&house, "unaligned");
    let verdicts = &message["verdicts"];
    assert_eq!(
        (&verdicts["spf"]["result"], &verdicts["spf"]["aligned"], &verdicts["dmarc"]["result"]),
        (&"pass".into(), &false.into(), &"fail".into()),
        "{verdicts}"
    );
    let headers = message["headers"].as_array().unwrap();
    let claims = headers.iter().filter(|header| header["name"] == "Authentication-Results");
    assert_eq!(claims.count(), 1, "the forged field is gone: {headers:?}");
}

/// A message of the lab with a subject, signed by `mox dkim sign` with the lab's key.
fn signed(house: &House, folder: &Path, domain: &str, selector: &str, subject: &str) -> String {
    let key = folder.join("lab.pem");
    std::fs::write(&key, house.mox(&["lab", "key"])).unwrap();
    let message = folder.join("message.eml");
    let text = format!("From: amy@{domain}\r\nTo: reader@example.org\r\nSubject: {subject}\r\n\r\nhello\r\n");
    std::fs::write(&message, text).unwrap();
    let key = key.to_str().unwrap();
    let message = message.to_str().unwrap();
    house.mox(&["dkim", "sign", "--domain", domain, "--selector", selector, "--key", key, message])
}

#[test]
fn a_signature_stands_in_for_spf() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &[]);
    for (domain, selector, dkim, dmarc) in [
        ("dkim-only.lab.test", "lab", "pass", "pass"),
        ("dkim-only.lab.test", "revoked", "permerror", "fail"),
        ("dkim-only.lab.test", "nokey", "permerror", "fail"),
    ] {
        let file = folder.path().join("signed.eml");
        std::fs::write(
            &file,
            signed(&house, folder.path(), domain, selector, &format!("{selector}.{domain}")),
        )
        .unwrap();
        let sender = format!("amy@{domain}");
        let data = format!("@{}", file.display());
        let mut swaks = Command::new("swaks");
        swaks.args(["--server", "127.0.0.1", "--port", &(house.base + 25).to_string()]);
        swaks.args(["--from", &sender, "--to", "reader@example.org", "--data", &data]);
        run(&mut swaks);
        let message = shown(&house, &format!("{selector}.{domain}"));
        let verdicts = &message["verdicts"];
        assert_eq!(verdicts["dkim"][0]["result"], dkim, "{verdicts}");
        assert_eq!(verdicts["dkim"][0]["selector"], selector);
        assert_eq!(verdicts["dmarc"]["result"], dmarc, "{verdicts}");
        let results = field(&message, "Authentication-Results");
        assert!(results.contains(&format!("dkim={dkim}")), "{results}");
    }
}

#[test]
fn verdicts_are_acted_upon_where_that_is_asked_for() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &["--enforce"]);
    let mut kept = 0;
    for domain in senders(&house.json(&["lab", "list", "--json"])) {
        let name = domain["name"].as_str().unwrap();
        let sent = send(&house, folder.path(), domain);
        let said = String::from_utf8_lossy(&sent.stdout).into_owned();
        match domain["expect"]["decision"].as_str().unwrap() {
            "reject" => assert!(said.contains("550 5.7.26 "), "{name}: {said}"),
            "defer" => assert!(said.contains("451 4.7.26 "), "{name}: {said}"),
            decision => {
                assert!(sent.status.success(), "{name}: {said}");
                let mailbox = shown(&house, name)["mailbox"].clone();
                assert_eq!(mailbox == "Junk", decision == "quarantine", "{name} is in {mailbox}");
                kept += 1;
            }
        }
    }
    assert_eq!(house.messages().len(), kept, "what is refused is not kept");
}
