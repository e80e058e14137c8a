//! Import and export of a real store: what comes out is what went in, nothing comes in twice.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_platform::faults::NoFaults;
use mox_store::{Flags, Imported, MailboxName, Store};

use crate::status::Marks;
use crate::{Batch, Form, Found, Gauge, Importer, Item, Source, Target, export, source};

fn store(dir: &Path) -> Store {
    std::fs::create_dir_all(dir).unwrap();
    let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    Store::open(dir, &[], clock, Arc::new(SimRandom::new(7))).unwrap()
}

fn item(mailbox: &str, n: i64, micros: i64) -> Item {
    let text = format!(
        "From: a{n}@example.org\r\nMessage-ID: <{n}@x>\r\nSubject: {n}\r\n\r\nFrom me\r\n>From {n}\r\n\r\n"
    );
    let flags =
        [Flags::NONE, Flags::SEEN, Flags::SEEN | Flags::JUNK | Flags::FORWARDED, Flags::from_bits(0x3ff)];
    let keywords = if n % 3 == 0 { vec!["red".to_owned(), "work-2".to_owned()] } else { vec![] };
    Item {
        mailbox: MailboxName::parse(mailbox).unwrap(),
        uid: 0,
        received: Timestamp::from_micros(1_700_000_000_000_000 + n * 1_000_000 + micros),
        marks: Marks { flags: flags[usize::try_from(n % 4).unwrap()], keywords },
        bytes: text.into_bytes(),
    }
}

fn items(micros: i64) -> Vec<Item> {
    let boxes = ["Inbox", "Sent/2024", "a.b:c/Größe & mehr", "Inbox/x"];
    let mut items: Vec<Item> =
        (0..60).map(|n| item(boxes[usize::try_from(n).unwrap() % 4], n, micros)).collect();
    // The same once more: a mailbox may hold a message twice.
    items.push(items[0].clone());
    items
}

fn put(store: &Store, items: &[Item], quota: Option<u64>, again: bool) -> Imported {
    let mut importer = Importer::begin(store, "mox", quota, again, Arc::new(NoFaults)).unwrap();
    for part in items.chunks(7) {
        let mut batch = Batch::default();
        part.iter().for_each(|item| batch.push(item.clone()));
        if importer.push(batch).unwrap().full.is_some() {
            break;
        }
    }
    importer.finish().unwrap()
}

fn write_to(store: &Store, mut target: Target) {
    for folder in export::folders(store, "mox", None).unwrap() {
        target.begin(&MailboxName::parse(&folder.name).unwrap()).unwrap();
        let mut after = 0;
        loop {
            let page = export::page(store, "mox", folder.id, after, folder.last).unwrap();
            let Some(last) = page.items.last() else { break };
            after = last.uid;
            page.items.iter().for_each(|item| target.message(item).unwrap());
        }
    }
    assert_eq!(target.finish().unwrap(), 0);
}

fn read_from(source: Source) -> Vec<Item> {
    let mut items = Vec::new();
    let mut sink = |found| {
        match found {
            Found::Message(item) => items.push(item),
            Found::Skipped(why) => panic!("{why}"),
        }
        ControlFlow::Continue(())
    };
    source::read(source, &MailboxName::inbox(), Timestamp::from_secs(0), &Gauge::default(), &mut sink)
        .unwrap();
    items
}

fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.iter_mut().for_each(|item| item.uid = 0);
    items.sort_by(|a, b| {
        (a.mailbox.as_str(), a.received, &a.bytes).cmp(&(b.mailbox.as_str(), b.received, &b.bytes))
    });
    items
}

#[test]
fn what_is_exported_is_imported_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let first = store(&dir.path().join("a"));
    // Whole seconds: an mbox tells no more.
    let all = items(0);
    assert_eq!(put(&first, &all, None, false).added, 61);
    let precise = store(&dir.path().join("b"));
    let exact = items(123_457);
    put(&precise, &exact, None, false);
    let cases = [
        ("m", Form::Maildir, true),
        ("m.tgz", Form::Maildir, true),
        ("m.zip", Form::Maildir, true),
        ("b.tgz", Form::Mbox, false),
        ("b.zip", Form::Mbox, false),
    ];
    for (name, form, micros) in cases {
        let path = dir.path().join(name);
        let (from, expected) = if micros { (&precise, &exact) } else { (&first, &all) };
        write_to(from, Target::at(&path, form).unwrap());
        let source = if name == "m" { Source::Maildir(path.clone()) } else { Source::Archive(path.clone()) };
        assert_eq!(sorted(read_from(source)), sorted(expected.clone()), "{name}");
        assert!(Target::at(&path, form).is_err(), "{name} would be replaced");
    }
    let single = dir.path().join("all.mbox");
    write_to(&first, Target::at(&single, Form::SingleMbox).unwrap());
    assert_eq!(read_from(Source::Mbox(single)).len(), 61);
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 8, "{left:?}");
}

#[test]
fn an_export_that_is_given_up_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["x", "x.tgz", "x.zip"] {
        let mut target = Target::at(&dir.path().join(name), Form::Maildir).unwrap();
        target.begin(&MailboxName::inbox()).unwrap();
        target.message(&item("Inbox", 1, 0)).unwrap();
        drop(target);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn what_a_killed_export_left_is_not_in_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    // Killed, it does not clean up.
    std::mem::forget(Target::at(&path, Form::Maildir).unwrap());
    let left = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
    std::fs::create_dir_all(left.join("cur")).unwrap();
    std::fs::write(left.join("cur/1.old:2,"), "old").unwrap();
    let mut target = Target::at(&path, Form::Maildir).unwrap();
    target.begin(&MailboxName::inbox()).unwrap();
    target.message(&item("Inbox", 1, 0)).unwrap();
    target.finish().unwrap();
    assert_eq!(std::fs::read_dir(path.join("cur")).unwrap().count(), 1);
    assert!(left.exists(), "it may be another's");
}

#[test]
fn nothing_comes_in_twice() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let all = items(0);
    let done = |imported: Imported| (imported.added, imported.known);
    // Broken off after a part, and once more, and then to the end.
    assert_eq!(done(put(&store, &all[..20], None, false)), (20, 0));
    assert_eq!(done(put(&store, &all[..40], None, false)), (20, 20));
    assert_eq!(done(put(&store, &all, None, false)), (21, 40));
    assert_eq!(done(put(&store, &all, None, false)), (0, 61));
    assert_eq!(done(put(&store, &all, None, true)), (61, 0));
    let total: u64 = export::folders(&store, "mox", None).unwrap().iter().map(|f| f.messages).sum();
    assert_eq!(total, 122);
    let report = mox_store::verify(&store, &|_| Ok(Default::default()), false, &|_| {}).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems.len());
}

#[test]
fn a_full_account_stops_the_import_and_more_room_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let all = items(0);
    let part = put(&store, &all, Some(2000), false);
    let (used, quota) = part.full.unwrap();
    assert!(part.added > 10 && part.bytes <= 2000 && used > 2000 && quota == 2000, "{part:?}");
    let rest = put(&store, &all, None, false);
    assert_eq!((rest.known, rest.added), (part.added, 61 - part.added));
}

#[test]
fn messages_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let all: Vec<Item> = (0..500).map(|n| item("Inbox", n, 0)).collect();
    put(&store, &all, None, false);
    let inbox = export::folders(&store, "mox", Some(&MailboxName::inbox())).unwrap().remove(0);
    let page = export::page(&store, "mox", inbox.id, 0, inbox.last).unwrap();
    let uids: Vec<i64> = page.items.iter().map(|item| item.uid).collect();
    assert_eq!(uids, (1..=200).collect::<Vec<_>>());
    assert_eq!(page.items[17].bytes, all[17].bytes);
}
