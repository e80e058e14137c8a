//! Import into a running server that is killed meanwhile, with mail arriving, and export from it.

use std::io::Write;
use std::process::{Command, Stdio};

use mox_testkit::sender::Session;

use crate::house::House;

fn message(n: usize) -> String {
    format!(
        "From amy@example.org Thu Nov 26 21:50:{:02} 2026\nFrom: amy@example.org\nSubject: import {n}\n\nnumber {n}\n{}\n",
        n % 60,
        "and a line that makes it longer\n".repeat(30)
    )
}

#[test]
fn a_killed_server_loses_no_import_and_makes_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let file = folder.path().join("a.mbox");
    let texts: Vec<String> = (0..3000).map(message).collect();
    std::fs::write(&file, texts.concat()).unwrap();
    // All but a few batches are in the store when the pipe has taken all of this; then it stays open.
    let mut child = Command::new(env!("CARGO_BIN_EXE_mox"))
        .arg("--config")
        .arg(&house.dir)
        .args(["import", "mbox", "mox", "Old/x", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(texts.concat().as_bytes()).unwrap();
    let (code, reply) =
        Session::open(&house.mx()).unwrap().send("box@example.org", "meanwhile", "x").unwrap();
    assert_eq!(code, 250, "{reply}");
    house.kill();
    drop(pipe);
    assert!(!child.wait().unwrap().success(), "the server is gone");
    house.restart();
    let file = file.to_str().unwrap();
    let import = ["import", "mbox", "mox", "Old/x", file, "--json"];
    let report = house.json(&import);
    let count = |name: &str| report[name].as_u64().unwrap();
    assert!(count("known") > 500 && count("imported") + count("known") == 3000, "{report}");
    let report = house.json(&import);
    assert_eq!((report["imported"].as_u64(), report["known"].as_u64()), (Some(0), Some(3000)));
    let out = folder.path().join("out.tgz");
    let report = house.json(&["export", "maildir", "mox", out.to_str().unwrap(), "--json"]);
    assert_eq!(report["messages"], 3001);
    let report = house.json(&["import", "archive", "mox", out.to_str().unwrap(), "--json"]);
    // The same bytes in the same mailbox were imported before; the one that came by SMTP was not.
    assert_eq!((report["imported"].as_u64(), report["known"].as_u64()), (Some(1), Some(3000)), "{report}");
    house.stop();
    house.verify();
}

#[test]
fn links_in_a_maildir_bring_nothing_in() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let (dir, secrets) = (folder.path().join("Maildir"), folder.path().join("secrets"));
    for made in ["cur", ".Sent", ".Sent/new"] {
        std::fs::create_dir_all(dir.join(made)).unwrap();
    }
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("key"), "Subject: secret\n\n").unwrap();
    std::fs::write(dir.join("cur/1.a:2,S"), "Subject: mail\n\n").unwrap();
    symlink(secrets.join("key"), dir.join("cur/2.a:2,S")).unwrap();
    symlink(&secrets, dir.join(".Sent/cur")).unwrap();
    let fifo = Command::new("mkfifo").arg(dir.join("cur/3.a:2,S")).status().unwrap();
    assert!(fifo.success());
    let output = Command::new(env!("CARGO_BIN_EXE_mox"))
        .args(["import", "maildir", "mox", "Inbox", dir.to_str().unwrap(), "--dry-run", "--json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"));
    assert_eq!((report["messages"].as_u64(), report["skipped"].as_u64()), (Some(1), Some(2)), "{said}");
    assert!(said.contains("it is a link, and not followed"), "{said}");
}
