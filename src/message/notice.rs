//! A delivery status notification as a message: text for people, the report for programs, the original's header.
//!
//! The text says which address, what the other server answered, when it was tried, and what happens next. Nothing is
//! sent to anybody by this file; the null reverse-path is the caller's to set (RFC 3464 §2, RFC 5321 §6.1).
//! RFC 3464, RFC 6522, RFC 6533, RFC 3834 §3.1.7.

use mox_address::{Domain, Path};
use mox_clock::{Clock, Random, Timestamp};

use crate::Error;
use crate::addresslist::Mailbox;
use crate::compose::{self, Fields, Part, Transport};
use crate::date;
use crate::dsn::{Action, Dsn, Recipient};
use crate::fields::{Summary, summary};
use crate::fold::HARD;
use crate::header::split;

/// Most bytes of the original's header that are returned; it is cut after a whole line.
pub const MAX_RETURNED: usize = 64 * 1024;

/// Longest id of the original that is referred to: it must fit on a line.
const MAX_ID: usize = 900;

/// What of the original message goes back (RET, RFC 3461 §4.3).
#[derive(Debug, Clone, Copy)]
pub enum Return<'a> {
    /// Its header; a whole message may be given.
    Header(&'a [u8]),
    /// All of it, where the transport can carry it; else its header.
    Full(&'a [u8]),
}

/// A notification to be written.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// Who reports: `postmaster` of this host.
    pub from: &'a Mailbox,
    /// The sender of the message it is about: its reverse-path.
    pub to: &'a Path,
    /// Domain of the notification's Message-ID.
    pub domain: &'a Domain,
    /// What happened.
    pub dsn: &'a Dsn,
    /// The original message.
    pub original: Return<'a>,
    /// What bodies may hold on the way back.
    pub transport: Transport,
    /// Whether the way back takes SMTPUTF8: the UTF-8 forms of RFC 6533 are used then.
    pub utf8: bool,
}

impl Notice<'_> {
    /// Writes the message. Errors: no recipient in the report; a sender that needs SMTPUTF8 when there is none.
    pub fn compose(&self, clock: &dyn Clock, random: &dyn Random) -> Result<Vec<u8>, Error> {
        let (Return::Header(original) | Return::Full(original)) = self.original;
        let about = summary(original);
        let to = Mailbox {
            name: String::new(),
            localpart: self.to.localpart.as_str().to_owned(),
            domain: self.to.domain.to_string(),
        };
        let mut fields = Fields::new(self.utf8);
        fields.mailboxes("From", std::slice::from_ref(self.from))?.mailboxes("To", &[to])?;
        fields.text("Subject", &subject(self.dsn, &about))?.date("Date", clock.now())?;
        fields.ids("Message-ID", &[compose::message_id(random, self.domain)])?;
        let ids: Vec<_> = about.message_id.iter().filter(|id| id.is_ascii() && id.len() <= MAX_ID).collect();
        fields.ids("In-Reply-To", &ids)?.ids("References", &ids)?;
        fields.words("Auto-Submitted", "auto-replied")?;
        let kind = if self.utf8 { "message/global-delivery-status" } else { "message/delivery-status" };
        let parts = vec![
            Part::text("plain", &text(self.dsn, &about)),
            Part::lines(kind, self.dsn.format(self.utf8)?.as_bytes()),
            self.returned(original),
        ];
        compose::message(&fields, &Part::report("delivery-status", parts), self.transport, random)
    }

    /// The third part: the original, or its header.
    fn returned(&self, original: &[u8]) -> Part {
        let (length, _) = split(original);
        let header = cut_lines(original.get(..length).unwrap_or(original));
        if matches!(self.original, Return::Full(_)) && fits(original, self.transport) {
            return match header.is_ascii() {
                true => Part::verbatim("message/rfc822", original),
                false if self.utf8 => Part::lines("message/global", original),
                false => Part::lines("text/rfc822-headers", header).param("charset", "utf-8"),
            };
        }
        match (header.is_ascii(), self.utf8) {
            (true, _) => Part::lines("text/rfc822-headers", header),
            (false, true) => Part::lines("message/global-headers", header),
            (false, false) => Part::lines("text/rfc822-headers", header).param("charset", "utf-8"),
        }
    }
}

/// Whether a message can go as it is.
fn fits(message: &[u8], transport: Transport) -> bool {
    (transport == Transport::EightBit || message.is_ascii())
        && !message.contains(&0)
        && message.split(|b| *b == b'\n').all(|line| line.len() <= HARD + 1)
}

fn cut_lines(header: &[u8]) -> &[u8] {
    let Some(head) = header.get(..MAX_RETURNED) else { return header };
    let end = memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
    head.get(..end).unwrap_or_default()
}

fn subject(dsn: &Dsn, about: &Summary) -> String {
    let all = |ok: fn(Action) -> bool| dsn.recipients.iter().all(|r| ok(r.action));
    let what = match () {
        () if all(|a| a == Action::Failed) => "Not delivered",
        () if all(|a| a == Action::Delayed) => "Delayed",
        () if all(|a| !matches!(a, Action::Failed | Action::Delayed)) => "Delivered",
        () => "Delivery report",
    };
    match short(&about.subject) {
        title if title.is_empty() => format!("{what}: your message"),
        title => format!("{what}: {title}"),
    }
}

/// The first hundred characters, on one line.
fn short(text: &str) -> String {
    let words: String = text.chars().take(100).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().nth(100).is_some() { words + "\u{2026}" } else { words }
}

/// The text for people, in lines ended by LF.
fn text(dsn: &Dsn, about: &Summary) -> String {
    let mut message = match short(&about.subject) {
        title if title.is_empty() => "your message".to_owned(),
        title => format!("your message \"{title}\""),
    };
    if let Some(at) = about.date.or(dsn.arrival) {
        message += &format!(" of {}", date::format(at));
    }
    let mut out =
        paragraph(&format!("This is the mail server {}, about {message}.", short(&dsn.reporting_mta)));
    for action in [Action::Failed, Action::Delayed, Action::Delivered, Action::Relayed, Action::Expanded] {
        let group: Vec<_> = dsn.recipients.iter().filter(|r| r.action == action).collect();
        if group.is_empty() {
            continue;
        }
        out += "\n";
        out += &paragraph(heading(action));
        for recipient in group {
            out += &about_recipient(recipient);
        }
    }
    out
}

fn heading(action: Action) -> &'static str {
    match action {
        Action::Failed => "It could not be delivered to:",
        Action::Delayed => "It has not been delivered yet, and you need not send it again, to:",
        Action::Delivered => "It was delivered to:",
        Action::Relayed => "It was passed on to a server that does not confirm delivery, for:",
        Action::Expanded => "It was passed on to the addresses behind:",
    }
}

fn about_recipient(r: &Recipient) -> String {
    let address = r.original.as_ref().map_or(r.address.as_str(), |o| o.address.as_str());
    let mut out = format!("\n    {}\n", short(address));
    if let Some(answer) = &r.diagnostic {
        let host = r
            .remote_mta
            .as_deref()
            .map_or_else(|| "The mail system".to_owned(), |h| format!("The server {}", short(h)));
        out += "\n";
        out += &paragraph(&format!("{host} said:"));
        out += "\n";
        out += &wrap(answer, "    ");
    }
    let mut next = String::new();
    if let Some(hint) = explain(&r.status) {
        next += hint;
    }
    if let Some(at) = r.last_attempt {
        next += &format!(" Last tried: {}.", date::format(at));
    }
    next += &what_next(r.action, r.retry_until);
    if !next.is_empty() {
        out += "\n";
        out += &paragraph(next.trim());
    }
    out
}

fn what_next(action: Action, retry_until: Option<Timestamp>) -> String {
    match (action, retry_until) {
        (Action::Failed, _) => " It will not be tried again.".to_owned(),
        (Action::Delayed, Some(until)) => {
            format!(" It will be tried again until {}; you will hear if that fails.", date::format(until))
        }
        (Action::Delayed, None) => " It will be tried again; you will hear if that fails.".to_owned(),
        _ => String::new(),
    }
}

/// What a status code means to the sender (RFC 3463 §3).
fn explain(status: &str) -> Option<&'static str> {
    let (class, detail) = status.split_once('.')?;
    if class == "2" {
        return None;
    }
    Some(match detail {
        "1.1" => "There is no such address there: please check how it is written.",
        "1.2" | "4.4" if class == "5" => {
            "The domain after the @ takes no mail: please check how it is written."
        }
        "1.10" => "The domain after the @ takes no mail (null MX).",
        "1.6" => "The recipient has moved and left no new address.",
        "2.1" => "The recipient's mailbox is disabled.",
        "2.2" => "The recipient's mailbox is full.",
        "2.3" | "3.4" => "The message is larger than the recipient's server accepts.",
        "4.1" | "4.2" => "The recipient's server could not be reached or did not answer.",
        "4.6" | "4.5" if class == "5" => "The message goes in circles between servers.",
        "4.7" => "It could not be delivered in the time allowed.",
        "6.7" => "The recipient's server does not take addresses with characters beyond ASCII.",
        "7.0" | "7.1" | "7.2" | "7.26" | "7.27" => {
            "The recipient's server refused the message by its policy."
        }
        "7.4" | "7.5" | "7.10" | "7.30" => {
            "No connection was possible that is as secure as the recipient's domain or you ask for."
        }
        _ => return None,
    })
}

/// Wrapped at 76 columns, with a line end.
fn paragraph(text: &str) -> String {
    wrap(text, "")
}

/// Outside or own text in lines of about 76 columns behind an indent; control characters become spaces.
fn wrap(text: &str, indent: &str) -> String {
    let clean: String =
        text.chars().take(crate::dsn::MAX_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out = String::new();
    let mut column = 0;
    for word in clean.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > 76 {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.push_str(indent);
            column = indent.len();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsn::{self, TypedAddress};
    use crate::header::Header;
    use crate::part::Tree;
    use mox_clock::sim::{SimClock, SimRandom};

    const ORIGINAL: &[u8] =
        b"From: <a@example.org>\r\nSubject: =?utf-8?q?Caf=C3=A9?= at noon\r\nMessage-ID: <1@example.org>\r\n\
        Date: Sun, 22 Nov 2026 10:20:30 +0000\r\n\r\nbody\r\n";

    fn dsn() -> Dsn {
        let failed = Recipient {
            original: Some(TypedAddress::mail("bob@example.net")),
            remote_mta: Some("mx.example.net".into()),
            diagnostic: Some("550 5.1.1 no such user".into()),
            last_attempt: Some(Timestamp::from_secs(1_795_342_830)),
            ..Recipient::new("robert@example.net", Action::Failed, "5.1.1")
        };
        let delayed = Recipient {
            retry_until: Some(Timestamp::from_secs(1_795_429_230)),
            ..Recipient::new("eve@example.com", Action::Delayed, "4.4.1")
        };
        Dsn {
            reporting_mta: "mail.example.org".into(),
            received_from: Some("client.example.org".into()),
            envelope_id: Some("QQ314159".into()),
            arrival: Some(Timestamp::from_secs(1_795_342_800)),
            recipients: vec![failed, delayed],
        }
    }

    fn compose(
        dsn: &Dsn,
        to: &str,
        original: Return<'_>,
        transport: Transport,
        utf8: bool,
    ) -> Result<Vec<u8>, Error> {
        let from = Mailbox::new("Mail delivery", &"postmaster@mail.example.org".parse().unwrap());
        let (to, domain) = (to.parse().unwrap(), "mail.example.org".parse().unwrap());
        let notice = Notice { from: &from, to: &to, domain: &domain, dsn, original, transport, utf8 };
        notice.compose(&SimClock::new(Timestamp::from_secs(1_795_343_000)), &SimRandom::new(1))
    }

    #[test]
    fn a_notice_reads_back() {
        let dsn = dsn();
        for (original, transport, utf8) in [
            (Return::Header(ORIGINAL), Transport::SevenBit, false),
            (Return::Full(ORIGINAL), Transport::EightBit, false),
            (Return::Header(ORIGINAL), Transport::EightBit, true),
            (Return::Full(ORIGINAL), Transport::EightBit, true),
        ] {
            let message = compose(&dsn, "a@example.org", original, transport, utf8).unwrap();
            let found = dsn::parse(&message).unwrap();
            assert_eq!(found.dsn, dsn);
            assert_eq!(found.original_message_id.as_deref(), Some("1@example.org"));
            let about = summary(&message);
            assert!(about.is_dsn && about.is_auto_submitted);
            assert_eq!(
                (about.references.as_slice(), about.from_fields),
                (&["1@example.org".to_owned()][..], 1)
            );
            Header::check(&message).unwrap();
            assert!(transport == Transport::EightBit || message.is_ascii());
            assert!(message.ends_with(b"--\r\n"));
        }
    }

    #[test]
    fn people_learn_what_happened() {
        let message =
            compose(&dsn(), "a@example.org", Return::Header(ORIGINAL), Transport::SevenBit, false).unwrap();
        assert_eq!(summary(&message).subject, "Delivery report: Caf\u{e9} at noon");
        let text = Tree::parse(&message).text(&message, "plain", 10_000).unwrap().replace("\r\n", "\n");
        let expected = "This is the mail server mail.example.org, about your message \"Caf\u{e9} at noon\"\n\
            of Sun, 22 Nov 2026 10:20:30 +0000.\n\n\
            It could not be delivered to:\n\n    bob@example.net\n\n\
            The server mx.example.net said:\n\n    550 5.1.1 no such user\n\n\
            There is no such address there: please check how it is written. Last tried:\n\
            Sun, 22 Nov 2026 10:20:30 +0000. It will not be tried again.\n\n\
            It has not been delivered yet, and you need not send it again, to:\n\n    eve@example.com\n\n\
            The recipient's server could not be reached or did not answer. It will be\n\
            tried again until Mon, 23 Nov 2026 10:20:30 +0000; you will hear if that\n\
            fails.\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn utf8_forms_where_the_way_back_takes_them() {
        let mut dsn = dsn();
        dsn.recipients[0].address = "j\u{f6}rn@example.net".into();
        let original = "Subject: caf\u{e9}\r\nMessage-ID: <1@x>\r\n\r\nb\u{f6}dy\r\n".as_bytes();
        let types = |message: &[u8]| {
            let tree = Tree::parse(message);
            tree.children(0).map(|(_, p)| p.content_type.clone()).collect::<Vec<_>>()
        };
        let cases = [
            (Return::Header(original), Transport::EightBit, true, "message/global-headers"),
            (Return::Full(original), Transport::EightBit, true, "message/global"),
            (Return::Full(original), Transport::SevenBit, false, "text/rfc822-headers"),
            (Return::Full(original), Transport::EightBit, false, "text/rfc822-headers"),
        ];
        for (original, transport, utf8, third) in cases {
            let message = compose(&dsn, "a@example.org", original, transport, utf8).unwrap();
            let second = if utf8 { "message/global-delivery-status" } else { "message/delivery-status" };
            assert_eq!(types(&message), ["text/plain", second, third]);
            let found = dsn::parse(&message).unwrap();
            assert_eq!((found.dsn, found.original_message_id.as_deref()), (dsn.clone(), Some("1@x")));
        }
        let to = "j\u{f6}rn@example.org";
        assert!(compose(&dsn, to, Return::Header(original), Transport::EightBit, true).is_ok());
        assert_eq!(
            compose(&dsn, to, Return::Header(original), Transport::EightBit, false),
            Err(Error::NeedsUtf8 { name: "To".into() })
        );
    }

    #[test]
    fn hostile_originals_and_answers_do_no_harm() {
        let mut dsn = dsn();
        dsn.recipients[0].diagnostic = Some(format!("550 \u{1b}[31m\r\n.\r\n{}", "x".repeat(5000)));
        dsn.recipients[0].remote_mta = Some("evil\r\nX: y".into());
        let original =
            [b"Subject: =?utf-8?q?=0D=0ABcc:_x?=\r\nMessage-ID: \x01@b\r\n".repeat(5000), vec![0xff, 0, 13]]
                .concat();
        let long = format!("Message-ID: <{}@b>\r\n", "x".repeat(990));
        for full in [
            Return::Full(&original),
            Return::Header(&original),
            Return::Header(b""),
            Return::Header(long.as_bytes()),
        ] {
            let message = compose(&dsn, "a@example.org", full, Transport::SevenBit, false).unwrap();
            let header = Header::check(&message).unwrap();
            assert!(header.get("Bcc").is_none() && message.is_ascii() && !message.contains(&0x1b));
            assert!(message.split(|b| *b == b'\n').all(|line| line.len() <= 999));
            assert_eq!(dsn::parse(&message).unwrap().dsn.recipients.len(), 2);
        }
    }
}
