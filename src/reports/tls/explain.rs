//! What is particular to TLS in an explanation: results of deliveries, and the record.

use mox_address::Domain;
use mox_admin::ops::ReportStep;
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::{PolicyResult, RecordLookup, advice, lookup_record, record_name};

use super::decide::published;
use crate::Reports;
use crate::decide::Subject;
use crate::explain::{role, step};
use crate::kind::Kind;
use crate::tables::destination::State;
use crate::tables::result;

/// Recipient domains of a day that are told one by one.
const MAX_ROWS: usize = 50;
/// Kinds of failure under a policy that are told one by one.
const MAX_FAILURES: usize = 5;

impl Reports {
    /// What waits of one day, policy by policy.
    pub(crate) async fn collected_tls(&self, subject: &Subject) -> Result<Vec<ReportStep>, Error> {
        let s = subject.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            result::of(tx.conn(), s.kind == Kind::Host, &s.policy_domain, s.day)
        };
        let rows = self.0.store.read(read).await?;
        let (what, success_too) = (role(subject), self.0.options.success_too);
        let mut steps = Vec::new();
        for row in rows.iter().take(MAX_ROWS) {
            let whose = match subject.kind == Kind::Host {
                false => String::new(),
                true => format!(", mail to {}", row.recipient_domain),
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
    pub(crate) async fn publishes_tls(&self, domain: &Domain) -> Result<Vec<ReportStep>, Error> {
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
        for planned in self.planned(places, true).await? {
            let why = if planned.why.is_empty() { "gets reports".to_owned() } else { planned.why };
            let goes = planned.state == State::Sealed;
            steps.push(step("destination", goes, format!("{}: {why}", planned.place.uri)));
        }
        Ok(steps)
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
