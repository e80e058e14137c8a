//! Much at once, and for long.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mox_admin::ops::ReportHistory;
use mox_clock::sim::SimRandom;
use mox_clock::{Clock, random_below};
use mox_queue::{Class, End, TlsResults, Verdict};
use mox_tlsrpt::PolicyType;

use super::house::{House, result};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_policy_domains() {
    // All of them take a debug build long.
    let all = std::env::var_os("MOX_LOAD").is_some() || !cfg!(debug_assertions);
    let count = if all { 10_000 } else { 300 };
    let (house, clock) = (House::new(), mox_platform::SystemClock);
    let zone: String = (0..count)
        .map(|n| format!("_smtp._tls.d{n}.example. TXT \"v=TLSRPTv1; rua=mailto:tls@d{n}.example\"\n"))
        .collect();
    house.zone.add(&zone).unwrap();
    let heard = |n| {
        let domain = format!("d{n}.example");
        TlsResults {
            recipient_domain: domain.parse().unwrap(),
            at: house.clock.now(),
            class: Class::Normal,
            domain: Some(result(PolicyType::Sts, &domain, 10, 1)),
            hosts: vec![result(PolicyType::NoPolicyFound, &format!("mx.d{n}.example"), 10, 1)],
        }
    };
    house.hear((0..count).map(heard).collect()).await;
    house.go_to("2026-11-26T00:05:00Z");
    let begun = clock.monotonic();
    house.seal().await;
    let sealed = clock.monotonic().saturating_sub(begun);
    house.go_to("2026-11-26T04:10:00Z");
    house.reports.hand_over_due().await.unwrap();
    let queued = clock.monotonic().saturating_sub(begun + sealed);
    println!("{count} policy domains: sealed in {sealed:?}, composed and queued in {queued:?}");
    assert_eq!(house.queued().await.len(), count);
    assert!(house.history().await.iter().all(|row| row.destinations[0].state == "queued"));
}

/// Domains of [`year`] and how many places want reports about each.
const DOMAINS: [(&str, usize); 4] =
    [("one.example", 1), ("two.example", 2), ("web.example", 1), ("both.example", 2)];

/// A day of mail; the domains that have something to be told.
async fn traffic(house: &House, random: &SimRandom) -> Vec<&'static str> {
    let (mut worth, mut all) = (Vec::new(), Vec::new());
    for (domain, _) in DOMAINS {
        let (mut reason, mut failed) = (false, false);
        for _ in 0..random_below(random, 3) {
            let bad = random_below(random, 3) == 0;
            let class = if random_below(random, 4) == 0 { Class::TlsReport } else { Class::Normal };
            let own = result(PolicyType::Sts, domain, 1, bad.into());
            let hosts = vec![result(PolicyType::NoPolicyFound, "mx.host.example", 1, 0)];
            let recipient_domain = domain.parse().unwrap();
            all.push(TlsResults { recipient_domain, at: house.clock.now(), class, domain: Some(own), hosts });
            reason |= class == Class::Normal;
            failed |= bad;
        }
        if reason && failed {
            worth.push(domain);
        }
    }
    if house.clock.now().day().to_string().ends_with("-02-29") {
        house.fail("one.example").await;
        worth.push("one.example");
    }
    house.hear(all).await;
    worth
}

/// What is in the queue ends, now and then badly, but never for good.
async fn deliver(house: &House, random: &SimRandom) {
    let latest = ReportHistory { limit: Some(20), ..ReportHistory::default() };
    let mut all = Vec::new();
    for row in house.reports.history(latest).await.unwrap() {
        for one in row.destinations.iter().filter(|d| d.state == "queued") {
            let (end, verdict) = match random_below(random, 10) {
                0 => (End::Failed, Verdict::temporary("busy")),
                _ => (End::Delivered, Verdict::delivered("ok")),
            };
            all.push((one.queue_id.unwrap(), end, verdict));
        }
    }
    if !all.is_empty() {
        house.all_ended(all).await;
    }
}

#[tokio::test]
async fn four_hundred_days_with_a_clock_that_is_set() {
    let house = House::new();
    let random = SimRandom::new(3);
    house.go_to("2027-12-20T09:00:00Z");
    let mut pass = house.reports.first_pass();
    let mut sure: BTreeSet<(String, String)> = BTreeSet::new();
    for number in 0..400 {
        let today = house.clock.now().day();
        let worth = traffic(&house, &random).await;
        let gap = number % 50 == 49;
        if !gap {
            sure.extend(worth.iter().map(|domain| ((*domain).to_owned(), today.to_string())));
        }
        // After some days the server is down for days; on others the clock is set back, or stands.
        let next = if gap { today.next().next().next().next() } else { today.next() };
        house.clock.step_to(next.start().plus(Duration::from_secs(30)));
        for turn in 0..5 {
            house.reports.step(&mut pass).await.unwrap();
            deliver(&house, &random).await;
            match (number % 7, turn) {
                (3, 2) => house.clock.step_to(house.clock.now().minus(Duration::from_secs(4 * 3600))),
                (5, 4) => house.clock.advance(Duration::from_secs(9 * 3600)),
                _ => house.clock.advance(Duration::from_secs(2 * 3600)),
            }
        }
        house.clock.step_to(next.start().plus(Duration::from_secs(23 * 3600)));
        house.reports.step(&mut pass).await.unwrap();
    }
    let queued = house.queued().await;
    let mut mails: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &queued {
        *mails.entry((row.subject.clone(), row.to.clone())).or_default() += 1;
    }
    assert!(mails.values().all(|count| *count == 1), "each destination gets a report once");
    let posts = house.hook.posts();
    let bodies: BTreeSet<_> = posts.iter().collect();
    assert_eq!(bodies.len(), posts.len(), "each post is another report");
    for (domain, places) in DOMAINS {
        let days = sure.iter().filter(|(found, _)| found == domain).count();
        let mails = queued.iter().filter(|row| row.subject.contains(&format!("Domain: {domain} "))).count();
        let path = if domain == "web.example" { "POST /in " } else { "POST /both " };
        let has_web = matches!(domain, "web.example" | "both.example");
        let posts = posts.iter().filter(|(head, _)| has_web && head.starts_with(path)).count();
        let sent = mails + posts;
        assert_eq!(sent, days * places, "{domain}: {days} days");
    }
    assert!(queued.iter().any(|row| row.subject.contains("20280229")), "the leap day has its report");
    let history = house.history().await;
    let oldest = history.iter().map(|row| row.sealed.0).min().unwrap();
    assert!(house.clock.now().since(oldest) < Duration::from_secs(92 * 86_400), "{oldest}");
    assert!(history.len() < 92 * 8, "{}", history.len());
    let left = house.reports.results(Default::default()).await.unwrap();
    let yesterday = house.clock.now().day().previous().to_string();
    assert!(left.iter().all(|row| row.day >= yesterday), "{left:?}");
}
