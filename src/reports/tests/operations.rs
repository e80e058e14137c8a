//! What operators see and do.

use mox_admin::ops::{
    ReportExplain, ReportFamily, ReportPreview, ReportSendNow, ReportSuppressAdd, ReportSuppressExtend,
    ReportSuppressRemove, TlsResults,
};
use mox_queue::Class;
use mox_tlsrpt::PolicyType;

use super::house::{House, at, result};
use super::sealing::attached;

#[tokio::test]
async fn results_add_up_and_are_listed() {
    let house = House::new();
    for _ in 0..2 {
        let own = result(PolicyType::NoPolicyFound, "own.example", 1, 0);
        let host = result(PolicyType::Tlsa, "own.example", 0, 1);
        house.mail(Class::Normal, "own.example", Some(own), vec![host]).await;
        let own = result(PolicyType::Sts, "one.example", 1, 0);
        let host = result(PolicyType::NoPolicyFound, "one.example", 1, 0);
        house.mail(Class::TlsReport, "one.example", Some(own), vec![host]).await;
    }
    let rows = house.reports.results(TlsResults::default()).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|r| {
            format!(
                "{} {} {} {} {} {}",
                r.policy_domain, r.kind, r.policy_type, r.successful, r.failed, r.send_report
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "one.example domain sts 2 0 false",
            "one.example host no-policy-found 2 0 false",
            "own.example host tlsa 0 2 true",
        ]
    );
    assert_eq!(rows[2].details[0].failed_session_count, 2);
    let of = |domain: &str, day: &str| TlsResults { day: Some(day.into()), domain: Some(domain.into()) };
    assert_eq!(house.reports.results(of("own.example", "today")).await.unwrap().len(), 1);
    assert!(house.reports.results(of("own.example", "yesterday")).await.unwrap().is_empty());
    assert!(house.reports.results(of("own.example", "tomorrow")).await.is_err());
}

#[tokio::test]
async fn a_preview_shows_what_is_sent_then() {
    let house = House::new();
    house.fail("one.example").await;
    house.fail("none.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    let shown = house.reports.preview(ReportPreview::default()).await.unwrap();
    assert_eq!((shown.reports.len(), shown.withheld.len()), (1, 1));
    assert!(shown.withheld[0].why.contains("no TLSRPT record"));
    let report = &shown.reports[0];
    assert_eq!((report.partial, report.destinations[0].state.as_str()), (false, "will-send"));
    assert_eq!(report.document["report-id"], report.report_id.as_str());
    assert!(house.told().await.is_empty(), "a preview changes nothing");
    house.seal().await;
    let made = &house.history().await[0];
    let made = if made.report_id.is_empty() { &house.history().await[1].clone() } else { made };
    assert_eq!((&made.report_id, &made.file_name), (&report.report_id, &report.file_name));
    let unknown = ReportPreview { domain: Some("other.example".into()), ..ReportPreview::default() };
    assert!(house.reports.preview(unknown).await.is_err());
}

#[tokio::test]
async fn a_partial_report_leaves_that_of_the_day_as_it_is() {
    let house = House::new();
    house.fail("one.example").await;
    let now = |day: &str| ReportSendNow {
        domains: vec!["one.example".into()],
        day: Some(day.into()),
        ..Default::default()
    };
    let dry = house.reports.send_now(ReportSendNow { dry_run: true, ..now("today") }).await.unwrap();
    assert_eq!((dry[0].state.as_str(), dry[0].destinations[0].state.as_str()), ("would-send", "will-send"));
    assert!(house.told().await.is_empty());
    let first = house.reports.send_now(now("today")).await.unwrap().remove(0);
    assert_eq!((first.state.as_str(), first.destinations[0].state.as_str()), ("sealed", "queued"));
    assert!(first.report_id.ends_with("partial1"), "{}", first.report_id);
    assert_eq!(first.report_id, dry[0].report_id);
    let message = house.message(first.destinations[0].queue_id.unwrap()).await;
    assert!(message.replace("\r\n ", " ").contains("(part 1 of a day that is not over)"));
    assert_eq!(attached(&message).end.rfc3339(), "2026-11-25T10:00:00Z");
    let second = house.reports.send_now(now("today")).await.unwrap().remove(0);
    assert!(second.report_id.ends_with("partial2"), "{}", second.report_id);
    house.fail("one.example").await;
    house.go_to("2026-11-26T00:01:00Z");
    let day = house.reports.send_now(now("yesterday")).await.unwrap().remove(0);
    assert_eq!((day.state.as_str(), day.destinations[0].state.as_str()), ("sealed", "queued"));
    let message = house.message(day.destinations[0].queue_id.unwrap()).await;
    assert_eq!(attached(&message).policies[0].summary.failed, 2);
    let again = house.reports.send_now(now("yesterday")).await.unwrap().remove(0);
    assert_eq!((again.state.as_str(), again.report_id), ("already-sealed", day.report_id));
    assert_eq!(house.queued().await.len(), 3);
}

#[tokio::test]
async fn copies_and_samples_go_where_they_are_asked_to() {
    let house = House::new();
    house.fail("one.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    let to = |sample| ReportSendNow {
        domains: vec!["one.example".into()],
        to: Some("me@tests.example".into()),
        sample,
        ..Default::default()
    };
    for (n, sample) in [(1, false), (2, true)] {
        let sent = house.reports.send_now(to(sample)).await.unwrap().remove(0);
        let [destination] = sent.destinations.as_slice() else { panic!("{sent:?}") };
        assert_eq!(
            (destination.uri.as_str(), destination.state.as_str()),
            ("mailto:me@tests.example", "queued")
        );
        assert_eq!(house.queued().await.len(), n);
    }
    house.seal().await;
    let after = house.reports.send_now(to(false)).await.unwrap().remove(0);
    assert_eq!(after.destinations[0].uri, "mailto:me@tests.example", "of a sealed day, too");
    let notes: Vec<_> = house.history().await.into_iter().map(|row| row.note).collect();
    assert_eq!(notes, ["copy", "", "sample", "copy"]);
    let posted = ReportSendNow { to: Some("https://hook.example/test".into()), ..to(true) };
    let sent = house.reports.send_now(posted).await.unwrap().remove(0);
    assert_eq!(sent.destinations[0].state, "delivered");
    assert_eq!(house.hook.posts().len(), 1);
    let nameless = ReportSendNow { sample: true, ..Default::default() };
    assert!(house.reports.send_now(nameless).await.is_err());
}

#[tokio::test]
async fn operators_suppress_and_release() {
    let house = House::new();
    let add = |until: &str, dry_run| ReportSuppressAdd {
        uri: "tls@One.example".into(),
        until: at(until).into(),
        comment: "asked by phone".into(),
        dry_run,
    };
    assert!(house.reports.suppress_add(add("2026-11-01", false)).await.is_err());
    house.reports.suppress_add(add("2026-12-01", true)).await.unwrap();
    assert!(house.reports.suppress_list(Default::default()).await.unwrap().is_empty());
    let row = house.reports.suppress_add(add("2026-12-01", false)).await.unwrap();
    assert_eq!((row.uri.as_str(), row.automatic), ("mailto:tls@one.example", false));
    let later = ReportSuppressExtend { uri: row.uri.clone(), until: at("2027-01-01").into(), dry_run: false };
    assert_eq!(house.reports.suppress_extend(later.clone()).await.unwrap().until.0, at("2027-01-01"));
    house.fail("one.example").await;
    house.go_to("2026-11-26T00:05:00Z");
    let shown = house.reports.preview(ReportPreview::default()).await.unwrap();
    assert_eq!(shown.reports[0].destinations[0].state, "suppressed");
    let remove = ReportSuppressRemove { uri: row.uri.clone(), dry_run: false };
    house.reports.suppress_remove(remove.clone()).await.unwrap();
    assert!(house.reports.suppress_remove(remove).await.is_err());
    assert!(house.reports.suppress_extend(later).await.is_err());
    // What is suppressed after sealing is not sent either.
    house.seal().await;
    house.reports.suppress_add(add("2026-12-01", false)).await.unwrap();
    house.hours(1).await;
    assert!(house.queued().await.is_empty());
    assert_eq!(house.history().await[0].outcome, "suppressed");
    assert!(house.history().await[0].destinations[0].why.contains("asked by phone"));
}

#[tokio::test]
async fn explain_tells_what_decides_in_order() {
    let house = House::new();
    house.fail("one.example").await;
    let word = |ok: Option<bool>| ok.map_or("none".to_owned(), |ok| ok.to_string());
    let explain = async |domain: &str| {
        let steps = house
            .reports
            .explain(ReportExplain { family: ReportFamily::Tls, domain: domain.into() })
            .await
            .unwrap()
            .steps;
        steps.into_iter().map(|s| format!("{} {} {}", s.step, word(s.ok), s.text)).collect::<Vec<_>>()
    };
    let told = explain("one.example").await;
    let expected = [
        "switch true reports are sent for days when something failed",
        "submitter true postmaster@example.org reports, signed with s1, s2",
        "results true 2026-11-25, as domain of recipients: MTA-STS of one.example: 1 of 2 sessions failed; 1 session: certificate-expired",
        "record true _smtp._tls.one.example: v=TLSRPTv1; rua=mailto:tls@one.example",
        "destination true mailto:tls@one.example: gets reports",
        "next true 2026-11-25, as domain of recipients: a report is made after 2026-11-26T00:04:00Z, and sent to its destination within 4 h",
    ];
    assert_eq!(told, expected);
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let told = explain("one.example").await;
    assert!(told[2].starts_with("results none no results"), "{told:?}");
    let last = told.last().unwrap();
    assert!(last.starts_with("history true 2026-11-25: report 20261125"), "{last}");
    assert!(last.ends_with("mailto:tls@one.example queued"), "{last}");
    let told = explain("none.example").await;
    assert!(told.iter().any(|line| line.contains("no TLSRPT record")), "{told:?}");
}
