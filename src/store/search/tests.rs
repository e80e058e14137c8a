//! Search as those who look for a message meet it: before it is indexed, after, and after it went.

use std::time::Duration;

use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_db::{Db, ReadTx, Schema};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::tables::{self, Counter};
use crate::tests::House;
use crate::{DATABASE, Digest, Filter, Message, MessageId, SCHEMA, Store};

const LETTER: &str = "From: Zoë <zoe@example.org>\r\nTo: bob@example.net\r\nSubject: =?utf-8?q?R=C3=A9sum=C3=A9?= order-4711\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe aus K=F6ln\r\n\
    --b\r\nContent-Type: text/html\r\n\r\n<style>p{color:crimson}</style><td>left</td><td>ri<b>gh</b>t</td>\r\n\
    --b\r\nContent-Type: text/csv; name=numbers.csv\r\nContent-Disposition: attachment\r\n\r\nsecret\r\n--b--\r\n";

impl House {
    /// Everything that waits is indexed.
    fn index(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { while self.store.index_step().await.unwrap() {} });
    }

    fn search(&self, text: &str) -> Vec<MessageId> {
        let found = self.list(Filter { text: Some(text.into()), ..Filter::default() });
        found.iter().map(|m| m.id).collect()
    }

    fn rows(&self) -> i64 {
        self.change(|_, tx| tx.conn().query_row("SELECT count(*) FROM search", [], |row| row.get(0)).unwrap())
    }

    fn unindexed(&self) -> i64 {
        self.store.read_blocking(|s, tx| s.unindexed(tx)).unwrap()
    }

    fn message(&self, id: MessageId) -> Message {
        self.store.read_blocking(|s, tx| s.message(tx, id)).unwrap()
    }
}

#[test]
fn a_message_is_found_before_and_after_it_is_indexed() {
    let house = House::new();
    let other = house.deliver("Inbox", b"Subject: other\r\n\r\nleft\r\n", Digest::default()).id;
    let letter = house.deliver("Inbox", LETTER.as_bytes(), Digest::default()).id;
    for indexed in [false, true] {
        if indexed {
            house.index();
            assert_eq!(house.rows(), 2);
        }
        let finds = [
            "resume",
            "RÉSUMÉ ORDER",
            "order-4711",
            "zoe",
            "Zoë@Example.ORG",
            "bob@example.net",
            "grusse koln",
            "Köl",
            "right",
            "numbers.csv",
            "left right zo",
        ];
        for text in finds {
            assert_eq!(house.search(text), [letter], "{text}, indexed: {indexed}");
        }
        assert_eq!(house.search("left"), [letter, other]);
        for text in ["secret", "crimson", "leftright", "left nothing", "order-47 "] {
            assert_eq!(house.search(text), [], "{text}, indexed: {indexed}");
        }
        let both = Filter { text: Some("left".into()), before: Some(letter), ..Filter::default() };
        assert_eq!(house.list(both).len(), 1);
        let newer = Filter { text: Some("left".into()), after: Some(other), ..Filter::default() };
        assert_eq!(house.list(newer).len(), 1);
    }
    let (letter, other) = (house.message(letter), house.message(other));
    let copy = house.change(move |s, tx| {
        let copied = s.copy(tx, std::slice::from_ref(&letter), letter.mailbox).unwrap();
        s.expunge(tx, &[letter, other]).unwrap();
        copied[0].id
    });
    assert_eq!((house.search("left"), house.rows()), (vec![copy], 1));
    house.index();
    assert_eq!((house.search("left"), house.rows()), (vec![copy], 1));
    let copy = house.message(copy);
    house.change(move |s, tx| s.expunge(tx, &[copy]).unwrap());
    assert_eq!((house.search("left"), house.rows()), (vec![], 0));
    assert_eq!(house.problems(false), []);
}

#[test]
fn the_recipient_of_a_copy_is_found_where_it_is_the_only_one() {
    let house = House::new();
    let alone = house.deliver("amy@example.org", b"Subject: a\r\n\r\n", Digest::default()).id;
    let shared = house.deliver("bcc@example.org", b"Subject: b\r\n\r\n", Digest::default()).id;
    let shared = house.message(shared);
    house.change(move |s, tx| s.retain(tx, shared.content).unwrap());
    for _ in 0..2 {
        assert_eq!((house.search("amy@example.org"), house.search("bcc")), (vec![alone], vec![]));
        house.index();
    }
}

#[test]
fn what_is_beyond_the_bounds_of_a_search_is_told() {
    let house = House::new();
    let first = house.deliver("Inbox", b"Subject: first\r\n\r\n", Digest::default()).id;
    for n in 0..40 {
        house.deliver("Inbox", format!("Subject: later {n}\r\n\r\n").as_bytes(), Digest::default());
    }
    assert_eq!((house.search("first"), house.unindexed()), (vec![], 9));
    assert_eq!(house.search("later").len(), 32);
    let house = house.reopen();
    house.index();
    assert_eq!((house.search("first"), house.unindexed()), (vec![first], 0));
    assert_eq!(house.search("later").len(), 40);
}

#[test]
fn content_that_cannot_be_read_does_not_hold_up_the_rest() {
    let house = House::new();
    house.deliver("Inbox", b"Subject: one\r\n\r\n", Digest::default());
    let two = house.deliver("Inbox", b"Subject: two\r\n\r\n", Digest::default()).id;
    house.change(|_, tx| tx.conn().execute("UPDATE content SET form = 9 WHERE content_id = 1", []).unwrap());
    house.index();
    assert_eq!(house.search("two"), [two]);
}

#[test]
fn stray_rows_are_found_and_removed() {
    let house = House::new();
    house.deliver("Inbox", b"Subject: one\r\n\r\n", Digest::default());
    house.index();
    house.change(|_, tx| {
        tx.conn().execute("INSERT INTO search (rowid, words) VALUES (99, 'stray')", []).unwrap();
    });
    let problems = house.problems(true);
    assert!(problems.len() == 1 && problems[0].kind == "search" && problems[0].fixed, "{problems:?}");
    assert_eq!((house.problems(false), house.rows()), (vec![], 1));
}

#[test]
fn the_index_follows_by_itself() {
    let house = House::new();
    let mark = || house.store.read_blocking(|_, tx| tables::current(tx.conn(), Counter::Indexed)).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    house.deliver("Inbox", b"Subject: one\r\n\r\n", Digest::default());
    let store = house.store.clone();
    let task = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { tokio::select!(() = super::index(store) => {}, _ = stopped => {}) });
    });
    for highest in 1..4 {
        while mark() < highest {
            std::thread::yield_now();
            house.clock.advance(Duration::from_secs(1));
        }
        house.deliver("Inbox", b"Subject: more\r\n\r\n", Digest::default());
    }
    stop.send(()).unwrap();
    task.join().unwrap();
    assert!(house.rows() >= 3);
}

#[test]
fn messages_of_an_older_version_become_searchable() {
    let (dir, clock) = (TempDir::new().unwrap(), SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let old = Schema { steps: SCHEMA.steps.get(..2).unwrap(), ..SCHEMA };
    let options = mox_db::Options::new(std::sync::Arc::new(clock.clone()));
    let db = Db::open(&dir.path().join(DATABASE), &[old], options).unwrap();
    let fill = "
        INSERT INTO account VALUES (1, 'mox', 0, 2, 0, 1, 26);
        INSERT INTO mailbox (account_id, mailbox_id, name, uidvalidity, uidnext, created_modseq, modseq, total, unseen, size)
          VALUES (1, 1, 'Inbox', 1, 2, 1, 2, 1, 1, 26);
        INSERT INTO content VALUES (1, 26, 1, 0, NULL, CAST('Subject: old' || x'0d0a0d0a' || 'grown grey' AS BLOB));
        INSERT INTO message (account_id, message_id, mailbox_id, uid, email_id, thread_id, created_modseq, modseq,
          content_id, size, received, saved, flags, keywords) VALUES (1, 1, 1, 1, 1, 1, 2, 2, 1, 26, 0, 0, 0, 'a b');
        UPDATE counter SET value = 1;";
    db.write_blocking(move |tx| Ok::<_, mox_db::Error>(tx.conn().execute_batch(fill)?)).unwrap();
    db.close();
    drop(db);
    let house = House { store: House::open(&dir, &clock), dir, clock };
    for _ in 0..2 {
        assert_eq!(house.search("grey old"), [MessageId(1)]);
        house.index();
    }
    assert_eq!(house.rows(), 1);
    let tags = |s: &Store, tx: &ReadTx<'_>| s.tags(tx, s.account(tx, "mox")?.id);
    assert_eq!(house.store.read_blocking(tags).unwrap(), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
    assert_eq!(house.problems(false), []);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]
    /// Nothing that is typed is an error, and the index finds what reading finds.
    #[test]
    fn any_text_can_be_looked_for(
        texts in prop::collection::vec("([a-eA-E0-2äß東'\"*:^+(){}.@_-]{0,6} ?| AND | OR | NOT |NEAR\\(|\\PC{0,8}){0,4}", 20),
        body in "[a-e0-2äß東.@ -]{0,40}",
    ) {
        let house = House::new();
        let message = format!("Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n");
        house.deliver("Inbox", message.as_bytes(), Digest::default());
        let texts: Vec<String> = texts.into_iter().chain([body]).collect();
        let read: Vec<_> = texts.iter().map(|text| house.search(text)).collect();
        house.index();
        let indexed: Vec<_> = texts.iter().map(|text| house.search(text)).collect();
        prop_assert_eq!(&read, &indexed, "{:?}", texts);
        prop_assert_eq!(read.last().map(Vec::len), Some(1));
    }
}
