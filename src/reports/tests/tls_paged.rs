//! What pages about TLS reports ask: lists go on behind a key and end, and each is read by an index.

use mox_admin::ops::{
    ReportSuppressAdd, ReportSuppressed, TlsCauses, TlsCollected, TlsDomains, TlsOutlook, TlsReceived,
    TlsRecord, TlsSent, TlsTimeline,
};
use mox_clock::{Clock, Day, Timestamp};
use mox_db::rusqlite::{Connection, params};
use mox_store::Error;

use super::house::{House, at};
use super::plans::steps;
use crate::receive::tls::tables::{self as received, Asked};
use crate::tables::{report, result, suppress};
use crate::{RECEIVED_SCHEMA, SCHEMA};

/// Reports that arrived about a domain: reporter, days ago, sessions, and failures with a host.
async fn arrive(house: &House, domain: &str, sender: &str, ago: i64, fine: i64, failed: &[(&str, i64)]) {
    let day = Day::from_number(house.clock.now().day().number() - ago);
    let (domain, sender) = (domain.to_owned(), sender.to_owned());
    let failed: Vec<(String, i64)> = failed.iter().map(|(mx, n)| ((*mx).to_owned(), *n)).collect();
    let insert = move |_: &mox_store::Store, tx: &mut mox_queue::Tx<'_>| {
        let sql = "INSERT INTO report_in (policy_domain, sender, organization, name, start, until, day, received,
          successful, failed, details, document, oddities) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?3, ?5, ?6, ?7, ?8, '{}', '[]')";
        let (begin, end) = (day.start().micros(), day.next().start().micros() - 1_000_000);
        let sum: i64 = failed.iter().map(|(_, n)| n).sum();
        let count = i64::try_from(failed.len()).unwrap();
        tx.conn().execute(sql, params![domain, sender, day.number(), begin, end, fine, sum, count])?;
        let id = tx.conn().last_insert_rowid();
        for (mx, n) in &failed {
            let sql = "INSERT INTO report_in_failure (report_id, policy_type, mx, result, reason, failed)
              VALUES (?1, 'sts', ?2, 'certificate-expired', '', ?3)";
            tx.conn().execute(sql, params![id, mx, n])?;
        }
        Ok::<_, Error>(())
    };
    house.store.write(insert).await.unwrap();
}

#[tokio::test]
async fn what_is_collected_goes_on_behind_a_key() {
    let house = House::new();
    for domain in ["one.example", "two.example", "none.example"] {
        house.fail(domain).await;
    }
    let mut seen = Vec::new();
    let mut ask = TlsCollected { limit: Some(1), ..TlsCollected::default() };
    loop {
        let page = house.reports.tls_collected(ask.clone()).await.unwrap();
        assert!(
            page.rows.iter().all(|row| row.key == page.rows[0].key),
            "one recipient domain and policy domain"
        );
        seen.extend(page.rows.into_iter().map(|row| (row.row.recipient_domain, row.row.policy_domain)));
        match page.next {
            Some(next) => ask.after = Some(next),
            None => break,
        }
    }
    let all = house.reports.tls_collected(TlsCollected::default()).await.unwrap();
    assert_eq!(all.next, None);
    let listed: Vec<_> = all
        .rows
        .iter()
        .map(|row| (row.row.recipient_domain.clone(), row.row.policy_domain.clone()))
        .collect();
    assert_eq!(seen, listed, "no row twice, none left out");
    assert!(all.rows.iter().any(|row| !row.failures.is_empty() && !row.failures[0].mend.is_empty()));
    let of = |domain: &str, day: &str| TlsCollected {
        domain: Some(domain.into()),
        day: Some(day.into()),
        ..TlsCollected::default()
    };
    assert!(!house.reports.tls_collected(of("two.example", "today")).await.unwrap().rows.is_empty());
    assert!(house.reports.tls_collected(of("two.example", "yesterday")).await.unwrap().rows.is_empty());
    let bad = TlsCollected { after: Some("x".into()), ..TlsCollected::default() };
    assert!(house.reports.tls_collected(bad).await.unwrap_err().message.contains("\"x\" is no key"));
}

#[tokio::test]
async fn what_would_be_sent_says_why_not() {
    let house = House::new();
    for domain in ["one.example", "none.example"] {
        house.fail(domain).await;
    }
    house.go_to("2026-11-26T00:05:00Z");
    let all = house.reports.tls_outlook(TlsOutlook::default()).await.unwrap();
    let state = |domain: &str| all.rows.iter().find(|r| r.policy_domain == domain).map(|r| r.state.as_str());
    assert_eq!(state("one.example"), Some("will-send"));
    assert_eq!(state("none.example"), Some("discarded"));
    let mut keys = Vec::new();
    let mut ask = TlsOutlook { limit: Some(1), ..TlsOutlook::default() };
    loop {
        let page = house.reports.tls_outlook(ask.clone()).await.unwrap();
        keys.extend(page.rows.into_iter().map(|row| row.key));
        match page.next {
            Some(next) => ask.after = Some(next),
            None => break,
        }
    }
    assert_eq!(keys, all.rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>());
    assert!(house.told().await.is_empty(), "to look changes nothing");
    for key in ["x", "dmarc/a.example/2026-11-26", "domain/a.example"] {
        let bad = TlsOutlook { after: Some(key.into()), ..TlsOutlook::default() };
        assert!(house.reports.tls_outlook(bad).await.is_err(), "{key}");
    }
    house.seal().await;
    let sent = house.reports.tls_sent(TlsSent { limit: Some(1), ..TlsSent::default() }).await.unwrap();
    let next = sent.next.expect("one was sent, one discarded");
    let rest = TlsSent { before: Some(next), ..TlsSent::default() };
    let rest = house.reports.tls_sent(rest).await.unwrap();
    assert!(rest.next.is_none() && rest.rows.iter().all(|row| row.id != next));
    let of = TlsSent { domain: Some("one.example".into()), ..TlsSent::default() };
    let of = house.reports.tls_sent(of).await.unwrap();
    assert!(of.rows.iter().all(|row| row.row.policy_domain == "one.example") && !of.rows.is_empty());
}

#[tokio::test]
async fn destinations_go_on_behind_an_address_and_records_are_told() {
    let house = House::new();
    for name in ["a", "b", "c"] {
        let op = ReportSuppressAdd {
            uri: format!("mailto:{name}@one.example"),
            until: at("2027-01-01T00:00:00Z").into(),
            comment: String::new(),
            dry_run: false,
        };
        house.reports.suppress_add(op).await.unwrap();
    }
    let first = ReportSuppressed { limit: Some(2), ..ReportSuppressed::default() };
    let first = house.reports.suppressed(first).await.unwrap();
    assert_eq!((first.rows.len(), first.next.as_deref()), (2, Some("mailto:b@one.example")));
    let rest = ReportSuppressed { after: first.next, ..ReportSuppressed::default() };
    let rest = house.reports.suppressed(rest).await.unwrap();
    assert_eq!((rest.rows[0].uri.as_str(), rest.rows.len(), rest.next), ("mailto:c@one.example", 1, None));

    let found = house.reports.tls_record(TlsRecord { domain: "one.example".into() }).await.unwrap();
    assert_eq!((found.name.as_str(), found.state.as_str()), ("_smtp._tls.one.example", "found"));
    assert!(found.destinations.iter().any(|to| to.usable) && found.problem.is_empty());
    let none = house.reports.tls_record(TlsRecord { domain: "none.example".into() }).await.unwrap();
    assert_eq!((none.state.as_str(), none.texts.len()), ("absent", 0));
    assert!(house.reports.tls_record(TlsRecord { domain: "a b".into() }).await.is_err());
}

#[tokio::test]
async fn a_time_of_received_reports_is_counted_by_day_domain_and_host() {
    let house = House::new();
    arrive(&house, "here.example", "r1.example", 0, 10, &[]).await;
    arrive(&house, "here.example", "r1.example", 2, 5, &[("mx1.here.example", 3), ("mx2.here.example", 1)])
        .await;
    arrive(&house, "here.example", "r2.example", 2, 1, &[("mx1.here.example", 2)]).await;
    arrive(&house, "other.example", "r1.example", 40, 7, &[]).await;
    arrive(&house, "mx1.here.example", "r1.example", 1, 9, &[("mx1.here.example", 4)]).await;

    let week = |domain: Option<&str>, mx: Option<&str>| TlsTimeline {
        domain: domain.map(Into::into),
        mx: mx.map(Into::into),
        days: Some(7),
    };
    let told = house.reports.tls_timeline(week(Some("here.example"), None)).await.unwrap();
    assert_eq!(told.days.len(), 7);
    let counts: Vec<_> = told.days.iter().map(|d| (d.reports, d.successful, d.failed)).collect();
    assert_eq!(counts[4..], [(2, 6, 6), (0, 0, 0), (1, 10, 0)]);
    assert_eq!(told.days[6].day, "2026-11-25");
    let hosts: Vec<_> = told.hosts.iter().map(|h| (h.mx.as_str(), h.failed, h.reporters)).collect();
    assert_eq!(hosts, [("mx1.here.example", 5, 2), ("mx2.here.example", 1, 1)]);
    let one =
        house.reports.tls_timeline(week(Some("here.example"), Some("MX2.here.example."))).await.unwrap();
    assert_eq!((one.days[4].failed, one.fine_known), (1, false));
    let dane = house.reports.tls_timeline(week(None, Some("mx1.here.example"))).await.unwrap();
    assert_eq!((dane.days[5].successful, dane.days[5].failed, dane.fine_known), (9, 4, true));

    let domains =
        house.reports.tls_domains(TlsDomains { limit: Some(1), ..TlsDomains::default() }).await.unwrap();
    assert_eq!((domains.rows[0].policy_domain.as_str(), domains.rows[0].reporters), ("here.example", 2));
    let rest = TlsDomains { after: domains.next, days: Some(90), ..TlsDomains::default() };
    let rest = house.reports.tls_domains(rest).await.unwrap();
    let names: Vec<_> = rest.rows.iter().map(|row| row.policy_domain.as_str()).collect();
    assert_eq!(names, ["mx1.here.example", "other.example"]);

    let why = TlsCauses { domain: Some("here.example".into()), ..TlsCauses::default() };
    let why = house.reports.tls_causes(why).await.unwrap();
    assert_eq!(
        (why.causes.len(), why.causes[0].at.as_str(), why.causes[0].failed),
        (2, "mx1.here.example", 5)
    );
    assert!(!why.causes[0].mend.is_empty() && !why.more);
    let few = house.reports.tls_causes(TlsCauses { limit: Some(1), ..TlsCauses::default() }).await.unwrap();
    assert!(few.more && few.causes.len() == 1);
}

#[tokio::test]
async fn received_reports_go_on_behind_a_report() {
    let house = House::new();
    for ago in 0..6 {
        arrive(&house, "here.example", &format!("r{}.example", ago % 2), ago, 1, &[]).await;
    }
    arrive(&house, "here.example", "r3.example", 3, 0, &[("mx.here.example", 1)]).await;
    let mut ids = Vec::new();
    let mut ask = TlsReceived { limit: Some(2), ..TlsReceived::default() };
    loop {
        let page = house.reports.tls_received(ask.clone()).await.unwrap();
        ids.extend(page.rows.iter().map(|row| row.id));
        match page.next {
            Some(next) => ask.before = Some(next),
            None => break,
        }
    }
    assert_eq!(ids, [1, 2, 3, 7, 4, 5, 6], "by period, of one period the later row first");
    let count = async |ask: TlsReceived| house.reports.tls_received(ask).await.unwrap().rows.len();
    assert_eq!(count(TlsReceived { failed: true, ..TlsReceived::default() }).await, 1);
    assert_eq!(count(TlsReceived { sender: Some("r0.example".into()), ..TlsReceived::default() }).await, 3);
    assert_eq!(count(TlsReceived { days: Some(2), ..TlsReceived::default() }).await, 2);
    assert_eq!(count(TlsReceived { day: Some("2026-11-22".into()), ..TlsReceived::default() }).await, 2);
    assert_eq!(count(TlsReceived { before: Some(999), ..TlsReceived::default() }).await, 0);
    assert!(
        house
            .reports
            .tls_received(TlsReceived { day: Some("x".into()), ..TlsReceived::default() })
            .await
            .is_err()
    );
}

/// Steps of SQLite's machine that a page of ten rows may take; to look at all rows takes more than ten times as many.
const STEPS: u64 = 2500;

#[test]
fn a_page_reads_no_more_than_its_rows() {
    let mut conn = Connection::open_in_memory().unwrap();
    SCHEMA.steps.iter().chain(RECEIVED_SCHEMA.steps).for_each(|step| conn.execute_batch(step).unwrap());
    let many = |sql: &str| {
        let numbers = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5000)";
        conn.execute(&sql.replace("FROM", &format!("FROM ({numbers} SELECT n FROM t)")), []).unwrap();
    };
    many("INSERT INTO tls_result SELECT n, 'd' || n, 20000, 'd' || n, 0, 0, 1, '[]', 0, 1, NULL FROM");
    many("INSERT INTO tls_result SELECT 9000 + n, 'h' || n, 20000, 'd' || n, 1, 0, 1, '[]', 0, 0, NULL FROM");
    many("INSERT INTO report_suppress SELECT 'a' || n, 1, 9, 0, 0, '', NULL FROM");
    many(
        "INSERT INTO report_out (kind, policy_domain, start, part, until, note, name, submitter, file_name,
         sealed, due, why, successful, failed) SELECT 0, 'd' || n, 0, 0, 0, '', 'n', '', '', n, n, '', 1, 1 FROM",
    );
    many(
        "INSERT INTO report_in (policy_domain, sender, organization, name, start, until, day, received, successful,
         failed, details, document, oddities) SELECT 'd' || n, 's', 'o', 'n', n, n, n, n, 1, 0, 0, '{}', '[]' FROM",
    );
    let day = Day::from_number(20_000);
    let now = Timestamp::from_micros(5);
    let every =
        Asked { domain: None, sender: None, since: Timestamp::from_micros(0), until: None, failed: false };
    type Ask<'a> = Box<dyn FnOnce(&Connection) -> Result<(), Error> + 'a>;
    let asks: [(&str, Ask<'_>); 9] = [
        ("domains that wait", Box::new(|c| result::groups_after(c, false, ("d4", day), 10).map(drop))),
        ("hosts that wait", Box::new(|c| result::groups_after(c, true, ("h4", day), 10).map(drop))),
        ("results of a domain", Box::new(|c| result::page(c, None, Some("d7"), None, 10).map(drop))),
        ("sent", Box::new(|c| report::tls_page(c, None, Some(2500), 10).map(drop))),
        ("sent about a domain", Box::new(|c| report::tls_page(c, Some("d7"), None, 10).map(drop))),
        ("suppressed", Box::new(|c| suppress::page(c, now, "a4", 10).map(drop))),
        ("received", Box::new(|c| received::page(c, &every, Some(2500), 10).map(drop))),
        ("days of a domain", Box::new(|c| received::each_count(c, Some("d7"), now, |_, _, _| ()))),
        ("policy domains", Box::new(|c| received::domains(c, "d4", every.since, 10).map(drop))),
    ];
    let mut found = Vec::new();
    for (name, ask) in asks {
        let steps = steps(&mut conn, ask);
        if !(4..STEPS).contains(&steps) {
            found.push((name, steps));
        }
    }
    assert!(found.is_empty(), "{found:?}");
}
