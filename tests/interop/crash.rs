//! Killed at any moment, and then without power: what was acknowledged is there, once; nothing is damaged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use mox_testkit::sender::Session;

use crate::house::House;
use crate::peers::{Chance, file, installed, run, skip};

/// Sessions that send while the server is killed.
const SESSIONS: usize = 8;

fn rounds() -> u64 {
    std::env::var("MOX_KILL_ROUNDS").map_or(5, |rounds| rounds.parse().expect("MOX_KILL_ROUNDS is a number"))
}

/// Sends until the server dies, from several sessions and to several mailboxes; every tenth message is large
/// enough for a file of its own. Adds the subject of each 250 to `acknowledged`.
fn load(house: &mut House, round: u64, chance: &mut Chance, acknowledged: &mut Vec<String>) {
    let log = Mutex::new(acknowledged);
    let address = house.mx();
    let bodies = [chance.text(2_000), chance.text(120_000)];
    let alive_for = Duration::from_millis(20 + chance.below(800));
    std::thread::scope(|scope| {
        for session in 0..SESSIONS {
            let (log, address, bodies) = (&log, &address, &bodies);
            scope.spawn(move || {
                let Ok(mut open) = Session::open(address) else { return };
                for number in 0.. {
                    let subject = format!("{round}-{session}-{number}");
                    let body = &bodies[usize::from(number % 10 == 9)];
                    match open.send(&format!("box{}@example.org", number % 3), &subject, body) {
                        Ok((250, _)) => log.lock().unwrap().push(subject),
                        Ok((code, reply)) => assert_eq!(code, 421, "{reply}"),
                        Err(_) => return,
                    }
                }
            });
        }
        std::thread::sleep(alive_for);
        house.kill();
    });
}

/// Compares what is held with what was acknowledged.
fn compare(house: &House, acknowledged: &[String]) {
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for message in house.messages() {
        *held.entry(message["subject"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let lost: Vec<&String> = acknowledged.iter().filter(|subject| !held.contains_key(*subject)).collect();
    let twice: Vec<_> = held.iter().filter(|(_, count)| **count != 1).collect();
    let count = acknowledged.len();
    assert!(lost.is_empty(), "{} of {count} acknowledged messages are lost: {lost:?}", lost.len());
    assert!(twice.is_empty(), "not there exactly once: {twice:?}");
}

#[test]
fn killed_under_load_keeps_every_acknowledged_message_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut chance = Chance::new();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let mut acknowledged = Vec::new();
    for round in 0..rounds() {
        load(&mut house, round, &mut chance, &mut acknowledged);
        house.restart();
        compare(&house, &acknowledged);
    }
    eprintln!("{} kills, {} messages acknowledged", rounds(), acknowledged.len());
    assert!(acknowledged.len() as u64 > rounds(), "hardly anything was sent: {}", acknowledged.len());
    house.stop();
    house.verify();
}

/// The preload library and the program that lays an image out, or `None`: skipped.
fn powercut(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    if std::env::consts::OS != "linux" {
        skip("power cuts are simulated on Linux only");
        return None;
    }
    if !installed(&["cc"]) {
        return None;
    }
    let (library, program) = (folder.join("powercut.so"), folder.join("powercut"));
    let source = file("powercut.c");
    run(Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .args(["-ldl", "-lpthread"]));
    run(Command::new("cc").args(["-O1", "-DPROGRAM", "-o"]).arg(&program).arg(&source));
    Some((library, program))
}

#[test]
fn without_power_every_acknowledged_message_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let Some((library, program)) = powercut(folder.path()) else { return };
    let mut chance = Chance::new();
    let (dir, image) = (folder.path().join("house"), folder.path().join("image"));
    std::fs::create_dir(&dir).unwrap();
    let mut house = House::prepare(&dir, &[]);
    house.env("LD_PRELOAD", &library);
    house.env("POWERCUT_ROOT", &dir);
    house.env("POWERCUT_IMAGE", &image);
    let mut acknowledged = Vec::new();
    house.restart();
    for round in 0..rounds() {
        load(&mut house, round, &mut chance, &mut acknowledged);
        std::fs::remove_dir_all(&dir).unwrap();
        run(Command::new(&program).arg(&image).arg(&dir));
        std::fs::remove_dir_all(&image).unwrap();
        house.restart();
        compare(&house, &acknowledged);
    }
    eprintln!("{} power cuts, {} messages acknowledged", rounds(), acknowledged.len());
    assert!(acknowledged.len() as u64 > rounds(), "hardly anything was sent: {}", acknowledged.len());
    house.stop();
    house.verify();
}

#[test]
fn the_power_cut_forgets_what_was_not_synced() {
    let folder = tempfile::tempdir().unwrap();
    if !installed(&["python3"]) {
        return;
    }
    let Some((library, program)) = powercut(folder.path()) else { return };
    let (root, image, after) =
        (folder.path().join("root"), folder.path().join("image"), folder.path().join("after"));
    std::fs::create_dir_all(root.join("old")).unwrap();
    std::fs::write(root.join("old/kept"), "from before").unwrap();
    std::fs::write(root.join("removed"), "removed, folder not synced").unwrap();
    let script = r#"
import os, sys
os.chdir(sys.argv[1])
def put(name, text, sync, mode=os.O_CREAT | os.O_WRONLY):
    fd = os.open(name, mode, 0o640)
    os.write(fd, text.encode())
    if sync: sync(fd)
    return fd
def sync_folder(name):
    fd = os.open(name, os.O_RDONLY); os.fsync(fd); os.close(fd)
put("synced", "both synced", os.fdatasync)
put("empty", "contents not synced", None)
put("old/renamed-from", "renamed", os.fsync)
sync_folder("old")
os.rename("old/renamed-from", "old/renamed-to")
sync_folder(".")
os.mkdir("new")
put("new/orphan", "folder's own entry not synced", os.fsync)
sync_folder("new")
put("late", "entry not synced", os.fsync)
fd = put("synced", "both synced", os.fsync)
os.write(fd, b", not this")
os.unlink("removed")
os.kill(os.getpid(), 9)
"#;
    let _ = Command::new("python3")
        .args(["-c", script])
        .arg(&root)
        .env("LD_PRELOAD", &library)
        .env("POWERCUT_ROOT", &root)
        .env("POWERCUT_IMAGE", &image)
        .status()
        .unwrap();
    run(Command::new(&program).arg(&image).arg(&after));
    let read = |name: &str| std::fs::read_to_string(after.join(name)).ok();
    for (name, contents) in [
        ("old/kept", Some("from before")),
        ("synced", Some("both synced")),
        ("empty", Some("")),
        ("old/renamed-from", Some("renamed")),
        ("old/renamed-to", None),
        ("new/orphan", None),
        ("late", None),
        ("removed", Some("removed, folder not synced")),
    ] {
        assert_eq!(read(name).as_deref(), contents, "{name}");
    }
}
