//! All that decides whether a report about a policy domain goes out and to whom, in the order in which it is asked.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    ReportExplain, ReportExplanation, ReportFamily, ReportHistory, ReportHistoryRow, ReportStep,
};
use mox_clock::{Day, Timestamp};
use mox_store::Error;

use crate::Reports;
use crate::decide::{Decision, Subject};
use crate::kind::Kind;
use crate::ops::{ascii, failed};
use crate::preview::before;
use crate::submitter::submitter;
use crate::tables::destination::State;

/// Reports of before that are told.
const REPORTS: u32 = 10;

impl Reports {
    /// Explains.
    pub async fn explain(&self, op: ReportExplain) -> Result<ReportExplanation, OpError> {
        let name = ascii(&op.domain)?;
        let domain = Domain::parse(&name).map_err(OpError::usage)?;
        let mut steps = vec![self.switch(op.family)];
        steps.push(self.signer());
        let today = self.0.seams.clock.now().day();
        let subjects = self.subjects(op.family, Some(name.clone()), Day::from_number(i64::MIN), today).await;
        let subjects = subjects.map_err(failed)?;
        for subject in &subjects {
            let collected = match op.family {
                ReportFamily::Tls => self.collected_tls(subject).await,
                ReportFamily::Dmarc => self.collected_dmarc(subject).await,
            };
            steps.extend(collected.map_err(failed)?);
        }
        if subjects.is_empty() {
            steps.push(step("results", None, "no results wait for a report"));
        }
        let published = match op.family {
            ReportFamily::Tls => self.publishes_tls(&domain).await,
            ReportFamily::Dmarc => self.publishes_dmarc(&domain).await,
        };
        steps.extend(published.map_err(failed)?);
        let history = ReportHistory { family: op.family, domain: Some(name), limit: Some(REPORTS) };
        steps.extend(self.history(history).await?.into_iter().rev().map(reported));
        for subject in &subjects {
            steps.push(self.next(subject).await.map_err(failed)?);
        }
        Ok(ReportExplanation { steps })
    }

    fn switch(&self, family: ReportFamily) -> ReportStep {
        match (family, self.is_on(family), self.0.options.success_too) {
            (ReportFamily::Tls, false, _) => {
                step("switch", false, "NoOutgoingTLSReports: nothing is collected, nothing sent")
            }
            (ReportFamily::Tls, true, false) => {
                step("switch", true, "reports are sent for days when something failed")
            }
            (ReportFamily::Tls, true, true) => {
                step("switch", true, "OutgoingTLSReportsForAllSuccess: reports are sent for all days")
            }
            (ReportFamily::Dmarc, false, _) => {
                step("switch", false, "NoOutgoingDMARCReports: nothing is collected, nothing sent")
            }
            (ReportFamily::Dmarc, true, _) => {
                step("switch", true, "reports are sent for days with mail that is a reason for one")
            }
        }
    }

    fn signer(&self) -> ReportStep {
        match submitter(&self.0.options.config.load()) {
            Err(why) => step("submitter", false, format!("{why}: nothing is sent")),
            Ok(found) => {
                let selectors: Vec<&str> = found.keys.iter().map(|(o, _)| o.selector.as_str()).collect();
                let (domain, keys) = (&found.domain, selectors.join(", "));
                step("submitter", true, format!("postmaster@{domain} reports, signed with {keys}"))
            }
        }
    }

    /// What will be done about one day, and when.
    async fn next(&self, subject: &Subject) -> Result<ReportStep, Error> {
        let what = role(subject);
        if let Some(made) = self.made(subject).await? {
            return Ok(step("next", None, format!("{what}: {}; what came later is dropped", before(&made))));
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
                let within = match subject.kind.family() {
                    ReportFamily::Tls => format!("{} h", options.spread.as_secs() / 3600),
                    ReportFamily::Dmarc => format!("{} min", options.dmarc_spread.as_secs() / 60),
                };
                let to = match count {
                    0 => "sent to nobody".to_owned(),
                    1 => format!("sent to its destination within {within}"),
                    _ => format!("sent to {count} destinations within {within}"),
                };
                step("next", count > 0, format!("{what}: a report is made {when}, and {to}"))
            }
            Decision::Nothing(why) => step("next", None, format!("{what}: no report: {why}")),
            Decision::Later(why) => {
                step("next", false, format!("{what}: tried again every hour until {until}: {why}"))
            }
            Decision::Discard(why) => step("next", false, format!("{what}: discarded {when}: {why}")),
        })
    }
}

/// A day, and what the policy domain was in it.
pub(crate) fn role(subject: &Subject) -> String {
    match subject.kind {
        Kind::Domain => format!("{}, as domain of recipients", subject.day),
        Kind::Host => format!("{}, as MX host", subject.day),
        Kind::Dmarc => subject.day.to_string(),
    }
}

/// A step: true speaks for a report, false stands in its way.
pub(crate) fn step(step: &str, ok: impl Into<Option<bool>>, text: impl Into<String>) -> ReportStep {
    ReportStep { step: step.to_owned(), ok: ok.into(), text: text.into() }
}

/// A line of history.
fn reported(row: ReportHistoryRow) -> ReportStep {
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
    let ok = match row.outcome.as_str() {
        "delivered" | "sealed" => Some(true),
        "failed" | "expired" => Some(false),
        _ => None,
    };
    step("history", ok, text)
}
