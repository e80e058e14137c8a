//! What operators do to the queue.

use std::time::Duration;

use mox_admin::ops::{
    QueueDrop, QueueDump, QueueEnd, QueueExplain, QueueFail, QueueFilter, QueueHold, QueueKey, QueueList,
    QueueSchedule, QueueShow, QueueSort, QueueUnhold, QueueWait, QueueWatch, When,
};
use mox_admin::{ErrorKind, Time};
use mox_clock::{Clock, Timestamp};

use super::house::{House, MESSAGE, options};
use crate::*;

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

#[tokio::test]
async fn held_messages_stay_until_released() {
    let mut house = House::new(options());
    let host = house.host("192.0.2.1:25", good);
    let ids = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    let hold = QueueHold { filter: House::ids(&ids), dry_run: true };
    assert_eq!(house.queue.hold(hold.clone()).await.unwrap().ids, ids);
    assert!(!house.rows().await[0].hold);
    house.queue.hold(QueueHold { dry_run: false, ..hold }).await.unwrap();
    house.start();
    let others = house.add("alice@here.example", &["carol@there.example"], |_| {}).await;
    house.until(|rows| rows.len() == 1).await;
    assert_eq!(host.seen().taken.len(), 1);
    assert!(house.explain(ids[0]).await.contains("next: on hold"));
    let unhold =
        QueueUnhold { filter: QueueFilter { hold: Some(true), ..QueueFilter::default() }, dry_run: false };
    assert_eq!(house.queue.unhold(unhold).await.unwrap().ids, ids);
    house.until(<[_]>::is_empty).await;
    assert!(others[0] > ids[0]);
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn what_is_due_is_counted_as_lists_have_it() {
    let house = House::new(options());
    let second = Duration::from_secs(1);
    let later = house.clock.now().plus(60 * second);
    let three = ["a@there.example", "b@there.example", "c@there.example"];
    let ids = house.add("alice@here.example", &three, |_| {}).await;
    house.add("alice@here.example", &["d@there.example"], move |new| new.not_before = Some(later)).await;
    house.queue.hold(QueueHold { filter: House::ids(&ids[..1]), dry_run: false }).await.unwrap();
    let now = house.clock.now();
    for (before, expected) in
        [(later.plus(second), 3), (later, 2), (now.plus(second), 2), (Timestamp::default(), 0)]
    {
        let (next_attempt_before, hold) = (Some(Time(before)), Some(false));
        let filter = QueueFilter { next_attempt_before, hold, ..QueueFilter::default() };
        let listed = house.queue.list(QueueList { filter, ..QueueList::default() }).await.unwrap().len();
        assert_eq!((house.queue.due(before).await.unwrap(), listed), (expected, expected as usize));
    }
}

#[tokio::test]
async fn schedule_moves_the_next_attempt() {
    let mut house = House::new(options());
    let host = house.host("192.0.2.1:25", good);
    house.start();
    let later = house.clock.now().plus(Duration::from_secs(7200));
    let ids = house
        .add("alice@here.example", &["bob@there.example"], move |new| new.not_before = Some(later))
        .await;
    assert_eq!(house.rows().await[0].next_attempt.0, later);
    let schedule = |when| QueueSchedule { filter: House::ids(&ids), when, dry_run: false };
    house.queue.schedule(schedule(When::ByMs(-1000))).await.unwrap();
    assert_eq!(later.since(house.rows().await[0].next_attempt.0).as_secs(), 1);
    assert_eq!(host.seen().connections, 0);
    house.queue.schedule(schedule(When::InMs(0))).await.unwrap();
    house.until(<[_]>::is_empty).await;
    assert_eq!(host.seen().taken.len(), 1);
}

#[tokio::test]
async fn fail_tells_the_sender_and_drop_does_not() {
    let house = House::new(options());
    let ids = house.add("alice@here.example", &["a@there.example", "b@there.example"], |_| {}).await;
    house.queue.drop_messages(QueueDrop { filter: House::ids(&ids[..1]), dry_run: false }).await.unwrap();
    assert_eq!((house.rows().await.len(), house.dsns().len()), (1, 0));
    house.queue.fail(QueueFail { filter: House::ids(&ids[1..]), dry_run: false }).await.unwrap();
    assert_eq!(house.rows().await, []);
    let dsns = house.dsns();
    assert!(dsns.len() == 1 && dsns[0].contains("given up by an operator"), "{dsns:?}");
    let wait = |id| QueueWait { id, until: QueueEnd::Delivered, timeout_ms: 1000 };
    let ends: Vec<_> = [house.queue.wait(wait(ids[0])).await, house.queue.wait(wait(ids[1])).await]
        .map(|o| o.unwrap())
        .into();
    assert_eq!(ends[0].end, Some(QueueEnd::Gone));
    assert_eq!(ends[1].end, Some(QueueEnd::Failed));
    assert!(!ends[0].reached && !ends[1].reached);
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn ids_that_do_not_exist_are_errors_and_filters_may_match_nothing() {
    let house = House::new(options());
    let ids = house.add("alice@here.example", &["bob@there.example", "b@münchen.example"], |_| {}).await;
    let kind = |e: mox_admin::OpError| e.kind;
    let missing = QueueDrop { filter: House::ids(&[ids[0], 999]), dry_run: false };
    assert_eq!(house.queue.drop_messages(missing).await.map_err(kind), Err(ErrorKind::NotFound));
    assert_eq!(house.queue.show(QueueShow { id: 999 }).await.map_err(kind), Err(ErrorKind::NotFound));
    assert_eq!(house.queue.explain(QueueExplain { id: 999 }).await.map_err(kind), Err(ErrorKind::NotFound));
    assert_eq!(house.queue.dump(QueueDump { id: ids[0] }).await.unwrap(), MESSAGE);
    for (from, to, count) in [
        (None, None, 2),
        (Some("ALICE@HERE.example"), None, 2),
        (Some("@here.example"), Some("bob@there.example"), 1),
        (None, Some("@münchen.example"), 1),
        (None, Some("@there.example"), 1),
        (Some("<>"), None, 0),
        (Some("@there.example"), None, 0),
    ] {
        let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
        let filter = QueueFilter { from, to, ..QueueFilter::default() };
        let list = QueueList { filter: filter.clone(), ..QueueList::default() };
        assert_eq!(house.queue.list(list).await.unwrap().len(), count, "{filter:?}");
    }
}

#[tokio::test]
async fn watch_answers_when_something_changed() {
    let mut house = House::new(options());
    let _host = house.host("192.0.2.1:25", good);
    let watch = |token: Option<String>| QueueWatch { token, timeout_ms: 1000, ..QueueWatch::default() };
    let empty = house.queue.watch(watch(None)).await.unwrap();
    assert_eq!(empty.rows, []);
    let (changed, ids) = tokio::join!(
        house.queue.watch(watch(Some(empty.token.clone()))),
        house.add("alice@here.example", &["bob@there.example"], |_| {})
    );
    let changed = changed.unwrap();
    assert_eq!(changed.rows.iter().map(|r| r.id).collect::<Vec<_>>(), ids);
    let (timed_out, ()) = tokio::join!(house.queue.watch(watch(Some(changed.token.clone()))), async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
            house.clock.advance(Duration::from_secs(1));
        }
    });
    assert_eq!(timed_out.unwrap().token, changed.token);
    house.start();
    let wait = QueueWait { id: ids[0], until: QueueEnd::Delivered, timeout_ms: 60_000 };
    assert!(house.queue.wait(wait).await.unwrap().reached);
}

#[tokio::test]
async fn what_ended_is_forgotten_after_its_time() {
    let mut house = House::new(options());
    let _host = house.host("192.0.2.1:25", good);
    house.start();
    let ids = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    house.until(<[_]>::is_empty).await;
    let known =
        |house: &House| house.store.read_blocking(|_, tx| tables::get(tx.conn(), QueueId(ids[0]))).unwrap();
    house.clock.advance(Duration::from_secs(6 * 86_400));
    assert_eq!(known(&house).unwrap().end, Some(End::Delivered));
    while known(&house).is_some() {
        house.clock.advance(Duration::from_secs(3600));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    assert!(house.clock.now().secs() - 1_800_000_000 >= 7 * 86_400);
}

#[tokio::test]
async fn lists_go_on_behind_a_row() {
    let house = House::new(options());
    for n in 0..7 {
        house.add("alice@here.example", &[&format!("b{n}@there.example")], |_| {}).await;
    }
    let (all, queue) = (house.rows().await, house.queue.clone());
    let ids: Vec<i64> = all.iter().map(|row| row.id).collect();
    for (sort, descending) in [
        (QueueSort::NextAttempt, false),
        (QueueSort::NextAttempt, true),
        (QueueSort::Queued, false),
        (QueueSort::Queued, true),
    ] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let list = QueueList { sort, descending, after, limit: Some(3), ..QueueList::default() };
            let page = queue.list(list).await.unwrap();
            let Some(last) = page.last() else { break };
            let at = if sort == QueueSort::Queued { last.queued } else { last.next_attempt };
            after = Some(QueueKey { at, id: last.id });
            found.extend(page.iter().map(|row| row.id));
        }
        if descending {
            found.reverse();
        }
        assert_eq!(found, ids, "{sort:?} {descending}");
    }
    // The row that a page ended with has moved meanwhile: nothing is left out.
    let key = QueueKey { at: all[2].next_attempt, id: all[2].id };
    let later =
        QueueSchedule { filter: House::ids(&[all[2].id]), when: When::InMs(3_600_000), dry_run: false };
    queue.schedule(later).await.unwrap();
    let rest = queue.list(QueueList { after: Some(key), ..QueueList::default() }).await.unwrap();
    let rest: Vec<i64> = rest.iter().map(|row| row.id).collect();
    assert!(ids.iter().skip(3).all(|id| rest.contains(id)), "{rest:?}");
}
