//! What is kept of a report about one message: what it says, and the header of the message as far as it is told.
//! RFC 9991, RFC 6591.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::FailureFields;
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_dmarcrpt::failure::{self, FailureReport};
use mox_dmarcrpt::message::Depth;
use mox_message::header::Header;
use mox_store::{Error, MessageId};
use mox_telemetry::Outcome;

use super::{ours, tables};
use crate::receive::{NotKept, Receiver};

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
    failure::claims_failure(&Header::of(message))
}

impl Failure {
    /// Reads a message.
    pub(crate) fn read(receiver: &Receiver, message: &[u8]) -> Result<Failure, NotKept> {
        let report = failure::find(message, Depth::Own).map_err(NotKept::not_found)?;
        let (fields, header) = split(report);
        Failure::new(receiver, fields, header)
    }

    /// What is kept of a report that was read.
    pub(crate) fn new(
        receiver: &Receiver,
        fields: FailureFields,
        header: String,
    ) -> Result<Failure, NotKept> {
        let author = mox_message::summary(header.as_bytes()).from.first().map(|from| from.domain.clone());
        // Some do not say whom they report on; the message does.
        let told = match fields.reported_domain.is_empty() {
            true => author.into_iter().collect(),
            false => fields.reported_domain.clone(),
        };
        match told.iter().find_map(|name| ours(receiver, name).ok()) {
            Some(domain) => Ok(Failure { domain, fields, header }),
            None => Err(NotKept::NotOurs(told.into_iter().take(5).collect())),
        }
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

/// What a report says, and the header of the message that it is about.
fn split(report: FailureReport) -> (FailureFields, String) {
    let message = mox_message::summary(report.header.as_bytes());
    let fields = FailureFields {
        reported_domain: report.reported_domain,
        auth_failure: report.auth_failure,
        identity_alignment: report.identity_alignment,
        delivery_result: report.delivery_result,
        source_ip: report.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        arrival: report.arrival.map(Time),
        incidents: report.incidents,
        original_mail_from: report.original_mail_from,
        original_rcpt_to: report.original_rcpt_to,
        authentication_results: report.authentication_results,
        dkim_domain: report.dkim_domain,
        dkim_identity: report.dkim_identity,
        dkim_selector: report.dkim_selector,
        dkim_selector_dns: report.dkim_selector_dns,
        spf_dns: report.spf_dns,
        reporting_mta: report.reporting_mta,
        user_agent: report.user_agent,
        from: message.from.first().map(ToString::to_string).unwrap_or_default(),
        subject: message.subject,
        oddities: report.oddities,
    };
    (fields, report.header)
}
