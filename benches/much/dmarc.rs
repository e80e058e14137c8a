//! DMARC: evaluations of many policy domains that wait, as many reports that were sent, suppressed destinations, and a
//! year of received reports. One domain has reports of every day from twenty reporters, about five thousand sources.

use std::net::{IpAddr, Ipv4Addr};

use mox_admin::Operations;
use mox_admin::ops::*;
use mox_clock::{Clock, Day};
use mox_dmarc::Policy;
use mox_dmarcrpt::{Action, AuthResult, DkimAuth, PolicyPublished, Record, Scope, SpfAuth};
use mox_queue::Tx;
use mox_reports::{Evaluation, Standing};
use mox_store::Error;

use crate::kit::engine::House;
use crate::kit::pages::{Case, write};

/// The domain that others report most about, its reporters, and the addresses that send with it.
const BIG: &str = "big.example";
const REPORTERS: usize = 20;
const SOURCES: usize = 5000;
/// Records of a report about it, and about another domain.
const RECORDS: (usize, usize) = (20, 4);
/// Other policy domains of received reports, and the addresses that send with each.
const ABOUT: usize = 200;
const FEW: usize = 10;

pub(crate) async fn fill(house: &House, domains: usize, received: usize) {
    collect(house, domains).await;
    send(house, domains).await;
    receive(house, received).await;
    fail(house, domains).await;
}

/// Messages that an address sent with a domain in From: three of four pass, by a signature.
fn record(domain: &str, source: IpAddr, n: usize) -> Record {
    let passed = n % 4 != 3;
    let (fate, result) = match passed {
        true => (Action::Pass, AuthResult::Pass),
        false => (Action::Quarantine, AuthResult::Fail),
    };
    let (selector, human_result) = ("s1".to_owned(), String::new());
    let dkim = DkimAuth { domain: domain.to_owned(), selector, result, human_result: human_result.clone() };
    let (bounces, scope) = (format!("bounces.s{}.example", n % 7), Some(Scope::MFrom));
    let spf = SpfAuth { domain: bounces.clone(), scope, result: AuthResult::Pass, human_result };
    Record {
        source_ip: Some(source),
        count: 3,
        disposition: fate,
        dkim: passed,
        spf: false,
        reasons: Vec::new(),
        header_from: domain.to_owned(),
        envelope_from: Some(bounces),
        envelope_to: None,
        dkim_results: vec![dkim],
        spf_results: vec![spf],
    }
}

fn published(domain: &str) -> PolicyPublished {
    PolicyPublished { domain: domain.to_owned(), p: Some(Policy::None), ..PolicyPublished::default() }
}

/// Evaluations of today of as many policy domains.
async fn collect(house: &House, domains: usize) {
    let (reports, at) = (house.reports.clone(), house.clock.now());
    write(house, domains, move |tx, n| {
        let name = format!("d{n}.example");
        let domain = name.parse::<mox_address::Domain>().unwrap();
        let record = record(&name, Ipv4Addr::from(0x0a00_0000 + n as u32).into(), 0);
        let one = Evaluation::new(domain.clone(), domain, &published(&name), record, Standing::Taken);
        reports.evaluated(tx, &one.unwrap(), at)
    })
    .await;
}

/// Reports that were sent, and destinations that get none.
async fn send(house: &House, domains: usize) {
    let now = house.clock.now().micros();
    write(house, domains, move |tx, n| {
        let row = 10_000_000 + i64::try_from(n).unwrap();
        let sql = "INSERT INTO report_out (report_id, kind, policy_domain, start, part, until, note, name, submitter,
          file_name, document, sealed, due, why, successful, failed, variant)
          VALUES (?1, 2, ?2, ?3, 0, ?3, '', ?2, '', '', ?4, ?3, ?3, '', 10, 1, '')";
        let (name, time) = (format!("d{n}.example"), now - i64::try_from(n).unwrap() * 1000);
        tx.conn().execute(sql, (row, &name, time, "x".repeat(1000)))?;
        let uri = format!("mailto:dmarc@{name}");
        let sql = "INSERT INTO report_destination (report_id, uri, address, host, state, attempts, next, why)
          VALUES (?1, ?2, ?2, ?3, 2, 1, 0, '')";
        tx.conn().execute(sql, (row, &uri, &name))?;
        let sql = "INSERT INTO report_suppress (address, since, until, automatic, failures, comment)
          VALUES (?1, ?2, ?3, 1, 1, 'refused')";
        tx.conn().execute(sql, (&uri, now, now + 86_400_000_000))?;
        Ok(())
    })
    .await;
}

/// A year of reports of others, in the order of days.
async fn receive(house: &House, count: usize) {
    let today = house.clock.now().day().number();
    let each = count.div_ceil(365);
    write(house, count, move |tx, n| {
        let (ago, nth) = (n / each, n % each);
        let day = Day::from_number(today - 364 + i64::try_from(ago).unwrap());
        let reporter = format!("r{}.example", nth % REPORTERS);
        let name = if nth < REPORTERS { BIG.to_owned() } else { format!("o{}.example", n % ABOUT) };
        let (sources, records) = if nth < REPORTERS { (SOURCES, RECORDS.0) } else { (FEW, RECORDS.1) };
        let records: Vec<_> = (n * records..(n + 1) * records)
            .map(|n| record(&name, Ipv4Addr::from(0x0b00_0000 + (n % sources) as u32).into(), n))
            .collect();
        insert(tx, &name, &reporter, n, day, &records)
    })
    .await;
}

fn insert(
    tx: &mut Tx<'_>,
    name: &str,
    reporter: &str,
    n: usize,
    day: Day,
    records: &[Record],
) -> Result<(), Error> {
    let json = |value: &PolicyPublished| serde_json::to_string(value).unwrap();
    let messages = |of: fn(&Record) -> bool| {
        let some = records.iter().filter(|record| of(record)).map(|record| record.count).sum::<u64>();
        i64::try_from(some).unwrap()
    };
    let sql = "INSERT INTO dmarc_in (policy_domain, sender, organization, name, start, until, day, received, messages,
      passed, quarantined, rejected, rows, form, policy, metadata, oddities, organization_domain, bytes)
      VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?5, ?7, ?8, ?9, 0, ?10, 'rfc9990', ?11, '{}', '[]', ?2, 1000)";
    let (begin, end) = (day.start().micros(), day.next().start().micros() - 1);
    let (all, passed) = (messages(|_| true), messages(Record::passes));
    let rows = i64::try_from(records.len()).unwrap();
    let policy = json(&published(name));
    let values =
        (name, reporter, n.to_string(), begin, end, day.number(), all, passed, all - passed, rows, policy);
    tx.conn().prepare_cached(sql)?.execute(values)?;
    let id = tx.conn().last_insert_rowid();
    let sql = "INSERT INTO dmarc_in_row (report_id, source, header_from, envelope_from, count, disposition, dkim, spf,
      reasons, dkim_results, spf_results) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '[]', ?9, ?10)";
    for record in records {
        let values = (
            id,
            record.source_ip.unwrap().to_string(),
            &record.header_from,
            &record.envelope_from,
            i64::try_from(record.count).unwrap(),
            record.disposition.keyword(),
            record.dkim,
            record.spf,
            serde_json::to_string(&record.dkim_results).unwrap(),
            serde_json::to_string(&record.spf_results).unwrap(),
        );
        tx.conn().prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// Failure reports about few domains.
async fn fail(house: &House, count: usize) {
    let now = house.clock.now().micros();
    let fields = serde_json::to_string(&FailureFields::default()).unwrap();
    write(house, count, move |tx, n| {
        let sql = "INSERT INTO failure_in (policy_domain, sender, received, fields, header, digest,
          organization_domain, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?2, 500)";
        let (at, name) = (now - i64::try_from(n).unwrap() * 1_000_000, format!("o{}.example", n % ABOUT));
        let (header, sender) = ("Subject: x\n".repeat(20), format!("r{}.example", n % REPORTERS));
        tx.conn().execute(sql, (name, sender, at, &fields, header, n.to_be_bytes()))?;
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
        .on::<DmarcCollected, _, _>(to!(dmarc_collected))
        .on::<DmarcCollectedShow, _, _>(to!(dmarc_collected_show))
        .on::<DmarcOutlook, _, _>(to!(dmarc_outlook))
        .on::<DmarcSent, _, _>(to!(dmarc_sent))
        .on::<ReportSuppressed, _, _>(to!(suppressed))
        .on::<DmarcDays, _, _>(to!(dmarc_days))
        .on::<DmarcDomains, _, _>(to!(dmarc_domains))
        .on::<DmarcReceived, _, _>(to!(dmarc_received))
        .on::<DmarcReportPage, _, _>(to!(dmarc_report_page))
        .on::<DmarcSources, _, _>(to!(dmarc_sources))
        .on::<DmarcFailures, _, _>(to!(dmarc_failures))
        .on::<DmarcReadiness, _, _>(to!(readiness))
}

/// The pages, with the time that most is looked at for.
pub(crate) fn cases() -> Vec<Case> {
    let row = "<tr data-key=";
    vec![
        Case::new("dmarc, a month", "dmarc", BIG),
        Case::new("dmarc, a year", "dmarc?days=365", BIG),
        Case::new("dmarc, last domains", "dmarc?days=365&after=o97.example", "o98.example"),
        Case::new("dmarc, one, a week", "dmarc/domain/big.example?days=7", row),
        Case::new("dmarc, one, a month", "dmarc/domain/big.example", row),
        Case::new("dmarc, one, a year", "dmarc/domain/big.example?days=365", row),
        Case::new("dmarc, other, a year", "dmarc/domain/o7.example?days=365", row),
        Case::new("dmarc, readiness, a month", "dmarc/readiness/big.example", "big.example"),
        Case::new("dmarc, readiness, a year", "dmarc/readiness/big.example?since=2025-11-26", "big.example"),
        Case::new("dmarc, readiness, other", "dmarc/readiness/o7.example?since=2025-11-26", "o7.example"),
        Case::new("dmarc, reports, first", "dmarc/reports?days=365", row),
        Case::new("dmarc, reports, middle", "dmarc/reports?days=365&before=2500", row),
        Case::new("dmarc, reports, of one", "dmarc/reports?days=365&domain=o7.example", "o7.example"),
        Case::new("dmarc, reports, none", "dmarc/reports?days=365&domain=nobody.example", "nobody.example"),
        Case::new("dmarc, one report", "dmarc/report/1", row),
        Case::new("dmarc, failures, first", "dmarc/failures", row),
        Case::new("dmarc, failures, middle", "dmarc/failures?before=250", row),
        Case::new("dmarc, failures, of one", "dmarc/failures?domain=o7.example", "o7.example"),
        Case::new("dmarc, collected, first", "dmarc/collected", row),
        Case::new("dmarc, collected, middle", "dmarc/collected?after=2026-11-25/d3.example", row),
        Case::new("dmarc, collected, one", "dmarc/collected?domain=d7.example", "d7.example"),
        Case::new("dmarc, outlook, first", "dmarc/outlook", row),
        Case::new("dmarc, outlook, middle", "dmarc/outlook?after=2026-11-25/d3.example", row),
        Case::new("dmarc, sent, first", "dmarc/sent", row),
        Case::new("dmarc, sent, middle", "dmarc/sent?before=10000250", row),
        Case::new("dmarc, sent, of one", "dmarc/sent?domain=d7.example", "d7.example"),
        Case::new("dmarc, suppressed, first", "dmarc/suppressed", row),
        Case::new("dmarc, suppressed, middle", "dmarc/suppressed?after=mailto:dmarc@d3.example", row),
    ]
}
