//! Of lists that go on: pages along the links to the next one show each row of the command once.

use std::process::Command;

use super::{Same, differences};
use crate::filled::{ADMINISTRATOR, Filled, LOGIN, OWNER, aggregate, tls};
use crate::peers::installed;
use crate::visitor::{Answer, Visitor};

/// More than a page has, and fewer than two have.
const ROWS: usize = 130;

/// Lists that this test makes long, as the tables call them, and how the command is asked for all.
const LONG: [(&str, &[&str]); 7] = [
    ("queue", &[]),
    ("queue/webhooks", &[]),
    ("queue/suppress", &[]),
    ("tlsrpt/reports", ALL),
    ("tlsrpt/suppressed", &[]),
    ("dmarc/reports", ALL),
    ("dmarc/suppressed", &[]),
];
const ALL: &[&str] = &["--limit", "500"];

#[test]
fn pages_go_on_where_the_one_before_ended() {
    if !installed(&["swaks"]) {
        return;
    }
    let filled = Filled::start();
    fill(&filled);
    let mut admin = Visitor::logged_in(&filled.admin(), "/admin/", "", ADMINISTRATOR);
    let tables = [super::queue::SAME, super::tlsrpt::SAME, super::dmarc::SAME];
    let mut wrong = Vec::new();
    for (path, all) in LONG {
        let same: Vec<&Same> = tables.into_iter().flatten().filter(|same| same.path == path).collect();
        assert!(!same.is_empty(), "no entry of a table is about {path}");
        let pages = along(&mut admin, &format!("/admin/{path}"));
        assert!(pages.len() > 1, "{path} has one page");
        for same in same {
            let said = differences(same, &pages, &filled.served.report(&[same.command, all].concat()));
            wrong.extend(said.into_iter().map(|text| format!("{path}: {text}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A page and those behind it.
fn along(visitor: &mut Visitor, first: &str) -> Vec<String> {
    let (mut path, mut pages) = (Some(first.to_owned()), Vec::new());
    while let Some(at) = path {
        let answer = visitor.get(&at);
        assert_eq!(answer.status, 200, "{at}: {}", answer.text());
        assert!(pages.len() < 10, "{at} goes on and on");
        path = next(&answer);
        pages.push(answer.text());
    }
    pages
}

/// Where the next page is.
fn next(answer: &Answer) -> Option<String> {
    let text = answer.text();
    let link = text.split("<a ").skip(1).find(|link| link.contains("rel=\"next\""))?;
    Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&#38;", "&"))
}

fn fill(filled: &Filled) {
    let mox = |words: &[&str]| filled.served.mox(words);
    mox(&["queue", "holdrules", "add", "--to-domain", "held.example"]);
    for part in 0..2 {
        let to: Vec<String> = (0..ROWS / 2).map(|n| format!("r{n}.{part}@held.example")).collect();
        submit(filled, &to.join(","));
    }
    let mut arriving = Vec::new();
    for n in 0..ROWS {
        let n_text = n.to_string();
        mox(&["queue", "suppress", "add", "a", &format!("gone{n}@example.com"), "--reason", &n_text]);
        for family in ["tlsrpt", "dmarc"] {
            mox(&[family, "suppress", "add", &format!("mailto:full{n}@example.com"), "--reason", &n_text]);
        }
        let mail = format!("From: <b@example.com>\r\nSubject: {n}\r\n\r\nhello\r\n");
        let report = filled.signed("example.com", &tls("example.com", 1, n));
        arriving.push(("a@example.org", mail));
        arriving.push(("dmarcreports@example.org", aggregate(n)));
        arriving.push(("tlsreports@example.org", report));
    }
    filled.deliver_all(&arriving);
    let last = format!("/reports/{}", ROWS - 1);
    filled.eventually("received reports about DMARC", &[&["dmarc", "reports", "list"], ALL].concat(), &last);
    filled.eventually("received reports about TLS", &[&["tlsrpt", "reports", "list"], ALL].concat(), &last);
    filled.eventually("calls of a webhook", &["queue", "webhook", "list"], &format!("/{}", ROWS - 1));
}

/// Submits a message to many.
fn submit(filled: &Filled, to: &str) {
    let server = format!("127.0.0.1:{}", filled.served.port(587));
    let login =
        ["--tls", "--server", &server, "--auth", "PLAIN", "--auth-user", LOGIN, "--auth-password", OWNER];
    let sent = Command::new("swaks").args(login).args(["--from", LOGIN, "--to", to]).output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stdout));
}
