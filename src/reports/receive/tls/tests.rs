//! What is believed, what is kept of it, and what it tells, over a real store.

use std::time::Duration;

use mox_admin::ops::{ReportFamily, TlsReport, TlsReports};
use mox_clock::{Day, Timestamp};
use mox_dkim::{DkimResult, Signature};
use mox_message::body::encode_base64;
use mox_store::{Error, MessageId, Store};
use mox_tlsrpt::message::MAX_MESSAGE;
use mox_tlsrpt::{FailureDetail, Policy, PolicyType, ResultType};
use mox_unpack::gzip;
use tempfile::TempDir;

use super::*;
use crate::receive::tests::{NOW, domain, receiver, receiver_of_all, store};
use crate::receive::{A_DAY, Content, KEEP, NotKept, Received, Receiver, purge};

/// A report of a day with a failed session for each policy domain that is named, and a good one.
fn report(id: &str, day: Day, domains: &[&str]) -> Report {
    let policies = domains.iter().map(|name| {
        let mut policy = Policy::none(*name);
        policy.kind = PolicyType::Sts;
        let mut result = PolicyResult::new(policy);
        result.summary.successful = 1;
        result.summary.failed = 1;
        let detail = FailureDetail::new(ResultType::CertificateExpired, "");
        result.details.push(FailureDetail { mx_hostname: "MX.here.example.".to_owned(), ..detail });
        result
    });
    Report {
        organization_name: "Sender".to_owned(),
        start: day.start(),
        end: day.start().plus(Duration::from_secs(86_399)),
        contact_info: "tls@sender.example".to_owned(),
        report_id: id.to_owned(),
        policies: policies.collect(),
    }
}

fn message(document: &[u8]) -> Vec<u8> {
    let part = encode_base64(&gzip::compress(document));
    format!(
        "From: tls@sender.example\r\nTLS-Report-Domain: here.example\r\nTLS-Report-Submitter: sender.example\r\n\
         Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n{part}\r\n"
    )
    .into_bytes()
}

/// Keeps reports that arrive at some time; for how many domains each is new.
async fn keep_all(store: &Store, receiver: &Receiver, all: Vec<(&str, Report, Timestamp)>) -> Vec<usize> {
    let received = |(sender, report, at): (&str, Report, Timestamp)| {
        let parts = read(receiver, &message(report.to_json().as_bytes()), at.max(NOW)).unwrap();
        (Received { sender: domain(sender), content: Content::Tls(parts) }, at)
    };
    let all: Vec<(Received, Timestamp)> = all.into_iter().map(received).collect();
    let receiver = receiver.clone();
    let write = store.write(move |_, tx| {
        all.iter().map(|(one, at)| one.store(&receiver, tx, Some(MessageId(9)), *at)).collect()
    });
    write.await.unwrap()
}

/// The same of one.
async fn keep(store: &Store, receiver: &Receiver, sender: &str, report: Report, at: Timestamp) -> usize {
    keep_all(store, receiver, vec![(sender, report, at)]).await[0]
}

fn signature(signed: &str, result: DkimResult) -> Signature {
    Signature {
        domain: Some(domain(signed)),
        selector: None,
        identity: None,
        algorithm: None,
        canonicalization: None,
        result,
        reason: Some("why".to_owned()),
        testing: false,
        key_bits: None,
        body_length: None,
        unsigned_body: None,
        signed_headers: Vec::new(),
        signed_at: None,
        expires_at: None,
        b_prefix: None,
        record: None,
        authentic: false,
    }
}

#[test]
fn who_signed_is_who_reports_or_nobody() {
    use DkimResult::{Fail, Pass, TempError};
    let short = |signed| Signature { body_length: Some(10), ..signature(signed, Pass) };
    for (signatures, expected) in [
        (vec![], "the message has no DKIM signature"),
        (vec![signature("a.org.example", Pass)], "a.org.example"),
        (vec![signature("org.example", Pass)], "org.example"),
        (vec![signature("a.org.example", Fail), signature("org.example", Pass)], "org.example"),
        // A sister, and a name above the organization, speak for nobody here.
        (
            vec![signature("b.org.example", Pass)],
            "the DKIM signature is of b.org.example, and From is of a.org.example",
        ),
        (vec![signature("example", Pass)], "the DKIM signature is of example, and From is of a.org.example"),
        (
            vec![signature("x.a.org.example", Pass)],
            "the DKIM signature is of x.a.org.example, and From is of a.org.example",
        ),
        (vec![short("org.example")], "the DKIM signature does not cover the whole message (l=)"),
        (vec![short("org.example"), signature("a.org.example", Pass)], "a.org.example"),
        (vec![signature("org.example", TempError)], "DNS cannot say now whether the DKIM signature is right"),
        (vec![signature("org.example", Fail)], "no DKIM signature passes: fail why"),
        (vec![signature("other.example", TempError)], "no DKIM signature passes: temperror why"),
    ] {
        let found = prove(&signatures, &domain("a.org.example"), Some(&domain("org.example")));
        let told = found.map_or_else(|e| e.to_string(), |domain| domain.to_string());
        assert_eq!(told, expected);
    }
    // Where the organization is not known, only the same domain will do.
    assert!(prove(&[signature("org.example", Pass)], &domain("a.org.example"), None).is_err());
    assert!(prove(&[signature("a.org.example", Pass)], &domain("a.org.example"), None).is_ok());
}

#[test]
fn only_what_concerns_us_is_kept() {
    let receiver = receiver();
    let day = NOW.day();
    for (domains, expected) in [
        (&["here.example"][..], Ok(&["here.example 1"][..])),
        (&["HERE.example."], Ok(&["here.example 1"])),
        (&["xn--mnchen-3ya.example"], Ok(&["xn--mnchen-3ya.example 1"])),
        (&["mx.here.example", "stranger.example"], Ok(&["mx.here.example 1"])),
        (&["here.example", "mx.here.example", "here.example"], Ok(&["here.example 2", "mx.here.example 1"])),
        // What the report does not name, the message does.
        (&[""], Ok(&["here.example 1"])),
        (&["stranger.example"], Err("the report is about no domain of this server: stranger.example")),
        (&["a.here.example"], Err("the report is about no domain of this server: a.here.example")),
        (&[], Err("the report is about no domain of this server: ")),
    ] {
        let document = report("r", day, domains).to_json();
        let found = read(&receiver, &message(document.as_bytes()), NOW);
        let told = found.map_err(|e| e.to_string()).map(|parts| {
            let part = |p: &Part| format!("{} {}", p.domain.ascii(), p.report.policies.len());
            parts.iter().map(part).collect::<Vec<_>>()
        });
        let expected = expected
            .map(|parts| parts.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>())
            .map_err(str::to_owned);
        assert_eq!(told, expected);
    }
    let document = report("r", day, &["stranger.example"]).to_json();
    assert!(read(&receiver_of_all(), &message(document.as_bytes()), NOW).is_ok());
}

#[test]
fn a_period_to_come_is_refused() {
    let told = |end| {
        let report = Report { end, ..report("r", NOW.day(), &["here.example"]) };
        read(&receiver(), &message(report.to_json().as_bytes()), NOW).map_err(|e| e.to_string()).map(|_| ())
    };
    assert_eq!(told(NOW.day().next().start()), Ok(()));
    let error = told(Timestamp::from_secs(253_402_300_799)).unwrap_err();
    assert!(error.starts_with("the period of the report cannot be: it ends at 9999-12-31"), "{error}");
}

#[tokio::test]
async fn bombs_and_what_is_too_large_are_refused() {
    let receiver = receiver();
    let bomb = message(&vec![b' '; 19 << 20]);
    let size = bomb.len() as u64;
    let read = receiver
        .read(ReportFamily::Tls, domain("sender.example"), NOW, size, move || Ok::<_, Error>(bomb))
        .await;
    assert!(read.unwrap_err().to_string().starts_with("expands to more than"));
    let size = MAX_MESSAGE as u64 + 1;
    let read =
        receiver.read(ReportFamily::Tls, domain("sender.example"), NOW, size, || -> Result<_, Error> {
            panic!("not read")
        });
    assert_eq!(read.await.unwrap_err().to_string(), format!("{size} bytes, more than {MAX_MESSAGE}"));
    let read = receiver
        .read(ReportFamily::Tls, domain("sender.example"), NOW, 1, || Err(Error::Damaged("x".to_owned())))
        .await;
    assert_eq!(read, Err(NotKept::Lost));
}

#[test]
fn much_detail_is_cut_and_counts_stay() {
    let mut large = report("r", NOW.day(), &["here.example"]);
    let policy = &mut large.policies[0];
    policy.summary.failed = 5000;
    for n in 0..5000 {
        let mut detail = FailureDetail::new(ResultType::ValidationFailure, format!("reason-{n}"));
        detail.information = "x".repeat(1900);
        policy.details.push(detail);
    }
    let mut part = Part { domain: domain("here.example"), report: large, oddities: Vec::new() };
    part.shorten();
    assert!(part.report.to_json().len() <= MAX_DOCUMENT);
    assert_eq!(part.sessions(), (1, 5000));
    assert_eq!((part.report.policies[0].details.len(), part.oddities.len()), (200, 0));
    part.report.policies[0].details.iter_mut().for_each(|d| d.mx_helo = "\"".repeat(10_000));
    part.shorten();
    assert!(part.report.to_json().len() <= MAX_DOCUMENT);
    assert_eq!(part.oddities, ["12 kinds of failure were kept"]);
}

#[tokio::test]
async fn a_report_is_kept_once_and_nobody_takes_anothers_place() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let day = NOW.day().previous();
    let both = || report("r1", day, &["here.example", "mx.here.example"]);
    let one = |id, day| report(id, day, &["here.example"]);
    for (sender, report, at, new) in [
        // Whoever sends a report first under another's name and id does not keep the other's out.
        ("evil.example", both(), NOW, 2),
        ("sender.example", both(), NOW, 2),
        ("sender.example", both(), NOW.plus(Duration::from_secs(9)), 0),
        ("sender.example", one("r1", day.previous()), NOW, 1),
        ("sender.example", one("r2", day), NOW, 1),
    ] {
        assert_eq!(keep(&store, &receiver, sender, report, at).await, new);
    }
    let metrics = &receiver.metrics().tls_report_sessions;
    for result in ["success", "failure"] {
        assert_eq!(metrics.get_or_create(&Outcome { result }).get(), 6);
    }
}

#[tokio::test]
async fn a_sender_cannot_fill_the_database() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let one = |id: u64| report(&id.to_string(), NOW.day(), &["here.example"]);
    let many = (0..A_DAY.reports + 3).map(|n| ("sender.example", one(n), NOW)).collect();
    let kept: usize = keep_all(&store, &receiver, many).await.iter().sum();
    assert_eq!(kept as u64, A_DAY.reports);
    assert_eq!(keep(&store, &receiver, "other.example", one(1), NOW).await, 1);
    let later = NOW.plus(Duration::from_secs(86_401));
    assert_eq!(keep(&store, &receiver, "sender.example", one(9999), later).await, 1);
}

#[tokio::test]
async fn what_is_kept_tells_where_and_since_when() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let days = |ago: i64| Day::from_number(NOW.day().number() - ago);
    for ago in 1..=3 {
        keep(&store, &receiver, "a.example", report("r", days(ago), &["here.example"]), NOW).await;
    }
    keep(&store, &receiver, "b.example", report("r", days(2), &["here.example", "mx.here.example"]), NOW)
        .await;
    keep(&store, &receiver, "old.example", report("r", days(40), &["here.example"]), NOW).await;
    let all = reports(&store, TlsReports::default(), NOW).await.unwrap();
    assert_eq!((all.reports.len(), all.days.len()), (5, 5));
    let ask = TlsReports { domain: Some("Here.Example".to_owned()), since: None, limit: None };
    let list = reports(&store, ask.clone(), NOW).await.unwrap();
    assert_eq!(list.reports.len(), 4);
    let day = &list.days[0];
    assert_eq!(
        (day.day.as_str(), day.sender.as_str(), day.successful, day.failed),
        ("2026-11-25", "a.example", 1, 1)
    );
    let [problem] = list.problems.as_slice() else { panic!("{:?}", list.problems) };
    assert_eq!(
        (problem.mx.as_str(), problem.result_type.as_str()),
        ("mx.here.example", "certificate-expired")
    );
    assert_eq!((problem.since.0, problem.last.0.day()), (days(3).start(), days(1)));
    assert_eq!((problem.sessions, problem.reporters), (4, 2));
    assert!(problem.mend.contains("renew"));
    let recent = TlsReports { since: Some(days(1).start().into()), ..ask.clone() };
    assert_eq!(reports(&store, recent, NOW).await.unwrap().reports.len(), 1);
    let few = TlsReports { limit: Some(2), ..ask };
    assert_eq!(reports(&store, few, NOW).await.unwrap().reports.len(), 2);
    let bad = TlsReports { domain: Some("a b".to_owned()), ..TlsReports::default() };
    assert!(reports(&store, bad, NOW).await.is_err());

    let shown = report_of(&store, list.reports[0].id).await;
    assert_eq!(shown.row, list.reports[0]);
    assert_eq!(shown.policies[0].summary, "MTA-STS of here.example: 1 of 2 sessions failed");
    assert_eq!(shown.document["organization-name"], "Sender");
    assert!(super::report(&store, TlsReport { id: 99 }).await.is_err());
}

async fn report_of(store: &Store, id: i64) -> mox_admin::ops::TlsReportDetail {
    super::report(store, TlsReport { id }).await.unwrap()
}

#[tokio::test]
async fn who_reported_daily_and_fell_silent_is_named() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let days = |ago: i64| Day::from_number(NOW.day().number() - ago);
    for (sender, ago) in [
        ("daily.example", 1..20),
        ("late.example", 3..20),
        ("silent.example", 4..20),
        ("rare.example", 10..14),
        ("gone.example", 91..99),
    ] {
        let all = ago.map(|ago| (sender, report("r", days(ago), &["here.example"]), NOW)).collect();
        keep_all(&store, &receiver, all).await;
    }
    let list = reports(&store, TlsReports::default(), NOW).await.unwrap();
    let silent: Vec<_> = list.silent.iter().map(|s| (s.sender.as_str(), s.last.as_str(), s.days)).collect();
    assert_eq!(silent, [("silent.example", "2026-11-22", 16)]);
}

#[tokio::test]
async fn what_is_old_goes() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    for n in 0..3 {
        let at = NOW.plus(Duration::from_secs(n * 10));
        keep(&store, &receiver, "a.example", report(&n.to_string(), NOW.day(), &["here.example"]), at).await;
    }
    let later = NOW.plus(KEEP).plus(Duration::from_secs(15));
    assert_eq!(purge(&store, NOW, 100).await.unwrap(), 0);
    assert_eq!(purge(&store, later, 1).await.unwrap(), 1);
    assert_eq!(purge(&store, later, 100).await.unwrap(), 1);
    let left = |sql: &'static str| {
        store.read_blocking(|_, tx| Ok::<i64, Error>(tx.conn().query_row(sql, [], |r| r.get(0))?)).unwrap()
    };
    assert_eq!(left("SELECT count(*) FROM report_in"), 1);
    assert_eq!(left("SELECT count(*) FROM report_in_failure"), 1);
}
