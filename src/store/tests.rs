//! What the room promises: deliveries, expunges, counts, changes and checks, in a folder of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_db::Tx;
use tempfile::TempDir;

use super::*;

pub(crate) struct House {
    pub(crate) dir: TempDir,
    pub(crate) clock: SimClock,
    pub(crate) store: Store,
}

impl House {
    pub(crate) fn new() -> House {
        let dir = TempDir::new().unwrap();
        let clock = SimClock::new(Timestamp::from_secs(1_800_000_000));
        let store = House::open(&dir, &clock);
        House { dir, clock, store }
    }

    pub(crate) fn open(dir: &TempDir, clock: &SimClock) -> Store {
        Store::open(dir.path(), &[], Arc::new(clock.clone()), Arc::new(SimRandom::new(7))).unwrap()
    }

    pub(crate) fn reopen(self) -> House {
        self.store.db().close();
        let House { dir, clock, store } = self;
        drop(store);
        let store = House::open(&dir, &clock);
        House { dir, clock, store }
    }

    pub(crate) fn change<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Store, &mut Tx<'_>) -> T + Send + 'static,
    ) -> T {
        self.store.write_blocking(|s, tx| Ok::<_, Error>(f(s, tx))).unwrap()
    }

    pub(crate) fn deliver(&self, to: &str, bytes: &[u8], digest: Digest) -> Stored {
        self.deliver_tagged(to, bytes, digest, &[])
    }

    pub(crate) fn deliver_tagged(&self, to: &str, bytes: &[u8], digest: Digest, tags: &[&str]) -> Stored {
        let keywords: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let (to, received) = (to.to_owned(), self.clock.now());
        let prepared = self.prepare(bytes);
        let size = prepared.size();
        self.change(move |s, tx| {
            let mut prepared = prepared;
            let account = s.open_account(tx, "mox").unwrap();
            let mailbox = s.open_mailbox(tx, account, &MailboxName::parse(&to).unwrap()).unwrap();
            let content = prepared.insert(tx, 1).unwrap();
            let new = NewMessage {
                account,
                mailbox,
                content,
                content_size: size,
                prefix: b"Delivered-To: x\r\n",
                received,
                flags: Flags::NONE,
                envelope: &SmtpEnvelope { rcpt_to: Some(to.clone()), ..Default::default() },
                digest: &digest,
                verdicts: None,
                keywords,
                quota: None,
            };
            s.append(tx, &new).unwrap()
        })
    }

    pub(crate) fn prepare(&self, bytes: &[u8]) -> Prepared {
        let mut incoming = Incoming::new(&self.store);
        for chunk in bytes.chunks(4000) {
            incoming.write(chunk).unwrap();
        }
        incoming.finish().unwrap()
    }

    pub(crate) fn bytes(&self, id: MessageId) -> Vec<u8> {
        self.store
            .read_blocking(|s, tx| {
                let m = s.message(tx, id)?;
                s.content(tx, &m)?.bytes()
            })
            .unwrap()
    }

    pub(crate) fn list(&self, filter: Filter) -> Vec<Message> {
        self.page(Filter { limit: 100, ..filter })
    }

    /// As many as the filter says.
    pub(crate) fn page(&self, filter: Filter) -> Vec<Message> {
        self.store
            .read_blocking(|s, tx| {
                let account = s.account(tx, "mox")?.id;
                s.messages(tx, account, &filter)
            })
            .unwrap()
    }

    pub(crate) fn problems(&self, fix: bool) -> Vec<Problem> {
        verify(&self.store, &|_| Ok(HashMap::new()), fix, &|_| {}).unwrap().problems
    }

    pub(crate) fn files(&self) -> usize {
        let folders = std::fs::read_dir(self.dir.path().join("msg")).unwrap();
        folders.map(|f| std::fs::read_dir(f.unwrap().path()).unwrap().count()).sum()
    }

    /// The first content file.
    pub(crate) fn file(&self) -> std::path::PathBuf {
        let mut folders = std::fs::read_dir(self.dir.path().join("msg")).unwrap();
        folders.find_map(|f| std::fs::read_dir(f.unwrap().path()).unwrap().next()).unwrap().unwrap().path()
    }

    pub(crate) fn sweep(&self) -> usize {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(self.store.sweep(100))
            .unwrap()
    }
}

fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    mox_clock::Random::fill(&SimRandom::new(len as u64), &mut bytes);
    bytes
}

#[test]
fn content_of_every_size_comes_back() {
    let house = House::new();
    let sizes = [0, 1, 5000, content::INLINE_MAX, content::INLINE_MAX + 1, 300_000];
    let mut ids = Vec::new();
    for size in sizes {
        ids.push((house.deliver("Inbox", &noise(size), Digest::default()), noise(size)));
        ids.push((house.deliver("Inbox", &vec![b'a'; size], Digest::default()), vec![b'a'; size]));
    }
    // Only noise beyond the limit needs files: everything else compresses into the database.
    assert_eq!(house.files(), 2);
    let house = house.reopen();
    for (stored, bytes) in &ids {
        assert!(house.bytes(stored.id) == [b"Delivered-To: x\r\n".as_slice(), bytes].concat());
    }
    assert_eq!(house.problems(false), []);
}

#[test]
fn uids_and_modseqs_grow_and_figures_fit() {
    let house = House::new();
    let a = house.deliver("Inbox", b"one", Digest::default());
    let b = house.deliver("Inbox", b"two", Digest::default());
    let c = house.deliver("bob@example.org", b"three", Digest::default());
    assert_eq!((a.uid, b.uid, c.uid), (1, 2, 1));
    assert!(a.modseq < b.modseq && b.modseq < c.modseq);
    let listed = house.list(Filter { to: Some("BOB@".into()), ..Filter::default() });
    assert_eq!(listed.iter().map(|m| m.id).collect::<Vec<_>>(), [c.id]);
    house.change(move |s, tx| {
        let m = tables::message::find(tx.conn(), a.id).unwrap().unwrap();
        assert!(s.set_flags(tx, &m, Flags::SEEN, &["Work".into()]).unwrap() > Some(c.modseq));
        let m = tables::message::find(tx.conn(), a.id).unwrap().unwrap();
        assert_eq!(s.set_flags(tx, &m, Flags::SEEN, &["work".into()]).unwrap(), None);
        let junk = s.open_mailbox(tx, m.account, &MailboxName::parse("Junk").unwrap()).unwrap();
        let copied = s.copy(tx, std::slice::from_ref(&m), junk).unwrap();
        assert_eq!(copied[0].uid, 1);
        assert_eq!(s.expunge(tx, &[m]).unwrap().messages, 1);
    });
    assert_eq!(house.list(Filter::default()).len(), 3);
    assert_eq!(house.problems(false), []);
}

#[test]
fn tombstones_tell_of_expunged_messages_until_purged() {
    let house = House::new();
    let a = house.deliver("Inbox", b"one", Digest::default());
    house.change(move |s, tx| {
        let m = tables::message::find(tx.conn(), a.id).unwrap().unwrap();
        s.expunge(tx, &[m]).unwrap();
    });
    let since = |house: &House, modseq| {
        house
            .store
            .read_blocking(|s, tx| {
                let account = s.account(tx, "mox")?;
                Ok::<_, Error>((s.changed_since(tx, account.id, modseq, 10)?, account))
            })
            .unwrap()
    };
    let (changes, account) = since(&house, a.modseq);
    assert!(changes.len() == 1 && changes[0].expunged && changes[0].uid == 1, "{changes:?}");
    house.change(move |s, tx| assert_eq!(s.purge(tx, account.id, account.modseq, 10).unwrap(), 1));
    let (changes, account) = since(&house, a.modseq);
    assert!(changes.is_empty() && account.purged_modseq == account.modseq);
    assert_eq!(house.deliver("Inbox", b"two", Digest::default()).uid, 2);
}

#[test]
fn removals_are_held_back() {
    let house = House::new();
    house.deliver("Inbox", &noise(200_000), Digest::default());
    let (one, two) = (house.store.hold_removals(), house.store.hold_removals());
    let names = house.store.read_blocking(|_, tx| content::files(tx)).unwrap();
    house.change(|s, tx| assert_eq!(s.trim(tx, "mox", 0, 10).unwrap().messages, 1));
    assert_eq!((house.sweep(), house.files()), (0, 1));
    assert!(house.file().ends_with(std::path::Path::new(content::shelf(&names[0])).join(&names[0])));
    drop(one);
    assert_eq!((house.sweep(), house.files()), (0, 1));
    drop(two);
    assert_eq!((house.sweep(), house.files()), (1, 0));
}

#[test]
fn a_file_goes_with_its_last_reference() {
    let house = House::new();
    let big = noise(200_000);
    let a = house.deliver("Inbox", &big, Digest::default());
    let copy = house.change(move |s, tx| {
        let m = tables::message::find(tx.conn(), a.id).unwrap().unwrap();
        let junk = s.open_mailbox(tx, m.account, &MailboxName::parse("Junk").unwrap()).unwrap();
        let moved = s.move_messages(tx, &[m], junk).unwrap();
        moved[0].id
    });
    assert_eq!((house.sweep(), house.files()), (0, 1));
    assert_eq!(house.bytes(copy).len(), big.len() + 17);
    house.change(|s, tx| assert_eq!(s.trim(tx, "mox", 0, 10).unwrap().messages, 1));
    assert_eq!(house.files(), 1);
    assert_eq!((house.sweep(), house.files()), (1, 0));
    assert_eq!(house.problems(false), []);
}

#[test]
fn a_failed_delivery_leaves_nothing_behind() {
    let house = House::new();
    drop(house.prepare(&noise(100_000)));
    assert_eq!(house.files(), 0);
    assert_eq!(std::fs::read_dir(house.dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn content_is_there_although_nobody_waited_for_the_commit() {
    let house = House::new();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let mut prepared = house.prepare(&noise(100_000));
    let mut write = Box::pin(house.store.write(move |_, tx| {
        let _ = wait.recv();
        prepared.insert(tx, 1)?;
        Ok::<_, Error>(prepared)
    }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(write.as_mut().poll(&mut context).is_pending());
    drop(write);
    go.send(()).unwrap();
    house.change(|_, _| ());
    assert_eq!(house.files(), 1);
    let failed = house.prepare(&noise(100_001));
    let failed = house.store.write_blocking(move |_, tx| -> Result<(), Error> {
        let mut prepared = failed;
        prepared.insert(tx, 1)?;
        Err(Error::Damaged("on purpose".to_owned()))
    });
    assert!(failed.is_err());
    assert_eq!(house.files(), 1, "a rolled back file is gone");
    assert_eq!(std::fs::read_dir(house.dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_crash_before_the_commit_is_cleared_away_at_the_next_start() {
    let house = House::new();
    std::mem::forget(house.prepare(&noise(100_000)));
    assert_eq!(house.files(), 1);
    let house = house.reopen();
    assert_eq!(house.files(), 0);
    assert_eq!(house.problems(false), []);
}

#[test]
fn a_power_cut_before_the_commit_is_cleared_away_though_tmp_forgot_it() {
    let house = House::new();
    let kept = house.deliver("Inbox", &noise(100_000), Digest::default());
    std::mem::forget(house.prepare(&noise(100_000)));
    let mark = house.dir.path().join("open");
    assert_eq!((house.files(), mark.is_file()), (2, true));
    for (crashed, files) in [(false, 2), (true, 1)] {
        for entry in std::fs::read_dir(house.dir.path().join("tmp")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        if !crashed {
            std::fs::remove_file(&mark).unwrap();
        }
        // A second store in the same folder, as the next start opens it.
        let next = House::open(&house.dir, &house.clock);
        assert_eq!(house.files(), files, "crashed: {crashed}");
        drop(next);
        assert!(!mark.exists(), "closed in order");
        std::fs::write(&mark, "").unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH;
        std::fs::File::options().write(true).open(&mark).unwrap().set_modified(old).unwrap();
    }
    assert_eq!(house.bytes(kept.id).len(), 100_017);
}

#[test]
fn a_crash_after_the_commit_keeps_the_file() {
    let house = House::new();
    let kept = house.deliver("Inbox", &noise(100_000), Digest::default());
    // As if the process had died before it removed the temporary name.
    let file = house.file();
    std::fs::hard_link(&file, house.dir.path().join("tmp").join(file.file_name().unwrap())).unwrap();
    let house = house.reopen();
    assert_eq!(house.bytes(kept.id).len(), 100_017);
    assert_eq!(std::fs::read_dir(house.dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn threads_join_in_any_order() {
    let digest = |id: i64, references: &[i64]| Digest {
        header_hash: Some(id),
        references: references.to_vec(),
        ..Digest::default()
    };
    let house = House::new();
    let a = house.deliver("Inbox", b"a", digest(1, &[]));
    let c = house.deliver("other", b"c", digest(3, &[2]));
    let other = house.deliver("Inbox", b"x", digest(9, &[]));
    let thread =
        |id: MessageId| house.list(Filter::default()).into_iter().find(|m| m.id == id).unwrap().thread;
    assert_ne!(thread(a.id), thread(c.id));
    let b = house.deliver("Inbox", b"b", digest(2, &[1]));
    let highest = |name: &str| {
        let find = |s: &Store, tx: &mox_db::ReadTx<'_>| {
            let account = s.account(tx, "mox")?.id;
            let found = s.mailboxes(tx, account)?.into_iter().find(|m| m.name == name).map(|m| m.modseq);
            Ok::<_, Error>(found)
        };
        house.store.read_blocking(find).unwrap()
    };
    let changed = house.list(Filter::default()).into_iter().find(|m| m.id == c.id).unwrap().modseq;
    assert!(changed > c.modseq && highest("other") == Some(changed));
    assert!(thread(a.id) == thread(b.id) && thread(b.id) == thread(c.id) && thread(other.id) != thread(a.id));
    let size =
        house.change(move |_, tx| tables::message::thread_size(tx.conn(), AccountId(1), a.id.0).unwrap());
    assert_eq!(size, 3);
}

#[test]
fn the_checker_finds_and_mends() {
    let house = House::new();
    house.deliver("Inbox", &noise(100_000), Digest::default());
    house.deliver("Inbox", b"two", Digest::default());
    house.change(|_, tx| {
        tx.conn()
            .execute_batch(
                "UPDATE mailbox SET total = 7; UPDATE account SET size = 1; UPDATE content SET refs = 5",
            )
            .unwrap();
    });
    std::fs::create_dir_all(house.dir.path().join("msg/zz")).unwrap();
    std::fs::write(house.dir.path().join("msg/zz/zzstray"), b"x").unwrap();
    let kinds: Vec<&str> = house.problems(false).iter().map(|p| p.kind).collect();
    for kind in ["mailbox", "account", "content", "file"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    assert!(house.problems(true).iter().all(|p| p.fixed));
    assert_eq!(house.problems(false), []);
    assert!(house.dir.path().join("moved/zzstray").exists());
    std::fs::write(house.dir.path().join("msg/not-a-folder"), b"x").unwrap();
    house.change(|_, tx| {
        tx.conn().execute("UPDATE mailbox SET parent_id = 999 WHERE name = 'Junk'", []).unwrap();
    });
    let left = house.problems(true);
    assert!(
        left.len() == 2 && left.iter().all(|p| !p.fixed),
        "nothing is said to be mended that is not: {left:?}"
    );
}

#[test]
fn damaged_content_is_told_and_not_mended() {
    let house = House::new();
    let stored = house.deliver("Inbox", &noise(100_000), Digest::default());
    let file = house.file();
    std::fs::write(file, b"short").unwrap();
    let problems = house.problems(true);
    assert!(problems.len() == 1 && problems[0].kind == "content" && !problems[0].fixed, "{problems:?}");
    assert!(
        house
            .store
            .read_blocking(|s, tx| {
                let m = s.message(tx, stored.id)?;
                s.content(tx, &m)?.bytes()
            })
            .is_err()
    );
}

#[test]
fn mailboxes_form_a_tree() {
    let house = House::new();
    house.deliver("a/b/c", b"x", Digest::default());
    house.change(|s, tx| {
        let account = s.open_account(tx, "mox").unwrap();
        assert!(matches!(s.remove_mailbox(tx, account, "a/b"), Err(Error::MailboxNotRemovable(..))));
        assert!(matches!(s.create_mailbox(tx, account, "A/../b", None), Err(Error::BadMailboxName { .. })));
        assert!(matches!(s.create_mailbox(tx, account, "inbox", None), Err(Error::MailboxExists(_))));
        assert!(s.rename_mailbox(tx, account, "a", "a/b/d").is_err());
        s.rename_mailbox(tx, account, "a", "z/y").unwrap();
        s.remove_mailbox(tx, account, "z/y/b/c").unwrap();
        s.rename_mailbox(tx, account, "Inbox", "old").unwrap();
    });
    let names: Vec<String> = house
        .store
        .read_blocking(|s, tx| {
            let account = s.account(tx, "mox")?.id;
            s.mailboxes(tx, account)
        })
        .unwrap()
        .into_iter()
        .map(|m| m.name)
        .collect();
    assert_eq!(names, ["Archive", "Drafts", "Inbox", "Junk", "Sent", "Trash", "old", "z", "z/y", "z/y/b"]);
    assert_eq!(house.problems(false), []);
}

#[test]
fn over_quota_changes_nothing() {
    let house = House::new();
    house.deliver("Inbox", b"x", Digest::default());
    let mut prepared = house.prepare(b"too much");
    let result = house.store.write_blocking(move |s, tx| {
        let account = s.open_account(tx, "mox")?;
        let mailbox = s.open_mailbox(tx, account, &MailboxName::parse("Inbox")?)?;
        let content = prepared.insert(tx, 1)?;
        let (envelope, digest) = (SmtpEnvelope::default(), Digest::default());
        let new = NewMessage {
            account,
            mailbox,
            content,
            content_size: 8,
            prefix: b"",
            received: Timestamp::from_secs(0),
            flags: Flags::NONE,
            envelope: &envelope,
            digest: &digest,
            verdicts: None,
            keywords: Vec::new(),
            quota: Some(20),
        };
        s.append(tx, &new)
    });
    assert!(matches!(result, Err(Error::OverQuota { quota: 20, .. })));
    assert_eq!(house.list(Filter::default()).len(), 1);
    assert_eq!(house.problems(false), []);
}

#[test]
fn traces_of_an_older_version_are_read_where_they_are() {
    let (dir, clock) = (TempDir::new().unwrap(), SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let old = mox_db::Schema { steps: SCHEMA.steps.get(..5).unwrap(), ..SCHEMA };
    let options = mox_db::Options::new(Arc::new(clock.clone()));
    let db = mox_db::Db::open(&dir.path().join(DATABASE), &[old], options).unwrap();
    let fill = "
        INSERT INTO account VALUES (1, 'mox', 0, 2, 0, 1, 10);
        INSERT INTO mailbox (account_id, mailbox_id, name, uidvalidity, uidnext, created_modseq, modseq, total, unseen, size)
          VALUES (1, 1, 'Inbox', 1, 2, 1, 2, 1, 1, 10);
        INSERT INTO content VALUES (1, 4, 1, 0, NULL, CAST('text' AS BLOB));
        INSERT INTO message (account_id, message_id, mailbox_id, uid, email_id, thread_id, created_modseq, modseq,
          content_id, prefix, size, received, saved, flags, verdicts)
          VALUES (1, 1, 1, 1, 1, 1, 2, 2, 1, CAST('A: b' || x'0d0a' AS BLOB), 10, 0, 0, 0, '{}');
        UPDATE counter SET value = 1 WHERE name <> 'indexed';";
    db.write_blocking(move |tx| Ok::<_, mox_db::Error>(tx.conn().execute_batch(fill)?)).unwrap();
    db.close();
    drop(db);
    let house = House { store: House::open(&dir, &clock), dir, clock };
    let inbox = house.list(Filter::default());
    let verdicts = |m: &Message| {
        let m = m.clone();
        house.store.read_blocking(move |s, tx| s.verdicts(tx, &m)).unwrap()
    };
    assert_eq!(
        (house.bytes(inbox[0].id), verdicts(&inbox[0])),
        (b"A: b\r\ntext".to_vec(), Some("{}".into()))
    );
    // A copy has a trace of its own, which goes with it and leaves the original's alone.
    let original = inbox.clone();
    house.change(move |s, tx| s.copy(tx, &original, original[0].mailbox).unwrap());
    let copy = house.list(Filter::default()).remove(0);
    assert_ne!(copy.id, inbox[0].id);
    assert_eq!((house.bytes(copy.id), verdicts(&copy)), (b"A: b\r\ntext".to_vec(), Some("{}".into())));
    assert_eq!((house.problems(false), traces(&house)), (vec![], 1));
    let gone = copy.clone();
    house.change(move |s, tx| s.expunge(tx, &[gone]).unwrap());
    assert_eq!((traces(&house), verdicts(&copy)), (0, None), "a tombstone has none");
    assert_eq!(
        (house.bytes(inbox[0].id), verdicts(&inbox[0])),
        (b"A: b\r\ntext".to_vec(), Some("{}".into()))
    );
    house.change(move |s, tx| s.expunge(tx, &inbox).unwrap());
    assert_eq!(house.problems(false), []);
}

fn traces(house: &House) -> i64 {
    let count = |_: &Store, tx: &mox_db::ReadTx<'_>| crate::tables::message::traces(tx.conn());
    house.store.read_blocking(count).unwrap()
}

/// Sends from account `mox`; what there was too much of, if anything.
fn send(house: &House, recipients: &[&str], limits: OutgoingLimits) -> Option<&'static str> {
    let recipients: Vec<String> = recipients.iter().map(|r| (*r).to_owned()).collect();
    match house.store.write_blocking(move |s, tx| s.count_outgoing(tx, "mox", &recipients, limits)) {
        Ok(()) => None,
        Err(Error::TooMuchSent { what, .. }) => Some(what),
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn accounts_start_with_the_mailboxes_that_are_said() {
    let house = House::new();
    let said =
        [("Spam", Some(SpecialUse::Junk)), ("Lists/Announce", None), ("Lists", Some(SpecialUse::Archive))];
    house.store.start_accounts_with(said.map(|(name, special)| (name.to_owned(), special)).to_vec());
    let (names, junk) = house.change(|s, tx| {
        let account = s.open_account(tx, "mox").unwrap();
        let all = crate::tables::mailbox::list(tx.conn(), account).unwrap();
        let junk =
            s.open_special(tx, account, SpecialUse::Junk, &MailboxName::parse("Junk").unwrap()).unwrap();
        let junk = all.iter().find(|mailbox| mailbox.id == junk).map(|mailbox| mailbox.name.clone());
        let names: Vec<_> = all.into_iter().map(|mailbox| (mailbox.name, mailbox.special_use)).collect();
        (names, junk)
    });
    let expected = [
        ("Inbox", None),
        ("Lists", Some(SpecialUse::Archive)),
        ("Lists/Announce", None),
        ("Spam", Some(SpecialUse::Junk)),
    ];
    assert_eq!(names, expected.map(|(name, special)| (name.to_owned(), special)));
    assert_eq!(junk.as_deref(), Some("Spam"), "what is junk goes to the mailbox for it, whatever its name");
}

#[test]
fn a_mailbox_is_trimmed_to_the_newest() {
    let house = House::new();
    for _ in 0..5 {
        house.deliver("Rejects", b"a", Digest::default());
    }
    house.deliver("Inbox", b"b", Digest::default());
    let before = house.clock.now();
    house.clock.advance(Duration::from_secs(60));
    house.deliver("Rejects", b"c", Digest::default());
    let trim = |keep, before| {
        house.change(move |s, tx| {
            let account = s.open_account(tx, "mox").unwrap();
            let mailbox = s.open_mailbox(tx, account, &MailboxName::parse("Rejects").unwrap()).unwrap();
            s.trim_mailbox(tx, account, mailbox, keep, before).unwrap().messages
        })
    };
    assert_eq!(trim(10, before), 0);
    assert_eq!(trim(4, before), 2, "beyond the newest");
    assert_eq!(trim(4, before.plus(Duration::from_secs(1))), 3, "too old");
    assert_eq!(house.list(Filter::default()).len(), 2, "the newest, and what is elsewhere");
    assert_eq!(house.problems(false), []);
}

#[test]
fn an_account_sends_so_much_in_a_day() {
    let house = House::new();
    let limits = OutgoingLimits { messages: 3, first_time: 2 };
    assert_eq!(send(&house, &["a@x", "a@x", "A@X", "a@x"], limits), Some("messages"));
    assert_eq!(send(&house, &["a@x", "b@x", "c@x"], limits), Some("first-time recipients"));
    // What was refused counts for nothing.
    assert_eq!(send(&house, &["a@x"], limits), None);
    house.clock.advance(Duration::from_secs(12 * 3600));
    assert_eq!(send(&house, &["A@x", "b@X"], limits), None);
    assert_eq!(send(&house, &["a@x"], limits), Some("messages"));
    house.clock.advance(Duration::from_secs(12 * 3600 - 60));
    assert_eq!(send(&house, &["a@x"], limits), Some("messages"));
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(send(&house, &["c@x"], limits), None, "the first day's message has gone");
    assert_eq!(send(&house, &["a@x"], limits), Some("messages"));
    house.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(send(&house, &["a@x", "b@x", "c@x"], limits), None, "known for ever");
    house.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(send(&house, &["d@x", "e@x"], limits), None);
    assert_eq!(send(&house, &["f@x"], limits), Some("first-time recipients"));
}

#[test]
fn counts_of_what_was_sent_do_not_pile_up() {
    let house = House::new();
    let limits = OutgoingLimits { messages: u32::MAX, first_time: 1 };
    let rows = |house: &House| -> i64 {
        house.change(|_, tx| {
            tx.conn().query_row("SELECT count(*) FROM outgoing", [], |row| row.get(0)).unwrap()
        })
    };
    for (seconds, expected) in [(0, 1), (10, 1), (60, 2), (24 * 3600 - 60, 2), (2 * 24 * 3600, 1)] {
        house.clock.advance(Duration::from_secs(seconds));
        assert_eq!(send(&house, &["a@x"], limits), None);
        assert_eq!(rows(&house), expected, "{seconds} s later");
    }
}

#[test]
fn passwords_are_remembered_for_a_while_and_forgotten_when_changed() {
    let house = House::new();
    let set = |password: &'static str| {
        let verifiers = mox_sasl::Verifiers::derive(password, &SimRandom::new(1)).unwrap();
        house.change(move |s, tx| {
            s.open_account(tx, "mox").unwrap();
            s.set_password(tx, "mox", &verifiers).unwrap();
        });
    };
    set("moxmoxmox");
    assert!(house.store.check_password("mox", "moxmoxmox").unwrap());
    assert!(house.store.check_password("mox", "moxmoxmox").unwrap());
    assert!(!house.store.check_password("mox", "wrong-one").unwrap());
    assert!(!house.store.check_password("nobody", "moxmoxmox").unwrap());
    house.clock.advance(Duration::from_secs(3600));
    assert!(house.store.check_password("mox", "moxmoxmox").unwrap());
    set("other-password");
    assert!(!house.store.check_password("mox", "moxmoxmox").unwrap());
    assert!(house.store.check_password("mox", "other-password").unwrap());
}

#[test]
fn client_keys_log_in_until_taken_away() {
    let house = House::new();
    let key = [7; 32];
    assert_eq!(house.store.client_key(&key).unwrap(), None);
    house.change(move |s, tx| {
        assert!(matches!(
            s.set_client_key(tx, &key, "mox", "mox@localhost", "laptop"),
            Err(Error::NoSuchAccount(_))
        ));
        s.open_account(tx, "mox").unwrap();
        s.set_client_key(tx, &key, "mox", "mox@localhost", "laptop").unwrap();
    });
    assert_eq!(house.store.client_key(&key).unwrap().as_deref(), Some("mox@localhost"));
    assert!(house.change(move |s, tx| s.remove_client_key(tx, &key).unwrap()));
    assert_eq!(house.store.client_key(&key).unwrap(), None);
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|m| m.id).collect()
}

#[test]
fn fields_are_found_in_any_case_of_letters() {
    let house = House::new();
    let subject = |text: &str| Digest::of(format!("Subject: {text}\r\n\r\n").as_bytes());
    let thin = house.deliver("Inbox", b"a", subject("sehr dünn")).id;
    let street = house.deliver("Inbox", b"b", subject("ΟΔΟΣ ΑΘΗΝΑΣ")).id;
    let cases = [("ÜNN", vec![thin]), ("οδος", vec![street]), ("x", vec![]), ("", vec![street, thin])];
    for (part, expected) in cases {
        let found = house.list(Filter { subject: Some(part.into()), ..Filter::default() });
        assert_eq!(ids(&found), expected, "{part}");
    }
}

#[test]
fn pages_follow_one_another() {
    let house = House::new();
    let mut all: Vec<MessageId> =
        (0..7).map(|_| house.deliver("Inbox", b"a", Digest::default()).id).collect();
    all.reverse();
    let (mut before, mut pages) = (None, Vec::new());
    loop {
        let page = house.list(Filter { before, ..Filter::default() });
        let page: Vec<MessageId> = ids(&page).into_iter().take(3).collect();
        let Some(last) = page.last() else { break };
        before = Some(*last);
        pages.push(page);
    }
    assert_eq!(pages, all.chunks(3).map(<[MessageId]>::to_vec).collect::<Vec<_>>());
}

#[test]
fn tags_are_given_counted_listed_and_taken() {
    let house = House::new();
    let digest = Digest::of(b"X-Tags: Red, b-c,, two words, r\xc3\xb6d\r\nx-tags:\r\n red , 1.2\r\n\r\n");
    assert_eq!(digest.tags, ["1.2", "b-c", "red"]);
    let long = format!("X-Tags: {}\r\nX-Tags: {}\r\n\r\n", "a".repeat(65), "b".repeat(64));
    assert_eq!(Digest::of(long.as_bytes()).tags, ["b".repeat(64)]);
    let many: Vec<String> = (0..100).map(|n| format!("t{n}")).collect();
    assert_eq!(Digest::of(format!("X-Tags: {}\r\n\r\n", many.join(",")).as_bytes()).tags.len(), MAX_KEYWORDS);

    let a = house.deliver_tagged("Inbox", b"a", Digest::default(), &["Red", "blue", "not ok"]).id;
    let b = house.deliver_tagged("Inbox", b"b", Digest::default(), &["red"]).id;
    let c = house.deliver("Inbox", b"c", digest).id;
    let tags = |house: &House| {
        let read = |s: &Store, tx: &mox_db::ReadTx<'_>| s.tags(tx, s.account(tx, "mox")?.id);
        house.store.read_blocking(read).unwrap()
    };
    let tagged =
        |house: &House, tag: &str| ids(&house.list(Filter { tag: Some(tag.into()), ..Filter::default() }));
    assert_eq!(tags(&house), [("blue".to_owned(), 1), ("red".to_owned(), 2)]);
    assert_eq!(
        (tagged(&house, "RED"), tagged(&house, "re"), tagged(&house, "blue")),
        (vec![b, a], vec![], vec![a])
    );
    house.change(move |s, tx| {
        let mark =
            Mark { set: Flags::SEEN, tag: vec!["new".into()], untag: vec!["red".into()], ..Mark::default() };
        assert_eq!(s.mark(tx, &[a, c, MessageId(99)], &mark).unwrap(), 2);
        assert_eq!(s.mark(tx, &[a, c], &mark).unwrap(), 0);
        assert_eq!(s.mark(tx, &[c], &Mark { clear: Flags::SEEN, ..Mark::default() }).unwrap(), 1);
        let gone = tables::message::find(tx.conn(), b).unwrap().unwrap();
        s.expunge(tx, &[gone]).unwrap();
    });
    assert_eq!(tags(&house), [("blue".to_owned(), 1), ("new".to_owned(), 2)]);
    assert_eq!((tagged(&house, "new"), tagged(&house, "red")), (vec![c, a], vec![]));
    let unseen = house.list(Filter::default()).iter().filter(|m| !m.flags.contains(Flags::SEEN)).count();
    assert_eq!(unseen, 1);
    let read = |s: &Store, tx: &mox_db::ReadTx<'_>| s.mailboxes(tx, s.account(tx, "mox")?.id);
    let inbox = house.store.read_blocking(read).unwrap().into_iter().find(|m| m.name == "Inbox").unwrap();
    assert_eq!(inbox.keywords, ["blue", "new", "red"]);
    assert_eq!(house.problems(false), []);
}

#[test]
fn a_transcript_stays_as_long_as_its_content() {
    let house = House::new();
    let long = format!("C: EHLO x\n{}", "S: 250-ü\n".repeat(2000));
    for text in ["C: EHLO x\n", &long] {
        let a = house.deliver("Inbox", b"a", Digest::default()).id;
        let packed = PackedTranscript::new(text);
        let copy = house.change(move |s, tx| {
            let m = tables::message::find(tx.conn(), a).unwrap().unwrap();
            s.keep_transcript(tx, m.content, &packed, "S: 250 ok\n").unwrap();
            s.copy(tx, std::slice::from_ref(&m), m.mailbox).unwrap();
            s.expunge(tx, std::slice::from_ref(&m)).unwrap();
            MessageId(a.0 + 1)
        });
        let kept = house.store.read_blocking(|s, tx| s.transcript(tx, &s.message(tx, copy)?)).unwrap();
        assert_eq!(kept, Some(format!("{text}S: 250 ok\n")));
        assert_eq!(house.problems(false), []);
        let rows = house.change(move |s, tx| {
            let m = tables::message::find(tx.conn(), copy).unwrap().unwrap();
            s.expunge(tx, &[m]).unwrap();
            tx.conn().query_row("SELECT count(*) FROM transcript", [], |row| row.get::<_, i64>(0)).unwrap()
        });
        assert_eq!(rows, 0);
    }
    let plain = house.deliver("Inbox", b"b", Digest::default()).id;
    assert_eq!(house.store.read_blocking(|s, tx| s.transcript(tx, &s.message(tx, plain)?)).unwrap(), None);
    house.change(|s, tx| {
        s.keep_transcript(tx, ContentId(77), &PackedTranscript::new("stray"), "").unwrap();
    });
    let problems = house.problems(true);
    assert!(problems.len() == 1 && problems[0].kind == "transcript" && problems[0].fixed, "{problems:?}");
    assert_eq!(house.problems(false), []);
}
