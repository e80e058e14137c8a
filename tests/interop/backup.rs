//! Backups under SMTP load: what was acknowledged before one began is in it, and a server that is killed while it
//! writes one leaves the data and the backup before it whole.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use mox_testkit::house::run;
use mox_testkit::sender::Session;
use serde_json::Value;

use crate::house::House;
use crate::peers::Chance;

/// Sessions that send meanwhile.
const SESSIONS: usize = 6;

/// Sends until told to stop, or until the server is gone; every fifth message is a file of its own.
fn send(address: &str, prefix: &str, session: usize, stop: &AtomicBool, log: &Mutex<BTreeSet<String>>) {
    let mut chance = Chance::new();
    let bodies = [chance.text(2_000), chance.text(150_000)];
    let Ok(mut open) = Session::open(address) else { return };
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let subject = format!("{prefix}-{session}-{number}");
        match open.send("box@example.org", &subject, &bodies[usize::from(number % 5 == 4)]) {
            Ok((250, _)) => drop(log.lock().unwrap().insert(subject)),
            Ok((code, reply)) => assert_eq!(code, 421, "{reply}"),
            Err(_) => return,
        }
    }
}

/// Runs `f` while sessions send; it gets what they were told is accepted.
fn under_load<T>(
    house: &mut House,
    prefix: &str,
    f: impl FnOnce(&mut House, &Mutex<BTreeSet<String>>) -> T,
) -> T {
    let (stop, log) = (AtomicBool::new(false), Mutex::new(BTreeSet::new()));
    let address = house.mx();
    std::thread::scope(|scope| {
        for session in 0..SESSIONS {
            let (address, stop, log) = (&address, &stop, &log);
            scope.spawn(move || send(address, prefix, session, stop, log));
        }
        house.eventually("messages", || (log.lock().unwrap().len() > 30).then_some(()));
        let result = f(house, &log);
        stop.store(true, Ordering::SeqCst);
        result
    })
}

/// Restores a backup into `target`, checks the data, and gives the subjects that it holds.
fn restored(backup: &Path, target: &Path) -> BTreeSet<String> {
    let mox = |arguments: &[&str]| run(std::process::Command::new(env!("CARGO_BIN_EXE_mox")).args(arguments));
    let (backup, path) = (backup.to_str().unwrap(), target.to_str().unwrap());
    let checked: Value = serde_json::from_str(&mox(&["restore", "--check", backup, "--json"])).unwrap();
    assert_eq!(checked["problems"], serde_json::json!([]), "{checked}");
    mox(&["verifydata", backup]);
    mox(&["restore", backup, path]);
    let mut house = House::prepare(&target.join("config"), &[]);
    house.verify();
    house.restart();
    let messages = house.messages();
    let subjects: BTreeSet<String> =
        messages.iter().map(|m| m["subject"].as_str().unwrap().to_owned()).collect();
    assert_eq!(subjects.len(), messages.len(), "none twice");
    house.stop();
    house.verify();
    subjects
}

#[test]
fn a_backup_under_load_holds_all_that_was_acknowledged_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let backup = folder.path().join("backup");
    let to = backup.to_str().unwrap().to_owned();
    let (before, between, after) = under_load(&mut house, "one", |house, log| {
        let dry = house.json(&["backup", "--dry-run", &to, "--json"]);
        assert!(!backup.exists() && dry["database_bytes"].as_u64() > Some(0), "{dry}");
        let before = log.lock().unwrap().clone();
        let done = house.json(&["backup", &to, "--json"]);
        assert_eq!(done["incremental"], false, "{done}");
        let between = log.lock().unwrap().len();
        let more = house.eventually("more messages", || {
            let log = log.lock().unwrap();
            (log.len() > between + 20).then(|| log.clone())
        });
        (before, between, more)
    });
    let held = restored(&backup, &folder.path().join("first"));
    let lost: Vec<&String> = before.difference(&held).collect();
    assert!(lost.is_empty(), "acknowledged before the backup, not in it: {lost:?}");
    eprintln!(
        "{} before, {} held, {between} when it was done, {} later",
        before.len(),
        held.len(),
        after.len()
    );
    let done = under_load(&mut house, "two", |house, _| house.json(&["backup", &to, "--json"]));
    assert_eq!(done["incremental"], true, "{done}");
    let contents = done["contents"].as_u64().unwrap();
    assert!(contents > 0 && done["linked"].as_u64().unwrap() + done["kept"].as_u64().unwrap() <= contents);
    let held = restored(&backup, &folder.path().join("second"));
    assert!(after.is_subset(&held), "what came before the second backup is in it");
    house.stop();
    house.verify();
    let report = house.try_mox(&["upgrade", "--check", "--json"]);
    assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stdout));
    let done = house.json(&["backup", &to, "--json"]);
    assert_eq!(done["incremental"], true, "at rest: {done}");
    let report = house.json(&["upgrade", "--check", "--json"]);
    assert_eq!((&report["opens"], &report["backup_current"]), (&true.into(), &true.into()), "{report}");
    let held = restored(&backup, &folder.path().join("third"));
    assert!(after.is_subset(&held));
}

#[test]
fn killed_while_it_writes_a_backup_the_one_before_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let backup = folder.path().join("backup");
    let to = backup.to_str().unwrap().to_owned();
    let mut acknowledged = BTreeSet::new();
    let first = under_load(&mut house, "first", |house, log| {
        let before = log.lock().unwrap().clone();
        house.mox(&["backup", &to]);
        before
    });
    let mut chance = Chance::new();
    for round in 0..4 {
        let all = under_load(&mut house, &format!("round{round}"), |house, log| {
            std::thread::scope(|scope| {
                let (to, pid) = (&to, house.pid().unwrap());
                let this = &*house;
                scope.spawn(move || this.try_mox(&["backup", to]));
                let new = backup.join(".new");
                let began = std::time::Instant::now();
                while !new.exists() && began.elapsed().as_secs() < 5 {
                    std::thread::yield_now();
                }
                std::thread::sleep(std::time::Duration::from_millis(chance.below(60)));
                run(std::process::Command::new("kill").args(["-9", &pid.to_string()]));
            });
            house.kill();
            log.lock().unwrap().clone()
        });
        acknowledged.extend(all);
        let held = restored(&backup, &folder.path().join(format!("after{round}")));
        assert!(first.is_subset(&held), "round {round}");
        house.restart();
        let held: BTreeSet<String> =
            house.messages().iter().map(|m| m["subject"].as_str().unwrap().to_owned()).collect();
        assert!(acknowledged.is_subset(&held), "the server lost mail in round {round}");
    }
    house.mox(&["backup", &to]);
    let held = restored(&backup, &folder.path().join("last"));
    assert!(acknowledged.is_subset(&held));
    house.stop();
    house.verify();
}
