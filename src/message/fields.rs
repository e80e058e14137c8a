//! The fields of a message as values, and the summary that is kept of each stored message.
//!
//! One pass over the header; of a field that may stand once the first counts, and `from_fields` tells when From
//! stands more than once. RFC 5322 §3.6, RFC 3834 §5, RFC 2919, RFC 3464 §2.

use mox_clock::Timestamp;
use serde::{Serialize, Serializer};

use crate::addresslist::{AddressList, MAX_MAILBOXES, Mailbox};
use crate::header::{Field, Header};
use crate::param::Parameterized;
use crate::threads::{self, base_subject};
use crate::{date, encodedword};

/// Longest subject that is kept, in bytes of UTF-8.
pub const MAX_SUBJECT: usize = 16 * 1024;

/// What is worth knowing about a message without reading its body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Message-ID without brackets, as written.
    pub message_id: Option<String>,
    /// Ids of In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// Ids for threading, oldest first: see [`threads::references`].
    pub references: Vec<String>,
    /// Decoded subject; empty when there is none.
    pub subject: String,
    /// Base subject: see [`threads::base_subject`].
    pub subject_base: String,
    /// Whether the subject says that it is a reply or a forward.
    pub subject_is_reply: bool,
    /// Mailboxes of From.
    pub from: Vec<Mailbox>,
    /// Mailboxes of Sender.
    pub sender: Vec<Mailbox>,
    /// Mailboxes of Reply-To.
    pub reply_to: Vec<Mailbox>,
    /// Mailboxes of To.
    pub to: Vec<Mailbox>,
    /// Mailboxes of Cc.
    pub cc: Vec<Mailbox>,
    /// Mailboxes of Bcc.
    pub bcc: Vec<Mailbox>,
    /// Instant of the Date field, when it can be read.
    #[serde(serialize_with = "as_text")]
    pub date: Option<Timestamp>,
    /// How many From fields there are; a lawful message has one.
    pub from_fields: usize,
    /// Whether From holds something that is no address.
    pub from_malformed: bool,
    /// Whether it is a delivery status notification.
    pub is_dsn: bool,
    /// Auto-Submitted says other than `no` (RFC 3834 §5).
    pub is_auto_submitted: bool,
    /// Precedence of bulk, list or junk.
    pub is_bulk: bool,
    /// The identifier in List-Id, without brackets, lower case.
    pub list_id: Option<String>,
}

fn as_text<S: Serializer>(at: &Option<Timestamp>, s: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => s.collect_str(at),
        None => s.serialize_none(),
    }
}

/// Reads the summary from a header, or from a whole message.
pub fn summary(message: &[u8]) -> Summary {
    let header = Header::of(message);
    let mut found = Summary { references: threads::references(&header), ..Summary::default() };
    let mut seen = 0_u32;
    for field in header.fields() {
        let Some(known) = NAMES.iter().position(|name| field.is(name)) else { continue };
        found.from_fields += usize::from(known == 0);
        if seen >> known & 1 == 0 {
            seen |= 1 << known;
            found.take(&field);
        }
    }
    found
}

/// The fields a summary reads; From first.
const NAMES: [&str; 15] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "Subject",
    "Content-Type",
    "Auto-Submitted",
    "Precedence",
    "List-Id",
    "X-List-Id",
];

impl Summary {
    fn take(&mut self, field: &Field<'_>) {
        let text = field.text();
        match field.name.to_ascii_lowercase().as_str() {
            "from" => {
                let list = AddressList::parse(&text);
                self.from_malformed = list.malformed || list.cut;
                self.from = mailboxes(&list);
            }
            "sender" => self.sender = mailboxes(&AddressList::parse(&text)),
            "reply-to" => self.reply_to = mailboxes(&AddressList::parse(&text)),
            "to" => self.to = mailboxes(&AddressList::parse(&text)),
            "cc" => self.cc = mailboxes(&AddressList::parse(&text)),
            "bcc" => self.bcc = mailboxes(&AddressList::parse(&text)),
            "date" => self.date = date::parse(&text),
            "message-id" => self.message_id = message_id(&text),
            "in-reply-to" => self.in_reply_to = threads::ids(&text).take(threads::MAX_REFERENCES).collect(),
            "subject" => {
                self.subject = subject(&text);
                let base = base_subject(&self.subject);
                (self.subject_base, self.subject_is_reply) = (base.base, base.is_reply);
            }
            "content-type" => {
                let kind = Parameterized::parse(&text);
                self.is_dsn = kind.value == "multipart/report"
                    && kind.get("report-type").is_some_and(|t| t.eq_ignore_ascii_case("delivery-status"));
            }
            "auto-submitted" => self.is_auto_submitted = Parameterized::parse(&text).value != "no",
            "precedence" => {
                self.is_bulk = ["bulk", "list", "junk"].iter().any(|p| text.eq_ignore_ascii_case(p));
            }
            _ => self.list_id = self.list_id.take().or_else(|| list_id(&text)),
        }
    }
}

fn mailboxes(list: &AddressList) -> Vec<Mailbox> {
    list.mailboxes().take(MAX_MAILBOXES).cloned().collect()
}

/// The id in a Message-ID field, without brackets; one without brackets is taken when it is a single word.
pub fn message_id(text: &str) -> Option<String> {
    threads::ids(text).next().or_else(|| {
        let word = text.trim();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()".contains(c);
        let single = word.contains('@') && !word.contains(odd);
        (single && word.len() <= threads::MAX_ID).then(|| word.to_owned())
    })
}

/// The decoded text of a Subject field, at most [`MAX_SUBJECT`] bytes.
pub fn subject(text: &str) -> String {
    let mut subject = encodedword::decode(text);
    let mut end = subject.len().min(MAX_SUBJECT);
    while !subject.is_char_boundary(end) {
        end -= 1;
    }
    subject.truncate(end);
    subject
}

/// The identifier of a List-Id field: `A list <list.example.org>`.
fn list_id(text: &str) -> Option<String> {
    let id = match text.rsplit_once('<') {
        Some((_, rest)) => rest.split_once('>')?.0,
        None => text,
    };
    let id = id.trim();
    let valid = !id.is_empty() && id.len() <= threads::MAX_ID && !id.contains(char::is_whitespace);
    valid.then(|| id.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_of_a_reply() {
        let message = b"From: Mary Smith <mary@example.net>\r\nTo: John Doe <jdoe@machine.example>\r\n\
            Reply-To: \"Mary Smith: Personal Account\" <smith@home.example>\r\nSubject: Re: =?utf-8?Q?Caf=C3=A9?=\r\n\
            Date: Fri, 21 Nov 1997 10:01:10 -0600\r\nMessage-ID: <3456@example.net>\r\n\
            In-Reply-To: <1234@local.machine.example>\r\nReferences: <1234@local.machine.example>\r\n\
            List-Id: Some list <Talk.example.net>\r\nAuto-Submitted: auto-replied; x=y\r\n\r\nFrom: body@example.org\r\n";
        let found = summary(message);
        assert_eq!(found.from[0].to_string(), "mary@example.net");
        assert_eq!(found.reply_to[0].name, "Mary Smith: Personal Account");
        assert_eq!(found.to.len(), 1);
        assert_eq!((found.subject.as_str(), found.subject_base.as_str()), ("Re: Café", "café"));
        assert!(found.subject_is_reply && found.is_auto_submitted && !found.is_dsn && !found.from_malformed);
        assert_eq!(found.message_id.as_deref(), Some("3456@example.net"));
        assert_eq!(found.references, ["1234@local.machine.example"]);
        assert_eq!(found.date.map(Timestamp::rfc3339).as_deref(), Some("1997-11-21T16:01:10Z"));
        assert_eq!(found.list_id.as_deref(), Some("talk.example.net"));
        assert_eq!(found.from_fields, 1);
    }

    #[test]
    fn repeated_fields_are_told() {
        let found = summary(b"From: a@b.test\nFROM: c@d.test, junk\nSubject: one\nSubject: two\n\n");
        assert_eq!((found.from_fields, found.from.len(), found.subject.as_str()), (2, 1, "one"));
        assert!(!summary(b"Auto-Submitted: no\n").is_auto_submitted);
        assert!(
            summary(b"Content-Type: multipart/report; boundary=x; report-type=\"Delivery-Status\"\n").is_dsn
        );
        assert!(summary(b"Precedence: Bulk\n").is_bulk);
        assert_eq!(summary(b""), Summary::default());
    }

    /// RFC 5322 appendix A.5 (white space, comments), A.6.2 (obsolete dates), A.6.3 (obsolete white space).
    #[test]
    fn odd_messages_of_rfc_5322() {
        let odd = b"From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\r\n\
            To:A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n\
            \x20 John <jdoe@one.test> (my dear friend); (the end of the group)\r\n\
            Cc:(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;\r\n\
            Date: Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)\r\n\
            Message-ID:              <testabcd.1234@silly.test>\r\n\r\nTesting.\r\n";
        let found = summary(odd);
        assert_eq!(found.from.first().map(ToString::to_string).as_deref(), Some("pete@silly.test"));
        assert_eq!((found.to.len(), found.cc.len()), (3, 0));
        assert_eq!(found.date.map(Timestamp::rfc3339).as_deref(), Some("1969-02-14T03:02:00Z"));
        assert_eq!(found.message_id.as_deref(), Some("testabcd.1234@silly.test"));
        let obsolete = b"From  : John Doe <jdoe@machine(comment).  example>\r\nTo    : Mary Smith\r\n__\r\n          <mary@example.net>\r\n\
            Subject     : Saying Hello\r\nDate  : Fri, 21 Nov 1997 09(comment):   55  :  06 -0600\r\n\
            Message-ID  : <1234   @   local(blah)  .machine .example>\r\n\r\n";
        let found = summary(obsolete);
        assert_eq!(found.from.first().map(ToString::to_string).as_deref(), Some("jdoe@machine.example"));
        assert_eq!(found.subject, "Saying Hello");
        assert_eq!(found.date.map(Timestamp::rfc3339).as_deref(), Some("1997-11-21T15:55:06Z"));
    }

    #[test]
    fn message_ids_of_all_sorts() {
        let cases = [
            ("<a@b>", Some("a@b")),
            ("a@b", Some("a@b")),
            ("a b@c", None),
            ("", None),
            ("<a b@c> x", Some("ab@c")),
        ];
        for (text, expected) in cases {
            assert_eq!(message_id(text).as_deref(), expected, "{text}");
        }
    }
}
