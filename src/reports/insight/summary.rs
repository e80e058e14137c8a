//! What received reports count: per policy domain, service and address that sends, and mail host; against the time
//! before.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use mox_admin::ops::{
    ReportSummarized, SummaryCount, SummaryDay, SummaryDmarc, SummaryDomain, SummaryHost, SummaryService,
    SummaryTls,
};
use mox_admin::{OpError, Time};
use mox_db::rusqlite::Connection;
use mox_store::{Error, Store};

use super::names::Asker;
use super::service::{Hint, Ptr, Service};
use super::tables::{self, Kind, MAX_REPORTS, Span, TlsFailure};
use super::tally::{Groups, Numbers, Tally, heaviest, source};
use super::{MAX_DOMAINS, MAX_ROWS};

/// Most days in a reply, over all domains.
const MAX_DAYS: u32 = 100_000;

/// Most failures about TLS that are looked at.
const MAX_FAILURES: u32 = 10_000;

/// Most services of a domain.
const MAX_SERVICES: usize = 50;

/// Most addresses of a service.
const MAX_SOURCES: usize = 20;

/// Mail that has the policy domain, what passed and the address in common.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) domain: String,
    pub(super) hint: Hint,
    pub(super) ip: Option<IpAddr>,
}

/// What the database says.
struct Read {
    dmarc: BTreeMap<String, SummaryCount>,
    tls: BTreeMap<String, SummaryCount>,
    failures: Vec<TlsFailure>,
    mail: Groups<Key, Tally>,
    cut: bool,
}

/// Sums up the reports of a time.
pub(super) async fn summary(store: &Store, asker: &Asker, span: Span) -> Result<ReportSummarized, OpError> {
    let (since, until) = (Time(span.since), Time(span.until));
    let read = store.read(move |_, tx| read(tx.conn(), &span)).await.map_err(OpError::failed)?;
    let addresses = heaviest(read.mail.iter().map(|(key, tally)| (key.ip, tally.counts.messages)));
    let names = asker.anew().names(&addresses).await;
    let mut services = services(read.mail, &names);
    let mut domains: BTreeMap<String, SummaryDomain> = BTreeMap::new();
    let of = |domain: &String| SummaryDomain { domain: domain.clone(), dmarc: None, tls: None };
    for (domain, count) in read.dmarc {
        let listed = services.remove(&domain).unwrap_or_default();
        let shown: u64 = listed.iter().map(|one| one.counts.messages).fold(0, u64::saturating_add);
        let unlisted = count.total.saturating_sub(shown);
        let dmarc = Some(SummaryDmarc { count, services: listed, unlisted });
        domains.entry(domain.clone()).or_insert_with(|| of(&domain)).dmarc = dmarc;
    }
    for (domain, count) in read.tls {
        let hosts = hosts(&domain, &count, &read.failures);
        domains.entry(domain.clone()).or_insert_with(|| of(&domain)).tls = Some(SummaryTls { count, hosts });
    }
    let mut domains: Vec<SummaryDomain> = domains.into_values().collect();
    domains.sort_by_key(|one| {
        let failed = one.dmarc.as_ref().map_or(0, |d| d.count.failed);
        std::cmp::Reverse(failed.saturating_add(one.tls.as_ref().map_or(0, |t| t.count.failed)))
    });
    Ok(ReportSummarized { since, until, domains, cut: read.cut })
}

fn read(conn: &Connection, span: &Span) -> Result<Read, Error> {
    let mut numbers = Numbers::default();
    let mut mail: Groups<Key, Tally> = Groups::new();
    let rows = tables::each_row(conn, span, false, MAX_ROWS, |head, record| {
        let (domain, hint) = (head.domain.clone(), Hint::of(record, &head.domain));
        let reporter = numbers.of(&head.sender);
        if let Some(tally) = mail.get(Key { domain, hint, ip: record.source_ip }) {
            tally.take(record, reporter);
        }
    })?;
    let (dmarc, tls) = (counts(conn, Kind::Dmarc, span)?, counts(conn, Kind::Tls, span)?);
    let full = |counts: &BTreeMap<String, SummaryCount>| {
        counts.values().map(|count| count.reports).fold(0, u64::saturating_add) >= MAX_REPORTS
    };
    Ok(Read {
        cut: rows >= MAX_ROWS || full(&dmarc) || full(&tls),
        dmarc,
        tls,
        failures: tables::tls_failures(conn, span, MAX_FAILURES)?,
        mail,
    })
}

/// The time before, with as many days as the reports of a time can be about: what is of today arrives tomorrow.
fn before(span: &Span) -> Span {
    let day = span.since.day();
    let first = if day.start() < span.since { day.next() } else { day };
    let length = match u64::try_from(span.until.day().number() - first.number()) {
        Ok(days @ 1..) => Duration::from_secs(86_400 * days),
        _ => span.until.since(span.since),
    };
    Span { domain: span.domain.clone(), since: span.since.minus(length), until: span.since }
}

/// What is counted of each domain, now and in as many days before.
fn counts(conn: &Connection, kind: Kind, span: &Span) -> Result<BTreeMap<String, SummaryCount>, Error> {
    let mut found = BTreeMap::new();
    for total in tables::totals(conn, kind, span, MAX_DOMAINS)? {
        let count = SummaryCount {
            reports: total.reports,
            reporters: total.reporters,
            total: total.total,
            failed: total.failed,
            ..SummaryCount::default()
        };
        found.insert(total.domain, count);
    }
    for total in tables::totals(conn, kind, &before(span), MAX_DOMAINS)? {
        if let Some(count) = found.get_mut(&total.domain) {
            (count.total_before, count.failed_before) = (total.total, total.failed);
        }
    }
    for day in tables::days(conn, kind, span, MAX_DAYS)? {
        if let Some(count) = found.get_mut(&day.domain) {
            count.days.push(SummaryDay { day: day.day.to_string(), total: day.total, failed: day.failed });
        }
    }
    Ok(found)
}

/// Mail of a service by its addresses.
type Addresses = BTreeMap<Option<IpAddr>, Tally>;

/// The services of each domain, those that send most first.
pub(super) fn services(
    mail: Groups<Key, Tally>,
    names: &HashMap<IpAddr, Ptr>,
) -> HashMap<String, Vec<SummaryService>> {
    let mut sources: HashMap<_, (Service, Addresses)> = HashMap::new();
    for (key, tally) in mail {
        let ptr = key.ip.and_then(|ip| names.get(&ip)).unwrap_or(&Ptr::Unknown);
        let service = key.hint.service(&key.domain, key.ip, ptr);
        let group = sources.entry((key.domain, service.name.clone()));
        let (named, addresses) = group.or_insert_with(|| (service.clone(), BTreeMap::new()));
        named.by = named.by.min(service.by);
        addresses.entry(key.ip).or_default().merge(&tally);
    }
    let mut found: HashMap<String, Vec<SummaryService>> = HashMap::new();
    for ((domain, _), (service, addresses)) in sources {
        found.entry(domain).or_default().push(one_service(service, addresses, names));
    }
    for services in found.values_mut() {
        services.sort_by(|a, b| b.counts.messages.cmp(&a.counts.messages).then(a.name.cmp(&b.name)));
        services.truncate(MAX_SERVICES);
    }
    found
}

fn one_service(service: Service, addresses: Addresses, names: &HashMap<IpAddr, Ptr>) -> SummaryService {
    let mut all = Tally::default();
    let mut sorted: Vec<_> = addresses.into_iter().collect();
    sorted.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.counts.messages));
    sorted.iter().for_each(|(_, tally)| all.merge(tally));
    let more = sorted.len().saturating_sub(MAX_SOURCES);
    let told = sorted.into_iter().take(MAX_SOURCES).map(|(ip, tally)| {
        let ptr = ip.and_then(|ip| names.get(&ip)).unwrap_or(&Ptr::Unknown);
        source(ip, ptr, tally.counts)
    });
    SummaryService {
        name: service.name,
        named_by: service.by.keyword().to_owned(),
        counts: all.counts,
        reporters: all.reporters.len() as u64,
        sources: told.collect(),
        more_sources: more as u64,
    }
}

/// The hosts of a domain with failures. Reports count what went well by policy: only where that is of the host itself
/// (DANE) is it known of the host.
fn hosts(domain: &str, count: &SummaryCount, failures: &[TlsFailure]) -> Vec<SummaryHost> {
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for failure in failures.iter().filter(|failure| failure.domain == domain) {
        let failed = found.entry(&failure.mx).or_default();
        *failed = failed.saturating_add(failure.sessions);
    }
    let host = |(mx, failed): (&str, u64)| {
        let fine = (mx == domain).then(|| count.total.saturating_sub(count.failed));
        SummaryHost { mx: mx.to_owned(), fine, failed }
    };
    let mut hosts: Vec<SummaryHost> = found.into_iter().map(host).collect();
    hosts.sort_by_key(|host| std::cmp::Reverse(host.failed));
    hosts
}
