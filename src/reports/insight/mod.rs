//! What received reports of both kinds tell together: how much passes and fails, why, who fell silent, and whether a
//! domain is ready for a stricter DMARC policy.
//!
//! Reports are read from the tables that `receive` fills, one pass each, the latest first. Whatever strangers report, at
//! most [`tables::MAX_REPORTS`] reports are summed up, and [`MAX_ROWS`] rows of DMARC reports looked at and told apart in
//! [`MAX_GROUPS`] groups; what is left out is said. Names of addresses are looked up at that moment, within a budget.
//! RFC 8460, RFC 9989, RFC 9990.

pub(crate) mod causes;
mod names;
mod readiness;
mod service;
mod sources;
mod summary;
pub(crate) mod tables;
mod tally;
#[cfg(test)]
mod tests;

use std::time::Duration;

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    DmarcReadiness, DmarcSourceList, DmarcSources, INSIGHT_DAYS, Readiness, ReportCauseList, ReportCauses,
    ReportFamily, ReportSilent, ReportSummarized, ReportSummary, SilentReporter,
};
use mox_clock::{Day, Timestamp};
use mox_store::{Error, Store};

use crate::Reports;
use crate::receive::dmarc::{AGGREGATE, first_day};
use crate::receive::silence::{Silent, reporters};
use crate::receive::tls::TABLE;
use names::Asker;
use tables::Span;

/// Most rows of DMARC reports that one command looks at.
const MAX_ROWS: u64 = 500_000;

/// Most groups of rows that are told apart.
const MAX_GROUPS: usize = 20_000;

/// Most policy domains in a reply.
const MAX_DOMAINS: u32 = 1000;

impl Reports {
    /// What received reports count.
    pub async fn summary(&self, op: ReportSummary) -> Result<ReportSummarized, OpError> {
        let now = self.0.seams.clock.now();
        let span = span(op.domain.as_deref(), op.since.map(|since| since.0), now)?;
        summary::summary(&self.0.store, &self.asker(), span).await
    }

    /// Why things fail, by received reports.
    pub async fn causes(&self, op: ReportCauses) -> Result<ReportCauseList, OpError> {
        let now = self.0.seams.clock.now();
        let span = span(op.domain.as_deref(), op.since.map(|since| since.0), now)?;
        causes::causes(&self.0.store, &self.asker(), span).await
    }

    /// Reporters that used to report and fell silent.
    pub async fn silent(&self, op: ReportSilent) -> Result<Vec<SilentReporter>, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        silences(&self.0.store, domain, self.0.seams.clock.now().day()).await
    }

    /// Whether a domain is ready for a stricter policy.
    pub async fn readiness(&self, op: DmarcReadiness) -> Result<Readiness, OpError> {
        let domain = Domain::parse(&op.domain).map_err(OpError::usage)?;
        let span = span(None, op.since.map(|since| since.0), self.0.seams.clock.now())?;
        let config = self.0.options.config.load();
        let address = config.dynamic.domains.get(&domain).and_then(|one| one.dmarc.as_ref());
        let rua = address.map(|to| {
            let at = to.domain.as_ref().unwrap_or(&domain);
            format!("mailto:{}@{}", to.localpart, at.ascii())
        });
        let most = op.rows.unwrap_or(MAX_ROWS).max(1);
        readiness::readiness(&self.0.store, &self.asker(), domain, span, most, rua).await
    }

    /// Who sends mail with a domain in From.
    pub async fn dmarc_sources(&self, op: DmarcSources) -> Result<DmarcSourceList, OpError> {
        let now = self.0.seams.clock.now();
        let since = first_day(now.day(), op.days).start();
        let span = Span { domain: Some(ascii(&op.domain)?), since, until: now };
        sources::sources(&self.0.store, &self.asker(), span).await
    }

    fn asker(&self) -> Asker {
        Asker::new(self.0.seams.resolver.clone(), self.0.seams.clock.clone())
    }
}

/// The reporters of both kinds that fell silent.
async fn silences(store: &Store, domain: Option<String>, today: Day) -> Result<Vec<SilentReporter>, OpError> {
    let read = store.read(move |_, tx| {
        let of = |table| reporters(tx.conn(), table, domain.as_deref(), today);
        Ok::<_, Error>([(ReportFamily::Dmarc, of(AGGREGATE)?), (ReportFamily::Tls, of(TABLE)?)])
    });
    let both = read.await.map_err(OpError::failed)?.into_iter();
    let rows = both.flat_map(|(family, found)| found.into_iter().map(move |one| (family, one)));
    let row = |(family, one): (ReportFamily, Silent)| SilentReporter {
        family,
        quiet_days: one.quiet.into(),
        silence: one.into(),
    };
    Ok(rows.map(row).collect())
}

fn ascii(text: &str) -> Result<String, OpError> {
    Ok(Domain::parse(text).map_err(OpError::usage)?.ascii().to_owned())
}

/// The time that is looked at; it ends now.
fn span(domain: Option<&str>, since: Option<Timestamp>, now: Timestamp) -> Result<Span, OpError> {
    let default = now.minus(Duration::from_secs(86_400 * u64::from(INSIGHT_DAYS)));
    let since = since.unwrap_or(default);
    if since >= now {
        return Err(OpError::usage("that time has not come yet"));
    }
    Ok(Span { domain: domain.map(ascii).transpose()?, since, until: now })
}
