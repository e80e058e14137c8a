//! What keeps a reporter's good name: few reports, none to whom refuses them, and quiet about what comes back.

use std::time::Duration;

use mox_admin::ops::{ReportDestination, ReportSendNow};
use mox_clock::{Clock, Day};
use mox_db::Tx;
use mox_queue::{Class, End, Queued, Reporting, Verdict};
use mox_smtp::EnhancedCode;
use mox_store::{ContentId, Error, Filter, Flags, Store};
use mox_tlsrpt::PolicyType;

use super::house::{House, result, row};
use crate::Options;
use crate::bounce::{Returned, Token, recognise};
use crate::tables::{exchange, traffic};

const DAY: Duration = Day::LENGTH;

fn few(options: &mut Options) {
    options.cap_floor = Some(2);
    options.success_too = true;
}

/// A house after a day on which TLS failed for domains with an odd number.
async fn house(count: u64, change: fn(&mut Options)) -> House {
    with(House::new().set(change), count, 0).await
}

/// After a day of mail for some domains. TLS failed for those with an odd number, and `always` times for all.
async fn with(house: House, count: u64, always: u64) -> House {
    for n in 0..count {
        let name = format!("d{n}.example");
        house.zone.add(&format!("_smtp._tls.{name}. TXT \"v=TLSRPTv1; rua=mailto:tls@{name}\"")).unwrap();
        let own = result(PolicyType::Sts, &name, 1, n % 2 + always);
        house.mail(Class::Normal, &name, Some(own), Vec::new()).await;
    }
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house
}

async fn destinations(house: &House) -> Vec<ReportDestination> {
    house.history().await.into_iter().flat_map(|row| row.destinations).collect()
}

/// Addresses in the queue, in the order in which they came.
async fn sent(house: &House) -> Vec<String> {
    house.queued().await.into_iter().map(|row| row.to).collect()
}

#[tokio::test]
async fn what_exceeds_a_day_waits_and_failures_go_first() {
    let house = house(4, few).await;
    house.hours(4).await;
    assert_eq!(sent(&house).await, ["tls@d1.example", "tls@d3.example"]);
    let waits: Vec<_> = destinations(&house).await.into_iter().filter(|d| d.state == "sealed").collect();
    assert!(
        waits.len() == 2 && waits.iter().all(|d| d.why == "today's reports are used up: 2 of 2"),
        "{waits:?}"
    );
    // Half a day after the next midnight half of yesterday lies within 24 hours.
    house.go_to("2026-11-27T11:30:00Z");
    house.hours(1).await;
    assert_eq!(sent(&house).await.len(), 3);
    house.hours(10).await;
    assert_eq!(sent(&house).await.len(), 3);
    house.go_to("2026-11-27T23:55:00Z");
    house.hours(1).await;
    assert_eq!(sent(&house).await, ["tls@d1.example", "tls@d3.example", "tls@d0.example", "tls@d2.example"]);
}

#[tokio::test]
async fn who_has_many_names_does_not_use_up_what_others_are_owed() {
    let house = House::new().set(few);
    for name in ["a.many.example", "b.many.example", "c.many.example", "single.test"] {
        house.zone.add(&format!("_smtp._tls.{name}. TXT \"v=TLSRPTv1; rua=mailto:tls@{name}\"")).unwrap();
        let own = result(PolicyType::Sts, name, 1, 1);
        house.mail(Class::Normal, name, Some(own), Vec::new()).await;
    }
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(6).await;
    assert_eq!(sent(&house).await, ["tls@a.many.example", "tls@single.test"]);
}

#[tokio::test]
async fn what_waits_for_too_long_expires_and_says_why() {
    let house = house(3, |options| options.cap_floor = Some(0)).await;
    house.hours(1).await;
    assert_eq!(destinations(&house).await.remove(0).state, "sealed");
    house.go_to("2026-11-28T00:05:00Z");
    house.hours(1).await;
    let [one] = destinations(&house).await.try_into().unwrap();
    assert_eq!((one.state.as_str(), one.why.as_str()), ("expired", "today's reports are used up: 0 of 0"));
    assert!(sent(&house).await.is_empty());
    assert!(house.reports.suppress_list(Default::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn more_may_leave_where_more_mail_leaves() {
    let house = House::new().set(few);
    let reports = house.reports.clone();
    let write = move |_: &Store, tx: &mut Tx<'_>| {
        let mut of = row(0);
        (0..20).try_for_each(|n| {
            of.forward_path = format!("a@d{n}.example").parse().map_err(|_| Error::Damaged(String::new()))?;
            reports.delivered(tx, &of)
        })
    };
    house.store.write(write).await.unwrap();
    let house = with(house, 8, 1).await;
    house.hours(8).await;
    // Twice as many as 20 in 7 days.
    assert_eq!(sent(&house).await.len(), 5);
    let waits = destinations(&house).await.into_iter().filter(|d| d.state == "sealed").count();
    assert_eq!(waits, 3);
}

#[tokio::test]
async fn copies_and_samples_count_and_do_not_wait() {
    let house = house(2, |options| options.cap_floor = Some(1)).await;
    house.hours(1).await;
    assert_eq!(sent(&house).await, ["tls@d1.example"]);
    for sample in [false, true] {
        let copy = ReportSendNow {
            domains: vec!["d1.example".into()],
            to: Some("me@tests.example".into()),
            sample,
            ..Default::default()
        };
        let sent = house.reports.send_now(copy).await.unwrap().remove(0);
        assert_eq!(sent.destinations[0].state, "queued");
        // A host gets one at a time.
        house.ended(sent.destinations[0].queue_id.unwrap(), End::Delivered, Verdict::delivered("ok")).await;
    }
    let day = house.clock.now().day();
    assert_eq!(house.store.read_blocking(|_, tx| traffic::reports(tx.conn(), day)).unwrap(), 3);
}

#[tokio::test]
async fn mail_that_others_take_is_remembered_for_a_time() {
    let house = House::new();
    let (reports, clock) = (house.reports.clone(), house.clock.clone());
    let write = move |_: &Store, tx: &mut Tx<'_>| {
        let taken = Queued { forward_path: row(1).forward_path, ..row(1) };
        reports.delivered(tx, &taken)?;
        reports.delivered(tx, &taken)?;
        let day = clock.now().day();
        Ok::<_, Error>((
            exchange::any(tx.conn(), "b.example")?,
            exchange::any(tx.conn(), "a.b.example")?,
            traffic::own(tx.conn(), day, day)?,
        ))
    };
    assert_eq!(house.store.write(write).await.unwrap(), (true, false, 2));
    for (days, expected) in [(40, (true, 2)), (1, (true, 0)), (359, (true, 0)), (1, (false, 0))] {
        house.clock.advance(DAY * days);
        house.reports.forget().await.unwrap();
        let known = house.store.read_blocking(|_, tx| {
            let all = (Day::from_number(0), Day::from_number(100_000));
            Ok::<_, Error>((exchange::any(tx.conn(), "b.example")?, traffic::own(tx.conn(), all.0, all.1)?))
        });
        assert_eq!(known.unwrap(), expected, "{days}");
    }
}

#[tokio::test]
async fn a_refusal_of_us_is_held_against_the_address_for_a_shorter_time() {
    for (code, text, days) in [
        (EnhancedCode(5, 1, 1), "no such user", 7),
        (EnhancedCode(5, 7, 1), "your address is on a blocklist", 1),
        (EnhancedCode(5, 3, 4), "too big", 1),
    ] {
        let house = house(2, |options| options.cap_floor = None).await;
        house.hours(1).await;
        let id = house.queued().await[0].id;
        house.ended(id, End::Failed, Verdict::permanent(code, text)).await;
        let list = house.reports.suppress_list(Default::default()).await.unwrap();
        assert_eq!(list[0].until.0.since(house.clock.now()), DAY * days, "{text}");
        assert!(list[0].comment.contains(text), "{}", list[0].comment);
        assert_eq!(list[0].comment.contains("not for the address"), days == 1, "{}", list[0].comment);
    }
}

/// A notification of a host.
fn notification(action: &str, status: &str, said: &str) -> Option<Returned> {
    let text = format!(
        "From: <mailer-daemon@d1.example>\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=x\r\n\r\n--x\r\n\r\nsorry\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; d1.example\r\n\r\nFinal-Recipient: rfc822; tls@d1.example\r\nAction: {action}\r\n\
         Status: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n--x--\r\n"
    );
    Returned::read(text.as_bytes())
}

/// A report in the queue: its id there, and the token of its reverse-path.
async fn queued(house: &House) -> (i64, Token) {
    house.hours(1).await;
    let row = house.queued().await.pop().unwrap();
    let path: mox_address::Path = row.from.parse().unwrap();
    assert_eq!(path.domain.to_string(), "example.org");
    (row.id, recognise(&path.localpart).unwrap())
}

async fn come_back(house: &House, token: Token, returned: Option<Returned>) -> bool {
    let Some(returned) = returned else { return false };
    let reports = house.reports.clone();
    house.store.write(move |_: &Store, tx: &mut Tx<'_>| reports.bounced(tx, token, &returned)).await.unwrap()
}

fn unlimited(options: &mut Options) {
    options.cap_floor = None;
}

#[tokio::test]
async fn a_report_that_was_accepted_and_comes_back_has_failed() {
    let house = house(2, unlimited).await;
    let (id, token) = queued(&house).await;
    house.ended(id, End::Delivered, Verdict::delivered("ok")).await;
    let no_such_user = || notification("failed", "5.1.1", "550 5.1.1 no such user");
    let state = async || destinations(&house).await.remove(0).state;
    // What changes nothing.
    assert!(!come_back(&house, token, notification("delayed", "4.4.1", "450 later")).await);
    assert!(!come_back(&house, token, notification("failed", "4.4.7", "450 too long")).await);
    assert!(!come_back(&house, token, notification("garbage", "5.1.1", "550 no")).await);
    let forged = |text: &str| recognise(&text.parse().unwrap()).unwrap();
    assert!(!come_back(&house, forged("mox-report.1.00000000"), no_such_user()).await);
    assert!(!come_back(&house, forged("mox-report.999.00000000"), no_such_user()).await);
    assert_eq!(state().await, "delivered");
    assert!(house.reports.suppress_list(Default::default()).await.unwrap().is_empty());
    // What does.
    assert!(come_back(&house, token, no_such_user()).await);
    let one = destinations(&house).await.remove(0);
    assert_eq!(
        (one.state.as_str(), one.why.as_str()),
        ("failed", "accepted, then returned: 550 5.1.1 no such user")
    );
    let list = house.reports.suppress_list(Default::default()).await.unwrap();
    assert_eq!((list.len(), list[0].until.0.since(house.clock.now())), (1, DAY * 7));
    // A second time.
    house.clock.advance(DAY);
    assert!(!come_back(&house, token, no_such_user()).await);
    assert_eq!(house.reports.suppress_list(Default::default()).await.unwrap(), list);
    assert!(sent(&house).await.len() == 1, "nothing was sent because of it");
}

#[tokio::test]
async fn a_report_may_come_back_within_two_weeks() {
    for (days, expected) in [(14, true), (15, false)] {
        let house = house(2, unlimited).await;
        let (id, token) = queued(&house).await;
        house.ended(id, End::Delivered, Verdict::delivered("ok")).await;
        house.clock.advance(DAY * days);
        assert_eq!(come_back(&house, token, notification("failed", "5.1.1", "550 no")).await, expected);
    }
}

#[tokio::test]
async fn a_report_that_comes_back_before_the_queue_knows_stays_failed() {
    let house = house(2, unlimited).await;
    let (id, token) = queued(&house).await;
    assert!(come_back(&house, token, notification("failed", "5.7.1", "554 blocked")).await);
    house.ended(id, End::Delivered, Verdict::delivered("ok")).await;
    let one = destinations(&house).await.remove(0);
    assert_eq!(
        (one.state.as_str(), one.why.as_str()),
        ("failed", "accepted, then returned: 5.7.1 554 blocked")
    );
    let list = house.reports.suppress_list(Default::default()).await.unwrap();
    assert_eq!(list[0].until.0.since(house.clock.now()), DAY);
}

#[tokio::test]
async fn a_host_that_takes_and_returns_is_left_alone_for_longer_each_time() {
    let house = House::new();
    let mut days = Vec::new();
    for wait in [0, 0, 0, 15] {
        house.fail("one.example").await;
        let next = house.clock.now().day().next();
        house.clock.step_to(next.start().plus(Duration::from_secs(600)));
        house.seal().await;
        let (id, token) = queued(&house).await;
        house.ended(id, End::Delivered, Verdict::delivered("ok")).await;
        if wait > 0 {
            // It took one that did not come back in time, and another later.
            house.clock.advance(DAY * wait);
            house.fail("one.example").await;
            let next = house.clock.now().day().next();
            house.clock.step_to(next.start().plus(Duration::from_secs(600)));
            house.seal().await;
            let (id, token) = queued(&house).await;
            house.ended(id, End::Delivered, Verdict::delivered("ok")).await;
            assert!(come_back(&house, token, notification("failed", "5.1.1", "550 no")).await);
        } else {
            assert!(come_back(&house, token, notification("failed", "5.1.1", "550 no")).await);
        }
        let list = house.reports.suppress_list(Default::default()).await.unwrap();
        days.push(list[0].until.0.since(house.clock.now()).as_secs() / 86_400);
        house.clock.step_to(list[0].until.0);
        house.reports.forget().await.unwrap();
    }
    assert_eq!(days, [7, 14, 28, 7]);
}

#[tokio::test]
async fn a_dmarc_report_that_fails_is_filed_as_quietly() {
    let house = house(2, unlimited).await;
    let (id, _) = queued(&house).await;
    let content = move |_: &Store, tx: &mox_db::ReadTx<'_>| {
        let sql = "SELECT content_id FROM queue WHERE queue_id = ?1";
        Ok::<i64, Error>(tx.conn().query_row(sql, [id], |row| row.get(0))?)
    };
    let content = ContentId(house.store.read(content).await.unwrap());
    let failed = Queued { class: Class::DmarcReport, content: Some(content), ..row(id) };
    let reports = house.reports.clone();
    let write = move |_: &Store, tx: &mut Tx<'_>| {
        reports.ended(tx, &failed, End::Failed, &Verdict::permanent(EnhancedCode(5, 1, 1), "no such user"))
    };
    house.store.write(write).await.unwrap();
    let filed = house.store.read_blocking(|store, tx| {
        let account = store.account(tx, "a")?;
        let messages = store.messages(tx, account.id, &Filter { limit: 10, ..Filter::default() })?;
        Ok::<_, Error>(messages.into_iter().map(|m| m.flags.contains(Flags::SEEN)).collect::<Vec<_>>())
    });
    assert_eq!(filed.unwrap(), [true]);
    assert_eq!(sent(&house).await.len(), 1, "no DSN");
}
