//! Tests of the pages of the configuration against operations in memory.

use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_httpserver::StatusCode;

use crate::domains::tests::{Log, Site, changed, noted};

const TEXT: &str = "Domains:\n\texample.org: nil\nAccounts:\n\tamy:\n\t\tDescription: <b>&\n";

fn problem(line: u32, message: &str) -> ConfigProblem {
    ConfigProblem {
        file: "/etc/mox/domains.conf".into(),
        line: Some(line),
        column: Some(1),
        key: "Accounts.amy".into(),
        message: format!("/etc/mox/domains.conf:{line}:1: {message}"),
        nearest: None,
    }
}

fn file(name: &str, text: &str, in_effect: bool) -> ConfigFile {
    ConfigFile { path: format!("/etc/mox/{name}"), text: text.into(), base: "base-1".into(), in_effect }
}

fn texts() -> ConfigTexts {
    ConfigTexts {
        server: file("mox.conf", "DataDir: data\nHostname: mail.example.org\n", false),
        domains: file("domains.conf", TEXT, true),
        valid: false,
        errors: vec![problem(4, "required key <Domain> is missing")],
        warnings: vec![problem(2, "worth knowing")],
    }
}

/// Texts with `bad` are wrong in line 2; bases other than the file's are stale.
fn checked(op: &ConfigCheck) -> ConfigChecked {
    let bad = op.text.contains("bad");
    ConfigChecked {
        stale: op.base != "base-1",
        valid: !bad,
        errors: if bad { vec![problem(2, "unknown key <bad>")] } else { Vec::new() },
        warnings: Vec::new(),
        diff: "--- a\n+++ b\n-\t<old>\n+\t<new>\n".into(),
        base: "base-1".into(),
    }
}

fn versions() -> Vec<ConfigVersion> {
    let version = |version: u64, change: &str| ConfigVersion {
        version,
        at: Time(Timestamp::from_secs(1_795_342_830)),
        change: change.into(),
        size: 1500,
    };
    vec![version(2, "account add <bob>"), version(1, "domain add")]
}

fn operations(log: &Log) -> Operations {
    macro_rules! does {
        ($op:ident: $ty:ty => $reply:expr) => {{
            let log = log.clone();
            move |$op: $ty| {
                noted(&log, &$op);
                async move { $reply }
            }
        }};
    }
    Operations::new()
        .on(does!(_op: ConfigText => Ok(texts())))
        .on(does!(op: ConfigCheck => Ok(checked(&op))))
        .on(does!(op: ConfigApply => match op.text.contains("race") {
            true => Err(OpError::failed("it was changed since this edit began").hint("nothing was changed")),
            false => Ok(changed("apply", op.dry_run)),
        }))
        .on(does!(_op: ConfigVersions => Ok(versions())))
        .on(does!(op: ConfigDiff => Ok(ConfigDiffed {
            version: versions().into_iter().find(|v| Some(v.version) == op.version.or(Some(2))),
            diff: "-\t<x>\n".into(),
        })))
        .on(does!(op: ConfigRollback => Ok(changed("rollback", op.dry_run))))
}

fn site() -> Site {
    Site::new(operations)
}

#[tokio::test]
async fn both_files_are_shown_with_what_is_wrong_by_line() {
    let page = site().page("config").await;
    for part in [
        "The files have errors",
        "/etc/mox/domains.conf:4:1: required key &#60;Domain&#62; is missing",
        "<li id=\"domains-4\" class=\"bad\">\tamy:</li>",
        "<li id=\"domains-5\">\t\tDescription: &#60;b&#62;&#38;</li>",
        "<li id=\"server-2\">Hostname: mail.example.org</li>",
        "restart it",
        "worth knowing",
        "href=\"/admin/config/edit\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[tokio::test]
async fn an_edit_is_checked_and_applied() {
    let site = site();
    let page = site.page("config/edit").await;
    assert!(page.contains("\nDomains:\n\texample.org: nil\n"), "a first blank line is not lost: {page}");
    assert!(page.contains("Description: &#60;b&#62;&#38;\n</textarea>"), "{page}");
    assert!(page.contains("name=\"base\" value=\"base-1\""));
    site.asked();
    let check = site.ask("POST", "config/edit", "base=base-1&action=check&text=Domains%3A+nil%0D%0A").await;
    assert_eq!(check.status, StatusCode::OK);
    for part in [
        "The text can be used",
        "<span class=\"line add\">+\t&#60;new&#62;</span>",
        "Domains: nil\r\n</textarea>",
    ] {
        assert!(check.body.contains(part), "{part}\n{}", check.body);
    }
    assert_eq!(site.asked().len(), 1, "a check applies nothing");
    let to = site.post("config/edit", "base=base-1&action=apply&text=Domains%3A+nil").await;
    assert_eq!(to, "/admin/config?note=applied");
    assert_eq!(
        site.asked().last().unwrap(),
        "config-apply {\"text\":\"Domains: nil\",\"base\":\"base-1\",\"dry_run\":false}"
    );
    assert!(site.page("config?note=applied").await.contains("is in effect"));
}

#[tokio::test]
async fn a_text_that_is_not_applied_is_not_lost() {
    let site = site();
    for (base, text, status, says) in [
        ("base-1", "one%0Abad+%3Ci%3E", StatusCode::BAD_REQUEST, "unknown key &#60;bad&#62;"),
        ("base-0", "mine+%3Ci%3E", StatusCode::CONFLICT, "Somebody changed domains.conf"),
        ("base-1", "race+%3Ci%3E", StatusCode::CONFLICT, "Not applied: it was changed since this edit began"),
    ] {
        let answer = site.ask("POST", "config/edit", &format!("base={base}&action=apply&text={text}")).await;
        assert_eq!(answer.status, status, "{text}");
        assert!(answer.body.contains(says), "{says}\n{}", answer.body);
        assert!(answer.body.contains("&#60;i&#62;</textarea>"), "{}", answer.body);
        let applied = site.asked().iter().any(|op| op.starts_with("config-apply"));
        assert_eq!(applied, text.starts_with("race"), "{text}");
    }
    let bad = site.ask("POST", "config/edit", "base=base-1&action=check&text=one%0Abad+%3Ci%3E").await;
    assert!(bad.body.contains("<span class=\"badge bad\">line 2</span>"), "{}", bad.body);
    assert!(bad.body.contains("<pre class=\"block\">bad &#60;i&#62;</pre>"), "{}", bad.body);
    assert!(bad.body.contains("<li id=\"line-2\" class=\"bad\">"), "{}", bad.body);
    let long = "x".repeat((512 << 10) + 1);
    let answer = site.ask("POST", "config/edit", &format!("action=apply&text={long}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("longer than 512 kB"));
}

#[tokio::test]
async fn versions_are_compared_and_rolled_back_after_a_question() {
    let site = site();
    let page = site.page("config/versions").await;
    for part in [
        "<tr data-key=\"2\">",
        "account add &#60;bob&#62;",
        "href=\"/admin/config/diff?version=2\"",
        "href=\"/admin/config/diff?version=1&amp;to=2\"",
        "1.5 kB",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let diff = site.page("config/diff?version=1&to=2").await;
    assert!(
        diff.contains("From version 1 to version 2") && diff.contains("line del\">-\t&#60;x&#62;"),
        "{diff}"
    );
    assert!(site.page("config/diff?version=1&to=").await.contains("to domains.conf as it is"));
    assert_eq!(site.ask("GET", "config/diff?version=9", "").await.status, StatusCode::NOT_FOUND);
    site.asked();
    let question = site.ask("POST", "config/rollback", "version=1").await;
    assert!(question.body.contains("Back to version 1?") && question.body.contains("line add\">+added"));
    assert_eq!(site.asked(), ["config-rollback {\"version\":1,\"dry_run\":true}"]);
    let to = site.post("config/rollback", "version=1&confirm=yes").await;
    assert_eq!(to, "/admin/config/versions?note=rolled-back");
    assert_eq!(site.asked(), ["config-rollback {\"version\":1,\"dry_run\":false}"]);
    assert_eq!(site.ask("POST", "config/rollback", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.ask("POST", "config/rollback", "version=x").await.status, StatusCode::BAD_REQUEST);
}
