//! Delivery status notifications as values: the machine-readable part written and read, and found in a message.
//!
//! Addresses beyond ASCII are `utf-8` addresses: as they are in message/global-delivery-status, escaped as `\x{F6}` in
//! message/delivery-status. The whole message with its text for people is made by [`crate::notice`].
//! Limits: [`MAX_REPORT`], [`MAX_RECIPIENTS`], [`MAX_TEXT`]. RFC 3464 §2, RFC 6533 §3, §4.

use std::fmt;
use std::str::FromStr;

use mox_clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::date;
use crate::fields::message_id;
use crate::fold::Folder;
use crate::header::{Header, split};
use crate::part::{Kind, Part, Tree};

/// Longest machine-readable part that is read, in bytes.
pub const MAX_REPORT: usize = 1 << 20;

/// Most recipients that are read.
pub const MAX_RECIPIENTS: usize = 1000;

/// Most characters of outside text, such as a server's answer, that a field carries.
pub const MAX_TEXT: usize = 2000;

/// What became of a message for a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Not delivered, and nobody tries any more.
    Failed,
    /// Not delivered yet.
    Delayed,
    /// In the mailbox.
    Delivered,
    /// Passed to a host that does not confirm delivery.
    Relayed,
    /// Passed to several addresses behind this one.
    Expanded,
}

impl Action {
    const ALL: [(Action, &'static str); 5] = [
        (Action::Failed, "failed"),
        (Action::Delayed, "delayed"),
        (Action::Delivered, "delivered"),
        (Action::Relayed, "relayed"),
        (Action::Expanded, "expanded"),
    ];

    /// First number of a status code that fits.
    fn class(self) -> char {
        match self {
            Action::Failed => '5',
            Action::Delayed => '4',
            _ => '2',
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Action::ALL.iter().find(|(a, _)| a == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Action {
    type Err = Error;
    fn from_str(text: &str) -> Result<Action, Error> {
        let word = text.split([' ', '\t', '(']).next().unwrap_or_default();
        let found = Action::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(word));
        found.map(|(a, _)| *a).ok_or(Error::NotDsn("unknown action of a recipient"))
    }
}

/// An address with the name of its kind, as ORCPT and reports carry it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypedAddress {
    /// Lower-case kind: `rfc822`, `utf-8`, or another that IANA lists.
    pub kind: String,
    /// The address, unescaped.
    pub address: String,
}

impl TypedAddress {
    /// A mail address: `rfc822` when it is ASCII, else `utf-8`.
    pub fn mail(address: impl Into<String>) -> TypedAddress {
        let address = address.into();
        let kind = if address.is_ascii() { "rfc822" } else { "utf-8" };
        TypedAddress { kind: kind.to_owned(), address }
    }

    /// Reads `rfc822; a@example.org`; without a kind it is a mail address.
    fn parse(text: &str) -> TypedAddress {
        match text.split_once(';') {
            Some((kind, address)) => {
                let kind = kind.trim().to_ascii_lowercase();
                let address = address.trim();
                let address = if kind == "utf-8" { unescape(address) } else { address.to_owned() };
                TypedAddress { kind, address }
            }
            None => TypedAddress::mail(text.trim()),
        }
    }

    fn write(&self, utf8: bool) -> String {
        let address =
            if utf8 || self.address.is_ascii() { self.address.clone() } else { escape(&self.address) };
        let kind = if self.address.is_ascii() { self.kind.as_str() } else { "utf-8" };
        format!("{kind}; {address}")
    }
}

/// The `unitext` form of RFC 6533 §3.
fn escape(address: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !"\\+=".contains(c);
    address
        .chars()
        .map(|c| if plain(c) { c.to_string() } else { format!("\\x{{{:02X}}}", u32::from(c)) })
        .collect()
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x{") {
        let code = after.get(..after.len().min(7)).and_then(|t| t.split_once('}')).map(|(hex, _)| hex);
        let c = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        out.push_str(before);
        match (c.filter(|c| !c.is_control()), code) {
            (Some(c), Some(hex)) => {
                out.push(c);
                rest = after.get(hex.len() + 1..).unwrap_or_default();
            }
            _ => {
                out.push_str("\\x{");
                rest = after;
            }
        }
    }
    out + rest
}

/// The machine-readable part of a notification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dsn {
    /// Name of the host that reports.
    pub reporting_mta: String,
    /// Name of the host the message came from.
    pub received_from: Option<String>,
    /// ENVID that the sender gave.
    pub envelope_id: Option<String>,
    /// When the message came to the reporting host.
    pub arrival: Option<Timestamp>,
    /// At least one.
    pub recipients: Vec<Recipient>,
}

/// What became of the message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// ORCPT that the sender gave: the address before aliases and forwards.
    pub original: Option<TypedAddress>,
    /// The address that delivery was tried to.
    pub address: String,
    /// What became of it.
    pub action: Action,
    /// Enhanced status code: `5.1.1`.
    pub status: String,
    /// Name of the host that answered.
    pub remote_mta: Option<String>,
    /// What that host answered, code and text on one line.
    pub diagnostic: Option<String>,
    /// When delivery was last tried.
    pub last_attempt: Option<Timestamp>,
    /// Until when it will be tried again.
    pub retry_until: Option<Timestamp>,
}

impl Recipient {
    /// A recipient without particulars.
    pub fn new(address: impl Into<String>, action: Action, status: impl Into<String>) -> Recipient {
        Recipient {
            original: None,
            address: address.into(),
            action,
            status: status.into(),
            remote_mta: None,
            diagnostic: None,
            last_attempt: None,
            retry_until: None,
        }
    }
}

impl Dsn {
    /// Writes the part, CRLF at each line end; with `utf8` as message/global-delivery-status, else in ASCII. Outside
    /// text is cleaned of control characters. Errors: no recipient.
    pub fn format(&self, utf8: bool) -> Result<String, Error> {
        if self.recipients.is_empty() {
            return Err(Error::NotDsn("no recipient"));
        }
        let mut writer = Writer { out: String::new(), utf8 };
        writer.field("Original-Envelope-Id", "", self.envelope_id.as_deref())?;
        writer.field("Reporting-MTA", "dns; ", Some(&self.reporting_mta))?;
        writer.field("Received-From-MTA", "dns; ", self.received_from.as_deref())?;
        writer.date("Arrival-Date", self.arrival)?;
        for recipient in &self.recipients {
            writer.out.push_str("\r\n");
            writer.recipient(recipient)?;
        }
        Ok(writer.out)
    }

    /// Reads the part.
    pub fn parse(report: &[u8]) -> Result<Dsn, Error> {
        let mut groups = groups(report.get(..MAX_REPORT).unwrap_or(report));
        let header = groups.next().ok_or(Error::NotDsn("empty report"))?;
        let after_kind = |text: &str| match text.split_once(';') {
            Some((_, value)) => value.trim().to_owned(),
            None => text.trim().to_owned(),
        };
        let reporting = header.text("Reporting-MTA").ok_or(Error::NotDsn("no Reporting-MTA field"))?;
        let recipients: Vec<Recipient> = groups
            .take(MAX_RECIPIENTS)
            .filter(|group| group.fields().next().is_some())
            .map(|group| read_recipient(&group))
            .collect::<Result<_, _>>()?;
        if recipients.is_empty() {
            return Err(Error::NotDsn("no recipient"));
        }
        Ok(Dsn {
            reporting_mta: after_kind(&reporting),
            received_from: header.text("Received-From-MTA").map(|t| after_kind(&t)),
            envelope_id: header.text("Original-Envelope-Id").map(|t| t.into_owned()),
            arrival: header.text("Arrival-Date").and_then(|t| date::parse(&t)),
            recipients,
        })
    }
}

struct Writer {
    out: String,
    utf8: bool,
}

impl Writer {
    fn recipient(&mut self, r: &Recipient) -> Result<(), Error> {
        let utf8 = self.utf8;
        self.field("Original-Recipient", "", r.original.as_ref().map(|o| o.write(utf8)).as_deref())?;
        self.field("Final-Recipient", "", Some(&TypedAddress::mail(&r.address).write(utf8)))?;
        self.field("Action", "", Some(&r.action.to_string()))?;
        let status =
            if is_status(&r.status) { r.status.clone() } else { format!("{}.0.0", r.action.class()) };
        self.field("Status", "", Some(&status))?;
        self.field("Remote-MTA", "dns; ", r.remote_mta.as_deref())?;
        let kind = r.diagnostic.as_deref().map_or("", diagnostic_kind);
        self.field("Diagnostic-Code", kind, r.diagnostic.as_deref())?;
        self.date("Last-Attempt-Date", r.last_attempt)?;
        self.date("Will-Retry-Until", r.retry_until)
    }

    fn date(&mut self, name: &str, at: Option<Timestamp>) -> Result<(), Error> {
        self.field(name, "", at.map(date::format).as_deref())
    }

    fn field(&mut self, name: &str, kind: &str, value: Option<&str>) -> Result<(), Error> {
        let Some(value) = value else { return Ok(()) };
        let mut field = Folder::new(name);
        for word in format!("{kind}{}", clean(value, self.utf8)).split_whitespace() {
            field.word(word);
        }
        self.out.push_str(&field.finish()?);
        Ok(())
    }
}

/// `smtp` is for replies of a server alone (RFC 3464 §2.3.6); what was seen without one is our own word.
fn diagnostic_kind(text: &str) -> &'static str {
    let is_reply = text.get(..3).is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit()))
        && text.get(3..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-']));
    if is_reply { "smtp; " } else { "X-mox; " }
}

/// Outside text for a field: on one line, bounded, words short enough for a line, ASCII unless `utf8`.
fn clean(text: &str, utf8: bool) -> String {
    let mut cleaned = String::new();
    let mut word = 0;
    for c in text.chars().take(MAX_TEXT) {
        let c = match c {
            c if c.is_control() => ' ',
            c if !utf8 && !c.is_ascii() => '?',
            c => c,
        };
        word = if c.is_whitespace() { 0 } else { word + c.len_utf8() };
        if word > 900 {
            cleaned.push(' ');
            word = 0;
        }
        cleaned.push(c);
    }
    cleaned
}

/// Whether it is an enhanced status code: `5.1.1` (RFC 3463 §2).
fn is_status(text: &str) -> bool {
    let mut parts = text.split('.');
    let class = parts.next().is_some_and(|c| matches!(c, "2" | "4" | "5"));
    let number = |t: Option<&str>| {
        t.is_some_and(|t| (1..=3).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit()))
    };
    class && number(parts.next()) && number(parts.next()) && parts.next().is_none()
}

/// Groups of fields, separated by empty lines.
fn groups(report: &[u8]) -> impl Iterator<Item = Header<'_>> {
    let mut rest = report;
    std::iter::from_fn(move || {
        while let [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return None;
        }
        let (length, body) = split(rest);
        let header = Header::of(rest.get(..length)?);
        rest = body;
        Some(header)
    })
}

fn read_recipient(group: &Header<'_>) -> Result<Recipient, Error> {
    let text = |name: &str| group.text(name);
    let missing = Error::NotDsn("a recipient without Final-Recipient, Action or Status");
    let (Some(address), Some(action), Some(status)) =
        (text("Final-Recipient"), text("Action"), text("Status"))
    else {
        return Err(missing);
    };
    let after_kind = |t: &str| t.split_once(';').map_or(t, |(_, v)| v).trim().to_owned();
    Ok(Recipient {
        original: text("Original-Recipient").map(|t| TypedAddress::parse(&t)),
        address: TypedAddress::parse(&address).address,
        action: action.parse()?,
        status: status.split([' ', '\t', '(']).next().filter(|s| is_status(s)).unwrap_or_default().to_owned(),
        remote_mta: text("Remote-MTA").map(|t| after_kind(&t)),
        diagnostic: text("Diagnostic-Code").map(|t| after_kind(&t)),
        last_attempt: text("Last-Attempt-Date").and_then(|t| date::parse(&t)),
        retry_until: text("Will-Retry-Until").and_then(|t| date::parse(&t)),
    })
}

/// A notification that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its machine-readable part.
    pub dsn: Dsn,
    /// Message-ID of the message it is about, without brackets, when it returns that message or its header.
    pub original_message_id: Option<String>,
}

/// Finds and reads the notification in a message. Errors: [`Error::NotDsn`].
pub fn parse(message: &[u8]) -> Result<Arrived, Error> {
    let tree = Tree::parse(message);
    tree.parts
        .first()
        .filter(|p| is_report(p))
        .ok_or(Error::NotDsn("not a multipart/report of delivery-status"))?;
    let wanted =
        |types: &[&str]| tree.children(0).map(|(_, p)| p).find(|p| types.contains(&p.content_type.as_str()));
    let report = wanted(&["message/delivery-status", "message/global-delivery-status"])
        .ok_or(Error::NotDsn("no message/delivery-status part"))?;
    let dsn = Dsn::parse(&tree.decode(message, report, MAX_REPORT).0)?;
    let original =
        wanted(&["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"]);
    let original = original.map(|p| tree.decode(message, p, crate::header::MAX_HEADER).0);
    let id = original.and_then(|bytes| Header::of(&bytes).text("Message-ID").and_then(|t| message_id(&t)));
    Ok(Arrived { dsn, original_message_id: id })
}

fn is_report(part: &Part) -> bool {
    part.kind == Kind::Multipart
        && part.content_type == "multipart/report"
        && part.param("report-type").is_some_and(|t| t.eq_ignore_ascii_case("delivery-status"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 3464 appendix E.1, shortened.
    const EXAMPLE: &[u8] = b"From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>\r\nTo: <owner-info-mime@cs.utk.edu>\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\
        \tboundary=\"RAA14128.773615765/CS.UTK.EDU\"\r\n\r\n--RAA14128.773615765/CS.UTK.EDU\r\n\r\n\
        The original message was received at Sat, 2 Jul 1994 17:10:28 -0400\r\n--RAA14128.773615765/CS.UTK.EDU\r\n\
        content-type: message/delivery-status\r\n\r\nReporting-MTA: dns; cs.utk.edu\r\n\r\n\
        Original-Recipient: rfc822;louisl@larry.slip.umd.edu\r\nFinal-Recipient: rfc822;louisl@larry.slip.umd.edu\r\n\
        Action: failed\r\nStatus: 4.0.0\r\nDiagnostic-Code: smtp; 426 connection timed out\r\n\
        Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\r\n\r\n--RAA14128.773615765/CS.UTK.EDU\r\n\
        content-type: message/rfc822\r\n\r\nMessage-ID: <a@b>\r\nSubject: x\r\n\r\nbody\r\n--RAA14128.773615765/CS.UTK.EDU--\r\n";

    #[test]
    fn the_example_of_rfc_3464() {
        let found = parse(EXAMPLE).unwrap();
        assert_eq!(found.original_message_id.as_deref(), Some("a@b"));
        assert_eq!(found.dsn.reporting_mta, "cs.utk.edu");
        let [recipient] = found.dsn.recipients.as_slice() else { panic!("{found:?}") };
        let expected = Recipient {
            original: Some(TypedAddress::mail("louisl@larry.slip.umd.edu")),
            diagnostic: Some("426 connection timed out".into()),
            last_attempt: Timestamp::parse_rfc3339("1994-07-07T21:15:49Z"),
            ..Recipient::new("louisl@larry.slip.umd.edu", Action::Failed, "4.0.0")
        };
        assert_eq!(*recipient, expected);
    }

    #[test]
    fn what_is_no_notification() {
        let cases: [(&[u8], &str); 4] = [
            (b"Subject: x\r\n\r\ny", "not a multipart/report of delivery-status"),
            (b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\n\nx\n--a--\n", "no message/delivery-status part"),
            (
                b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\nA: b\n--a--\n",
                "no Reporting-MTA field",
            ),
            (
                b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;x\n--a--\n",
                "no recipient",
            ),
        ];
        for (message, why) in cases {
            assert_eq!(parse(message), Err(Error::NotDsn(why)));
        }
        let flood = format!(
            "Reporting-MTA: dns; x\n\n{}",
            "Final-Recipient: rfc822; a\nAction: failed\nStatus: 5.0.0\n\n".repeat(5000)
        );
        assert_eq!(Dsn::parse(flood.as_bytes()).unwrap().recipients.len(), MAX_RECIPIENTS);
    }

    #[test]
    fn addresses_beyond_ascii() {
        let dsn = Dsn {
            reporting_mta: "mail.example.org".into(),
            recipients: vec![Recipient {
                original: Some(TypedAddress::mail("j\u{f6}rn+x@m\u{fc}nchen.example")),
                ..Recipient::new("j\u{f6}rn+x@m\u{fc}nchen.example", Action::Failed, "5.6.7")
            }],
            ..Dsn::default()
        };
        let ascii = dsn.format(false).unwrap();
        assert!(
            ascii.contains("Final-Recipient: utf-8; j\\x{F6}rn\\x{2B}x@m\\x{FC}nchen.example\r\n"),
            "{ascii}"
        );
        assert_eq!(Dsn::parse(ascii.as_bytes()).unwrap(), dsn);
        let utf8 = dsn.format(true).unwrap();
        assert!(utf8.contains("Original-Recipient: utf-8; j\u{f6}rn+x@m\u{fc}nchen.example\r\n"), "{utf8}");
        assert_eq!(Dsn::parse(utf8.as_bytes()).unwrap(), dsn);
        assert_eq!(unescape("\\x{41}\\x{zz}\\x{0D}\\x{"), "A\\x{zz}\\x{0D}\\x{");
    }

    #[test]
    fn only_a_reply_is_called_smtp() {
        for (said, field) in [
            ("550 5.1.1 no such user", "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"),
            (
                "192.0.2.1:25: Connection refused",
                "Diagnostic-Code: X-mox; 192.0.2.1:25: Connection refused\r\n",
            ),
            ("no mail host could be reached", "Diagnostic-Code: X-mox; no mail host could be reached\r\n"),
        ] {
            let mut recipient = Recipient::new("a@b.test", Action::Failed, "4.4.1");
            recipient.diagnostic = Some(said.to_owned());
            let dsn = Dsn { reporting_mta: "x".into(), recipients: vec![recipient], ..Dsn::default() };
            let text = dsn.format(false).unwrap();
            assert!(text.contains(field), "{text}");
            assert_eq!(Dsn::parse(text.as_bytes()).unwrap(), dsn);
        }
    }

    #[test]
    fn hostile_answers_stay_in_their_field() {
        let mut recipient = Recipient::new("a@b.test", Action::Failed, "5.1.1\r\nX: y");
        recipient.diagnostic =
            Some(format!("550 no\r\n\r\nFinal-Recipient: rfc822; x\u{e9}{}", "y".repeat(5000)));
        let dsn = Dsn { reporting_mta: "x".into(), recipients: vec![recipient], ..Dsn::default() };
        let text = dsn.format(false).unwrap();
        let read = Dsn::parse(text.as_bytes()).unwrap();
        assert_eq!((read.recipients.len(), read.recipients[0].status.as_str()), (1, "5.0.0"));
        assert!(text.is_ascii() && text.lines().all(|l| l.len() <= 998));
        assert_eq!(Dsn::default().format(false), Err(Error::NotDsn("no recipient")));
    }

    proptest! {
        #[test]
        fn any_report_is_read_without_panic(text in "(Reporting-MTA|Final-Recipient|Action|Status|[:; \\n\\\\x{}0-9\\PC]){0,60}") {
            let _ = Dsn::parse(text.as_bytes());
            let _ = unescape(&text);
        }
    }
}
