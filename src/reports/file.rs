//! Report mail that could not be delivered, or came back, is kept where postmaster can look, marked as seen: it rings no
//! bell and leads to no DSN.

use mox_config::Config;
use mox_db::Tx;
use mox_queue::Queued;
use mox_store::{Digest, Error, Flags, MailboxName, NewMessage, SmtpEnvelope};

use crate::Reports;

/// Mailbox below that of postmaster.
const BELOW: &str = "reports";
/// Longest reason in the header, in octets.
const MAX_REASON: usize = 500;

/// Account and mailbox for it; none when there is no such mailbox name.
pub fn quiet_place(config: &Config) -> Option<(String, MailboxName)> {
    let postmaster = &config.server.postmaster;
    let mailbox = MailboxName::parse(&format!("{}/{BELOW}", postmaster.mailbox)).ok()?;
    Some((postmaster.account.clone(), mailbox))
}

impl Reports {
    /// Puts the message of a row that ended into the mailbox, with the reason in its header. That it cannot be kept is
    /// no reason not to end it.
    pub(crate) fn file(&self, tx: &mut Tx<'_>, row: &Queued, why: &str) -> Result<(), Error> {
        let Some(content) = row.content else { return Ok(()) };
        let Some((account, mailbox)) = quiet_place(&self.0.options.config.load()) else {
            tracing::warn!(
                queue_id = row.id.0,
                "a report that failed is not kept: no mailbox can have that name"
            );
            return Ok(());
        };
        let store = &self.0.store;
        let account = store.open_account(tx, &account)?;
        let mailbox = store.open_mailbox(tx, account, &mailbox)?;
        store.retain(tx, content)?;
        let (from, to) = (row.reverse_path.as_ref().map(ToString::to_string), row.forward_path.to_string());
        let digest = Digest {
            header_id: row.message_id.clone(),
            subject: row.subject.clone(),
            from_address: from.clone().unwrap_or_default(),
            from_text: from.clone().unwrap_or_default(),
            to_text: to.clone(),
            sent: Some(row.queued),
            ..Digest::default()
        };
        let envelope = SmtpEnvelope { mail_from: from, rcpt_to: Some(to), ..SmtpEnvelope::default() };
        let prefix = format!("X-Mox-Report-Error: {}\r\n", header_text(why));
        let new = NewMessage {
            account,
            mailbox,
            content,
            content_size: row.size,
            prefix: prefix.as_bytes(),
            received: self.0.seams.clock.now(),
            flags: Flags::SEEN,
            envelope: &envelope,
            digest: &digest,
            verdicts: None,
            keywords: Vec::new(),
            quota: None,
        };
        store.append(tx, &new)?;
        Ok(())
    }
}

/// Printable ASCII on one line.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c } else { ' ' }).take(MAX_REASON).collect()
}
