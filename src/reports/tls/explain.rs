//! All that decides whether a report about a policy domain goes out and to whom, in the order in which it is asked.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{TlsExplain, TlsExplanation, TlsHistory, TlsHistoryRow, TlsStep};
use mox_clock::{Day, Timestamp};
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::{RecordLookup, lookup_record, record_name};

use super::decide::{Decision, Subject, published};
use super::ops::{ascii, failed};
use super::preview::before;
use super::submitter::submitter;
use crate::Reports;
use crate::tables::destination::State;
use crate::tables::result;

/// Reports of before that are told.
const REPORTS: u32 = 10;

impl Reports {
    /// Explains.
    pub async fn explain(&self, op: TlsExplain) -> Result<TlsExplanation, OpError> {
        let name = ascii(&op.domain)?;
        let domain = Domain::parse(&name).map_err(OpError::usage)?;
        let mut steps = vec![self.switch()];
        steps.push(self.signer());
        let today = self.0.seams.clock.now().day();
        let subjects = self.subjects(Some(name.clone()), Day::from_number(i64::MIN), today).await;
        let subjects = subjects.map_err(failed)?;
        for subject in &subjects {
            steps.push(self.collected(subject).await.map_err(failed)?);
        }
        if subjects.is_empty() {
            steps.push(step("results", false, "no results wait for a report"));
        }
        steps.extend(self.publishes(&domain).await.map_err(failed)?);
        let history = TlsHistory { domain: Some(name), limit: Some(REPORTS) };
        steps.extend(self.history(history).await?.into_iter().rev().map(reported));
        for subject in &subjects {
            steps.push(self.next(subject).await.map_err(failed)?);
        }
        Ok(TlsExplanation { steps })
    }

    fn switch(&self) -> TlsStep {
        let options = &self.0.options;
        match (options.on, options.success_too) {
            (false, _) => step("switch", false, "NoOutgoingTLSReports: nothing is collected, nothing sent"),
            (true, false) => step("switch", true, "reports are sent for days when something failed"),
            (true, true) => {
                step("switch", true, "OutgoingTLSReportsForAllSuccess: reports are sent for all days")
            }
        }
    }

    fn signer(&self) -> TlsStep {
        match submitter(&self.0.options.config.load()) {
            Err(why) => step("submitter", false, format!("{why}: nothing is sent")),
            Ok(found) => {
                let selectors: Vec<&str> = found.keys.iter().map(|(o, _)| o.selector.as_str()).collect();
                let (domain, keys) = (&found.domain, selectors.join(", "));
                step("submitter", true, format!("postmaster@{domain} reports, signed with {keys}"))
            }
        }
    }

    /// What waits of one day.
    async fn collected(&self, subject: &Subject) -> Result<TlsStep, Error> {
        let s = subject.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| result::of(tx.conn(), s.kind, &s.policy_domain, s.day);
        let rows = self.0.store.read(read).await?;
        let all = || rows.iter().flat_map(|row| &row.results);
        let sum = |count: fn(&mox_tlsrpt::Summary) -> u64| all().map(|one| count(&one.summary)).sum::<u64>();
        let details = all().map(|one| one.details.len()).sum::<usize>();
        let reason = rows.iter().any(|row| row.send_report);
        let only = if reason { "" } else { "; only reports were delivered, which is no reason for a report" };
        let text = format!(
            "{}, as {}: {} sessions went well, {} failed, {details} kinds of failure{only}",
            subject.day,
            subject.kind.as_str(),
            sum(|s| s.successful),
            sum(|s| s.failed),
        );
        Ok(step("results", reason, text))
    }

    /// The record as it is published now, and each of its destinations.
    async fn publishes(&self, domain: &Domain) -> Result<Vec<TlsStep>, Error> {
        let name = record_name(domain);
        let found = lookup_record(&*self.0.seams.resolver, domain).await;
        let text = match &found {
            RecordLookup::Found { text, .. } => format!("{name}: {text}"),
            RecordLookup::Absent { .. } => format!("{name}: no TLSRPT record, so nobody wants reports"),
            RecordLookup::Temporary(error) => format!("{name} cannot be looked up now: {error}"),
            RecordLookup::Several(all) => format!("{name}: {} records, which count as none", all.len()),
            RecordLookup::Invalid { text, error } => format!("{name}: {text}: {error}"),
        };
        let mut steps = vec![step("record", matches!(found, RecordLookup::Found { .. }), text)];
        let places = published(found).unwrap_or_default();
        for planned in self.planned(places).await? {
            let why = if planned.why.is_empty() { "gets reports".to_owned() } else { planned.why };
            let goes = planned.state == State::Sealed;
            steps.push(step("destination", goes, format!("{}: {why}", planned.place.uri)));
        }
        Ok(steps)
    }

    /// What will be done about one day, and when.
    async fn next(&self, subject: &Subject) -> Result<TlsStep, Error> {
        let what = format!("{}, as {}", subject.day, subject.kind.as_str());
        if let Some(made) = self.made(subject).await? {
            return Ok(step("next", false, format!("{what}: {}; what came later is dropped", before(&made))));
        }
        let now = self.0.seams.clock.now();
        let over = subject.day.next().start();
        let options = &self.0.options;
        let when = match now.max(over.plus(options.first_wait)) {
            at if at > now => format!("after {at}"),
            _ => "within the hour".to_owned(),
        };
        let until: Timestamp = over.plus(options.stale);
        Ok(match self.decide(subject, false).await?.0 {
            Decision::Send(plan) => {
                let count = plan.destinations.iter().filter(|d| d.state == State::Sealed).count();
                let hours = options.spread.as_secs() / 3600;
                let text =
                    format!("{what}: a report is made {when}, and sent to {count} places within {hours} h");
                step("next", count > 0, text)
            }
            Decision::Nothing(why) => step("next", false, format!("{what}: no report: {why}")),
            Decision::Later(why) => {
                step("next", false, format!("{what}: tried again every hour until {until}: {why}"))
            }
            Decision::Discard(why) => step("next", false, format!("{what}: discarded {when}: {why}")),
        })
    }
}

fn step(step: &str, ok: bool, text: impl Into<String>) -> TlsStep {
    TlsStep { step: step.to_owned(), ok: Some(ok), text: text.into() }
}

/// A line of history.
fn reported(row: TlsHistoryRow) -> TlsStep {
    let to: Vec<String> = row
        .destinations
        .iter()
        .map(|d| match d.why.is_empty() {
            true => format!("{} {}", d.uri, d.state),
            false => format!("{} {} ({})", d.uri, d.state, d.why),
        })
        .collect();
    let note = if row.note.is_empty() { String::new() } else { format!(" ({} {})", row.note, row.part) };
    let text = match row.report_id.is_empty() {
        true => format!("{}: results were discarded: {}", row.day, row.why),
        false => format!("{}{note}: report {} of {}: {}", row.day, row.report_id, row.sealed, to.join(", ")),
    };
    step("history", row.outcome == "delivered" || row.outcome == "sealed", text)
}
