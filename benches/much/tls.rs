//! Reports about TLS: results of many domains that wait, as many reports that were sent, suppressed destinations, and a
//! year of received reports.

use mox_admin::Operations;
use mox_admin::ops::*;
use mox_clock::{Clock, Day};
use mox_queue::Class;
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, ResultType};

use crate::kit::engine::House;
use crate::kit::pages::{Case, write};

/// Policy domains of received reports, and reporters.
const ABOUT: usize = 200;
const REPORTERS: usize = 20;

pub(crate) async fn fill(house: &House, domains: usize, received: usize) {
    collect(house, domains).await;
    send(house, domains).await;
    receive(house, received).await;
}

/// Results of today with a failure, of as many recipient domains.
async fn collect(house: &House, domains: usize) {
    let (reports, at) = (house.reports.clone(), house.clock.now());
    write(house, domains, move |tx, n| {
        let name = format!("d{n}.example");
        let mut own = PolicyResult::new(Policy { kind: PolicyType::Sts, ..Policy::none(name.clone()) });
        (own.summary.successful, own.summary.failed) = (10, 1);
        let detail = FailureDetail::new(ResultType::CertificateExpired, "");
        own.add_detail(FailureDetail { failed: 1, mx_hostname: format!("mx.{name}"), ..detail }, 10);
        let results = mox_queue::TlsResults {
            recipient_domain: name.parse().unwrap(),
            at,
            class: Class::Normal,
            domain: Some(own),
            hosts: Vec::new(),
        };
        mox_queue::Reporting::tls(&reports, tx, &results)
    })
    .await;
}

/// Reports that were sent, and destinations that get none.
async fn send(house: &House, domains: usize) {
    let now = house.clock.now().micros();
    write(house, domains, move |tx, n| {
        let row = i64::try_from(n).unwrap();
        let sql = "INSERT INTO report_out (report_id, kind, policy_domain, start, part, until, note, name, submitter,
          file_name, document, sealed, due, why, successful, failed, variant)
          VALUES (?1, 0, ?2, ?3, 0, ?3, '', ?2, '', '', ?4, ?3, ?3, '', 10, 1, '')";
        let (name, time) = (format!("d{n}.example"), now - row * 1000);
        tx.conn().execute(sql, (row + 1, &name, time, "x".repeat(1000)))?;
        let uri = format!("mailto:tls@{name}");
        let sql = "INSERT INTO report_destination (report_id, uri, address, host, state, attempts, next, why)
          VALUES (?1, ?2, ?2, ?3, 2, 1, 0, '')";
        tx.conn().execute(sql, (row + 1, &uri, &name))?;
        let sql = "INSERT INTO report_suppress (address, since, until, automatic, failures, comment)
          VALUES (?1, ?2, ?3, 1, 1, 'refused')";
        tx.conn().execute(sql, (&uri, now, now + 86_400_000_000))?;
        Ok(())
    })
    .await;
}

/// A year of reports of others; one in ten tells of failures.
async fn receive(house: &House, count: usize) {
    let today = house.clock.now().day().number();
    let each = count.div_ceil(365);
    write(house, count, move |tx, n| {
        let day = Day::from_number(today - 364 + i64::try_from(n / each).unwrap());
        let (about, bad) = (format!("h{}.example", n % ABOUT), i64::from(n % 10 == 0));
        let (begin, end) = (day.start().micros(), day.next().start().micros() - 1);
        let sql =
            "INSERT INTO report_in (policy_domain, sender, organization, name, start, until, day, received,
          successful, failed, details, document, oddities)
          VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?5, 90, ?7, ?7, ?8, '[]')";
        let reporter = format!("r{}.example", n / ABOUT % REPORTERS);
        let values = (&about, reporter, n.to_string(), begin, end, day.number(), bad, "x".repeat(1000));
        tx.conn().execute(sql, values)?;
        if bad > 0 {
            let id = tx.conn().last_insert_rowid();
            let sql = "INSERT INTO report_in_failure (report_id, policy_type, mx, result, reason, failed)
              VALUES (?1, 'sts', ?2, 'certificate-expired', '', 1)";
            tx.conn().execute(sql, (id, format!("mx{}.{about}", n % 3)))?;
        }
        Ok(())
    })
    .await;
}

/// What the pages ask.
pub(crate) fn operations(operations: Operations, house: &House) -> Operations {
    macro_rules! to {
        ($method:ident) => {{
            let reports = house.reports.clone();
            move |op| {
                let reports = reports.clone();
                async move { reports.$method(op).await }
            }
        }};
    }
    operations
        .on::<TlsCollected, _, _>(to!(tls_collected))
        .on::<TlsOutlook, _, _>(to!(tls_outlook))
        .on::<TlsSent, _, _>(to!(tls_sent))
        .on::<ReportSuppressed, _, _>(to!(suppressed))
        .on::<TlsReceived, _, _>(to!(tls_received))
        .on::<TlsTimeline, _, _>(to!(tls_timeline))
        .on::<TlsDomains, _, _>(to!(tls_domains))
        .on::<TlsCauses, _, _>(to!(tls_causes))
        .on::<ReportExplain, _, _>(to!(explain))
        .on::<ReportPreview, _, _>(to!(preview))
        .on::<ReportSilent, _, _>(to!(silent))
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("tls, received, a month", "tlsrpt", "What mends it"),
        Case::new("tls, received, a year", "tlsrpt?days=365", "What mends it"),
        Case::new("tls, received, last domains", "tlsrpt?days=365&after=h97.example", "h98.example"),
        Case::new("tls, one domain, a year", "tlsrpt/domain?name=h10.example&days=365", "mx1.h10.example"),
        Case::new(
            "tls, one host, a year",
            "tlsrpt/host?name=mx1.h10.example&days=365",
            "certificate-expired",
        ),
        Case::new("tls, reports, first page", "tlsrpt/reports?days=365", "<tr data-key="),
        Case::new("tls, reports, middle page", "tlsrpt/reports?days=365&before=2500", "<tr data-key="),
        Case::new("tls, reports, failed", "tlsrpt/reports?days=365&failed=true", "<tr data-key="),
        Case::new(
            "tls, reports, nothing found",
            "tlsrpt/reports?days=365&sender=nobody.example",
            "No such report",
        ),
        Case::new("tls, silent reporters", "tlsrpt/silent", "Reporters that fell silent"),
        Case::new("tls, collected, first page", "tlsrpt/collected", "<tr data-key="),
        Case::new("tls, collected, middle page", "tlsrpt/collected?after=2026-11-25/250", "<tr data-key="),
        Case::new("tls, collected, one domain", "tlsrpt/collected?domain=d7.example", "d7.example"),
        Case::new("tls, outlook, first page", "tlsrpt/outgoing", "<tr data-key="),
        Case::new(
            "tls, outlook, middle page",
            "tlsrpt/outgoing?after=domain/d3.example/2026-11-25",
            "<tr data-key=",
        ),
        Case::new("tls, outlook, one domain", "tlsrpt/about?domain=d7.example", "What decides"),
        Case::new("tls, sent, first page", "tlsrpt/sent", "<tr data-key="),
        Case::new("tls, sent, middle page", "tlsrpt/sent?before=250", "<tr data-key="),
        Case::new("tls, sent, one domain", "tlsrpt/sent?domain=d7.example", "d7.example"),
        Case::new("tls, suppressed, first page", "tlsrpt/suppressed", "<tr data-key="),
        Case::new(
            "tls, suppressed, middle page",
            "tlsrpt/suppressed?after=mailto:tls@d3.example",
            "<tr data-key=",
        ),
    ]
}
