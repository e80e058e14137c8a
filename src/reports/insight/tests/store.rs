//! A store with received reports, put in by hand.

use std::sync::Arc;

use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock, Day, Timestamp};
use mox_db::rusqlite::{Connection, params};
use mox_dmarc::Policy;
use mox_dmarcrpt::{Action, AuthResult, DkimAuth, PolicyPublished, Record, SpfAuth};
use mox_dns::sim::SimResolver;
use mox_store::{Error, Store};
use tempfile::TempDir;

use crate::insight::names::Asker;
use crate::insight::tables::Span;

/// 2026-11-26 12:00.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_694_400);

/// The day so many days ago.
pub(crate) fn day(ago: i64) -> Day {
    Day::from_number(NOW.day().number() - ago)
}

/// The last days.
pub(crate) fn span(domain: Option<&str>, days: i64) -> Span {
    Span { domain: domain.map(str::to_owned), since: day(days).start(), until: NOW }
}

pub(crate) fn dkim(domain: &str, result: AuthResult) -> DkimAuth {
    DkimAuth { domain: domain.to_owned(), selector: "s".to_owned(), result, human_result: String::new() }
}

pub(crate) fn spf(domain: &str, result: AuthResult) -> SpfAuth {
    SpfAuth { domain: domain.to_owned(), scope: None, result, human_result: String::new() }
}

/// Messages from an address with example.org in From, which pass when a result of example.org does.
pub(crate) fn record(
    ip: &str,
    count: u64,
    dkim: impl IntoIterator<Item = DkimAuth>,
    spf: impl IntoIterator<Item = SpfAuth>,
) -> Record {
    let (dkim, spf): (Vec<_>, Vec<_>) = (dkim.into_iter().collect(), spf.into_iter().collect());
    let ours = |domain: &str| domain.ends_with("example.org");
    Record {
        source_ip: ip.parse().ok(),
        count,
        disposition: Action::None,
        dkim: dkim.iter().any(|d| d.result == AuthResult::Pass && ours(&d.domain)),
        spf: spf.iter().any(|s| s.result == AuthResult::Pass && ours(&s.domain)),
        reasons: Vec::new(),
        header_from: "example.org".to_owned(),
        envelope_from: None,
        envelope_to: None,
        dkim_results: dkim,
        spf_results: spf,
    }
}

/// The same with another domain in From.
pub(crate) fn from(domain: &str, record: Record) -> Record {
    Record { header_from: domain.to_owned(), ..record }
}

/// A store that is filled by hand.
pub(crate) struct Filled {
    pub(crate) store: Store,
    clock: Arc<SimClock>,
    _dir: TempDir,
}

impl Filled {
    pub(crate) fn new() -> Filled {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(SimClock::new(NOW));
        let schemas = [crate::RECEIVED_SCHEMA];
        let store = Store::open(dir.path(), &schemas, clock.clone(), Arc::new(SimRandom::new(1))).unwrap();
        Filled { store, clock, _dir: dir }
    }

    /// Asks names of a zone.
    pub(crate) fn asker(&self, zone: &str) -> Asker {
        Asker::new(Arc::new(SimResolver::from_zone(zone).unwrap()), self.clock.clone() as Arc<dyn Clock>)
    }

    async fn write(&self, f: impl FnOnce(&Connection) -> Result<(), Error> + Send + 'static) {
        self.store.write(move |_, tx| f(tx.conn())).await.unwrap();
    }

    /// A DMARC report about example.org of one day.
    pub(crate) async fn dmarc(&self, sender: &str, ago: i64, records: Vec<Record>) {
        self.dmarc_about("example.org", sender, ago, records).await;
    }

    pub(crate) async fn dmarc_about(&self, domain: &str, sender: &str, ago: i64, records: Vec<Record>) {
        let (domain, sender) = (domain.to_owned(), sender.to_owned());
        self.write(move |conn| insert_dmarc(conn, &domain, &sender, &ago.to_string(), day(ago), &records))
            .await;
    }

    /// Many reports in one transaction.
    pub(crate) async fn many(&self, reports: Vec<(String, i64, Vec<Record>)>) {
        self.write(move |conn| {
            for (number, (sender, ago, records)) in reports.iter().enumerate() {
                insert_dmarc(conn, "example.org", sender, &number.to_string(), day(*ago), records)?;
            }
            Ok(())
        })
        .await;
    }

    /// A TLS report of one day: failures by host and result type.
    pub(crate) async fn tls(
        &self,
        domain: &str,
        sender: &str,
        ago: i64,
        successful: i64,
        failures: &[(&'static str, &'static str, i64)],
    ) {
        let (domain, sender, failures) = (domain.to_owned(), sender.to_owned(), failures.to_vec());
        self.write(move |conn| insert_tls(conn, &domain, &sender, day(ago), successful, &failures)).await;
    }
}

fn insert_dmarc(
    conn: &Connection,
    domain: &str,
    sender: &str,
    name: &str,
    day: Day,
    records: &[Record],
) -> Result<(), Error> {
    let sum = |is: &dyn Fn(&Record) -> bool| {
        records.iter().filter(|r| is(r)).map(|r| i64::try_from(r.count).unwrap()).sum::<i64>()
    };
    let policy =
        PolicyPublished { domain: domain.to_owned(), p: Some(Policy::None), ..PolicyPublished::default() };
    conn.prepare_cached(
        "INSERT INTO dmarc_in (policy_domain, sender, organization, name, start, until, day, received, messages,
           passed, quarantined, rejected, rows, form, policy, metadata, oddities)
         VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?4, ?7, ?8, ?9, ?10, ?11, 'rfc9990', ?12, '{}', '[]')",
    )?
    .execute(params![
        domain,
        sender,
        name,
        day.start().micros(),
        day.next().start().micros() - 1_000_000,
        day.number(),
        sum(&|_| true),
        sum(&Record::passes),
        sum(&|r| r.disposition == Action::Quarantine),
        sum(&|r| r.disposition == Action::Reject),
        i64::try_from(records.len()).unwrap(),
        serde_json::to_string(&policy).unwrap(),
    ])?;
    let id = conn.last_insert_rowid();
    let mut statement = conn.prepare_cached(
        "INSERT INTO dmarc_in_row (report_id, source, header_from, envelope_from, envelope_to, count, disposition,
           dkim, spf, reasons, dkim_results, spf_results) VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for r in records {
        statement.execute(params![
            id,
            r.source_ip.map_or_else(String::new, |ip| ip.to_string()),
            r.header_from,
            r.envelope_from,
            i64::try_from(r.count).unwrap(),
            r.disposition.keyword(),
            r.dkim,
            r.spf,
            serde_json::to_string(&r.reasons).unwrap(),
            serde_json::to_string(&r.dkim_results).unwrap(),
            serde_json::to_string(&r.spf_results).unwrap(),
        ])?;
    }
    Ok(())
}

fn insert_tls(
    conn: &Connection,
    domain: &str,
    sender: &str,
    day: Day,
    successful: i64,
    failures: &[(&str, &str, i64)],
) -> Result<(), Error> {
    conn.execute(
        "INSERT INTO report_in (policy_domain, sender, organization, name, start, until, day, received, successful,
           failed, details, document, oddities) VALUES (?1, ?2, ?2, 'r', ?3, ?4, ?5, ?3, ?6, ?7, ?8, '{}', '[]')",
        params![
            domain,
            sender,
            day.start().micros(),
            day.next().start().micros() - 1_000_000,
            day.number(),
            successful,
            failures.iter().map(|(_, _, failed)| failed).sum::<i64>(),
            i64::try_from(failures.len()).unwrap(),
        ],
    )?;
    let id = conn.last_insert_rowid();
    for (mx, result, failed) in failures {
        conn.execute(
            "INSERT INTO report_in_failure (report_id, policy_type, mx, result, reason, failed)
             VALUES (?1, 'sts', ?2, ?3, '', ?4)",
            params![id, mx, result, failed],
        )?;
    }
    Ok(())
}
