//! What received reports about TLS tell, for pages: lists by key, days, policy domains, MX hosts and causes. Asks no DNS,
//! and sums up a year by indexes alone.

use mox_admin::OpError;
use mox_admin::ops::{
    ReportFamily, SilentReporter, TlsCauseList, TlsCauses, TlsDomainRow, TlsDomains, TlsDomainsPage,
    TlsReceived, TlsReceivedPage, TlsTimeline, TlsTimelineDay, TlsTimelineDays, TlsTimelineHost,
};
use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_store::Error;

use super::ask::row;
use super::tables::{self, Asked, Counts, TABLE};
use crate::Reports;
use crate::insight::causes::about_tls;
use crate::ops::{ascii, failed};
use crate::paged::{cut, size};
use crate::receive::silence::{Silent, reporters};

/// Causes where nothing else is asked for.
const CAUSES: u32 = 20;

impl Reports {
    /// Reports that arrived.
    pub async fn tls_received(&self, op: TlsReceived) -> Result<TlsReceivedPage, OpError> {
        let day = op.day.as_deref().map(|text| self.day(text)).transpose()?;
        let asked = Asked {
            domain: op.domain.as_deref().map(ascii).transpose()?,
            sender: op.sender.as_deref().map(ascii).transpose()?,
            since: day.unwrap_or_else(|| self.first_day(op.days)).start(),
            until: day.map(|day| day.next().start()),
            failed: op.failed,
        };
        let limit = size(op.limit);
        let read = self
            .0
            .store
            .read(move |_, tx| tables::page(tx.conn(), &asked, op.before, limit.saturating_add(1)));
        let (found, next) = cut(read.await.map_err(failed)?, limit, |row| row.id);
        Ok(TlsReceivedPage { rows: found.into_iter().map(row).collect(), next })
    }

    /// Sessions by day and host.
    pub async fn tls_timeline(&self, op: TlsTimeline) -> Result<TlsTimelineDays, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let mx = op.mx.map(|mx| folded(&mx));
        let (first, today) = (self.first_day(op.days), self.0.seams.clock.now().day());
        let read = self
            .0
            .store
            .read(move |_, tx| timeline(tx.conn(), domain.as_deref(), mx.as_deref(), first, today));
        read.await.map_err(failed)
    }

    /// What reports count of each policy domain.
    pub async fn tls_domains(&self, op: TlsDomains) -> Result<TlsDomainsPage, OpError> {
        let (after, since) = (op.after.unwrap_or_default(), self.first_day(op.days).start());
        let limit = size(op.limit);
        let read = self
            .0
            .store
            .read(move |_, tx| tables::domains(tx.conn(), &after, since, limit.saturating_add(1)));
        let found = read.await.map_err(failed)?;
        let (found, next) = cut(found, limit, |row: &tables::OfDomain| row.policy_domain.clone());
        let row = |of: tables::OfDomain| TlsDomainRow {
            policy_domain: of.policy_domain,
            last: of.last.day().to_string(),
            reports: of.reports,
            reporters: of.senders,
            successful: of.successful,
            failed: of.failed,
        };
        Ok(TlsDomainsPage { rows: found.into_iter().map(row).collect(), next })
    }

    /// Why sessions fail, and who fell silent.
    pub async fn tls_causes(&self, op: TlsCauses) -> Result<TlsCauseList, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let mx = op.mx.map(|mx| folded(&mx));
        let (since, today) = (self.first_day(op.days).start(), self.0.seams.clock.now().day());
        let limit = op.limit.unwrap_or(CAUSES).clamp(1, TlsCauses::MAX);
        let read = self.0.store.read(move |_, tx| {
            let (domain, mx) = (domain.as_deref(), mx.as_deref());
            let found = tables::failures(tx.conn(), domain, mx, since, limit.saturating_add(1))?;
            let silent = match (domain, mx) {
                (Some(_), None) => reporters(tx.conn(), TABLE, domain, today)?,
                _ => Vec::new(),
            };
            Ok::<_, Error>((found, silent))
        });
        let (found, silent) = read.await.map_err(failed)?;
        let (found, more) = cut(found, limit, |_| ());
        let more = more.is_some();
        let silent = silent.into_iter().take(TlsCauses::MAX as usize);
        let row = |one: Silent| SilentReporter {
            family: ReportFamily::Tls,
            quiet_days: one.quiet.into(),
            silence: one.into(),
        };
        let causes = found.into_iter().map(about_tls).collect();
        Ok(TlsCauseList { causes, more, silent: silent.map(row).collect() })
    }

    /// The first of so many days that end today.
    fn first_day(&self, days: Option<u32>) -> Day {
        let days = days.unwrap_or(TlsTimeline::DAYS).clamp(1, TlsTimeline::MAX_DAYS);
        Day::from_number(self.0.seams.clock.now().day().number() - i64::from(days - 1))
    }
}

/// A host as it is kept.
fn folded(mx: &str) -> String {
    mx.trim_end_matches('.').to_ascii_lowercase()
}

fn timeline(
    conn: &Connection,
    domain: Option<&str>,
    mx: Option<&str>,
    first: Day,
    today: Day,
) -> Result<TlsTimelineDays, Error> {
    let length = usize::try_from(today.number() - first.number()).unwrap_or_default() + 1;
    let mut days = vec![Counts::default(); length];
    let at = |day: Day| usize::try_from(day.number() - first.number()).unwrap_or(usize::MAX);
    // Whose reports count what went well: a domain, or a host that has a policy of its own (DANE).
    let whole = match mx {
        None => Some(domain),
        Some(mx) => domain.is_none_or(|domain| domain == mx).then_some(Some(mx)),
    };
    if let Some(of) = whole {
        tables::each_count(conn, of, first.start(), |day, successful, failed| {
            if let Some(counts) = days.get_mut(at(day)) {
                counts.reports += 1;
                counts.successful = counts.successful.saturating_add(successful);
                counts.failed = counts.failed.saturating_add(failed);
            }
        })?;
    }
    let fine_known = days.iter().any(|day| day.reports > 0) || mx.is_none();
    if let Some(mx) = mx {
        // Those about the host itself are counted.
        let but = if whole.is_some() { mx } else { "" };
        tables::each_failure_at(conn, mx, domain, but, first.start(), |day, failed| {
            if let Some(counts) = days.get_mut(at(day)) {
                counts.failed = counts.failed.saturating_add(failed);
            }
        })?;
    }
    let hosts = match (domain, mx) {
        (Some(_), None) => tables::hosts(conn, domain, first.start(), TlsTimeline::HOSTS)?,
        _ => Vec::new(),
    };
    let host = |(mx, failed, reporters)| TlsTimelineHost { mx, failed, reporters };
    let numbered = (first.number()..).zip(days);
    let day = |(number, counts): (i64, Counts)| TlsTimelineDay {
        day: Day::from_number(number).to_string(),
        reports: counts.reports,
        successful: counts.successful,
        failed: counts.failed,
    };
    Ok(TlsTimelineDays {
        days: numbered.map(day).collect(),
        fine_known,
        hosts: hosts.into_iter().map(host).collect(),
    })
}
