//! A message that was caught is released: through a relay that was named for that, to whom one says, and nothing else
//! leaves.

use crate::house::House;
use mox_testkit::sender::Session;

#[test]
fn only_what_is_released_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let relay = House::start(&folder.path().join("relay"), &[]);
    let house = House::start(&folder.path().join("house"), &["--release", &relay.mx()]);
    send(&house, "bob@example.org", "first");
    send(&house, "amy@example.org", "second");
    let id = |to: &str| house.messages().iter().find(|m| m["to"] == to).unwrap()["id"].to_string();
    let (bob, amy) = (id("bob@example.org"), id("amy@example.org"));

    let plan = house.json(&["message", "release", &amy, "--to", "carol@example.net", "--dry-run", "--json"]);
    assert_eq!(plan["queued"], serde_json::json!([]), "{plan}");
    let port = format!("through 127.0.0.1 port {}", relay.base + 25);
    assert_eq!(
        (&plan["plan"][0]["to"], &plan["plan"][0]["route"]),
        (&"carol@example.net".into(), &port.into())
    );
    assert!(house.json(&["queue", "list", "--json"]).as_array().unwrap().is_empty());

    house.mox(&["message", "release", &amy, "--to", "carol@example.net"]);
    house.mox(&["message", "release", &bob]);
    relay.eventually("both messages", || (relay.messages().len() == 2).then_some(()));
    let got = |to: &str| {
        let messages = relay.messages();
        let id =
            messages.iter().find(|m| m["to"] == to).unwrap_or_else(|| panic!("{to}: {messages:?}"))["id"]
                .to_string();
        relay.mox(&["message", "cat", &id])
    };
    let text = got("carol@example.net");
    assert!(text.contains("Subject: second"), "{text}");
    // What belongs to the mailbox here stayed here.
    assert_eq!(text.matches("Return-Path:").count(), 1, "{text}");
    assert!(!text.contains("Delivered-To: amy@example.org"), "{text}");
    assert!(got("bob@example.org").contains("Subject: first"));

    let history = house.json(&["message", "events", &amy, "--json"]);
    let steps: Vec<&str> =
        history["lines"].as_array().unwrap().iter().filter_map(|l| l["step"].as_str()).collect();
    assert!(
        steps.starts_with(&["received", "judged", "stored", "queued"]) && steps.contains(&"delivered"),
        "{steps:?}"
    );
    assert_eq!(house.messages().len(), 2, "both are still caught here");
}

#[test]
fn without_a_relay_nothing_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &[]);
    send(&house, "bob@example.org", "first");
    let refused = house.try_mox(&["message", "release", "1"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("no relay takes mail for example.org") && said.contains("--release HOST:PORT"),
        "{said}"
    );
}

fn send(house: &House, to: &str, subject: &str) {
    let mut session = Session::open(&house.mx()).unwrap();
    assert_eq!(session.send(to, subject, "hello\r\n").unwrap().0, 250);
}
