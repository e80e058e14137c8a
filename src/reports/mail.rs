//! A report as a message. The same report gives the same bytes for the same destination and keys, whenever it is
//! written: Message-ID, Date and boundary come from what was sealed.
//!
//! A report about TLS is a `multipart/report`, is marked as one for DKIM, and wants to arrive whatever the state of TLS; one
//! about DMARC is a plain message with the file attached. Domains are A-labels everywhere; an address whose local part is
//! not ASCII makes it an SMTPUTF8 message.
//! RFC 8460 §5.3, RFC 9990 §3.5.2, RFC 6376 (DKIM), RFC 8689 (TLS-Required), RFC 6522 (multipart/report), RFC 6531.

use std::sync::atomic::{AtomicU64, Ordering};

use mox_address::Address;
use mox_admin::ops::ReportFamily;
use mox_clock::{Random, Timestamp};
use mox_dkim::Signer;
use mox_message::compose::{self, Fields, Part, Transport};
use mox_message::{Mailbox, date};

use crate::submitter::Submitter;
use crate::tables::report::{Document, Made};

/// A message ready for the queue.
pub(crate) struct Composed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) subject: String,
    pub(crate) message_id: String,
    pub(crate) smtputf8: bool,
}

/// Media type of a compressed report.
pub(crate) const MEDIA_TYPE: &str = "application/tlsrpt+gzip";

/// Writes and signs the message for one destination, `number` among all that there ever were. `old_form` picks the
/// document in the form before RFC 9990.
pub(crate) fn compose(
    made: &Made,
    number: i64,
    to: &Address,
    submitter: &Submitter,
    old_form: bool,
) -> Result<Composed, String> {
    let smtputf8 = !to.localpart.is_ascii();
    let from = format!("postmaster@{}", submitter.domain).parse::<Address>().map_err(|e| e.to_string())?;
    let message_id = format!("{}.{number}@{}", made.name, submitter.domain);
    let subject = subject(made);
    let fields = fields(made, &from, to, &subject, &message_id).map_err(|e| e.to_string())?;
    let document = match &made.legacy {
        Some(old) if old_form => old.clone(),
        _ => made.document.as_ref().map(Document::packed).unwrap_or_default(),
    };
    let is_tls = made.kind.family() == ReportFamily::Tls;
    let media_type = if is_tls { MEDIA_TYPE } else { "application/gzip" };
    let parts = vec![
        Part::text("plain", &text(made)),
        Part::attachment(media_type, &made.file_name, &document).param("name", &made.file_name),
    ];
    let body = if is_tls { Part::report("tlsrpt", parts) } else { Part::multipart("mixed", parts) };
    let chance = Repeating::new(&message_id);
    let message =
        compose::message(&fields, &body, Transport::SevenBit, &chance).map_err(|e| e.to_string())?;
    let mut signer = Signer::new(submitter.keys.clone());
    signer.write(&message);
    let signatures = signer.finish(made.due).map_err(|e| e.to_string())?;
    Ok(Composed { bytes: [signatures.as_bytes(), &message].concat(), subject, message_id, smtputf8 })
}

fn fields(
    made: &Made,
    from: &Address,
    to: &Address,
    subject: &str,
    message_id: &str,
) -> Result<Fields, mox_message::Error> {
    let mut fields = Fields::new(false);
    fields.mailboxes("From", &[Mailbox::new("", from)])?;
    if to.localpart.is_ascii() {
        fields.mailboxes("To", &[Mailbox::new("", to)])?;
    } else {
        // Written here, because a header that may hold UTF-8 would hold U-labels as well.
        fields.finished(&format!("To: {to}\r\n"));
    }
    fields.text("Subject", subject)?.date("Date", made.due)?.ids("Message-ID", &[message_id])?;
    if made.kind.family() == ReportFamily::Tls {
        fields.text("TLS-Report-Domain", &made.policy_domain)?;
        fields.text("TLS-Report-Submitter", &made.submitter)?;
        fields.words("TLS-Required", "No")?;
    }
    fields.words("Auto-Submitted", "auto-generated")?;
    Ok(fields)
}

/// As RFC 8460 §5.3 and RFC 9990 §3.5.2 have it; an extra report says so behind it.
fn subject(made: &Made) -> String {
    let note = match made.note.as_str() {
        "" => String::new(),
        "partial" => format!(" (part {} of a day that is not over)", made.part),
        note => format!(" ({note} {})", made.part),
    };
    format!(
        "Report Domain: {} Submitter: {} Report-ID: <{}>{note}",
        made.policy_domain, made.submitter, made.name
    )
}

fn text(made: &Made) -> String {
    let note = match made.note.as_str() {
        "partial" => "\r\nThe day is not over. A report of all of it follows.\r\n",
        "copy" => "\r\nThis is a copy for a test, sent to this address alone.\r\n",
        "sample" => "\r\nThis is a sample: what it says is made up.\r\n",
        _ => "",
    };
    let (domain, submitter) = (&made.policy_domain, &made.submitter);
    let (intro, counts) = match made.kind.family() {
        ReportFamily::Tls => (
            format!(
                "This is a report about TLS (RFC 8460). The attached file says how TLS went in connections of\r\n\
                 {submitter} to mail hosts of {domain}."
            ),
            format!("Sessions: {} went well, {} failed", made.successful, made.failed),
        ),
        ReportFamily::Dmarc => (
            format!(
                "This is a DMARC aggregate report (RFC 9990). The attached file says what {submitter} found out\r\n\
                 about mail that the policy of {domain} is for."
            ),
            format!("Messages: {} passed, {} did not", made.successful, made.failed),
        ),
    };
    format!(
        "{intro}\r\n{note}\r\n\
         Policy domain: {domain}\r\nSubmitter: {submitter}\r\nReport-ID: {name}\r\nPeriod: {start} - {until} UTC\r\n\
         {counts}\r\n",
        name = made.name,
        start = plain(made.start),
        until = plain(made.until),
    )
}

/// `26 Nov 2026 00:00:00`.
fn plain(at: Timestamp) -> String {
    let text = date::format(at);
    let text = text.split_once(", ").map_or(text.as_str(), |(_, rest)| rest);
    text.trim_end_matches(" +0000").to_owned()
}

/// Chance that repeats: for a boundary that is to be the same each time, and nothing secret.
struct Repeating(AtomicU64);

impl Repeating {
    fn new(seed: &str) -> Repeating {
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Repeating(seed.bytes().fold(0xcbf2_9ce4_8422_2325, fnv).into())
    }
}

impl Random for Repeating {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = 0x9e37_79b9_7f4a_7c15;
            let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            for (byte, value) in chunk.iter_mut().zip((z ^ (z >> 31)).to_le_bytes()) {
                *byte = value;
            }
        }
    }
}
