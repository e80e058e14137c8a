//! All that decides whether a report about a policy domain goes out and to whom, in the order in which it is asked.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{
    ReportExplain, ReportExplanation, ReportFamily, ReportHistory, ReportHistoryRow, ReportStep,
};
use mox_clock::{Day, Timestamp};
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::{PolicyResult, RecordLookup, advice, lookup_record, record_name};

use crate::Reports;
use crate::decide::{Decision, Subject, published};
use crate::kind::Kind;
use crate::ops::{ascii, failed};
use crate::preview::before;
use crate::submitter::submitter;
use crate::tables::destination::State;
use crate::tables::result;

/// Reports of before that are told.
const REPORTS: u32 = 10;
/// Recipient domains of a day that are told one by one.
const MAX_ROWS: usize = 50;
/// Kinds of failure under a policy that are told one by one.
const MAX_FAILURES: usize = 5;

impl Reports {
    /// Explains.
    pub async fn explain(&self, op: ReportExplain) -> Result<ReportExplanation, OpError> {
        let name = ascii(&op.domain)?;
        let domain = Domain::parse(&name).map_err(OpError::usage)?;
        let mut steps = vec![self.switch()];
        steps.push(self.signer());
        let today = self.0.seams.clock.now().day();
        let subjects = self.subjects(Some(name.clone()), Day::from_number(i64::MIN), today).await;
        let subjects = subjects.map_err(failed)?;
        for subject in &subjects {
            steps.extend(self.collected(subject).await.map_err(failed)?);
        }
        if subjects.is_empty() {
            steps.push(step("results", None, "no results wait for a report"));
        }
        steps.extend(self.publishes(&domain).await.map_err(failed)?);
        let history = ReportHistory { family: ReportFamily::Tls, domain: Some(name), limit: Some(REPORTS) };
        steps.extend(self.history(history).await?.into_iter().rev().map(reported));
        for subject in &subjects {
            steps.push(self.next(subject).await.map_err(failed)?);
        }
        Ok(ReportExplanation { steps })
    }

    fn switch(&self) -> ReportStep {
        let options = &self.0.options;
        match (options.on, options.success_too) {
            (false, _) => step("switch", false, "NoOutgoingTLSReports: nothing is collected, nothing sent"),
            (true, false) => step("switch", true, "reports are sent for days when something failed"),
            (true, true) => {
                step("switch", true, "OutgoingTLSReportsForAllSuccess: reports are sent for all days")
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

    /// What waits of one day, policy by policy.
    async fn collected(&self, subject: &Subject) -> Result<Vec<ReportStep>, Error> {
        let s = subject.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| result::of(tx.conn(), s.kind, &s.policy_domain, s.day);
        let rows = self.0.store.read(read).await?;
        let (what, success_too) = (role(subject), self.0.options.success_too);
        let mut steps = Vec::new();
        for row in rows.iter().take(MAX_ROWS) {
            let whose = match subject.kind {
                Kind::Domain => String::new(),
                Kind::Host => format!(", mail to {}", row.recipient_domain),
            };
            let only = if row.send_report {
                ""
            } else {
                "; reports alone were delivered, which is no reason for one"
            };
            for result in &row.results {
                let reason = row.send_report && (success_too || result.has_failure());
                let text = format!("{what}{whose}: {}{only}", seen(result));
                steps.push(step("results", reason.then_some(true), text));
            }
        }
        if rows.len() > MAX_ROWS {
            let text =
                format!("{what}: results of {} more recipient domains", rows.len().saturating_sub(MAX_ROWS));
            steps.push(step("results", None, text));
        }
        Ok(steps)
    }

    /// The record as it is published now, and each of its destinations.
    async fn publishes(&self, domain: &Domain) -> Result<Vec<ReportStep>, Error> {
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
                let hours = options.spread.as_secs() / 3600;
                let to = match count {
                    0 => "sent to nobody".to_owned(),
                    1 => format!("sent to its destination within {hours} h"),
                    _ => format!("sent to {count} destinations within {hours} h"),
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
fn role(subject: &Subject) -> String {
    match subject.kind {
        Kind::Domain => format!("{}, as domain of recipients", subject.day),
        Kind::Host => format!("{}, as MX host", subject.day),
    }
}

/// How sessions went under a policy, and what failed.
fn seen(result: &PolicyResult) -> String {
    let mut text = advice::policy_line(result);
    for detail in result.details.iter().take(MAX_FAILURES) {
        text.push_str("; ");
        text.push_str(&advice::sentence(&result.policy, detail).what);
    }
    match result.details.len().saturating_sub(MAX_FAILURES) {
        0 => text,
        more => format!("{text}; and {more} more kinds of failure"),
    }
}

/// A step: true speaks for a report, false stands in its way.
fn step(step: &str, ok: impl Into<Option<bool>>, text: impl Into<String>) -> ReportStep {
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
