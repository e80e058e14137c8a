//! Tells webhooks of accounts of mail that arrives, in the transaction that delivers it; and leads what comes back to a
//! reverse-path of its own to the message it is about. RFC 3464.

use std::sync::Arc;

use mox_admin::ops::Verdicts;
use mox_clock::Timestamp;
use mox_config::webhook::OutgoingEvent;
use mox_db::Tx;
use mox_message::dsn::{self, Action, Recipient};
use mox_queue::{Outcome, Queue, Verdict};
use mox_smtp::EnhancedCode;
use mox_store::{Content, MessageId, SmtpEnvelope};
use mox_webhooks::calls::{About, Arrived, Calls, Received};
use mox_webhooks::mail;

use crate::{Error, Local};

/// A message that is told of, read before the transaction.
#[derive(Clone)]
pub(crate) struct Heard {
    calls: Calls,
    read: Arc<Received>,
    /// The one recipient of a notification, if it is one.
    notified: Option<Arc<Recipient>>,
}

/// A copy of it in a mailbox.
pub(crate) struct Copy<'a> {
    pub(crate) id: MessageId,
    pub(crate) local: &'a Local,
    pub(crate) rcpt: &'a str,
    pub(crate) envelope: &'a SmtpEnvelope,
    pub(crate) received: Timestamp,
}

impl Heard {
    /// Reads a message, if one of the accounts that get copies wants to hear of it, or it comes back to a reverse-path
    /// of its own.
    pub(crate) async fn read<'a>(
        calls: Option<&Calls>,
        mut copies: impl Iterator<Item = (&'a str, &'a str)>,
        content: Content,
    ) -> Result<Option<Heard>, Error> {
        let Some(calls) = calls else { return Ok(None) };
        if !copies.any(|(account, rcpt)| calls.wants_incoming(account) || calls.from_id(rcpt).is_some()) {
            return Ok(None);
        }
        let _turn = calls.turn().await;
        let calls = calls.clone();
        let read = move || {
            let bytes = content.bytes()?;
            let notified = match dsn::parse(&bytes).map(|arrived| arrived.dsn.recipients) {
                Ok(mut recipients) if recipients.len() == 1 => recipients.pop(),
                _ => None,
            };
            let read = Arc::new(Received::read(&bytes));
            Ok::<_, mox_store::Error>(Heard { calls, read, notified: notified.map(Arc::new) })
        };
        Ok(Some(tokio::task::spawn_blocking(read).await.map_err(|_| Error::Lost)??))
    }

    /// Tells of a copy.
    pub(crate) fn tell(
        &self,
        queue: Option<&Queue>,
        tx: &mut Tx<'_>,
        copy: &Copy<'_>,
    ) -> Result<(), mox_store::Error> {
        if let (Some(queue), Some(from_id)) = (queue, self.calls.from_id(copy.rcpt))
            && self.came_back(queue, tx, &copy.local.account, &from_id)?
        {
            return Ok(());
        }
        let verdicts = copy.local.judged.as_ref().and_then(|judged| Verdicts::from_json(&judged.verdicts));
        let verdicts = verdicts.as_ref();
        let arrived = Arrived {
            msg_id: copy.id.0,
            mail_from: copy.envelope.mail_from.as_deref().unwrap_or_default(),
            mail_from_validated: verdicts.is_some_and(|v| v.spf.result == "pass"),
            msg_from_validated: verdicts.is_some_and(|v| v.dmarc.result == "pass"),
            rcpt_to: copy.rcpt,
            dkim_verified_domains: verdicts.map(mail::signers).unwrap_or_default(),
            remote_ip: copy.envelope.remote_ip.as_deref().unwrap_or_default(),
            received: copy.received,
            mailbox: copy.local.mailbox.as_str(),
        };
        self.calls.incoming(tx, &copy.local.account, &self.read, &arrived)
    }

    /// Tells what came back to the reverse-path of a message; false when there is no such message.
    fn came_back(
        &self,
        queue: &Queue,
        tx: &mut Tx<'_>,
        account: &str,
        from_id: &str,
    ) -> Result<bool, mox_store::Error> {
        let notified = self.notified.as_deref();
        let verdict = notified.map(verdict);
        let host = notified.and_then(|n| n.remote_mta.as_deref()).unwrap_or("a notification");
        let failed = notified.is_some_and(|n| n.action == Action::Failed);
        let refused = verdict.as_ref().filter(|_| failed).map(|verdict| (verdict, host));
        let Some((row, suppressing)) = queue.came_back(tx, account, from_id, refused)? else {
            return Ok(false);
        };
        let event = match notified.map(|n| n.action) {
            Some(Action::Failed) => OutgoingEvent::Failed,
            Some(Action::Delayed) => OutgoingEvent::Delayed,
            Some(Action::Delivered) => OutgoingEvent::Delivered,
            Some(Action::Relayed) => OutgoingEvent::Relayed,
            Some(Action::Expanded) => OutgoingEvent::Expanded,
            None => OutgoingEvent::Unrecognized,
        };
        let verdict = verdict.as_ref();
        let about = About {
            queue_id: row.id.0,
            from_id,
            message_id: row.message_id.as_deref().unwrap_or_default(),
            subject: &row.subject,
            extra: row.extra.as_deref(),
            dsn: notified.is_some(),
            suppressing,
            code: verdict.and_then(|v| v.code),
            enhanced: verdict.and_then(|v| v.enhanced),
            error: verdict.map(|v| v.text.as_str()).unwrap_or_default(),
        };
        self.calls.outgoing(tx, account, event, &about)?;
        Ok(true)
    }
}

/// Longest text taken from a notification, in characters.
const MAX_TEXT: usize = 500;

/// What a notification says that a host answered.
fn verdict(notified: &Recipient) -> Verdict {
    let said = notified.diagnostic.as_deref().unwrap_or_default();
    let code = said.get(..3).and_then(|code| code.parse().ok()).filter(|code| (200..600).contains(code));
    let enhanced: Option<EnhancedCode> = notified.status.parse().ok();
    let outcome = match notified.action {
        Action::Failed => Outcome::Permanent,
        Action::Delayed => Outcome::Temporary,
        Action::Delivered | Action::Relayed | Action::Expanded => Outcome::Delivered,
    };
    Verdict { outcome, code, enhanced, text: said.chars().take(MAX_TEXT).collect() }
}
