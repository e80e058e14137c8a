//! Deliveries that work, that work later, and that do not work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mox_admin::ops::{QueueEnd, QueueRow, QueueWait};
use mox_net::sim::Host as Behaviour;
use mox_smtp::Notify;

use super::house::{House, MESSAGE, options};
use crate::*;

const MX: &str = "192.0.2.1:25";
const MINUTE: Duration = Duration::from_secs(60);

fn good(_: &str) -> String {
    "250 2.0.0 taken".to_owned()
}

#[tokio::test]
async fn what_is_queued_is_delivered_once_and_remembered() {
    let mut house = House::new(options());
    let host = house.host(MX, good);
    house.start();
    let ids = house.add("alice@here.example", &["bob@there.example", "carol@there.example"], |_| {}).await;
    house.until(|rows| rows.is_empty()).await;
    let seen = host.seen();
    assert_eq!(seen.taken.len(), 1, "{seen:?}");
    assert_eq!(seen.taken[0].1, ["bob@there.example", "carol@there.example"]);
    let sent = String::from_utf8(MESSAGE.to_vec()).unwrap().replace("\r\n.", "\r\n..").replace('\r', "");
    assert_eq!(seen.taken[0].2, sent);
    let outcome =
        house.queue.wait(QueueWait { id: ids[0], until: QueueEnd::Delivered, timeout_ms: 0 }).await.unwrap();
    assert!(outcome.reached && outcome.attempts == 1, "{outcome:?}");
    let story = house.explain(ids[1]).await;
    for part in ["mx.there.example", "192.0.2.1:25", "250 2.0.0 taken", "tls none", "next: delivered"] {
        assert!(story.contains(part), "{part} in {story}");
    }
    assert_eq!(house.dsns(), [""; 0]);
    assert_eq!(house.problems(), []);
    house.stop().await;
}

#[tokio::test]
async fn a_greylisted_message_waits_its_time() {
    let mut house = House::new(options());
    let tries = AtomicUsize::new(0);
    let host = house.host(MX, move |rcpt| match rcpt {
        "DATA" => good(""),
        _ if tries.fetch_add(1, Ordering::SeqCst) < 2 => "451 4.7.1 greylisted".to_owned(),
        _ => good(""),
    });
    house.start();
    let ids = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    let greylisted = |attempts: u32| {
        move |rows: &[QueueRow]| {
            let last = rows.iter().find(|r| r.attempts == attempts).and_then(|r| r.last_error.as_deref());
            last == Some("451 4.7.1 greylisted")
        }
    };
    for (attempts, wait) in [(1, 450), (2, 900)] {
        house.pass_until(MINUTE, greylisted(attempts)).await;
        let row = house.rows().await.remove(0);
        let next = row.next_attempt.0.since(row.last_attempt.unwrap().0).as_secs();
        assert!(next.abs_diff(wait) <= wait / 100, "{next} after attempt {attempts}");
    }
    house.pass_until(MINUTE, <[_]>::is_empty).await;
    assert_eq!((host.seen().rcpts, host.seen().taken.len()), (3, 1));
    assert!(house.explain(ids[0]).await.contains("attempt 1 of 8 (mx.there.example [192.0.2.1], tls none"));
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn each_recipient_has_its_own_outcome() {
    let mut house = House::new(options());
    let host = house.host(MX, |rcpt| match rcpt {
        "no@there.example" => "550 5.1.1 no such user".to_owned(),
        "later@there.example" => "452 4.2.2 full".to_owned(),
        _ => good(""),
    });
    house.start();
    let to = ["yes@there.example", "no@there.example", "later@there.example"];
    let ids = house.add("alice@here.example", &to, |new| new.envid = Some("E1".to_owned())).await;
    house.until(|rows| rows.len() == 1 && rows[0].last_error.as_deref() == Some("452 4.2.2 full")).await;
    assert_eq!(host.seen().taken[0].1, ["yes@there.example"]);
    assert_eq!(house.rows().await[0].id, ids[2]);
    let dsns = house.dsns();
    assert_eq!(dsns.len(), 1);
    for part in [
        "no@there.example",
        "550 5.1.1 no such user",
        "Remote-MTA: dns; mx.there.example",
        "Original-Envelope-Id: E1",
        "Action: failed",
        "Status: 5.1.1",
        "Subject: Hello",
        "To: alice@here.example",
    ] {
        assert!(dsns[0].contains(part), "{part} in {}", dsns[0]);
    }
    assert!(!dsns[0].contains("yes@there.example") && !dsns[0].contains("Body text"), "{}", dsns[0]);
    assert!(house.explain(ids[1]).await.contains("is told of the failure: DSN <"));
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn an_unreachable_host_is_tried_until_the_end_and_the_sender_hears_of_it() {
    let mut house = House::new(options());
    house.net.set_host("192.0.2.66".parse().unwrap(), Behaviour::Refuses);
    house.start();
    let ids = house.add("alice@here.example", &["bob@dead.example"], |_| {}).await;
    house.pass_until(10 * MINUTE, <[_]>::is_empty).await;
    let dsns = house.dsns();
    assert_eq!(dsns.len(), 2, "{dsns:?}");
    assert!(dsns[0].contains("Action: delayed") && dsns[0].contains("Will-Retry-Until:"), "{}", dsns[0]);
    assert!(dsns[1].contains("Action: failed") && dsns[1].contains("refused"), "{}", dsns[1]);
    let story = house.explain(ids[0]).await;
    assert!(story.contains("attempt 8 of 8") && story.contains("no attempts are left"), "{story}");
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn what_fails_for_one_class_is_not_held_against_another() {
    let mut house = House::new(options());
    house.net.set_host("192.0.2.66".parse().unwrap(), Behaviour::Refuses);
    // A DMARC report does not go in plain text: that it cannot leave says nothing of other mail.
    let report = |new: &mut NewQueued| new.class = Class::DmarcReport;
    house.add("alice@here.example", &["bob@dead.example"], report).await;
    let one = house.add("alice@here.example", &["bob@dead.example"], |_| {}).await;
    let other = house.add("alice@here.example", &["bob@dead.example"], |_| {}).await;
    house.start();
    house.pass_until(MINUTE, |rows| rows.iter().all(|row| row.attempts > 0)).await;
    let shared = "not tried by itself";
    let story = house.explain(one[0]).await;
    assert!(!story.contains(shared), "{story}");
    let story = house.explain(other[0]).await;
    assert!(story.contains(shared), "the same class shares it: {story}");
}

#[tokio::test]
async fn no_dsn_where_none_is_wanted() {
    let mut house = House::new(options());
    let _host = house.host(MX, |_| "550 5.1.1 no".to_owned());
    house.start();
    house.add("", &["bob@there.example"], |_| {}).await;
    house
        .add("alice@here.example", &["bob@there.example"], |new| {
            new.recipients[0].notify = Some(Notify::default());
        })
        .await;
    for class in [Class::Dsn, Class::TlsReport, Class::DmarcReport] {
        house.add("alice@here.example", &["bob@there.example"], move |new| new.class = class).await;
    }
    house.until(<[_]>::is_empty).await;
    assert_eq!(house.dsns(), [""; 0]);
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn a_sender_elsewhere_gets_its_dsn_through_the_queue() {
    let mut house = House::new(options());
    let host = house.host(MX, good);
    house.start();
    for to in ["bob@null.example", "bob@closed.example", "bob@nowhere.example"] {
        house.add("eve@there.example", &[to], |_| {}).await;
    }
    house.until(<[_]>::is_empty).await;
    let taken = host.seen().taken;
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|(_, rcpts, _)| rcpts == &["eve@there.example"]));
    for part in ["null MX", "no mail goes there", "nowhere.example"] {
        assert!(taken.iter().any(|(_, _, text)| text.contains(part)), "{part} in {taken:?}");
    }
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn ret_full_returns_the_body() {
    let mut house = House::new(options());
    let _host = house.host(MX, |_| "550 5.1.1 no".to_owned());
    house.start();
    house
        .add("alice@here.example", &["bob@there.example"], |new| new.ret = Some(mox_smtp::Return::Full))
        .await;
    house.until(<[_]>::is_empty).await;
    assert!(house.dsns()[0].contains("Body text"), "{:?}", house.dsns());
}

#[tokio::test]
async fn a_relay_takes_what_is_routed_to_it_and_its_refusals_to_talk_are_temporary() {
    let mut house = House::new(options());
    house.start();
    house.add("alice@here.example", &["bob@relayed.example"], |_| {}).await;
    house.until(|rows| rows.first().is_some_and(|r| r.last_error.is_some())).await;
    let relay = house.host("192.0.2.99:2525", good);
    house.pass_until(MINUTE, <[_]>::is_empty).await;
    assert_eq!(relay.seen().taken.len(), 1);
}

#[tokio::test]
async fn a_crash_between_mark_and_outcome_costs_an_attempt_and_nothing_else() {
    let house = House::new(options());
    let ids = house.add("alice@here.example", &["bob@there.example"], |_| {}).await;
    let queue = house.queue.clone();
    let taken = house.store.write::<_, Error, _>(move |_, tx| queue.take(tx, "there.example")).await.unwrap();
    assert_eq!(taken.unwrap().rows.len(), 1);
    let mut house = house.crash();
    let host = house.host(MX, good);
    house.start();
    house.until(|rows| rows.len() == 1 && rows[0].attempts == 1).await;
    while !house.explain(ids[0]).await.contains("the server stopped before its outcome was known") {
        tokio::task::yield_now().await;
    }
    assert_eq!(host.seen().connections, 0, "not tried again at once");
    house.pass_until(MINUTE, <[_]>::is_empty).await;
    assert_eq!(host.seen().taken.len(), 1);
    assert_eq!(house.problems(), []);
}

#[tokio::test]
async fn only_mail_of_somebody_that_another_host_took_is_a_good_exchange() {
    let mut house = House::new(options());
    let _host = house.host(MX, |rcpt| match rcpt {
        "bad@there.example" => "550 5.1.1 no".to_owned(),
        _ => good(""),
    });
    house.start();
    for (to, class) in [
        ("good@there.example", Class::Normal),
        ("bad@there.example", Class::Normal),
        ("mailbox@home.example", Class::Normal),
        ("dsn@there.example", Class::Dsn),
        ("tls@there.example", Class::TlsReport),
        ("dmarc@there.example", Class::DmarcReport),
    ] {
        house.add("alice@here.example", &[to], move |new| new.class = class).await;
        house.until(|rows| rows.is_empty()).await;
    }
    assert_eq!(house.taken(), ["good@there.example"]);
    house.stop().await;
}
