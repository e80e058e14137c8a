//! Who hears what happens to mail in the queue: the makers of reports, and webhooks of accounts.

use mox_config::webhook::OutgoingEvent;
use mox_db::Tx;
use mox_queue::{End, Event, Happened, Queued, Reporting, TlsResults, Verdict};
use mox_reports::Reports;
use mox_store::Error;
use mox_webhooks::calls::{About, Calls};

/// Both of them.
pub(crate) struct Ears {
    pub(crate) reports: Reports,
    pub(crate) calls: Calls,
}

impl Reporting for Ears {
    fn tls(&self, tx: &mut Tx<'_>, results: &TlsResults) -> Result<(), Error> {
        self.reports.tls(tx, results)
    }

    fn ended(&self, tx: &mut Tx<'_>, row: &Queued, end: End, verdict: &Verdict) -> Result<(), Error> {
        self.reports.ended(tx, row, end, verdict)
    }

    fn delivered(&self, tx: &mut Tx<'_>, row: &Queued) -> Result<(), Error> {
        self.reports.delivered(tx, row)
    }

    fn happened(&self, tx: &mut Tx<'_>, row: &Queued, what: &Happened<'_>) -> Result<(), Error> {
        let event = match what.event {
            Event::Delivered => OutgoingEvent::Delivered,
            Event::Suppressed => OutgoingEvent::Suppressed,
            Event::Delayed => OutgoingEvent::Delayed,
            Event::Failed => OutgoingEvent::Failed,
            Event::Canceled => OutgoingEvent::Canceled,
        };
        let error = what.verdict.filter(|_| what.event != Event::Delivered);
        let error = error.map(ToString::to_string).unwrap_or_default();
        let about = About {
            queue_id: row.id.0,
            from_id: row.from_id.as_deref().unwrap_or_default(),
            message_id: row.message_id.as_deref().unwrap_or_default(),
            subject: &row.subject,
            extra: row.extra.as_deref(),
            dsn: false,
            suppressing: what.suppressing,
            code: what.verdict.and_then(|v| v.code),
            enhanced: what.verdict.and_then(|v| v.enhanced),
            error: &error,
        };
        self.calls.outgoing(tx, &row.account, event, &about)
    }
}
