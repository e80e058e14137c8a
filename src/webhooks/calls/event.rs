//! What calls say: JSON, with the names that programs for other servers of this kind know.

use mox_admin::Time;
use mox_clock::Timestamp;
use mox_smtp::EnhancedCode;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::mail::{self, Message, Structure};

/// A message that was sent, and what happened to it.
#[derive(Debug, Clone, Default)]
pub struct About<'a> {
    /// Its number in the queue.
    pub queue_id: i64,
    /// The id in its reverse-path.
    pub from_id: &'a str,
    /// Message-ID without brackets.
    pub message_id: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// What its sender wants to be told: a JSON object of texts.
    pub extra: Option<&'a str>,
    /// A notification of another server tells it.
    pub dsn: bool,
    /// The recipient goes on the suppression list.
    pub suppressing: bool,
    /// Code of the reply; none when there was none.
    pub code: Option<u16>,
    /// Its enhanced code.
    pub enhanced: Option<EnhancedCode>,
    /// Why it is not delivered.
    pub error: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Outgoing<'a> {
    version: u32,
    event: &'a str,
    #[serde(rename = "DSN")]
    dsn: bool,
    suppressing: bool,
    #[serde(rename = "QueueMsgID")]
    queue_msg_id: i64,
    #[serde(rename = "FromID")]
    from_id: &'a str,
    #[serde(rename = "MessageID")]
    message_id: String,
    subject: &'a str,
    webhook_queued: Time,
    #[serde(rename = "SMTPCode")]
    smtp_code: u16,
    #[serde(rename = "SMTPEnhancedCode")]
    smtp_enhanced_code: String,
    error: &'a str,
    extra: Option<&'a RawValue>,
}

/// The JSON about a message that was sent.
pub(super) fn outgoing(event: &str, about: &About<'_>, now: Timestamp) -> String {
    let payload = Outgoing {
        version: 0,
        event,
        dsn: about.dsn,
        suppressing: about.suppressing,
        queue_msg_id: about.queue_id,
        from_id: about.from_id,
        message_id: bracketed(about.message_id),
        subject: about.subject,
        webhook_queued: Time(now),
        smtp_code: about.code.unwrap_or(0),
        smtp_enhanced_code: about.enhanced.map(|e| format!("{}.{}", e.1, e.2)).unwrap_or_default(),
        error: about.error,
        extra: about.extra.and_then(|extra| serde_json::from_str(extra).ok()),
    };
    serde_json::to_string(&payload).unwrap_or_default()
}

/// The JSON of a call for trying: about a message that never was.
pub(super) fn made_up(incoming: bool, now: Timestamp) -> String {
    const SUBJECT: &str = "test call";
    const ID: &str = "test@mox.example";
    if !incoming {
        let about = About { queue_id: 1, message_id: ID, subject: SUBJECT, ..About::default() };
        return outgoing("delivered", &about, now);
    }
    let text = format!(
        "From: <sender@mox.example>\r\nTo: <recipient@mox.example>\r\nSubject: {SUBJECT}\r\n\
         Message-ID: <{ID}>\r\n\r\nThis is a test of a webhook.\r\n"
    );
    let arrived = Arrived {
        msg_id: 1,
        mail_from: "sender@mox.example",
        rcpt_to: "recipient@mox.example",
        remote_ip: "192.0.2.1",
        received: now,
        mailbox: "Inbox",
        ..Arrived::default()
    };
    Received::read(text.as_bytes()).payload(&arrived)
}

fn bracketed(id: &str) -> String {
    if id.is_empty() { String::new() } else { format!("<{id}>") }
}

/// A message that arrived, read once for all accounts that hear of it.
#[derive(Debug, Clone)]
pub struct Received {
    message: Message,
    structure: Structure,
    automated: bool,
    id: String,
}

/// How a copy of it arrived.
#[derive(Debug, Clone, Default)]
pub struct Arrived<'a> {
    /// Number of the copy.
    pub msg_id: i64,
    /// Reverse-path; empty for the null one.
    pub mail_from: &'a str,
    /// Whether SPF says that it came from there.
    pub mail_from_validated: bool,
    /// Whether DMARC says that the domain of From stands behind it.
    pub msg_from_validated: bool,
    /// Forward-path.
    pub rcpt_to: &'a str,
    /// Domains with a signature that is right.
    pub dkim_verified_domains: Vec<String>,
    /// Who handed it to us.
    pub remote_ip: &'a str,
    /// When.
    pub received: Timestamp,
    /// The mailbox it is in.
    pub mailbox: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Incoming<'a> {
    version: u32,
    #[serde(flatten)]
    message: &'a Message,
    structure: &'a Structure,
    meta: Meta<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Meta<'a> {
    #[serde(rename = "MsgID")]
    msg_id: i64,
    mail_from: &'a str,
    mail_from_validated: bool,
    msg_from_validated: bool,
    rcpt_to: &'a str,
    #[serde(rename = "DKIMVerifiedDomains")]
    dkim_verified_domains: &'a [String],
    #[serde(rename = "RemoteIP")]
    remote_ip: &'a str,
    received: Time,
    mailbox_name: &'a str,
    automated: bool,
}

impl Received {
    /// Reads the bytes of a message.
    pub fn read(bytes: &[u8]) -> Received {
        let (message, structure, summary) = mail::read(bytes);
        let automated = mail::is_automated(&summary);
        Received { message, structure, automated, id: summary.message_id.unwrap_or_default() }
    }

    pub(super) fn message_id(&self) -> &str {
        &self.id
    }

    pub(super) fn subject(&self) -> &str {
        &self.message.subject
    }

    pub(super) fn payload(&self, arrived: &Arrived<'_>) -> String {
        let payload = Incoming {
            version: 0,
            message: &self.message,
            structure: &self.structure,
            meta: Meta {
                msg_id: arrived.msg_id,
                mail_from: arrived.mail_from,
                mail_from_validated: arrived.mail_from_validated,
                msg_from_validated: arrived.msg_from_validated,
                rcpt_to: arrived.rcpt_to,
                dkim_verified_domains: &arrived.dkim_verified_domains,
                remote_ip: arrived.remote_ip,
                received: Time(arrived.received),
                mailbox_name: arrived.mailbox,
                automated: self.automated,
            },
        };
        serde_json::to_string(&payload).unwrap_or_default()
    }
}
