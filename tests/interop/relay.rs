//! Mail that leaves: through the queue to a real Postfix, retried while it is down, bounced when it stays down.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::House;
use crate::peers::{file, installed, is_root, run, skip};

/// A Postfix of our own, stopped on drop.
struct Postfix {
    folder: PathBuf,
    address: String,
}

impl Postfix {
    /// Prepares, does not start. `None`: skipped.
    fn new(folder: &Path) -> Option<Postfix> {
        if !installed(&["postfix", "bash"]) {
            return None;
        }
        if !is_root() {
            skip("Postfix needs root");
            return None;
        }
        let certificate = rcgen::generate_simple_self_signed(vec!["mx.example.org".to_owned()]).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("cert.pem"), certificate.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), certificate.signing_key.serialize_pem()).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Some(Postfix { folder: folder.to_owned(), address: free.to_string() })
    }

    fn script(&self, what: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(file("postfix.sh")).arg(what).arg(&self.folder).env("LISTEN", &self.address);
        command.env("CERT", self.folder.join("cert.pem")).env("KEY", self.folder.join("key.pem"));
        command
    }

    fn start(&self, house: &House) {
        run(&mut self.script("start"));
        house.eventually("Postfix to listen", || TcpStream::connect(&self.address).ok());
    }

    fn stop(&self) {
        run(&mut self.script("stop"));
    }

    /// The messages that Postfix delivered.
    fn mailbox(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("mail/all/new")) else { return Vec::new() };
        entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "Postfix said:\n{}",
                std::fs::read_to_string(self.folder.join("maillog")).unwrap_or_default()
            );
        }
        let _ = self.script("stop").output();
    }
}

/// Submits a message from mox@localhost by swaks over STARTTLS.
fn submit(house: &House, to: &str, subject: &str) {
    run(Command::new("swaks")
        .args(["--server", &house.at(587), "--tls", "--auth", "--auth-user", "mox@localhost"])
        .args(["--auth-password", "moxmoxmox", "--from", "mox@localhost", "--to", to])
        .args(["--header", &format!("Subject: {subject}"), "--body", "to the outside"]));
}

/// The queue as `queue list --json` shows it.
fn queue(house: &House) -> Vec<serde_json::Value> {
    house.json(&["queue", "list", "--json"]).as_array().unwrap().clone()
}

#[test]
fn mail_leaves_to_postfix_over_starttls() {
    let folder = tempfile::tempdir().unwrap();
    let Some(postfix) = Postfix::new(&folder.path().join("postfix")) else { return };
    if !installed(&["swaks"]) {
        return;
    }
    let relay = format!("example.org={}", postfix.address);
    let house = House::start(&folder.path().join("house"), &["--relay-domain", &relay]);
    postfix.start(&house);
    submit(&house, "bob@example.org", "leaves");
    let message = house.eventually("the message in Postfix's mailbox", || postfix.mailbox().pop());
    assert!(message.contains("Subject: leaves"), "{message}");
    assert!(message.contains("using TLSv1.3"), "sent by STARTTLS:\n{message}");
    house.eventually("an empty queue", || queue(&house).is_empty().then_some(()));
    // Other domains still stay here.
    submit(&house, "bob@example.com", "stays");
    house.mox(&["localserve", "wait", "--to", "bob@example.com", "--subject", "stays", "--timeout", "10s"]);
    assert_eq!(postfix.mailbox().len(), 1);
}

#[test]
fn a_stopped_postfix_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let Some(postfix) = Postfix::new(&folder.path().join("postfix")) else { return };
    if !installed(&["swaks"]) {
        return;
    }
    let relay = format!("example.org={}", postfix.address);
    let house = House::start(
        &folder.path().join("house"),
        &["--relay-domain", &relay, "--retry", "2s,2s,2s,2s,2s,2s"],
    );
    submit(&house, "bob@example.org", "later");
    let waiting = house.eventually("a failed attempt", || {
        queue(&house)
            .into_iter()
            .find(|message| message["attempts"].as_u64().is_some_and(|attempts| attempts > 0))
    });
    for field in [
        "id",
        "account",
        "from",
        "to",
        "size",
        "queued",
        "next_attempt",
        "attempts",
        "hold",
        "last_error",
        "tls",
    ] {
        assert!(waiting.get(field).is_some(), "queue list --json lacks {field}: {waiting}");
    }
    let why = house.mox(&["queue", "explain", waiting["id"].to_string().trim_matches('"')]);
    assert!(why.contains("refused") && why.contains(&postfix.address), "does not say why:\n{why}");
    postfix.start(&house);
    let message = house.eventually("the message in Postfix's mailbox", || postfix.mailbox().pop());
    assert!(message.contains("Subject: later"), "{message}");
    house.eventually("an empty queue", || queue(&house).is_empty().then_some(()));
    postfix.stop();
    assert_eq!(postfix.mailbox().len(), 1, "sent once");
}

#[test]
fn a_postfix_that_stays_down_becomes_a_dsn() {
    if !installed(&["swaks", "python3"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = format!("example.org={nobody}");
    let house = House::start(&folder.path().join("house"), &["--relay-domain", &relay, "--retry", "1s,1s"]);
    submit(&house, "bob@example.org", "never");
    let dsn = house
        .eventually("a DSN", || house.messages().into_iter().find(|message| message["mailbox"] == "Inbox"));
    assert!(queue(&house).is_empty(), "{:?}", queue(&house));
    let path = folder.path().join("dsn.eml");
    std::fs::write(&path, house.mox(&["message", "cat", dsn["id"].to_string().trim_matches('"')])).unwrap();
    let script = r#"
import email, email.policy, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
assert m.get_content_type() == "multipart/report", m.get_content_type()
assert m.get_content_type() and m["Content-Type"].params["report-type"] == "delivery-status", m["Content-Type"]
text, status, original = list(m.iter_parts())
assert text.get_content_type() == "text/plain" and "bob@example.org" in text.get_content(), text
assert status.get_content_type().endswith("delivery-status"), status.get_content_type()
per_message, recipient = status.get_payload()
assert recipient["Action"] == "failed", str(recipient)
assert "bob@example.org" in recipient["Final-Recipient"], str(recipient)
assert recipient["Status"].startswith(("4.", "5.")), str(recipient)
assert original.get_content_type() in ("message/rfc822", "message/global", "text/rfc822-headers",
                                       "message/global-headers"), original.get_content_type()
assert "never" in original.as_string(), original
assert not any(p.defects for p in m.walk()), [p.defects for p in m.walk()]
"#;
    run(Command::new("python3").args(["-c", script]).arg(&path));
}
