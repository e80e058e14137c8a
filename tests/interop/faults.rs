//! A machine that does not play along: what is said, with which code, and that nothing is lost.

use std::net::TcpListener;
use std::process::ExitStatus;

use mox_testkit::sender::Session;

use crate::house::House;
use crate::peers::{Chance, Mount};

/// The end that an operator can act on: exit code 1, a message with `words`, a hint.
fn clear_error((status, said): (ExitStatus, String), words: &[&str]) {
    assert_eq!(status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "does not say {word:?}:\n{said}");
    }
    assert!(said.contains("hint:"), "no hint:\n{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_port_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::prepare(&folder.path().join("house"), &[]);
    let taken = TcpListener::bind(house.at(587)).unwrap();
    clear_error(house.fails(), &[&house.at(587)]);
    drop(taken);
}

#[test]
fn two_servers_on_one_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("house");
    let mut first = House::start(&dir, &[]);
    clear_error(House::prepare(&dir, &[]).fails(), &[dir.to_str().unwrap()]);
    let (code, reply) =
        Session::open(&first.mx()).unwrap().send("a@example.org", "still here", "text").unwrap();
    assert_eq!(code, 250, "the first server is not disturbed: {reply}");
    first.stop();
    first.verify();
}

#[test]
fn an_unreadable_config_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("house");
    House::start(&dir, &[]).stop();
    let config = dir.join("mox.conf");
    assert!(config.is_file(), "localserve keeps its config in {}", config.display());
    std::fs::remove_file(&config).unwrap();
    std::fs::create_dir(&config).unwrap();
    clear_error(House::prepare(&dir, &[]).fails(), &["mox.conf"]);
    std::fs::remove_dir(&config).unwrap();
    std::fs::write(&config, "Hostnam: localhost\n").unwrap();
    clear_error(House::prepare(&dir, &[]).fails(), &["mox.conf", "Hostnam"]);
}

#[test]
fn a_read_only_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(folder.path().join("mount"), "64m") else { return };
    let dir = mount.0.join("house");
    House::start(&dir, &[]).stop();
    mount.remount("ro");
    clear_error(House::prepare(&dir, &[]).fails(), &[dir.to_str().unwrap()]);
    mount.remount("rw");
    House::start(&dir, &[]).stop();
}

#[test]
fn a_full_disk_is_a_temporary_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(folder.path().join("mount"), "24m") else { return };
    let mut house = House::start(&mount.0.join("house"), &[]);
    let mut chance = Chance::new();
    let bodies = [chance.text(20_000), chance.text(200_000)];
    let mut acknowledged = Vec::new();
    let mut open = Session::open(&house.mx()).unwrap();
    let mut refused = 0;
    for number in 0..2_000 {
        let subject = format!("full-{number}");
        let (code, reply) = open.send("box@example.org", &subject, &bodies[number % 2]).unwrap();
        match code {
            250 => acknowledged.push(subject),
            _ => {
                assert_eq!(code, 452, "RFC 5321 §4.2.3: insufficient system storage: {reply}");
                refused += 1;
            }
        }
        if refused == 5 {
            break;
        }
    }
    assert_eq!(refused, 5, "24 MB held {} messages of 110 kB", acknowledged.len());
    let held = |house: &House| -> Vec<String> {
        house.messages().iter().map(|message| message["subject"].as_str().unwrap().to_owned()).collect()
    };
    let mut found = held(&house);
    found.sort();
    acknowledged.sort();
    assert_eq!(found, acknowledged, "listed on the full disk");
    mount.remount("size=64m");
    let (code, reply) = open.send("box@example.org", "space again", &bodies[1]).unwrap();
    assert_eq!(code, 250, "{reply}");
    assert_eq!(held(&house).len(), acknowledged.len() + 1);
    house.stop();
    house.verify();
    house.restart();
    assert_eq!(held(&house).len(), acknowledged.len() + 1);
}
