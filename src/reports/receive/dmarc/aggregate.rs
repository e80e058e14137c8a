//! What is kept of an aggregate report: its counts, and its rows, those that did not pass first. RFC 9990 §3.

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_dmarcrpt::message::{Depth, find};
use mox_dmarcrpt::{Action, Feedback, Parsed, Record};
use mox_store::{Error, MessageId};
use mox_telemetry::Outcome;

use super::{MAX_ROW_BYTES, MAX_ROWS, ours, tables};
use crate::receive::{NotKept, Receiver, check_period};

/// A report about a policy domain of ours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    /// The policy domain.
    pub(crate) domain: Domain,
    /// The report, with the records that are kept.
    pub(crate) feedback: Feedback,
    /// Counts of all records.
    pub(crate) totals: Totals,
    /// Where it is not as the RFC has it.
    pub(crate) oddities: Vec<String>,
}

/// Messages of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// All.
    pub(crate) messages: u64,
    /// Those that passed DMARC.
    pub(crate) passed: u64,
    /// Those that were taken as suspicious.
    pub(crate) quarantined: u64,
    /// Those that were refused.
    pub(crate) rejected: u64,
}

impl Totals {
    fn of(records: &[Record]) -> Totals {
        let mut totals = Totals::default();
        let add = |to: &mut u64, count: u64| *to = to.saturating_add(count);
        for record in records {
            add(&mut totals.messages, record.count);
            if record.passes() {
                add(&mut totals.passed, record.count);
            }
            match record.disposition {
                Action::Quarantine => add(&mut totals.quarantined, record.count),
                Action::Reject => add(&mut totals.rejected, record.count),
                Action::None | Action::Pass => {}
            }
        }
        totals
    }
}

impl Aggregate {
    /// Reads a message that arrived `at` a time.
    pub(crate) fn read(receiver: &Receiver, message: &[u8], at: Timestamp) -> Result<Aggregate, NotKept> {
        let Parsed { feedback, oddities } = find(message, Depth::Own).map_err(NotKept::not_found)?.parsed;
        Aggregate::new(receiver, feedback, oddities, at)
    }

    /// What is kept of a report that was read.
    pub(crate) fn new(
        receiver: &Receiver,
        mut feedback: Feedback,
        mut oddities: Vec<String>,
        at: Timestamp,
    ) -> Result<Aggregate, NotKept> {
        let domain = ours(receiver, &feedback.policy.domain)?;
        check_period(feedback.metadata.begin, feedback.metadata.end, at)?;
        let totals = Totals::of(&feedback.records);
        let rows = feedback.records.len();
        shorten(&mut feedback.records);
        if feedback.records.len() < rows {
            oddities.push(format!("{} of {rows} rows were kept", feedback.records.len()));
        }
        Ok(Aggregate { domain, feedback, totals, oddities })
    }

    /// Keeps it unless it was there, and counts its messages once the transaction is committed.
    pub(crate) fn store(
        &self,
        receiver: &Receiver,
        tx: &mut Tx<'_>,
        sender: &Domain,
        message: Option<MessageId>,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let new = tables::insert(tx.conn(), sender, self, message, at)?;
        if new {
            let (metrics, Totals { messages, passed, .. }) = (receiver.metrics(), self.totals);
            tx.on_commit(move || {
                let count = |result, by: u64| {
                    let counter = metrics.dmarc_report_messages.get_or_create(&Outcome { result });
                    // What strangers count has no bound; the counter ends at the largest number.
                    counter.inc_by(by.min(u64::MAX - counter.get()));
                };
                count("passed", passed);
                count("failed", messages.saturating_sub(passed));
            });
        }
        Ok(new)
    }
}

/// Leaves out records beyond the limits: of those that passed first, then of those with few messages.
fn shorten(records: &mut Vec<Record>) {
    records.sort_by_key(|record| (record.passes(), std::cmp::Reverse(record.count)));
    records.truncate(MAX_ROWS);
    let mut bytes = 0usize;
    let fits = |record: &Record| {
        bytes = bytes.saturating_add(tables::row_size(record));
        bytes <= MAX_ROW_BYTES
    };
    let most = records.iter().map(fits).take_while(|fits| *fits).count();
    records.truncate(most);
}
