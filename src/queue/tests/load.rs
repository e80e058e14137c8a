//! Much mail: connections are used again, and dead destinations hold up nobody.

use std::time::Duration;

use mox_admin::ops::{QueueKey, QueueSort};
use mox_db::Tx;
use mox_net::sim::Host as Behaviour;
use mox_store::{Incoming, Store};

use super::house::{House, options};
use crate::*;

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

/// Queues so many messages with one transaction.
async fn flood(house: &House, to: &str, count: u32) {
    let mut incoming = Incoming::new(&house.store);
    incoming.write(b"Subject: x\r\n\r\nx\r\n").unwrap();
    let mut prepared = incoming.finish().unwrap();
    let (queue, to) = (house.queue.clone(), to.parse::<mox_address::Path>().unwrap());
    let write = move |store: &Store, tx: &mut Tx<'_>| {
        let content = prepared.insert(tx, count)?;
        for _ in 0..count {
            let from = "alice@here.example".parse().ok();
            queue.add(store, tx, &NewQueued::new("mox", from, vec![to.clone().into()], content, 17))?;
        }
        Ok::<_, Error>(())
    };
    house.store.write(write).await.unwrap();
}

#[tokio::test]
async fn messages_to_one_destination_share_a_connection_and_commits() {
    let mut house = House::new(Options { per_destination: 1, ..options() });
    let host = house.host("192.0.2.1:25", good);
    flood(&house, "bob@there.example", 40).await;
    let before = house.store.db().figures();
    house.start();
    house.until(<[_]>::is_empty).await;
    let seen = host.seen();
    assert_eq!((seen.connections, seen.taken.len()), (1, 40));
    let commits = house.store.db().figures().commits - before.commits;
    assert!(commits <= 45, "{commits} commits for 40 messages");
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn ten_thousand_messages_to_a_dead_domain_do_not_hold_up_a_living_one() {
    let mut house = House::new(Options { delay_dsn_after: None, ..options() });
    house.net.set_host("192.0.2.66".parse().unwrap(), Behaviour::BlackHole);
    let host = house.host("192.0.2.1:25", good);
    flood(&house, "bob@dead.example", 10_000).await;
    house.start();
    house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    // No time passes: the dead host is still being dialed.
    while host.seen().taken.is_empty() {
        tokio::task::yield_now().await;
    }
    let before = house.store.db().figures();
    // The first timeout is one for all that is due there.
    let waiting = |house: &House| {
        let read = |_: &Store, tx: &mox_db::ReadTx<'_>| tables::select::counts(tx.conn());
        house.store.read_blocking(read).unwrap()
    };
    let mut seconds = 0..60;
    while waiting(&house).2 < 10_000 {
        if seconds.next().is_some() {
            house.clock.advance(Duration::from_secs(1));
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    let figures = house.store.db().figures();
    assert!(figures.commits - before.commits < 100, "{figures:?} after {before:?}");
    assert_eq!(host.seen().taken.len(), 1);
    let rows = house.rows().await;
    assert!(rows.iter().all(|r| r.attempts == 1), "one attempt each");
}

#[tokio::test]
async fn the_cost_of_a_wake_does_not_grow_with_what_waits() {
    let mut house = House::new(Options { delay_dsn_after: None, ..options() });
    house.net.set_host("192.0.2.66".parse().unwrap(), Behaviour::BlackHole);
    let host = house.host("192.0.2.1:25", good);
    let ids = house.add("alice@here.example", &["bob@dead.example"], |_| {}).await;
    let first = QueueId(ids[0]);
    let copy = move |_: &Store, tx: &mut Tx<'_>| tables::bulk::copy(tx.conn(), first, 99_999);
    house.store.write(copy).await.unwrap();
    assert_eq!(house.queue.length(), 100_000);

    let now = mox_clock::Clock::now(&house.clock);
    let path = std::fs::read_dir(house.dir.path()).unwrap().map(|e| e.unwrap().path());
    let path = path.filter(|p| p.extension().is_some_and(|e| e == "db")).last().unwrap();
    let mut conn = mox_db::rusqlite::Connection::open(path).unwrap();
    let dead = "dead.example";
    let costs = [
        ("destinations", tables::bulk::steps(&mut conn, |c| tables::destinations(c, 64))),
        ("due", tables::bulk::steps(&mut conn, |c| tables::due(c, dead, now, 1))),
        ("refresh", tables::bulk::steps(&mut conn, |c| tables::refresh(c, dead, now))),
        (
            "history",
            tables::bulk::steps(&mut conn, |c| {
                tables::suppression::failed_twice(c, "mox", "bob@dead.example")
            }),
        ),
        ("forget", tables::bulk::steps(&mut conn, |c| tables::retired::forget(c, now, now, 1000, 500))),
    ];
    for (what, steps) in costs {
        assert!(steps <= 1000, "{what}: {steps} steps");
    }
    let filter = mox_admin::ops::QueueFilter::default();
    for (sort, descending) in [(QueueSort::NextAttempt, false), (QueueSort::Queued, true)] {
        let page = tables::bulk::steps(&mut conn, |c| {
            let first = tables::select::list(c, &filter, sort, descending, None, 101)?;
            let last = first.last().unwrap();
            let at = if sort == QueueSort::Queued { last.queued } else { last.next_attempt };
            let after = Some(QueueKey { at: mox_admin::Time(at), id: last.id.0 });
            tables::select::list(c, &filter, sort, descending, after, 101)
        });
        assert!(page <= 20_000, "two pages {sort:?}: {page} steps");
    }
    let all = tables::bulk::steps(&mut conn, tables::select::counts);
    assert!(all > 100_000, "it is steps that are counted: {all}");

    house.start();
    house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    // No time passes: the dead host is still being dialed, by few workers with a message each in memory.
    while host.seen().taken.is_empty() {
        tokio::task::yield_now().await;
    }
    let busy = |rows: &[mox_admin::ops::QueueRow]| rows.iter().filter(|r| r.attempts > 0).count();
    let sorted = mox_admin::ops::QueueList { limit: Some(1000), descending: true, ..Default::default() };
    // Two workers on the dead host at most, and the living message until its outcome is stored.
    assert!(busy(&house.queue.list(sorted).await.unwrap()) <= 3);
}
