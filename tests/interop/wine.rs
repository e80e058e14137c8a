//! The program for Windows, run by wine, with clients that run here: mail by every port, seen by the command line and
//! the API, and an orderly end.
//!
//! Ignored without a Windows build; `.ci/cross windows-interop` runs them with one. Wine 8 is not Windows: it keeps no
//! access lists (files get mode bits), and `mox stop` ends the program here, no console event.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::house::House;
use crate::peers::installed;
use crate::served::Served;
use crate::submit::swaks_by_every_door;

/// `GET /api/v1/messages` at the HTTP port, as JSON.
fn messages_by_api(house: &House) -> Value {
    let mut stream = TcpStream::connect(house.at(80)).unwrap();
    let request = format!("GET /api/v1/messages HTTP/1.0\r\nHost: localhost:{}\r\n\r\n", house.base + 80);
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").expect("a reply");
    assert!(head.contains(" 200 "), "{head}");
    serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {body}"))
}

/// Processes of this machine that run mox.exe with `dir` in their command line.
fn processes_in(dir: &Path) -> usize {
    let name = dir.file_name().unwrap().to_string_lossy().into_owned();
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| {
            let line = String::from_utf8_lossy(line);
            line.contains("mox.exe") && line.contains(&name)
        })
        .count()
}

#[test]
#[ignore = "needs a Windows build and wine: .ci/cross windows-interop"]
fn mail_by_every_port_is_shown() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house = House::start_windows(&folder.path().join("house"), &[]);
    swaks_by_every_door(&house);

    let messages = house.messages();
    assert_eq!(messages.len(), 8, "one a door");
    let (id, subject) = (messages[0]["id"].to_string(), messages[0]["subject"].as_str().unwrap());
    assert!(house.mox(&["message", "show", &id]).contains(subject));
    let shown = house.json(&["message", "show", &id, "--json"]);
    assert_eq!(shown["subject"], subject, "{shown}");
    // As it was stored: no line end is changed on the way to standard output.
    let raw = house.mox(&["message", "cat", &id]);
    assert_eq!(Value::from(raw.len()), messages[0]["size"]);
    assert_eq!(raw.matches("\r\n").count(), raw.matches('\n').count(), "{raw:?}");
    assert!(!raw.contains("\r\r"), "{raw:?}");
    let listed = messages_by_api(&house);
    let listed = listed.as_array().or_else(|| listed["messages"].as_array()).expect("a list of messages");
    assert_eq!(listed.len(), messages.len());
    assert!(listed.iter().any(|message| message["subject"] == subject), "{listed:?}");
}

#[test]
#[ignore = "needs a Windows build and wine: .ci/cross windows-interop"]
fn stops_cleanly_and_starts_again() {
    if !installed(&["swaks"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("house");
    let mut house = House::start_windows(&dir, &[]);
    let mut swaks = Command::new("swaks");
    swaks.args(["--server", &house.mx(), "--to", "kept@example.org", "--from", "a@example.org"]);
    assert!(swaks.output().unwrap().status.success());
    assert_eq!(house.messages().len(), 1);

    let (status, said) = House::prepare_windows(&dir, &[]).fails();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("in use by another process") && said.contains("hint: "), "{said}");

    assert!(house.ready_file().exists());
    house.stop();
    assert!(!house.ready_file().exists(), "the ready file is gone");
    assert!(!dir.join("data").join("ctl").exists(), "the control endpoint is gone");
    assert_eq!(processes_in(folder.path()), 0, "no process is left");
    assert_eq!(house.try_mox(&["status"]).status.code(), Some(6), "nothing answers");
    house.verify();

    house.restart();
    assert_eq!(house.messages().len(), 1, "what was there is there");
    house.kill();
    house.restart();
    assert_eq!(house.messages().len(), 1, "after a kill, too");
    house.stop();
    house.verify();
}

#[test]
#[ignore = "needs a Windows build and wine: .ci/cross windows-interop"]
fn a_port_in_use_is_named_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let first = House::start_windows(&folder.path().join("first"), &[]);
    let mut second = House::prepare_windows(&folder.path().join("second"), &[]);
    second.base = first.base;
    let (status, said) = second.fails();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(&first.mx()) && said.contains("another program uses this port"), "{said}");
}

#[test]
#[ignore = "needs a Windows build and wine: .ci/cross windows-interop"]
fn the_configured_server_takes_and_delivers() {
    if !installed(&["swaks"]) {
        return;
    }
    let run = std::env::var(crate::house::WINDOWS_RUN).expect("how to run mox.exe");
    let mut served = Served::prepare_windows(&run);
    served.start();
    served.send("to Windows");
    served.arrives("to Windows");
    let plan = served.mox(&["service", "install", "--dry-run"]);
    assert!(plan.contains("would add the service mox") && plan.contains(r"NT SERVICE\mox"), "{plan}");
    assert_eq!(plan.matches("/grant").count(), 2, "the folders of configuration and data\n{plan}");
    assert_eq!(served.mox(&["service", "start", "--dry-run"]).trim_end(), "would start the service mox");
    served.stop();
    assert_eq!(processes_in(&served.dir), 0, "no process is left");
}
