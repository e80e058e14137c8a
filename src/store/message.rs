//! A message in a mailbox: its record, how it is listed, how its bytes are read.

use mox_clock::Timestamp;
use mox_db::ReadTx;

use mox_message::header::Header;

use crate::flags::keywords;
use crate::tables::message as table;
use crate::{AccountId, Content, ContentId, Error, Flags, MailboxId, MessageId, Store};

/// The record of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Whose it is.
    pub account: AccountId,
    /// Its key.
    pub id: MessageId,
    /// Where it is.
    pub mailbox: MailboxId,
    /// Its UID there.
    pub uid: i64,
    /// The same for all copies (RFC 8474 EMAILID).
    pub email_id: i64,
    /// The same for all of a conversation (RFC 8474 THREADID).
    pub thread: i64,
    /// Modseq of its arrival.
    pub created_modseq: i64,
    /// Modseq of its last change.
    pub modseq: i64,
    /// Its bytes.
    pub content: ContentId,
    /// Bytes, prefix included.
    pub size: i64,
    /// When it came in (INTERNALDATE).
    pub received: Timestamp,
    /// When it came into this mailbox (SAVEDATE, RFC 8514).
    pub saved: Timestamp,
    /// Flags.
    pub flags: Flags,
    /// Keywords without a bit of their own, lower case, sorted.
    pub keywords: Vec<String>,
    /// Reverse-path; empty for the null one, none when it did not come by SMTP.
    pub mail_from: Option<String>,
    /// Forward-path of this copy.
    pub rcpt_to: Option<String>,
    /// Who handed it to us.
    pub remote_ip: Option<String>,
    /// The name that peer gave.
    pub helo: Option<String>,
    /// TLS version and cipher suite of the session that brought it.
    pub tls: Option<String>,
    /// Message-ID without brackets.
    pub header_id: Option<String>,
    /// Subject, decoded.
    pub subject: String,
    /// Address in From.
    pub from_address: String,
    /// From for people.
    pub from_text: String,
    /// To for people.
    pub to_text: String,
    /// Date field.
    pub sent: Option<Timestamp>,
}

/// What is long and rarely read of a message, so it is kept beside the row.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    /// Header lines of this copy alone.
    pub(crate) prefix: Vec<u8>,
    /// What mail authentication found, as JSON.
    pub(crate) verdicts: Option<String>,
}

/// How a message came by SMTP; empty when it did not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SmtpEnvelope {
    /// Reverse-path; empty for the null one.
    pub mail_from: Option<String>,
    /// Forward-path of this copy.
    pub rcpt_to: Option<String>,
    /// Address of the peer.
    pub remote_ip: Option<String>,
    /// HELO or EHLO name.
    pub helo: Option<String>,
    /// TLS version and cipher suite.
    pub tls: Option<String>,
}

/// What a message's header says, for lists and threads; made before the transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// Message-ID without brackets.
    pub header_id: Option<String>,
    /// Its hash.
    pub header_hash: Option<i64>,
    /// Hashes of References, or of In-Reply-To where there are none.
    pub references: Vec<i64>,
    /// Subject, decoded.
    pub subject: String,
    /// Address in From.
    pub from_address: String,
    /// From for people.
    pub from_text: String,
    /// To for people.
    pub to_text: String,
    /// Date field.
    pub sent: Option<Timestamp>,
    /// Keywords that X-Tags fields ask for, valid ones alone, sorted; they count where the one who appends says so.
    pub tags: Vec<String>,
}

/// Which messages are listed. Texts of fields match as parts, in any case of letters.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this mailbox.
    pub mailbox: Option<MailboxId>,
    /// In the forward-path or To.
    pub to: Option<String>,
    /// In the reverse-path or From.
    pub from: Option<String>,
    /// In the subject.
    pub subject: Option<String>,
    /// Received at or after.
    pub since: Option<Timestamp>,
    /// Has this keyword, in any case of letters.
    pub tag: Option<String>,
    /// Words that all stand in the subject, the addresses, the text or names of attachments; case and accents do not
    /// count, and the last word may be the beginning of one.
    pub text: Option<String>,
    /// With a higher id: what came since that one.
    pub after: Option<MessageId>,
    /// With a lower id: the page after the one that ended with it.
    pub before: Option<MessageId>,
    /// At most so many.
    pub limit: usize,
    /// Oldest first, else newest first.
    pub oldest_first: bool,
}

impl Store {
    /// Messages of an account that match.
    pub fn messages(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        filter: &Filter,
    ) -> Result<Vec<Message>, Error> {
        let found = self.find_text(tx, account, filter)?;
        table::list(tx.conn(), account, filter, found.as_ref())
    }

    /// Keywords that messages of an account have, sorted, and how many messages have each.
    pub fn tags(&self, tx: &ReadTx<'_>, account: AccountId) -> Result<Vec<(String, i64)>, Error> {
        table::tags(tx.conn(), account)
    }

    /// A message by its id, whichever account it is in.
    pub fn message(&self, tx: &ReadTx<'_>, id: MessageId) -> Result<Message, Error> {
        table::find(tx.conn(), id)?.ok_or(Error::NoSuchMessage(id))
    }

    /// What is left of an expunged message until it is purged: all but its bytes.
    pub fn tombstone(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        id: MessageId,
    ) -> Result<Option<Message>, Error> {
        table::find_tombstone(tx.conn(), account, id)
    }

    /// The bytes of a message.
    pub fn content(&self, tx: &ReadTx<'_>, m: &Message) -> Result<Content, Error> {
        let prefix = self.prefix(tx, m)?;
        Content::load(self, tx, m.content, prefix)
    }

    /// The header lines of this copy alone, which stand before the shared content.
    pub fn prefix(&self, tx: &ReadTx<'_>, m: &Message) -> Result<Vec<u8>, Error> {
        Ok(table::trace(tx.conn(), m.account, m.id)?.prefix)
    }

    /// What mail authentication found of a message, as JSON.
    pub fn verdicts(&self, tx: &ReadTx<'_>, m: &Message) -> Result<Option<String>, Error> {
        Ok(table::trace(tx.conn(), m.account, m.id)?.verdicts)
    }

    /// What changed after `modseq`, tombstones included, in order of modseq, at most `max`.
    pub fn changed_since(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        modseq: i64,
        max: u32,
    ) -> Result<Vec<MessageChange>, Error> {
        table::changed_since(tx.conn(), account, modseq, max)
    }
}

/// A message that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageChange {
    /// Which.
    pub id: MessageId,
    /// Where.
    pub mailbox: MailboxId,
    /// Its UID there.
    pub uid: i64,
    /// Modseq of its arrival.
    pub created: i64,
    /// Modseq of this change.
    pub modseq: i64,
    /// It is gone.
    pub expunged: bool,
}

/// Longest text of a header field that is kept in the record, in characters.
const TEXT_MAX: usize = 1000;

impl Digest {
    /// Reads a message's header; never fails, for what is malformed is left out.
    pub fn of(header: &[u8]) -> Digest {
        let summary = mox_message::summary(header);
        let hash = |id: &String| i64::from_ne_bytes(mox_message::threads::id_key(id).to_ne_bytes());
        let people = |mailboxes: &[mox_message::Mailbox]| {
            let texts: Vec<String> = mailboxes.iter().take(20).map(person).collect();
            texts.join(", ").chars().take(TEXT_MAX).collect::<String>()
        };
        Digest {
            header_hash: summary.message_id.as_ref().map(hash),
            references: summary.references.iter().map(hash).collect(),
            subject: summary.subject.chars().take(TEXT_MAX).collect(),
            from_address: summary.from.first().map(ToString::to_string).unwrap_or_default(),
            from_text: people(&summary.from),
            to_text: people(&summary.to),
            sent: summary.date,
            header_id: summary.message_id,
            tags: tags(header),
        }
    }
}

/// What the X-Tags fields of a header name, separated by commas.
fn tags(header: &[u8]) -> Vec<String> {
    let header = Header::of(header);
    let texts: Vec<_> = header.all("X-Tags").map(|field| field.text()).collect();
    let words: Vec<&str> = texts.iter().flat_map(|text| text.split(',')).map(str::trim).collect();
    keywords(&words)
}

fn person(mailbox: &mox_message::Mailbox) -> String {
    match mailbox.name.as_str() {
        "" => mailbox.to_string(),
        name => format!("{name} <{mailbox}>"),
    }
}
