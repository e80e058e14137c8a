//! A backup of a small store: what it holds, what a second one copies, what a run that was killed leaves, what is refused.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_platform::faults::{Faults, NoFaults};
use mox_store::{
    Digest, Error as StoreError, Flags, Incoming, MailboxName, MessageId, NewMessage, SmtpEnvelope, Store,
};
use tempfile::TempDir;

use super::*;
use mox_admin::ops::BackedUp;

struct House {
    dir: TempDir,
    store: Store,
}

impl House {
    fn new() -> House {
        let dir = TempDir::new().unwrap();
        let (config, data) = (dir.path().join("config"), dir.path().join("data"));
        fs::create_dir_all(config.join("dkim")).unwrap();
        fs::create_dir_all(data.join("acme")).unwrap();
        fs::write(data.join("acme/account.key"), "acme").unwrap();
        fs::write(data.join("secret.key"), "secret").unwrap();
        fs::write(config.join("mox.conf"), "DataDir: ../data\nHostname: mail.example.org\n").unwrap();
        let outside = dir.path().join("host.key");
        fs::write(&outside, "key").unwrap();
        let text = format!("HostPrivateKeyFiles:\n\t- {}\n\t- hostkeys/a.pem\n", outside.display());
        fs::write(config.join("domains.conf"), text).unwrap();
        fs::write(config.join("dkim/a.pem"), "dkim").unwrap();
        let (clock, random) = (SimClock::new(now(0)), SimRandom::new(7));
        let store = Store::open(&data, &[], Arc::new(clock), Arc::new(random)).unwrap();
        House { dir, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Delivers a message whose content no compression makes small.
    fn deliver(&self, size: usize) -> MessageId {
        let mut seed = size as u64;
        let noise = (0..size).map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        });
        let mut incoming = Incoming::new(&self.store);
        incoming.write(&noise.collect::<Vec<u8>>()).unwrap();
        let mut prepared = incoming.finish().unwrap();
        let stored = self.store.write_blocking(move |store, tx| {
            let account = store.open_account(tx, "mox")?;
            let mailbox = store.open_mailbox(tx, account, &MailboxName::parse("Inbox")?)?;
            let content_size = prepared.size();
            let new = NewMessage {
                account,
                mailbox,
                content: prepared.insert(tx, 1)?,
                content_size,
                prefix: b"",
                received: now(0),
                flags: Flags::NONE,
                envelope: &SmtpEnvelope::default(),
                digest: &Digest::default(),
                verdicts: None,
                keywords: Vec::new(),
                quota: None,
            };
            store.append(tx, &new)
        });
        stored.unwrap().id
    }

    /// Removes all messages, and their files as far as that is allowed; how many files went.
    fn remove_all(&self) -> usize {
        self.store.write_blocking(|store, tx| store.trim(tx, "mox", 0, 100)).unwrap();
        self.sweep()
    }

    fn sweep(&self) -> usize {
        // Nothing in it waits for a runtime's clock or sockets, but the pool that may block.
        let runtime = Runtime::new();
        runtime.0.block_on(self.store.sweep(100)).unwrap()
    }

    fn take(&self, at: i64, between: &dyn Fn(&str) -> bool, faults: &dyn Faults) -> Result<BackedUp, Error> {
        self.take_to(&self.path("backup"), at, between, faults)
    }

    fn take_to(
        &self,
        destination: &Path,
        at: i64,
        between: &dyn Fn(&str) -> bool,
        faults: &dyn Faults,
    ) -> Result<BackedUp, Error> {
        let source = Source {
            config: Some(self.path("config/mox.conf")),
            data: self.path("data"),
            hostname: "mail.example.org".to_owned(),
            store: Some(&self.store),
        };
        take(&source, destination, false, &Ground { version: "1", now: now(at), between, faults })
    }

    fn check(&self) -> Checked {
        let none = |_: &mox_db::ReadTx<'_>| Ok::<_, StoreError>(HashMap::new());
        check(&self.path("backup"), true, &[mox_store::SCHEMA], &none, &|_| {}).unwrap()
    }
}

struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    fn new() -> Runtime {
        Runtime(tokio::runtime::Builder::new_current_thread().build().unwrap())
    }
}

fn now(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + seconds)
}

fn on(_: &str) -> bool {
    true
}

#[test]
fn a_backup_holds_everything_and_comes_back_whole() {
    let house = House::new();
    house.deliver(200_000);
    house.deliver(1_000);
    let done = house.take(1, &on, &NoFaults).unwrap();
    assert_eq!((done.contents, done.incremental, done.folder.as_str()), (1, false, "copy-a"));
    let checked = house.check();
    assert_eq!(checked.found.problems, []);
    assert_eq!((checked.found.messages, checked.found.contents), (2, 2));
    let paths: Vec<&str> = checked.manifest.files.iter().map(|f| &*f.path).collect();
    for path in [
        "config/mox.conf",
        "config/domains.conf",
        "config/dkim/a.pem",
        "data/acme/account.key",
        "data/secret.key",
        "data/mox.db",
        "other/2/host.key",
    ] {
        assert!(paths.contains(&path), "{path}: {paths:?}");
    }
    assert!(!paths.iter().any(|p| p.ends_with("-wal") || p.ends_with("/open")), "{paths:?}");
    let target = house.path("new");
    let restored = restore(&house.path("backup"), &target, false, &|_| {}).unwrap();
    assert_eq!(restored.data, target.join("data"));
    let (clock, random) = (SimClock::new(now(9)), SimRandom::new(8));
    let store = Store::open(&restored.data, &[], Arc::new(clock), Arc::new(random)).unwrap();
    let report = mox_store::verify(&store, &|_| Ok(HashMap::new()), false, &|_| {}).unwrap();
    assert_eq!((report.messages, report.problems), (2, Vec::new()));
    let again = restore(&house.path("backup"), &target, false, &|_| {});
    assert!(matches!(again, Err(Error::Occupied(_))), "{again:?}");
}

#[test]
fn a_second_backup_replaces_the_first_and_links() {
    let house = House::new();
    house.deliver(200_000);
    house.take(1, &on, &NoFaults).unwrap();
    house.deliver(300_000);
    let done = house.take(2, &on, &NoFaults).unwrap();
    assert_eq!((done.contents, done.incremental, done.folder.as_str()), (2, true, "copy-b"));
    assert!(!house.path("backup/copy-a").exists() && !house.path("backup/.new").exists());
    assert_eq!((house.check().found.problems, house.check().found.messages), (Vec::new(), 2));
    assert_eq!(last(&house.path("data")).unwrap().taken.0, now(2));
}

#[test]
fn files_that_go_meanwhile_are_in_the_backup() {
    let house = House::new();
    house.deliver(200_000);
    house.deliver(300_000);
    let removed = std::cell::Cell::new(0);
    // The first rest comes after the first link; before the last one all are linked.
    let between = |what: &str| {
        if what != "finishing" {
            removed.set(removed.get() + house.remove_all());
        }
        true
    };
    house.take(1, &between, &NoFaults).unwrap();
    assert_eq!(removed.get(), 0, "held back");
    let checked = house.check();
    assert_eq!((checked.found.problems, checked.found.messages), (Vec::new(), 2));
    assert_eq!(house.sweep(), 2, "and done afterwards");
    assert_eq!(house.check().found.problems, [], "links keep the bytes");
}

/// Panics at a point: the run ends there, and nothing of it cleans up.
struct EndAt(&'static str);

impl Faults for EndAt {
    fn reach(&self, point: &str) {
        assert_ne!(point, self.0, "ended here");
    }
}

/// A domain that is added while the files are copied: first its key, then the config.
struct Added<'h>(&'h House);

impl Faults for Added<'_> {
    fn reach(&self, point: &str) {
        if point == "backup-listed" {
            fs::write(self.0.path("config/dkim/new.pem"), "new").unwrap();
            fs::write(self.0.path("config/domains.conf"), "PrivateKeyFile: dkim/new.pem\n").unwrap();
        }
    }
}

#[test]
fn keys_that_the_config_names_are_in_the_backup() {
    let house = House::new();
    house.take(1, &on, &Added(&house)).unwrap();
    let copy = house.path("backup/copy-a/config");
    assert!(fs::read_to_string(copy.join("domains.conf")).unwrap().contains("new.pem"));
    assert_eq!(fs::read_to_string(copy.join("dkim/new.pem")).unwrap(), "new");
    assert_eq!(house.check().found.problems, []);
}

#[test]
fn a_run_that_ends_anywhere_leaves_a_whole_backup() {
    let points = ["backup-content", "backup-page", "backup-copied", "backup-renamed", "backup-committed"];
    for point in points {
        let house = House::new();
        house.deliver(200_000);
        (0..45).for_each(|_| assert!(house.deliver(60_000).0 > 0));
        house.take(1, &on, &NoFaults).unwrap();
        let first = house.check().manifest;
        house.deliver(300_000);
        let run = std::panic::AssertUnwindSafe(|| house.take(2, &on, &EndAt(point)));
        assert!(std::panic::catch_unwind(run).is_err(), "{point} is not reached");
        let checked = house.check();
        assert_eq!(checked.found.problems, [], "{point}");
        let committed = point == "backup-committed";
        assert_eq!(checked.manifest == first, !committed, "{point}");
        house.take(3, &on, &NoFaults).unwrap();
        let checked = house.check();
        assert_eq!((checked.found.problems, checked.found.messages), (Vec::new(), 47), "{point}");
        let left = fs::read_dir(house.path("backup")).unwrap().count();
        assert_eq!(left, 3, "{point}: manifest, lock and one copy");
    }
}

#[test]
fn a_first_run_that_ended_can_be_repeated() {
    let house = House::new();
    house.deliver(200_000);
    assert!(matches!(house.take(1, &|_| false, &NoFaults), Err(Error::Ended)));
    assert!(matches!(Manifest::read(&house.path("backup")), Err(Error::NoBackup { .. })));
    assert!(!house.path("backup/.new").exists(), "what is of no use takes no room");
    house.take(2, &on, &NoFaults).unwrap();
    assert_eq!(house.check().found.problems, []);
}

#[test]
fn places_that_cannot_hold_a_backup_are_refused() {
    let house = House::new();
    let to = |path: &Path| house.take_to(path, 1, &on, &NoFaults).map(|_| ()).unwrap_err();
    assert!(matches!(to(&house.path("data")), Error::Inside(_)));
    assert!(matches!(to(&house.path("data/backup/x")), Error::Inside(_)));
    assert!(matches!(to(&house.path("config")), Error::NotEmpty(_)));
    assert!(matches!(to(&house.path("config/mox.conf/x")), Error::File { .. }));
    assert!(!house.path("data/backup").exists());
    house.take(1, &on, &NoFaults).unwrap();
    let manifest = house.path("backup").join(MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap().replace("mail.example.org", "other.example");
    fs::write(&manifest, text).unwrap();
    assert!(matches!(house.take(2, &on, &NoFaults), Err(Error::Foreign { .. })));
}

#[test]
fn damage_is_found_and_not_restored() {
    let house = House::new();
    house.deliver(200_000);
    house.take(1, &on, &NoFaults).unwrap();
    let copy = house.path("backup/copy-a");
    fs::write(copy.join("data/secret.key"), "SECRET").unwrap();
    fs::write(copy.join("config/stray"), "").unwrap();
    fs::remove_file(copy.join("config/dkim/a.pem")).unwrap();
    let found: Vec<String> = house.check().found.problems.into_iter().map(|p| p.subject).collect();
    assert_eq!(found, ["config/dkim/a.pem", "data/secret.key", "config/stray"]);
    fs::write(copy.join("config/dkim/a.pem"), "dkim").unwrap();
    let damaged = restore(&house.path("backup"), &house.path("new"), false, &|_| {});
    assert!(matches!(damaged, Err(Error::Damaged { .. })), "{damaged:?}");
    assert_eq!(fs::read_dir(house.path("new")).unwrap().count(), 0, "no half data folder, and no room taken");
    fs::write(copy.join("data/secret.key"), "secret").unwrap();
    fs::create_dir_all(house.path("new/.new/data/msg")).unwrap();
    restore(&house.path("backup"), &house.path("new"), false, &|_| {}).unwrap();
    let names = fs::read_dir(house.path("new")).unwrap().count();
    assert_eq!(names, 3, "config, data and other; what a killed run left is gone");
}

#[test]
fn versions_of_tables_are_told_apart() {
    let house = House::new();
    let newer = mox_db::Schema { room: "store", steps: &[] };
    let other = mox_db::Schema { room: "other", steps: &["SELECT 1"] };
    let states = schemas(&house.path("data"), &[newer, other]).unwrap();
    let states: Vec<_> = states.iter().map(|s| (&*s.room, s.found > s.known, s.found < s.known)).collect();
    assert_eq!(states, [("other", false, true), ("store", true, false)]);
    assert!(last_change(&house.path("data")).is_some());
    assert_eq!(last(&house.path("data")), None);
}
