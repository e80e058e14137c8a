//! How reports get to their destinations, when, and when they do not.

use std::time::Duration;

use mox_clock::Clock;
use mox_queue::{Class, End, Queue, Verdict};
use mox_store::{Filter, Flags, verify};
use mox_tlsrpt::{PolicyType, Report};
use mox_unpack::gzip;
use tokio::sync::watch;

use super::house::{House, at, refused, result};
use super::sealing::attached;

#[tokio::test]
async fn an_https_destination_gets_the_document() {
    let house = House::new();
    house.fail("web.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let posts = house.hook.posts();
    let [(head, body)] = posts.as_slice() else { panic!("{}", posts.len()) };
    assert!(head.starts_with("POST /in HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/tlsrpt+gzip\r\n"), "{head}");
    let report: Report = serde_json::from_slice(&gzip::expand(body, 1 << 20).unwrap()).unwrap();
    assert_eq!(report.policies, [result(PolicyType::Sts, "web.example", 1, 1)]);
    let history = house.history().await;
    assert_eq!((history[0].outcome.as_str(), history[0].destinations[0].attempts), ("delivered", 1));
    assert!(house.queued().await.is_empty());
}

#[tokio::test]
async fn an_https_server_that_refuses_is_asked_less_and_less_for_a_day() {
    for status in [500, 302, 404] {
        let house = House::new();
        house.fail("web.example").await;
        house.hook.answer(status);
        house.go_to("2026-11-26T00:05:00Z");
        house.seal().await;
        house.hours(6).await;
        let early = house.hook.posts().len();
        assert!((4..=7).contains(&early), "{early}");
        house.hours(42).await;
        let all = house.hook.posts();
        assert!(all.len() <= 12 && all.iter().all(|post| post == &all[0]), "{}", all.len());
        let row = house.history().await.remove(0);
        assert_eq!(row.outcome, "expired");
        assert_eq!(row.destinations[0].why, format!("the server answered {status}"));
        let ended = row.destinations[0].ended.unwrap().0;
        assert!(ended <= at("2026-11-27T00:10:00Z"), "{ended}");
    }
}

#[tokio::test]
async fn private_addresses_are_never_asked() {
    let house = House::new();
    house.zone.remove("hook.example");
    house.zone.add("hook.example. A 10.0.0.1").unwrap();
    house.fail("web.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let row = house.history().await.remove(0);
    assert!(row.destinations[0].why.contains("not public"), "{:?}", row.destinations);
    assert!(house.hook.posts().is_empty());
}

#[tokio::test]
async fn what_dns_cannot_say_now_waits_and_what_is_gone_is_discarded() {
    let house = House::new();
    house.zone.remove("_smtp._tls.one.example");
    house.zone.add("_smtp._tls.one.example. TXT ; servfail").unwrap();
    house.fail("one.example").await;
    house.fail("two.example").await;
    house.zone.remove("_smtp._tls.two.example");
    house.zone.add("_smtp._tls.two.example. TXT \"v=TLSRPTv1; rua=bad\"").unwrap();
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.go_to("2026-11-26T23:05:00Z");
    house.seal().await;
    assert_eq!(house.told().await, ["domain two.example 2026-11-25 discarded []"]);
    assert!(house.history().await[0].why.contains("not valid"));
    house.zone.remove("_smtp._tls.one.example");
    house.zone.add("_smtp._tls.one.example. TXT \"v=TLSRPTv1; rua=mailto:later@one.example\"").unwrap();
    house.go_to("2026-11-27T01:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let queued = house.queued().await;
    assert_eq!(queued[0].to, "later@one.example");
    assert_eq!(attached(&house.message(queued[0].id).await).end.rfc3339(), "2026-11-25T23:59:59Z");
}

#[tokio::test]
async fn days_that_were_missed_are_reported_as_themselves_for_two_days() {
    for (start, expected) in [
        ("2026-11-27T23:50:00Z", "domain one.example 2026-11-25 sealed [mailto:tls@one.example sealed]"),
        ("2026-11-28T00:10:00Z", "domain one.example 2026-11-25 discarded []"),
    ] {
        let house = House::new();
        house.fail("one.example").await;
        house.mail(Class::Normal, "both.example", Some(result(PolicyType::Sts, "x", 1, 0)), Vec::new()).await;
        house.go_to(start);
        house.seal().await;
        assert_eq!(house.told().await, [expected]);
        assert!(house.reports.results(Default::default()).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_and_history_says_so() {
    let house = House::with("mox.example.org", "example.org", false);
    house.fail("one.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    assert!(house.told().await.is_empty());
    house.go_to("2026-11-28T00:10:00Z");
    house.seal().await;
    let row = house.history().await.remove(0);
    assert!(row.outcome == "discarded" && row.why.contains("DKIM key"), "{row:?}");
}

#[tokio::test]
async fn an_address_that_refuses_is_left_alone_for_longer_each_time() {
    let house = House::new();
    let mut days = Vec::new();
    for _ in 0..7 {
        house.fail("one.example").await;
        let next = house.clock.now().day().next();
        house.clock.step_to(next.start().plus(Duration::from_secs(600)));
        house.seal().await;
        house.reports.hand_over_due().await.unwrap();
        let row = house.history().await.remove(0);
        assert_eq!(row.destinations[0].state, "queued", "{row:?}");
        house.ended(row.destinations[0].queue_id.unwrap(), End::Failed, refused()).await;
        assert_eq!(house.history().await[0].destinations[0].state, "failed");
        let list = house.reports.suppress_list(Default::default()).await.unwrap();
        assert!(list[0].automatic && list[0].uri == "mailto:tls@one.example", "{list:?}");
        days.push(list[0].until.0.since(house.clock.now()).as_secs() / 86_400);
        // Meanwhile nothing goes there.
        house.fail("one.example").await;
        let next = house.clock.now().day().next();
        house.clock.step_to(next.start().plus(Duration::from_secs(600)));
        house.seal().await;
        let row = house.history().await.remove(0);
        assert_eq!(row.outcome, "suppressed");
        assert!(row.destinations[0].why.contains("no such user"), "{row:?}");
        house.clock.step_to(list[0].until.0);
        house.reports.forget().await.unwrap();
    }
    assert_eq!(days, [7, 14, 28, 56, 112, 180, 180]);
    house.fail("one.example").await;
    house.clock.advance(Duration::from_secs(86_400));
    house.seal().await;
    house.reports.hand_over_due().await.unwrap();
    let row = house.history().await.remove(0);
    let queue_id = row.destinations[0].queue_id.unwrap();
    house.ended(queue_id, End::Delivered, Verdict::delivered("ok")).await;
    assert_eq!(house.history().await[0].outcome, "delivered");
}

#[tokio::test]
async fn what_cannot_be_delivered_in_time_is_expired_and_not_held_against_the_address() {
    let house = House::new();
    house.fail("one.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let id = house.queued().await[0].id;
    house.ended(id, End::Failed, Verdict::temporary("no answer")).await;
    assert_eq!(house.history().await[0].outcome, "expired");
    assert!(house.reports.suppress_list(Default::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_queue_tells_how_it_ended_and_nobody_gets_a_dsn() {
    let house = House::new();
    house.fail("two.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(house.queue.clone().run(stopped));
    while house.history().await[0].outcome == "sealed" {}
    let row = house.history().await.remove(0);
    assert!(
        row.destinations.iter().all(|d| d.state == "failed" && d.why.contains("no such user")),
        "{row:?}"
    );
    assert_eq!(house.reports.suppress_list(Default::default()).await.unwrap().len(), 2);
    assert!(house.queued().await.is_empty());
    stop.send_replace(true);
    running.await.unwrap();
    let kept = house.store.read_blocking(|store, tx| {
        let account = store.account(tx, "a")?;
        let messages = store.messages(tx, account.id, &Filter { limit: 10, ..Filter::default() })?;
        let seen = messages.iter().all(|message| message.flags.contains(Flags::SEEN));
        let bytes = messages.iter().map(|message| store.content(tx, message)?.bytes());
        Ok::<_, mox_store::Error>((seen, bytes.collect::<Result<Vec<_>, _>>()?))
    });
    let (seen, kept) = kept.unwrap();
    assert!(seen && kept.len() == 2);
    for message in kept {
        let text = String::from_utf8(message).unwrap();
        assert!(text.starts_with("X-Mox-Report-Error: no such user\r\n"), "{text}");
        assert_eq!(attached(&text).policies[0].policy.domain, "two.example");
    }
    let problems = verify(&house.store, &Queue::content_refs, false, &|_| {}).unwrap().problems;
    assert_eq!(problems, []);
}

#[tokio::test]
async fn one_host_is_not_handed_two_at_once() {
    let house = House::new();
    for n in 0..3 {
        let name = format!("d{n}.example");
        house
            .zone
            .add(&format!("_smtp._tls.{name}. TXT \"v=TLSRPTv1; rua=mailto:d{n}@sink.example\""))
            .unwrap();
        house.fail(&name).await;
    }
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.clock.advance(Duration::from_secs(3600));
    house.reports.hand_over_due().await.unwrap();
    assert_eq!(house.queued().await.len(), 1);
    house.ended(house.queued().await[0].id, End::Delivered, Verdict::delivered("ok")).await;
    house.reports.hand_over_due().await.unwrap();
    assert_eq!(house.queued().await.len(), 2);
    house.clock.advance(Duration::from_secs(301));
    house.reports.hand_over_due().await.unwrap();
    assert_eq!(
        house.queued().await.len(),
        3,
        "a host that is slow does not keep all others waiting for long"
    );
}

#[tokio::test]
async fn names_beyond_ascii_arrive() {
    let house = House::new();
    let record =
        "_smtp._tls.xn--mnchen-3ya.example. TXT \"v=TLSRPTv1; rua=mailto:j%C3%B6rg@xn--mnchen-3ya.example\"";
    house.zone.add(record).unwrap();
    let own = result(PolicyType::Sts, "xn--mnchen-3ya.example", 0, 1);
    house.mail(Class::Normal, "m\u{fc}nchen.example", Some(own), Vec::new()).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let queued = house.queued().await;
    assert_eq!(queued.len(), 1, "{:?}", house.history().await);
    let message = house.message(queued[0].id).await;
    assert!(message.contains("\r\nTo: j\u{f6}rg@xn--mnchen-3ya.example\r\n"), "{message}");
    assert!(message.contains("Report Domain: xn--mnchen-3ya.example "), "{message}");
    assert_eq!(attached(&message).policies[0].policy.domain, "xn--mnchen-3ya.example");
}

#[tokio::test]
async fn reports_about_reports_do_not_grow() {
    let house = House::new();
    house.fail("one.example").await;
    house.fail("both.example").await;
    let mut counts = Vec::new();
    for _ in 0..7 {
        let next = house.clock.now().day().next();
        house.clock.step_to(next.start().plus(Duration::from_secs(600)));
        house.seal().await;
        house.hours(1).await;
        counts.push(house.history().await.len());
        // Each report is delivered to the other domain, whose TLS fails.
        for domain in ["one.example", "both.example"] {
            let bad = result(PolicyType::Sts, domain, 0, 1);
            house.mail(Class::TlsReport, domain, Some(bad), Vec::new()).await;
        }
    }
    assert_eq!(counts, [2; 7]);
}

#[tokio::test]
async fn the_engine_runs_by_itself() {
    let house = House::new();
    for domain in ["one.example", "two.example"] {
        house.fail(domain).await;
    }
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(house.reports.clone().run(stopped));
    let mut done = false;
    while !done && house.clock.now() < at("2026-11-27T00:00:00Z") {
        // Time passes while the engine sleeps, not while it works: the disk is not simulated.
        if let Some(sleep) = house.clock.until_next_sleeper() {
            house.clock.advance(sleep);
        }
        let history = house.history().await;
        let open = history.iter().flat_map(|row| &row.destinations).filter(|d| d.state == "sealed").count();
        done = history.len() == 2 && open == 0;
    }
    assert!(done, "{:?}", house.told().await);
    let sealed = house.history().await.iter().map(|row| row.sealed.0).min().unwrap();
    assert!(sealed >= at("2026-11-26T00:04:00Z"), "{sealed}");
    assert!(house.clock.now() < at("2026-11-26T04:30:00Z"), "{}", house.clock.now());
    assert_eq!(house.queued().await.len(), 3);
    stop.send_replace(true);
    running.await.unwrap();
}
