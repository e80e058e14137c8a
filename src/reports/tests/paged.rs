//! Lists of DMARC a page at a time: pages together are the whole list, and stay quick when there is a year of reports
//! about ten thousand domains.

use std::time::Duration;

use mox_admin::ops::*;
use mox_admin::{OpError, Time};
use mox_db::rusqlite::Connection;
use mox_dmarcrpt::{Action, AuthResult, DkimAuth, PolicyPublished, Record, SpfAuth};
use mox_store::Error;

use super::house::{House, at};

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

/// The policy of d.example.
fn policy() -> String {
    json(&PolicyPublished { domain: "d.example".to_owned(), ..PolicyPublished::default() })
}

/// Runs statements on the tables.
async fn run(house: &House, sql: &'static str) {
    house.store.write(move |_, tx| Ok::<_, Error>(tx.conn().execute_batch(sql)?)).await.unwrap();
}

/// Reports of so many domains, one for every `every` days of the last 360; of each a row. Day 20417 is the 25th of
/// November 2026.
async fn reports(house: &House, domains: i64, every: i64) {
    let (domain, human_result) = ("other.example".to_owned(), String::new());
    let spf = SpfAuth {
        domain: domain.clone(),
        scope: None,
        result: AuthResult::Fail,
        human_result: String::new(),
    };
    let dkim = DkimAuth { domain, selector: "s".to_owned(), result: AuthResult::Pass, human_result };
    let fill = move |conn: &Connection| {
        conn.execute(
            "WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < ?1),
               t(day) AS (SELECT ?3 - 360 UNION ALL SELECT day + ?2 FROM t WHERE day + ?2 < ?3)
             INSERT INTO dmarc_in (policy_domain, sender, organization, name, start, until, day, received, messages,
               passed, quarantined, rejected, rows, form, policy, metadata, oddities)
             SELECT printf('d%05d.example', n), 'r' || (n % 7) || '.example', 'R', 'r' || n || '-' || day,
               day * 86400000000, day * 86400000000 + 86399000000, day, day * 86400000000, 10, 7, 2, 1, 1,
               'rfc9990', replace(?4, 'd.example', printf('d%05d.example', n)), '{}', '[]' FROM t, d",
            (domains, every, at("2026-11-25T00:00:00Z").day().number(), policy()),
        )?;
        conn.execute(
            "INSERT INTO dmarc_in_row (report_id, source, header_from, count, disposition, dkim, spf, reasons,
               dkim_results, spf_results)
             SELECT report_id, '192.0.2.' || (report_id % 200), policy_domain, 10, 'none', 0, report_id % 2, '[]',
               ?1, ?2 FROM dmarc_in",
            (json(&[dkim]), json(&[spf])),
        )?;
        Ok::<_, Error>(())
    };
    house.store.write(move |_, tx| fill(tx.conn())).await.unwrap();
}

/// Evaluations of so many domains on two days.
async fn evaluations(house: &House, domains: i64) {
    let fill = move |conn: &Connection| {
        conn.execute(
            "WITH RECURSIVE d(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM d WHERE n < ?1)
             INSERT INTO dmarc_policy (policy_domain, day, config, messages, reasons, passed, rows, unlisted)
             SELECT printf('d%05d.example', n), ?2 - k, replace(?3, 'd.example', printf('d%05d.example', n)), 12, n % 2,
               4, 2, 2 FROM d, (SELECT 0 AS k UNION ALL SELECT 1)",
            (domains, at("2026-11-25T00:00:00Z").day().number(), policy()),
        )?;
        let row = "INSERT INTO dmarc_row SELECT policy_id, ?1, x'00ff', ?2, 5 FROM dmarc_policy";
        for (source, disposition) in [([192u8, 0, 2, 1], Action::None), ([192, 0, 2, 2], Action::Reject)] {
            let record = Record {
                source_ip: Some(source.into()),
                disposition,
                header_from: "a.example".to_owned(),
                count: 0,
                dkim: false,
                spf: false,
                reasons: Vec::new(),
                envelope_from: None,
                envelope_to: None,
                dkim_results: Vec::new(),
                spf_results: Vec::new(),
            };
            let record = json(&record);
            conn.execute(row, (source, record))?;
        }
        Ok::<_, Error>(())
    };
    house.store.write(move |_, tx| fill(tx.conn())).await.unwrap();
}

/// All rows of an operation, page by page.
macro_rules! all {
    ($ask:expr) => {{
        let (mut rows, mut key) = (Vec::new(), None);
        for _ in 0..100 {
            let page = $ask(key).await.unwrap();
            rows.extend(page.rows);
            key = page.next;
            if key.is_none() {
                break;
            }
        }
        assert!(key.is_none(), "it does not end");
        rows
    }};
}

#[tokio::test]
async fn pages_of_received_reports_are_the_whole_list() {
    let house = House::new();
    reports(&house, 3, 60).await;
    let since = Some(Time(at("2025-11-25T00:00:00Z")));
    let known = crate::receive::dmarc::reports;
    for domain in [None, Some("d00002.example".to_owned())] {
        let op = DmarcReports { domain: domain.clone(), since, limit: None };
        let whole = known(&house.store, op, at("2026-11-25T10:00:00Z")).await.unwrap().reports;
        let ask = |before| {
            let domain = domain.clone();
            house.reports.dmarc_received(DmarcReceived { domain, days: Some(400), before, limit: Some(2) })
        };
        assert_eq!(all!(ask), whole);
        assert_eq!(whole.len(), if domain.is_some() { 6 } else { 18 });
    }
    let recent = house.reports.dmarc_received(DmarcReceived::default()).await.unwrap();
    assert!(recent.rows.is_empty() && recent.next.is_none(), "30 days are looked at: {recent:?}");
    let gone = DmarcReceived { before: Some(99), days: Some(400), ..DmarcReceived::default() };
    assert_eq!(house.reports.dmarc_received(gone).await.unwrap().rows, []);
    let domains =
        |after| house.reports.dmarc_domains(DmarcDomains { days: Some(400), after, limit: Some(2) });
    let domains = all!(domains);
    assert_eq!(domains.len(), 3);
    assert_eq!(
        (domains[1].policy_domain.as_str(), domains[1].last.as_str()),
        ("d00002.example", "2026-09-26")
    );
    assert_eq!((domains[1].sums.reports, domains[1].sums.messages, domains[1].sums.failed), (6, 60, 18));
}

/// The sums of days and those of the reports, which must be the same.
async fn sums(house: &House) -> (Vec<String>, Vec<String>) {
    let ask = |sql: &'static str| {
        house.store.read(move |_, tx| {
            let mut statement = tx.conn().prepare(sql)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok::<_, Error>(rows.collect::<Result<Vec<_>, _>>()?)
        })
    };
    let kept = ask(
        "SELECT format('%s %d %d %d %d %d %d', policy_domain, day, reports, messages, passed, quarantined, rejected)
         FROM dmarc_in_day ORDER BY policy_domain, day",
    );
    let made = ask(
        "SELECT format('%s %d %d %d %d %d %d', p, day, count(*), sum(messages), sum(passed), sum(quarantined),
           sum(rejected)) FROM (SELECT policy_domain AS p, * FROM dmarc_in UNION ALL SELECT '' AS p, * FROM dmarc_in)
         GROUP BY p, day ORDER BY p, day",
    );
    (kept.await.unwrap(), made.await.unwrap())
}

#[tokio::test]
async fn sums_of_days_are_those_of_the_reports() {
    let house = House::new();
    reports(&house, 4, 90).await;
    for sql in [
        "SELECT 1",
        "INSERT OR IGNORE INTO dmarc_in SELECT * FROM dmarc_in",
        "DELETE FROM dmarc_in WHERE policy_domain = 'd00001.example'",
        "DELETE FROM dmarc_in WHERE report_id % 3 = 0",
        "DELETE FROM dmarc_in",
    ] {
        run(&house, sql).await;
        let (kept, made) = sums(&house).await;
        assert_eq!(kept, made, "{sql}");
    }
    // Nobody can count beyond what fits.
    let max = "INSERT INTO dmarc_in (policy_domain, sender, organization, name, start, until, day, received, messages,
        passed, quarantined, rejected, rows, form, policy, metadata, oddities)
      SELECT 'a.example', 'r', 'R', value, 1790000000000000, 0, 20717, 0, 9223372036854775807, 9223372036854775807, 0,
        0, 0, 'rfc9990', '{}', '{}', '[]' FROM json_each('[1,2,3]')";
    run(&house, max).await;
    let op = DmarcDomains { days: Some(400), ..DmarcDomains::default() };
    let found = house.reports.dmarc_domains(op).await.unwrap().rows;
    assert_eq!((found[0].sums.reports, found[0].sums.messages), (3, 3_000_000_000_000));
}

#[tokio::test]
async fn a_report_is_shown_record_by_record() {
    let house = House::new();
    reports(&house, 1, 400).await;
    run(
        &house,
        "INSERT INTO dmarc_in_row (report_id, source, header_from, count, disposition, dkim, spf, reasons,
           dkim_results, spf_results) SELECT report_id, '198.51.100.' || value, header_from, count, disposition, dkim,
           spf, reasons, dkim_results, spf_results FROM dmarc_in_row, json_each('[1,2,3,4]')",
    )
    .await;
    let whole = crate::receive::dmarc::report(&house.store, DmarcReport { id: 1 }).await.unwrap();
    let (mut records, mut after) = (Vec::new(), None);
    for _ in 0..3 {
        let op = DmarcReportPage { id: 1, after, limit: Some(2) };
        let page = house.reports.dmarc_report_page(op).await.unwrap();
        records.extend(page.report.records.clone());
        assert_eq!(DmarcReportDetail { records: whole.records.clone(), ..page.report }, whole);
        after = page.next;
    }
    assert_eq!((records, after), (whole.records, None));
    let missing = house.reports.dmarc_report_page(DmarcReportPage { id: 7, after: None, limit: None }).await;
    assert_eq!(missing.unwrap_err().message, "no DMARC report 7");
}

#[tokio::test]
async fn pages_of_what_is_collected_are_the_whole() {
    let house = House::new();
    evaluations(&house, 3).await;
    let rows = all!(|after| {
        house.reports.dmarc_collected(DmarcCollected { after, limit: Some(2), domain: None })
    });
    let keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys[..2], ["2026-11-25/d00001.example", "2026-11-25/d00002.example"]);
    assert_eq!((keys.len(), keys[3]), (6, "2026-11-24/d00001.example"));
    let known = house.reports.dmarc_results(DmarcResults::default()).await.unwrap();
    let told = |domain: &str, day: &str, counts| (domain.to_owned(), day.to_owned(), counts);
    let known: Vec<_> =
        known.iter().map(|r| told(&r.policy_domain, &r.day, (r.messages, r.passed, r.reasons))).collect();
    let found: Vec<_> =
        rows.iter().map(|r| told(&r.policy_domain, &r.day, (r.messages, r.passed, r.reasons))).collect();
    assert_eq!(found, known);
    let done = Dispositions { none: 5, reject: 5, unknown: 2, ..Dispositions::default() };
    assert_eq!(rows[0].dispositions, done);
    assert!(rows[0].reportable && rows[0].why.is_empty() && !rows[1].reportable && !rows[1].why.is_empty());
    let show = |after| DmarcCollectedShow {
        domain: "d00001.example".to_owned(),
        day: "today".to_owned(),
        after,
        limit: Some(1),
    };
    let first = house.reports.dmarc_collected_show(show(None)).await.unwrap();
    assert_eq!(first.row, rows[0]);
    assert_eq!(first.records[0].record.source_ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(first.records[0].record.count, 5);
    let second = house.reports.dmarc_collected_show(show(first.next)).await.unwrap();
    assert_eq!(second.records[0].record.source_ip.as_deref(), Some("192.0.2.2"));
    assert_eq!(second.next, None);
    let none = DmarcCollectedShow { domain: "x.example".to_owned(), ..show(None) };
    assert!(
        house.reports.dmarc_collected_show(none).await.unwrap_err().message.contains("nothing is collected")
    );
    let wrong = DmarcCollected { after: Some("x".to_owned()), ..DmarcCollected::default() };
    assert!(house.reports.dmarc_collected(wrong).await.unwrap_err().message.contains("no key"));
}

#[tokio::test]
async fn the_outlook_is_what_a_preview_says() {
    let house = House::new();
    evaluations(&house, 3).await;
    run(
        &house,
        "UPDATE dmarc_policy SET policy_domain = 'one.example' WHERE policy_domain = 'd00001.example'",
    )
    .await;
    let rows =
        all!(|after| house.reports.dmarc_outlook(DmarcOutlook { after, limit: Some(4), domain: None }));
    assert_eq!(rows.len(), 6);
    let preview = ReportPreview { family: ReportFamily::Dmarc, ..ReportPreview::default() };
    let preview = house.reports.preview(preview).await.unwrap();
    for row in &rows {
        let why =
            preview.withheld.iter().find(|w| (&w.policy_domain, &w.day) == (&row.policy_domain, &row.day));
        let sent =
            preview.reports.iter().find(|r| (&r.policy_domain, &r.day) == (&row.policy_domain, &row.day));
        assert_eq!(why.map(|why| why.why.as_str()), (row.state != "will-send").then_some(row.why.as_str()));
        assert_eq!(sent.map(|sent| sent.destinations.clone()).unwrap_or_default(), row.destinations);
    }
    assert_eq!(rows.iter().filter(|row| row.state == "will-send").count(), 2, "{rows:#?}");
}

#[tokio::test]
async fn pages_of_what_was_sent_and_is_suppressed_are_the_whole() {
    let house = House::new();
    run(
        &house,
        "INSERT INTO report_out (kind, policy_domain, start, part, until, note, name, submitter, file_name, sealed, due,
           why, successful, failed)
         SELECT value % 3, 'd' || (value % 2), value, 0, 0, '', 'n' || value, 's', 'f', value / 4, 0, '', 1, 1
         FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]')",
    )
    .await;
    for domain in [None, Some("d1".to_owned())] {
        let op = ReportHistory { family: ReportFamily::Dmarc, domain: domain.clone(), limit: None };
        let whole = house.reports.history(op).await.unwrap();
        let rows = all!(|before| {
            house.reports.dmarc_sent(DmarcSent { domain: domain.clone(), before, limit: Some(2) })
        });
        assert_eq!(rows.into_iter().map(|row| row.row).collect::<Vec<_>>(), whole);
        assert!(whole.len() > 2);
    }
    for name in ["a", "b", "c"] {
        let uri = format!("mailto:{name}@one.example");
        let until = Time(at("2026-12-25T00:00:00Z"));
        let op = ReportSuppressAdd { uri, until, comment: String::new(), dry_run: false };
        house.reports.suppress_add(op).await.unwrap();
    }
    let rows = all!(|after| house.reports.suppressed(ReportSuppressed { after, limit: Some(2) }));
    assert_eq!(rows, house.reports.suppress_list(ReportSuppressList {}).await.unwrap());
}

/// How long something takes; the time of the test's machine, which is why nothing but a hang fails.
async fn took<T>(name: &str, what: impl Future<Output = Result<T, OpError>>) -> T {
    #[expect(clippy::disallowed_methods, reason = "a measurement")]
    let begin = std::time::Instant::now();
    let found = what.await.unwrap();
    let time = begin.elapsed();
    println!("{name}: {} ms", time.as_millis());
    assert!(time < Duration::from_secs(5), "{name} takes {time:?}");
    found
}

/// `cargo nextest run -p mox-reports --release --no-capture a_year_of` tells the times. Fewer reports where it is not
/// optimised.
#[tokio::test]
async fn a_year_of_many_domains_is_read_by_the_page() {
    let house = House::new();
    let every = if cfg!(debug_assertions) { 90 } else { 10 };
    reports(&house, 10_000, every).await;
    run(&house, "UPDATE dmarc_in SET policy_domain = 'big.example' WHERE report_id % 20 = 0").await;
    evaluations(&house, 10_000).await;
    let it = &house.reports;
    let (days, big) = (Some(365), Some("big.example".to_owned()));
    let all = took("days of all", it.dmarc_days(DmarcDays { domain: None, days })).await;
    assert_eq!(all.len() as i64, 360 / every);
    took("days of one", it.dmarc_days(DmarcDays { domain: big.clone(), days })).await;
    let after = Some("d05000.example".to_owned());
    let page = took("domains", it.dmarc_domains(DmarcDomains { days, after, limit: None })).await;
    assert_eq!(page.rows.len(), 100);
    let op = DmarcReceived { days, ..DmarcReceived::default() };
    let page = took("reports of all", it.dmarc_received(op.clone())).await;
    let middle = page.rows[99].id - 20_000;
    took("reports of all, later", it.dmarc_received(DmarcReceived { before: Some(middle), ..op.clone() }))
        .await;
    took("reports of one", it.dmarc_received(DmarcReceived { domain: big, ..op })).await;
    let domain = "big.example".to_owned();
    let found = took("sources of one", it.dmarc_sources(DmarcSources { domain: domain.clone(), days })).await;
    assert!(found.rows <= DmarcSources::MAX_ROWS);
    took(
        "readiness",
        it.readiness(DmarcReadiness { domain, since: None, rows: Some(DmarcReadiness::PAGE_ROWS) }),
    )
    .await;
    took("collected", it.dmarc_collected(DmarcCollected::default())).await;
    let after = Some("2026-11-25/d09990.example".to_owned());
    took("collected, later", it.dmarc_collected(DmarcCollected { after, ..DmarcCollected::default() })).await;
    took("outlook", it.dmarc_outlook(DmarcOutlook::default())).await;
    took("sent", it.dmarc_sent(DmarcSent::default())).await;
}
