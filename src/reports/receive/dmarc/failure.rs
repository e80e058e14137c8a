//! What is kept of a report about one message: what it says, and the header of the message as far as it is told.
//! RFC 9991, RFC 6591.

use mox_address::Domain;
use mox_admin::ops::FailureFields;
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_message::part::Tree;
use mox_store::{Error, MessageId};
use mox_telemetry::Outcome;

use super::{ours, tables};
use crate::receive::{NotKept, Receiver};

/// Most bytes of a header that are kept.
pub(crate) const MAX_HEADER: usize = 64 << 10;

/// A report about a message of a policy domain of ours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// The policy domain: that which is reported.
    pub(crate) domain: Domain,
    /// What it says.
    pub(crate) fields: FailureFields,
    /// Header of the message that it is about, as far as it is told.
    pub(crate) header: String,
}

/// Whether a message says that it is a report about one message, not an aggregate report.
pub(crate) fn is_failure_report(message: &[u8]) -> bool {
    let tree = Tree::parse(message);
    tree.parts.first().is_some_and(|top| {
        top.content_type == "multipart/report"
            && top.param("report-type").is_some_and(|kind| kind.eq_ignore_ascii_case("feedback-report"))
    })
}

impl Failure {
    /// Reads a message.
    pub(crate) fn read(receiver: &Receiver, message: &[u8]) -> Result<Failure, NotKept> {
        let (fields, header) = find(message)?;
        Failure::new(receiver, fields, header)
    }

    /// What is kept of a report that was read.
    pub(crate) fn new(
        receiver: &Receiver,
        fields: FailureFields,
        mut header: String,
    ) -> Result<Failure, NotKept> {
        let domain = ours(receiver, &fields.reported_domain)?;
        let end = header.floor_char_boundary(MAX_HEADER);
        header.truncate(end);
        Ok(Failure { domain, fields, header })
    }

    /// Keeps it unless it was there, and counts it once the transaction is committed.
    pub(crate) fn store(
        &self,
        receiver: &Receiver,
        tx: &mut Tx<'_>,
        sender: &Domain,
        message: Option<MessageId>,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let new = tables::insert_failure(tx.conn(), sender, self, message, at)?;
        if new {
            let (metrics, result) = (receiver.metrics(), became(&self.fields.delivery_result));
            tx.on_commit(move || {
                metrics.dmarc_failure_reports.get_or_create(&Outcome { result }).inc();
            });
        }
        Ok(new)
    }
}

/// What became of the message, for counts. RFC 6591 §3.2.2.
fn became(delivery_result: &str) -> &'static str {
    match delivery_result.to_ascii_lowercase().as_str() {
        "delivered" | "inbox" => "delivered",
        "spam" | "policy" => "quarantined",
        "reject" => "refused",
        _ => "other",
    }
}

/// What the report in a message says, and the header of the message that it is about.
fn find(message: &[u8]) -> Result<(FailureFields, String), NotKept> {
    let _ = message;
    Err(NotKept::not_found("failure reports cannot be read yet"))
}
