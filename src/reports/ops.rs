//! Operations that look at what was sent, and the list of addresses that want nothing.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    ReportDestination, ReportHistory, ReportHistoryRow, ReportSuppressAdd, ReportSuppressExtend,
    ReportSuppressList, ReportSuppressRemove, ReportSuppressRow,
};
use mox_clock::{Day, Timestamp};
use mox_db::{ReadTx, Tx};
use mox_store::{Error, Store};

use crate::Reports;
use crate::place::Place;
use crate::tables::destination::{self, Destination, State};
use crate::tables::report::{self, Made};
use crate::tables::suppress::{self, Suppressed};

impl Reports {
    /// Reports that were made, and results that were discarded.
    pub async fn history(&self, op: ReportHistory) -> Result<Vec<ReportHistoryRow>, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let limit = op.limit.unwrap_or(ReportHistory::MAX).min(ReportHistory::MAX);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let made = report::list(tx.conn(), op.family, domain.as_deref(), limit)?;
            let whole = made.into_iter().map(|made| {
                let destinations = destination::of(tx.conn(), made.id)?;
                Ok::<_, Error>(history_row(made, destinations))
            });
            whole.collect::<Result<Vec<_>, Error>>()
        };
        self.0.store.read(read).await.map_err(failed)
    }

    /// Addresses that get no reports now.
    pub async fn suppress_list(&self, _: ReportSuppressList) -> Result<Vec<ReportSuppressRow>, OpError> {
        let now = self.0.seams.clock.now();
        let read = move |_: &Store, tx: &ReadTx<'_>| suppress::list(tx.conn(), now);
        Ok(self.0.store.read(read).await.map_err(failed)?.into_iter().map(suppress_row).collect())
    }

    /// Suppresses an address, or says so anew.
    pub async fn suppress_add(&self, op: ReportSuppressAdd) -> Result<ReportSuppressRow, OpError> {
        let (now, until) = (self.0.seams.clock.now(), self.future(op.until.0)?);
        let change = move |found: Option<Suppressed>, address: String| {
            let failures = found.as_ref().map_or(0, |s| s.failures);
            let since = found.filter(|s| s.until > now).map_or(now, |s| s.since);
            Some(Suppressed { address, since, until, automatic: false, failures, comment: op.comment })
        };
        self.change(&op.uri, op.dry_run, change).await
    }

    /// Moves the end of a suppression that is in force.
    pub async fn suppress_extend(&self, op: ReportSuppressExtend) -> Result<ReportSuppressRow, OpError> {
        let (now, until) = (self.0.seams.clock.now(), self.future(op.until.0)?);
        let change = move |found: Option<Suppressed>, _: String| {
            found.filter(|s| s.until > now).map(|s| Suppressed { until, ..s })
        };
        self.change(&op.uri, op.dry_run, change).await
    }

    /// Ends a suppression that is in force, and forgets the failures that led to it.
    pub async fn suppress_remove(&self, op: ReportSuppressRemove) -> Result<ReportSuppressRow, OpError> {
        let now = self.0.seams.clock.now();
        let change = move |found: Option<Suppressed>, _: String| {
            found.filter(|s| s.until > now).map(|s| Suppressed { until: now, ..s })
        };
        self.change(&op.uri, op.dry_run, change).await
    }

    /// Replaces the suppression of an address; one that is over is removed.
    async fn change(
        &self,
        uri: &str,
        dry_run: bool,
        change: impl FnOnce(Option<Suppressed>, String) -> Option<Suppressed> + Send + 'static,
    ) -> Result<ReportSuppressRow, OpError> {
        let (place, _) = Place::parse(uri).map_err(OpError::usage)?;
        let (now, address) = (self.0.seams.clock.now(), place.address);
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let found = suppress::get(tx.conn(), &address)?;
            let Some(new) = change(found, address) else { return Ok(None) };
            if !dry_run && new.until <= now {
                suppress::remove(tx.conn(), &new.address)?;
            } else if !dry_run {
                suppress::put(tx.conn(), &new)?;
            }
            Ok::<_, Error>(Some(new))
        };
        let changed = self.0.store.write(write).await.map_err(failed)?;
        changed.map(suppress_row).ok_or_else(|| OpError::not_found(format!("{uri} is not suppressed")))
    }

    fn future(&self, until: Timestamp) -> Result<Timestamp, OpError> {
        match until > self.0.seams.clock.now() {
            true => Ok(until),
            false => Err(OpError::usage(format!("{until} is over"))),
        }
    }

    /// `today`, `yesterday` or a date.
    pub(crate) fn day(&self, text: &str) -> Result<Day, OpError> {
        let today = self.0.seams.clock.now().day();
        match text {
            "today" => Ok(today),
            "yesterday" => Ok(today.previous()),
            date => date.parse().map_err(|()| {
                OpError::usage(format!("{date:?} is not a day")).hint("write today, yesterday or 2026-11-26")
            }),
        }
    }
}

pub(crate) fn failed(error: Error) -> OpError {
    OpError::failed(error)
}

/// A domain in A-labels.
pub(crate) fn ascii(text: &str) -> Result<String, OpError> {
    let domain = Domain::parse(text).map_err(|e| OpError::usage(format!("{text:?} is not a domain: {e}")))?;
    Ok(domain.ascii().to_owned())
}

/// A suppression as it is told.
pub(crate) fn suppress_row(s: Suppressed) -> ReportSuppressRow {
    ReportSuppressRow {
        uri: s.address,
        since: s.since.into(),
        until: s.until.into(),
        automatic: s.automatic,
        failures: s.failures,
        comment: s.comment,
    }
}

/// A destination as it is told.
pub(crate) fn destination_row(d: Destination) -> ReportDestination {
    ReportDestination {
        uri: d.uri,
        state: d.state.as_str().to_owned(),
        why: d.why,
        attempts: d.attempts,
        queue_id: d.queue_id,
        next_attempt: (d.state == State::Sealed).then(|| d.next.into()),
        ended: d.ended.map(Into::into),
    }
}

/// A report as it is told.
pub(crate) fn history_row(made: Made, destinations: Vec<Destination>) -> ReportHistoryRow {
    let outcome = outcome(&made, &destinations).to_owned();
    ReportHistoryRow {
        report_id: made.name.clone(),
        kind: made.kind.as_str().to_owned(),
        day: made.day().to_string(),
        policy_domain: made.policy_domain,
        part: made.part,
        note: made.note,
        sealed: made.sealed.into(),
        outcome,
        why: made.why,
        successful: made.successful,
        failed: made.failed,
        file_name: made.file_name,
        destinations: destinations.into_iter().map(destination_row).collect(),
    }
}

/// One word for a report: what is still open, else the best that came of it.
pub(crate) fn outcome(made: &Made, destinations: &[Destination]) -> &'static str {
    if made.name.is_empty() {
        return "discarded";
    }
    if destinations.iter().any(|d| d.state.is_open()) {
        return "sealed";
    }
    let best = [State::Delivered, State::Failed, State::Expired, State::Suppressed];
    let best = best.into_iter().find(|state| destinations.iter().any(|d| d.state == *state));
    best.unwrap_or(State::Withheld).as_str()
}
