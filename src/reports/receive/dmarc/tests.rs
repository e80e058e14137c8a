//! Which DMARC reports are kept, what of them, and what they tell, over a real store.

use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{DmarcReport, DmarcReports, FailureFields, FailureReport, FailureReports, ReportFamily};
use mox_clock::{Day, Timestamp};
use mox_dmarc::Policy;
use mox_dmarcrpt::{
    Action, AuthResult, DkimAuth, Feedback, Form, Metadata, PolicyPublished, Reason, ReasonKind, Record,
    SpfAuth,
};
use mox_message::body::encode_base64;
use mox_store::{Error, MessageId, Store};
use mox_telemetry::Outcome;
use mox_unpack::gzip;
use tempfile::TempDir;

use super::aggregate::Totals;
use super::*;
use crate::receive::tests::{NOW, domain, receiver, receiver_of_all, store};
use crate::receive::{A_DAY, Content, KEEP, KEEP_FAILURES, NotKept, Received, Receiver, purge};

fn record(source: &str, count: u64, passes: bool) -> Record {
    Record {
        source_ip: source.parse().ok(),
        count,
        disposition: if passes { Action::Pass } else { Action::Quarantine },
        dkim: passes,
        spf: false,
        reasons: vec![Reason { kind: ReasonKind::LocalPolicy, comment: "why".to_owned() }],
        header_from: "here.example".to_owned(),
        envelope_from: Some(String::new()),
        envelope_to: None,
        dkim_results: vec![DkimAuth {
            domain: "here.example".to_owned(),
            selector: "s".to_owned(),
            result: if passes { AuthResult::Pass } else { AuthResult::Fail },
            human_result: "body hash".to_owned(),
        }],
        spf_results: vec![SpfAuth {
            domain: "here.example".to_owned(),
            scope: None,
            result: AuthResult::SoftFail,
            human_result: String::new(),
        }],
    }
}

/// A report of a day on a domain.
fn feedback(id: &str, day: Day, domain: &str, records: Vec<Record>) -> Feedback {
    Feedback {
        metadata: Metadata {
            org_name: "Receiver".to_owned(),
            email: "dmarc@receiver.example".to_owned(),
            report_id: id.to_owned(),
            begin: day.start(),
            end: day.start().plus(Duration::from_secs(86_399)),
            ..Metadata::default()
        },
        policy: PolicyPublished {
            domain: domain.to_owned(),
            p: Some(Policy::Quarantine),
            ..PolicyPublished::default()
        },
        records,
        ..Feedback::default()
    }
}

/// A report of three messages, of which one passed.
fn report_of(id: &str, day: Day, domain: &str) -> Feedback {
    feedback(id, day, domain, vec![record("192.0.2.1", 1, true), record("2001:db8::1", 2, false)])
}

fn aggregate(receiver: &Receiver, feedback: Feedback) -> Result<Aggregate, NotKept> {
    Aggregate::new(receiver, feedback, Vec::new(), NOW)
}

fn failure_of(domain: &str, subject: &str) -> FailureFields {
    FailureFields {
        reported_domain: vec![domain.to_owned()],
        auth_failure: vec!["dmarc".to_owned()],
        source_ip: "192.0.2.1".to_owned(),
        delivery_result: "reject".to_owned(),
        subject: subject.to_owned(),
        ..FailureFields::default()
    }
}

/// Keeps reports that arrive at some time; whether each is new.
async fn keep_all(store: &Store, receiver: &Receiver, all: Vec<(&str, Content, Timestamp)>) -> Vec<usize> {
    let all: Vec<(Received, Timestamp)> = all
        .into_iter()
        .map(|(sender, content, at)| (Received { sender: domain(sender), content }, at))
        .collect();
    let receiver = receiver.clone();
    let write = store.write(move |_, tx| {
        all.iter().map(|(one, at)| one.store(&receiver, tx, Some(MessageId(9)), *at)).collect()
    });
    write.await.unwrap()
}

fn content(receiver: &Receiver, feedback: Feedback) -> Content {
    Content::Aggregate(Box::new(aggregate(receiver, feedback).unwrap()))
}

fn failure_content(receiver: &Receiver, subject: &str) -> Content {
    let failure = Failure::new(receiver, failure_of("here.example", subject), "From: <x@y>\n".to_owned());
    Content::Failure(Box::new(failure.unwrap()))
}

fn count(store: &Store, sql: &'static str) -> i64 {
    store.read_blocking(|_, tx| Ok::<i64, Error>(tx.conn().query_row(sql, [], |r| r.get(0))?)).unwrap()
}

#[test]
fn only_what_concerns_us_is_kept() {
    let (receiver, all) = (receiver(), receiver_of_all());
    for (name, ours) in [
        ("here.example", Some("here.example")),
        ("HERE.example.", Some("here.example")),
        ("a.here.example", Some("a.here.example")),
        ("xn--mnchen-3ya.example", Some("xn--mnchen-3ya.example")),
        ("mx.here.example", Some("mx.here.example")),
        ("stranger.example", None),
        ("nothere.example", None),
        ("example", None),
        ("", None),
        ("a b", None),
    ] {
        let told = match aggregate(&receiver, report_of("r", NOW.day(), name)) {
            Ok(kept) => Some(kept.domain.ascii().to_owned()),
            Err(NotKept::NotOurs(others)) => {
                assert_eq!(others, [name]);
                None
            }
            Err(other) => panic!("{other}"),
        };
        assert_eq!(told.as_deref(), ours, "{name}");
        let failure = Failure::new(&receiver, failure_of(name, ""), String::new());
        assert_eq!(failure.is_ok(), ours.is_some(), "{name}");
    }
    assert!(aggregate(&all, report_of("r", NOW.day(), "stranger.example")).is_ok());
    assert!(aggregate(&all, report_of("r", NOW.day(), "a b")).is_err());
}

#[test]
fn a_failure_is_about_the_first_domain_of_ours_or_that_of_from() {
    let receiver = receiver();
    let from_ours = "From: Boss <boss@Sub.Here.Example>\nSubject: pay\n";
    for (reported, header, expected) in [
        (&["stranger.example", "here.example"][..], "", Ok("here.example")),
        (&[], from_ours, Ok("sub.here.example")),
        (
            &["stranger.example"],
            from_ours,
            Err("the report is about no domain of this server: stranger.example"),
        ),
        (&[], "Subject: pay\n", Err("the report is about no domain of this server: ")),
        (
            &["1.example", "2.example", "3.example", "4.example", "5.example", "6.example"],
            "",
            Err(
                "the report is about no domain of this server: 1.example, 2.example, 3.example, 4.example, 5.example",
            ),
        ),
    ] {
        let reported_domain = reported.iter().map(|name| (*name).to_owned()).collect();
        let fields = FailureFields { reported_domain, ..FailureFields::default() };
        let told = Failure::new(&receiver, fields, header.to_owned());
        let told = told.map(|kept| kept.domain.ascii().to_owned()).map_err(|e| e.to_string());
        assert_eq!(told, expected.map(str::to_owned).map_err(str::to_owned), "{reported:?}");
    }
}

/// A message with a part.
fn message(kind: &str, content: &[u8]) -> Vec<u8> {
    let part = encode_base64(content);
    format!(
        "From: a@b.example\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{part}\r\n"
    )
    .into_bytes()
}

async fn read(receiver: &Receiver, message: Vec<u8>) -> Result<Received, String> {
    let (size, sender) = (message.len() as u64, domain("receiver.example"));
    let read = receiver.read(ReportFamily::Dmarc, sender, NOW, size, move || Ok::<_, Error>(message));
    read.await.map_err(|e| e.to_string())
}

#[tokio::test]
async fn what_is_written_is_kept_and_bombs_are_not() {
    let (dir, receiver) = (TempDir::new().unwrap(), receiver());
    let store = store(&dir);
    let written = mox_dmarcrpt::write(&report_of("r", NOW.day().previous(), "here.example"), Form::Rfc9990);
    for (kind, content) in [
        ("application/gzip", gzip::compress(&written)),
        ("text/xml", written.clone()),
        ("application/octet-stream", gzip::compress(&written)),
    ] {
        let received = read(&receiver, message(kind, &content)).await.unwrap();
        assert_eq!(received.family(), ReportFamily::Dmarc);
        let Content::Aggregate(report) = &received.content else { panic!("{received:?}") };
        assert_eq!((report.totals.messages, report.totals.passed, report.feedback.records.len()), (3, 1, 2));
        let sender = received.sender.ascii().to_owned();
        keep_all(&store, &receiver, vec![(&sender, received.content, NOW)]).await;
    }
    assert_eq!(count(&store, "SELECT count(*) FROM dmarc_in"), 1, "however it is packed");

    let bomb = gzip::compress(&vec![b' '; 24 << 20]);
    let told = read(&receiver, message("application/gzip", &bomb)).await.unwrap_err();
    assert!(told.contains("expands to more than"), "{told}");
    let entities = b"<?xml version=\"1.0\"?><!DOCTYPE f [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><feedback>&b;</feedback>";
    assert!(read(&receiver, message("text/xml", entities)).await.is_err());
    let truncated = written.get(..written.len() / 2).unwrap();
    assert!(read(&receiver, message("text/xml", truncated)).await.is_err());
}

#[test]
fn a_period_that_cannot_be_is_refused() {
    let receiver = receiver();
    let at = |begin: i64, end: i64| {
        let mut feedback = report_of("r", NOW.day(), "here.example");
        feedback.metadata.begin = Timestamp::from_secs(NOW.secs() + begin);
        feedback.metadata.end = Timestamp::from_secs(NOW.secs() + end);
        aggregate(&receiver, feedback).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(at(-100, 86_400), Ok(()));
    assert_eq!(at(0, 0), Ok(()));
    let ahead =
        "the period of the report cannot be: it ends at 2026-11-27T12:00:01Z, more than a day from now";
    assert_eq!(at(0, 86_401), Err(ahead.to_owned()));
    assert_eq!(
        at(-9, -10),
        Err("the period of the report cannot be: it begins at 2026-11-26T11:59:51Z, after its end at \
             2026-11-26T11:59:50Z"
            .to_owned())
    );
}

#[test]
fn of_many_rows_those_that_failed_are_kept_and_counts_stay() {
    let receiver = receiver();
    let many = (0..MAX_ROWS as u64 + 10).map(|n| record("192.0.2.1", n % 7 + 1, n % 3 != 0)).collect();
    let kept = aggregate(&receiver, feedback("r", NOW.day(), "here.example", many)).unwrap();
    let records = &kept.feedback.records;
    assert_eq!(records.len(), MAX_ROWS);
    assert_eq!(kept.oddities, ["5000 of 5010 rows were kept"]);
    let failed = records.iter().take_while(|record| !record.passes()).count();
    assert_eq!(failed, 1670);
    assert!(records.iter().skip(failed).all(Record::passes));
    assert!(records[..failed].is_sorted_by_key(|record| std::cmp::Reverse(record.count)));
    let all: u64 = (0..5010).map(|n| n % 7 + 1).sum();
    let bad: u64 = (0..5010).filter(|n| n % 3 == 0).map(|n| n % 7 + 1).sum();
    let totals = Totals { messages: all, passed: all - bad, quarantined: bad, rejected: 0 };
    assert_eq!(kept.totals, totals);

    let mut long = record("192.0.2.1", 1, false);
    long.header_from = "x".repeat(MAX_ROW_BYTES / 4);
    let long = feedback("r", NOW.day(), "here.example", vec![long; 9]);
    let kept = aggregate(&receiver, long).unwrap();
    assert_eq!((kept.feedback.records.len(), kept.totals.messages), (3, 9));

    let huge = feedback("r", NOW.day(), "here.example", vec![record("192.0.2.1", u64::MAX, false); 2]);
    assert_eq!(aggregate(&receiver, huge).unwrap().totals.messages, u64::MAX);
}

#[tokio::test]
async fn a_report_is_kept_once_and_nobody_takes_anothers_place() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let day = NOW.day().previous();
    for (sender, report, new) in [
        ("evil.example", report_of("r1", day, "here.example"), 1),
        ("receiver.example", report_of("r1", day, "here.example"), 1),
        ("receiver.example", report_of("r1", day, "here.example"), 0),
        ("receiver.example", report_of("r1", day, "a.here.example"), 1),
        ("receiver.example", report_of("r1", day.previous(), "here.example"), 1),
        ("receiver.example", report_of("r2", day, "here.example"), 1),
    ] {
        let content = content(&receiver, report);
        assert_eq!(keep_all(&store, &receiver, vec![(sender, content, NOW)]).await, [new]);
    }
    let failures = [("a", 1), ("a", 0), ("b", 1)];
    for (subject, new) in failures {
        let content = failure_content(&receiver, subject);
        assert_eq!(keep_all(&store, &receiver, vec![("receiver.example", content, NOW)]).await, [new]);
    }
    assert_eq!(count(&store, "SELECT count(*) FROM dmarc_in_row"), 10);
    let metrics = receiver.metrics();
    let counted = |result| metrics.dmarc_report_messages.get_or_create(&Outcome { result }).get();
    assert_eq!((counted("passed"), counted("failed")), (5, 10));
    let mut huge = report_of("huge", day, "here.example");
    huge.records[1].count = u64::MAX;
    let huge = content(&receiver, huge);
    keep_all(&store, &receiver, vec![("receiver.example", huge, NOW)]).await;
    assert_eq!(counted("failed"), u64::MAX, "it does not begin anew");
    let refused = metrics.dmarc_failure_reports.get_or_create(&Outcome { result: "refused" }).get();
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn a_sender_cannot_fill_the_database() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let one = |n: u64| content(&receiver, report_of(&n.to_string(), NOW.day(), "here.example"));
    let most = A_DAY.reports;
    let names: Vec<String> = (0..most + 3).map(|n| format!("n{}.receiver.example", n % 9)).collect();
    let many = (0..).zip(&names).map(|(n, name)| (name.as_str(), one(n), NOW)).collect();
    let kept = keep_all(&store, &receiver, many).await;
    assert_eq!(kept.iter().sum::<usize>() as u64, most, "names below one domain are one sender");
    let failures =
        (0..most + 3).map(|n| ("receiver.example", failure_content(&receiver, &n.to_string()), NOW));
    let kept = keep_all(&store, &receiver, failures.collect()).await;
    assert_eq!(kept.iter().sum::<usize>() as u64, most, "each kind has its own limit");
    let others = vec![
        ("other.example", one(0), NOW),
        ("receiver.example", one(9999), NOW.plus(Duration::from_secs(86_401))),
    ];
    assert_eq!(keep_all(&store, &receiver, others).await, [1, 1]);
}

#[tokio::test]
async fn so_many_bytes_of_a_sender_are_kept_on_a_day() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let long = |n: u64| {
        let mut row = record("192.0.2.1", 1, false);
        row.header_from = "x".repeat(MAX_ROW_BYTES - 100_000);
        content(&receiver, feedback(&n.to_string(), NOW.day(), "here.example", vec![row]))
    };
    let many = (0..12).map(|n| ("receiver.example", long(n), NOW)).collect();
    assert_eq!(keep_all(&store, &receiver, many).await, [vec![1; 10], vec![0; 2]].concat());
    let header = |n: u64| {
        let failure =
            Failure::new(&receiver, failure_of("here.example", "s"), format!("{n}").repeat(7 << 20));
        Content::Failure(Box::new(failure.unwrap()))
    };
    let many = (0..4).map(|n| ("receiver.example", header(n), NOW)).collect();
    assert_eq!(keep_all(&store, &receiver, many).await, [1, 1, 0, 0]);
    let rest = vec![
        ("receiver.example", content(&receiver, report_of("r", NOW.day(), "here.example")), NOW),
        ("other.example", long(0), NOW),
        ("receiver.example", long(13), NOW.plus(Duration::from_secs(86_401))),
    ];
    assert_eq!(keep_all(&store, &receiver, rest).await, [1, 1, 1]);
    // Nobody is left room when all together brought as much as is kept.
    let all = (0..12)
        .flat_map(|s| (0..9).map(move |n| (s, n)))
        .map(|(s, n)| (format!("s{s}.example"), long(n), NOW))
        .collect::<Vec<_>>();
    let all = all.iter().map(|(sender, content, at)| (sender.as_str(), content.clone(), *at)).collect();
    let kept: usize = keep_all(&store, &receiver, all).await.iter().sum();
    assert!((85..=95).contains(&kept), "{kept}");
    assert_eq!(count(&store, "SELECT sum(bytes) <= 200 << 20 FROM dmarc_in"), 1);
}

#[tokio::test]
async fn what_is_kept_is_told() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let days = |ago: i64| Day::from_number(NOW.day().number() - ago);
    let all = [("a.example", 1), ("a.example", 2), ("b.example", 2), ("old.example", 40)]
        .map(|(sender, ago)| (sender, content(&receiver, report_of("r", days(ago), "here.example")), NOW));
    keep_all(&store, &receiver, all.into()).await;
    let ask = DmarcReports { domain: Some("Here.Example".to_owned()), since: None, limit: None };
    let list = reports(&store, ask.clone(), NOW).await.unwrap();
    let told: Vec<_> =
        list.days.iter().map(|d| (d.day.as_str(), d.sender.as_str(), d.messages, d.failed)).collect();
    assert_eq!(
        told,
        [
            ("2026-11-25", "a.example", 3, 2),
            ("2026-11-24", "a.example", 3, 2),
            ("2026-11-24", "b.example", 3, 2)
        ]
    );
    let first = &list.reports[0];
    assert_eq!((list.reports.len(), first.quarantined, first.rejected, first.rows), (3, 2, 0, 2));
    let few = DmarcReports { limit: Some(1), ..ask.clone() };
    assert_eq!(reports(&store, few, NOW).await.unwrap().reports.len(), 1);
    let recent = DmarcReports { since: Some(Time(days(1).start())), ..ask };
    assert_eq!(reports(&store, recent, NOW).await.unwrap().reports.len(), 1);
    let bad = DmarcReports { domain: Some("a b".to_owned()), ..DmarcReports::default() };
    assert!(reports(&store, bad, NOW).await.is_err());

    let shown = report(&store, DmarcReport { id: first.id }).await.unwrap();
    assert_eq!(shown.row, *first);
    assert_eq!(
        shown.overview,
        "Receiver reports on mail from here.example on 2026-11-25: 2 of 3 messages failed"
    );
    assert_eq!((shown.email.as_str(), &shown.policy["p"]), ("dmarc@receiver.example", &"quarantine".into()));
    let [bad, good] = shown.records.as_slice() else { panic!("{:?}", shown.records) };
    assert_eq!((bad.source_ip.as_deref(), bad.count, bad.dkim), (Some("2001:db8::1"), 2, false));
    assert_eq!((bad.disposition.as_str(), bad.reasons[0].kind.as_str()), ("quarantine", "local_policy"));
    assert_eq!((bad.envelope_from.as_deref(), &bad.envelope_to), (Some(""), &None));
    assert_eq!(
        (bad.dkim_results[0].result.as_str(), bad.spf_results[0].result.as_str()),
        ("fail", "softfail")
    );
    assert!(good.dkim);
    let cause = bad.cause.as_ref().unwrap();
    assert_eq!(cause.id, "dkim-fail");
    assert!(!cause.what.is_empty() && !cause.meaning.is_empty() && !cause.mend.is_empty(), "{cause:?}");
    assert!(report(&store, DmarcReport { id: 99 }).await.is_err());
}

#[tokio::test]
async fn failures_are_told() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let later = NOW.plus(Duration::from_secs(5));
    let all = vec![
        ("a.example", failure_content(&receiver, "one"), NOW),
        ("b.example", failure_content(&receiver, "two"), later),
    ];
    keep_all(&store, &receiver, all).await;
    let list = failures(&store, FailureReports::default(), NOW).await.unwrap();
    let told: Vec<_> = list.iter().map(|f| (f.sender.as_str(), f.subject.as_str())).collect();
    assert_eq!(told, [("b.example", "two"), ("a.example", "one")]);
    let since = FailureReports { since: Some(Time(later)), ..FailureReports::default() };
    assert_eq!(failures(&store, since, NOW).await.unwrap().len(), 1);
    let shown = failure(&store, FailureReport { id: list[1].id }).await.unwrap();
    assert_eq!(shown.overview, "a.example reports on a message from here.example: dmarc");
    assert_eq!((shown.header.as_str(), shown.fields.delivery_result.as_str()), ("From: <x@y>\n", "reject"));
    assert!(failure(&store, FailureReport { id: 99 }).await.is_err());
}

#[tokio::test]
async fn who_reported_daily_and_fell_silent_is_named() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    let days = |ago: i64| Day::from_number(NOW.day().number() - ago);
    for (sender, ago) in [("daily.example", 1..20), ("silent.example", 4..20), ("rare.example", 10..14)] {
        let one = |ago| (sender, content(&receiver, report_of("r", days(ago), "here.example")), NOW);
        keep_all(&store, &receiver, ago.map(one).collect()).await;
    }
    let list = reports(&store, DmarcReports::default(), NOW).await.unwrap();
    let silent: Vec<_> = list.silent.iter().map(|s| (s.sender.as_str(), s.last.as_str(), s.days)).collect();
    assert_eq!(silent, [("silent.example", "2026-11-22", 16)]);
}

#[tokio::test]
async fn what_is_old_goes() {
    let dir = TempDir::new().unwrap();
    let (store, receiver) = (store(&dir), receiver());
    for n in 0..3u64 {
        let at = NOW.plus(Duration::from_secs(n * 10));
        let both = vec![
            ("a.example", content(&receiver, report_of(&n.to_string(), NOW.day(), "here.example")), at),
            ("a.example", failure_content(&receiver, &n.to_string()), at),
        ];
        keep_all(&store, &receiver, both).await;
    }
    assert_eq!(purge(&store, NOW, 100).await.unwrap(), 0);
    let soon = NOW.plus(KEEP_FAILURES).plus(Duration::from_secs(15));
    assert_eq!(purge(&store, soon, 1).await.unwrap(), 1);
    assert_eq!(purge(&store, soon, 100).await.unwrap(), 1, "what tells of people goes first");
    assert_eq!(count(&store, "SELECT count(*) FROM dmarc_in"), 3);
    let later = NOW.plus(KEEP).plus(Duration::from_secs(15));
    assert_eq!(purge(&store, later, 1).await.unwrap(), 2, "one of each kind");
    assert_eq!(purge(&store, later, 100).await.unwrap(), 1);
    for (sql, left) in [
        ("SELECT count(*) FROM dmarc_in", 1),
        ("SELECT count(*) FROM dmarc_in_row", 2),
        ("SELECT count(*) FROM failure_in", 0),
    ] {
        assert_eq!(count(&store, sql), left, "{sql}");
    }
}
