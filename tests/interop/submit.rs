//! Mail from the usual clients, by every door: it is listed within a second, and `localserve wait` returns it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::house::House;
use crate::peers::{installed, run};

/// Longest time from the client's end to the message in the list; the promise is one second.
const LISTED_WITHIN: Duration = Duration::from_secs(if cfg!(debug_assertions) { 5 } else { 1 });

/// The message with `subject` must be in the mailbox of `to`, soon and once, and `wait` must find it.
fn arrived(house: &House, to: &str, subject: &str) {
    let from = Instant::now();
    let found = loop {
        let found: Vec<_> =
            house.messages().into_iter().filter(|message| message["subject"] == subject).collect();
        if !found.is_empty() {
            break found;
        }
        assert!(from.elapsed() < LISTED_WITHIN, "{subject} is not listed\n{}", house.said());
    };
    assert_eq!(found.len(), 1, "{found:?}");
    for field in ["id", "account", "mailbox", "to", "from", "subject", "received", "size", "flags"] {
        assert!(!found[0][field].is_null(), "message list --json lacks {field}: {}", found[0]);
    }
    assert_eq!(found[0]["mailbox"], to, "every address has an inbox of its own");
    house.mox(&[
        "localserve",
        "wait",
        "--to",
        to,
        "--subject",
        subject,
        "--since",
        "10m",
        "--timeout",
        "10s",
    ]);
}

#[test]
fn swaks_delivers_by_every_door() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    swaks_by_every_door(&House::start(&folder.path().join("house"), &[]));
}

/// Sends a message with each way to connect and log in, and waits for it in its mailbox.
pub(crate) fn swaks_by_every_door(house: &House) {
    let login = ["--auth-user", "mox@localhost", "--auth-password", "moxmoxmox"];
    let doors: [(&str, u16, &[&str], bool); 8] = [
        ("mx", 25, &[], false),
        ("mx-starttls", 25, &["--tls"], false),
        ("submission-plain", 587, &["--tls", "--auth", "PLAIN"], true),
        ("submission-login", 587, &["--tls", "--auth", "LOGIN"], true),
        ("submission-cram", 587, &["--tls", "--auth", "CRAM-MD5"], true),
        ("submission-any", 587, &["--tls", "--auth"], true),
        ("submissions-plain", 465, &["--tls-on-connect", "--auth", "PLAIN"], true),
        ("submissions-any", 465, &["--tls-on-connect", "--auth"], true),
    ];
    for (name, port, options, authenticated) in doors {
        let to = format!("{name}@example.org");
        let subject = format!("by {name}");
        let mut swaks = Command::new("swaks");
        swaks.args(["--server", "127.0.0.1", "--port", &(house.base + port).to_string(), "--to", &to]);
        swaks.args(["--from", "mox@localhost", "--helo", "client.example"]);
        swaks.args(["--header", &format!("Subject: {subject}")]).args(options);
        if authenticated {
            swaks.args(login);
        }
        run(&mut swaks);
        arrived(house, &to, &subject);
    }
}

#[test]
fn swaks_is_refused_with_a_wrong_password() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &[]);
    let output = Command::new("swaks")
        .args(["--server", &house.at(587), "--to", "a@example.org", "--from", "mox@localhost", "--tls"])
        .args(["--auth", "PLAIN", "--auth-user", "mox@localhost", "--auth-password", "wrong-password"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(28), "swaks: 28 is failed authentication");
    assert!(String::from_utf8_lossy(&output.stdout).contains(" 535 "), "RFC 4954 §6: 535");
    assert!(house.messages().is_empty());
}

#[test]
fn python_smtplib_delivers_by_every_door() {
    if !installed(&["python3"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &[]);
    let script = r#"
import smtplib, ssl, sys
from email.message import EmailMessage
base = int(sys.argv[1])
trusting = ssl.create_default_context()
trusting.check_hostname = False
trusting.verify_mode = ssl.CERT_NONE

def message(name):
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = "mox@localhost", f"{name}@example.org", f"by {name}"
    m.set_content("Grüße\n.\n..\n")
    return m

with smtplib.SMTP("127.0.0.1", base + 25) as s:
    s.send_message(message("py-mx"))
with smtplib.SMTP("127.0.0.1", base + 587) as s:
    s.starttls(context=trusting)
    s.login("mox@localhost", "moxmoxmox")
    s.send_message(message("py-starttls"))
    s.send_message(message("py-second"))
with smtplib.SMTP_SSL("127.0.0.1", base + 465, context=trusting) as s:
    s.login("mox@localhost", "moxmoxmox")
    s.send_message(message("py-tls"))
"#;
    run(Command::new("python3").args(["-c", script, &house.base.to_string()]));
    for name in ["py-mx", "py-starttls", "py-second", "py-tls"] {
        arrived(&house, &format!("{name}@example.org"), &format!("by {name}"));
    }
    let messages = house.messages();
    let id = messages[0]["id"].to_string();
    let text = house.mox(&["message", "cat", id.trim_matches('"')]).replace("\r\n", "\n");
    assert!(text.contains("\n.\n..\n") || text.contains("base64"), "dots at line starts survive:\n{text}");
}

#[test]
fn wait_fails_when_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &[]);
    let output = house.try_mox(&["localserve", "wait", "--to", "nobody@example.org", "--timeout", "1s"]);
    assert_eq!(output.status.code(), Some(5), "not found");
    assert!(output.stdout.is_empty());
}
