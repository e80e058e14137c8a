//! Many reports: what is looked at and told apart stays bounded.

use mox_dmarcrpt::{AuthResult, Record};

use super::store::{Filled, NOW, dkim, record, span, spf};
use crate::insight::tables::each_row;
use crate::insight::{MAX_GROUPS, summary};
use crate::receive::dmarc::AGGREGATE;
use crate::receive::silence::reporters;

fn one(number: u32) -> Record {
    let ip = std::net::Ipv4Addr::from(0x0a00_0000 + number);
    record(&ip.to_string(), 1, [dkim("example.org", AuthResult::Fail)], [spf("x.example", AuthResult::Fail)])
}

#[tokio::test]
async fn groups_are_bounded_and_nothing_is_lost_from_sums() {
    let filled = Filled::new();
    let most = u32::try_from(MAX_GROUPS).unwrap() + 500;
    let reports =
        (0..most).step_by(100).map(|n| ("a.example".to_owned(), 1, (n..n + 100).map(one).collect()));
    filled.many(reports.collect()).await;
    let found = summary::summary(&filled.store, &filled.asker(""), span(None, 7)).await.unwrap();
    let dmarc = found.domains[0].dmarc.as_ref().unwrap();
    assert_eq!(dmarc.count.total, u64::from(most));
    assert_eq!((dmarc.services[0].counts.messages, dmarc.unlisted), (MAX_GROUPS as u64, 500));
    let sources = &dmarc.services[0];
    assert_eq!(sources.sources.len() as u64 + sources.more_sources, MAX_GROUPS as u64);
}

#[tokio::test]
async fn rows_are_bounded_the_latest_first() {
    let filled = Filled::new();
    for ago in 1..5 {
        filled.dmarc("a.example", ago, vec![one(1), one(2)]).await;
    }
    let read = filled.store.read(|_, tx| {
        let mut days = Vec::new();
        let count = each_row(tx.conn(), &span(None, 7), true, 3, |head, _| days.push(head.start.day()))?;
        Ok::<_, mox_store::Error>((count, days))
    });
    let (count, days) = read.await.unwrap();
    assert_eq!((count, days.len()), (3, 3));
    assert_eq!((days[0].number(), days[2].number()), (NOW.day().number() - 1, NOW.day().number() - 2));
}

/// Each silent reporter costs its own reports, and no look at those of others.
#[tokio::test]
async fn many_silent_reporters_are_found_in_one_pass() {
    let filled = Filled::new();
    let reports = (0..400).flat_map(|n| (10..16).map(move |ago| (format!("s{n}.example"), ago, Vec::new())));
    filled.many(reports.collect()).await;
    let found = filled
        .store
        .read(|_, tx| reporters(tx.conn(), AGGREGATE, Some("example.org"), NOW.day()))
        .await
        .unwrap();
    assert_eq!(found.len(), 400);
    assert!(found.iter().all(|one| one.days == 6 && one.quiet == 10));
}
