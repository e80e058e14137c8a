//! Summary, causes and silence.

use std::time::Duration;

use mox_admin::ops::{ReportFamily, ReportSummarized, SummaryDomain};
use mox_dmarcrpt::{Action, AuthResult, Record};

use super::store::{Filled, NOW, day, dkim, record, span, spf};
use crate::insight::tables::Span;
use crate::insight::{causes, silences, summary};

use AuthResult::{Fail, Pass};

/// Our own host, a service that signs as itself too, and a stranger.
fn mail(own: u64, service: u64, forged: u64) -> Vec<Record> {
    vec![
        record("192.0.2.1", own, [dkim("example.org", Pass)], [spf("example.org", Pass)]),
        record(
            "198.51.100.7",
            service,
            [dkim("example.org", Pass), dkim("amazonses.com", Pass)],
            [spf("amazonses.com", Pass)],
        ),
        Record {
            disposition: Action::Reject,
            ..record("203.0.113.9", forged, [], [spf("example.org", Fail)])
        },
    ]
}

const ZONE: &str = "
    1.2.0.192.in-addr.arpa. PTR mail.example.org.
    mail.example.org. A 192.0.2.1
    9.113.0.203.in-addr.arpa. PTR dsl-203-0-113-9.isp.example.
    dsl-203-0-113-9.isp.example. A 203.0.113.9
";

async fn summed(filled: &Filled, domain: Option<&str>) -> ReportSummarized {
    summary::summary(&filled.store, &filled.asker(ZONE), span(domain, 7)).await.unwrap()
}

#[tokio::test]
async fn an_empty_store_says_nothing() {
    let filled = Filled::new();
    assert!(summed(&filled, None).await.domains.is_empty());
    let list = causes::causes(&filled.store, &filled.asker(""), span(None, 7)).await.unwrap();
    assert_eq!((list.reports, list.causes.len()), (0, 0));
    assert!(silences(&filled.store, None, NOW.day()).await.unwrap().is_empty());
}

#[tokio::test]
async fn mail_is_counted_by_service_and_address() {
    let filled = Filled::new();
    filled.dmarc("google.com", 1, mail(10, 4, 3)).await;
    filled.dmarc("yahoo.com", 2, mail(20, 6, 0)).await;
    filled.dmarc("yahoo.com", 9, mail(5, 0, 0)).await;
    filled.dmarc_about("other.example", "yahoo.com", 2, mail(1, 0, 0)).await;
    let all = summed(&filled, None).await;
    let names: Vec<&str> = all.domains.iter().map(|one| one.domain.as_str()).collect();
    assert_eq!((names, all.cut), (vec!["example.org", "other.example"], false));
    let dmarc = all.domains[0].dmarc.as_ref().unwrap();
    let count = &dmarc.count;
    assert_eq!((count.reports, count.reporters, count.total, count.failed), (2, 2, 43, 3));
    assert_eq!((count.total_before, count.failed_before, dmarc.unlisted), (5, 0, 0));
    assert_eq!(count.days.iter().map(|d| (d.total, d.failed)).collect::<Vec<_>>(), [(26, 0), (17, 3)]);
    let told: Vec<_> =
        dmarc.services.iter().map(|s| (s.name.as_str(), s.named_by.as_str(), s.counts.messages)).collect();
    assert_eq!(told, [("example.org", "ptr", 30), ("Amazon SES", "dkim", 10), ("unknown", "nothing", 3)]);
    let [own, service, unknown] = dmarc.services.as_slice() else { panic!("{told:?}") };
    assert_eq!((own.counts.both, own.counts.failed, own.reporters), (30, 0, 2));
    assert_eq!((service.counts.dkim, service.sources[0].name_state.as_str()), (10, "missing"));
    assert_eq!((unknown.counts.failed, unknown.counts.rejected), (3, 3));
    assert_eq!(own.sources[0].name.as_deref(), Some("mail.example.org"));
    assert_eq!(unknown.sources[0].name_state, "confirmed");
    assert_eq!(summed(&filled, Some("other.example")).await.domains.len(), 1);
}

#[tokio::test]
async fn sessions_are_counted_by_host() {
    let filled = Filled::new();
    filled.tls("example.org", "google.com", 1, 50, &[("mx1.example.org", "certificate-expired", 4)]).await;
    filled.tls("example.org", "google.com", 2, 40, &[("mx2.example.org", "starttls-not-supported", 1)]).await;
    filled.tls("mx1.example.org", "yahoo.com", 2, 30, &[("mx1.example.org", "validation-failure", 2)]).await;
    filled.dmarc("google.com", 1, mail(1, 0, 0)).await;
    let all = summed(&filled, None).await;
    let of = |name: &str| -> &SummaryDomain { all.domains.iter().find(|one| one.domain == name).unwrap() };
    let tls = of("example.org").tls.as_ref().unwrap();
    assert_eq!((tls.count.reports, tls.count.reporters, tls.count.total, tls.count.failed), (2, 1, 95, 5));
    let hosts: Vec<_> = tls.hosts.iter().map(|host| (host.mx.as_str(), host.fine, host.failed)).collect();
    assert_eq!(hosts, [("mx1.example.org", None, 4), ("mx2.example.org", None, 1)]);
    assert_eq!(of("mx1.example.org").tls.as_ref().unwrap().hosts[0].fine, Some(30));
    assert!(of("example.org").dmarc.is_some());
}

#[tokio::test]
async fn causes_of_both_kinds_are_told_the_worst_first() {
    let filled = Filled::new();
    let unaligned =
        |count| record("198.51.100.7", count, [dkim("amazonses.com", Pass)], [spf("amazonses.com", Pass)]);
    filled.dmarc("google.com", 1, vec![unaligned(8)]).await;
    filled
        .dmarc("yahoo.com", 3, vec![unaligned(7), record("203.0.113.9", 2, [], [spf("example.org", Fail)])])
        .await;
    filled.tls("example.org", "google.com", 2, 9, &[("mx1.example.org", "certificate-expired", 4)]).await;
    let list =
        causes::causes(&filled.store, &filled.asker(ZONE), span(Some("example.org"), 7)).await.unwrap();
    let told: Vec<_> = list.causes.iter().map(|c| (c.family, c.at.as_str(), c.count, c.reporters)).collect();
    assert_eq!(
        told,
        [
            (ReportFamily::Dmarc, "Amazon SES", 15, 2),
            (ReportFamily::Tls, "mx1.example.org", 4, 1),
            (ReportFamily::Dmarc, "unknown", 2, 1),
        ]
    );
    let first = &list.causes[0];
    assert_eq!((first.since.0, first.last.0.day(), first.failed), (day(3).start(), day(1), 15));
    assert_eq!(first.sources, ["198.51.100.7"]);
    assert_eq!((list.reports, list.cut), (3, false));
    assert!(list.causes.iter().all(|c| !c.what.is_empty() && !c.meaning.is_empty() && !c.mend.is_empty()));
    assert!(list.causes[1].mend.contains("renew"));
}

#[tokio::test]
async fn silence_of_both_kinds_is_told() {
    let filled = Filled::new();
    for ago in 5..15 {
        filled.dmarc("google.com", ago, mail(1, 0, 0)).await;
        filled.tls("example.org", "yahoo.com", ago - 1, 1, &[]).await;
        filled.dmarc("still.example", ago - 4, mail(1, 0, 0)).await;
    }
    let found = silences(&filled.store, Some("example.org".to_owned()), NOW.day()).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|s| (s.family, s.silence.sender.as_str(), s.silence.last.as_str(), s.quiet_days, s.silence.days))
        .collect();
    assert_eq!(
        told,
        [
            (ReportFamily::Dmarc, "google.com", "2026-11-21", 5, 10),
            (ReportFamily::Tls, "yahoo.com", "2026-11-22", 4, 10),
        ]
    );
    assert!(silences(&filled.store, Some("x.example".to_owned()), NOW.day()).await.unwrap().is_empty());
}

#[tokio::test]
async fn as_many_days_are_compared_as_have_reports() {
    let filled = Filled::new();
    let one = record("192.0.2.1", 10, [dkim("example.org", AuthResult::Pass)], []);
    filled.many((1..30).map(|ago| ("a.example".to_owned(), ago, vec![one.clone()])).collect()).await;
    // A week back from noon, and from midnight.
    for (since, total) in [(NOW.minus(Duration::from_secs(7 * 86_400)), 60), (day(7).start(), 70)] {
        let span = Span { domain: None, since, until: NOW };
        let summed = summary::summary(&filled.store, &filled.asker(""), span).await.unwrap();
        let count = &summed.domains[0].dmarc.as_ref().unwrap().count;
        assert_eq!((count.total, count.total_before), (total, total));
    }
}
