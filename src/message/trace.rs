//! Trace fields: Received, Return-Path, Delivered-To, and loop detection by them.
//!
//! What comes from outside (HELO, reverse DNS name) stands in the field only when it is a name, else escaped in a
//! comment, cut to [`MAX_COMMENT`]. RFC 5321 §4.4, §6.3, RFC 3848, RFC 6531 §4.3, RFC 8689 §4.

use std::net::IpAddr;

use mox_address::{Address, Domain, IpDomain, Path, ReversePath};
use mox_clock::Timestamp;

use crate::date;
use crate::fold::{Folder, escape_comment};
use crate::header::Header;

/// Received fields of a message that must be looping (RFC 5321 §6.3 asks for at least 100).
pub const MAX_RECEIVED: usize = 100;

/// Most characters of outside text that a comment holds.
pub const MAX_COMMENT: usize = 255;

/// How a message came, for the `with` clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Protocol {
    /// EHLO, not HELO.
    pub extended: bool,
    /// The message was sent with the SMTPUTF8 parameter.
    pub utf8: bool,
    /// Over TLS.
    pub tls: bool,
    /// After successful authentication.
    pub authenticated: bool,
}

impl Protocol {
    /// The keyword of the IANA registry: `SMTP`, `ESMTPSA`, `UTF8SMTPS`.
    pub fn keyword(self) -> &'static str {
        match (self.utf8, self.extended || self.tls || self.authenticated, self.tls, self.authenticated) {
            (true, _, false, false) => "UTF8SMTP",
            (true, _, true, false) => "UTF8SMTPS",
            (true, _, false, true) => "UTF8SMTPA",
            (true, _, true, true) => "UTF8SMTPSA",
            (false, false, ..) => "SMTP",
            (false, true, false, false) => "ESMTP",
            (false, true, true, false) => "ESMTPS",
            (false, true, false, true) => "ESMTPA",
            (false, true, true, true) => "ESMTPSA",
        }
    }
}

/// A Received field to be written.
#[derive(Debug, Clone)]
pub struct Received<'a> {
    /// What the client said in HELO or EHLO, as it said it.
    pub helo: &'a str,
    /// Where it came from; none hides it, as for submission.
    pub remote_ip: Option<IpAddr>,
    /// Its verified reverse DNS name.
    pub rdns: Option<&'a str>,
    /// This host.
    pub by: &'a Domain,
    /// How it came.
    pub protocol: Protocol,
    /// Id to find the session by.
    pub id: &'a str,
    /// TLS version and cipher suite.
    pub tls: Option<&'a str>,
    /// REQUIRETLS was asked for.
    pub require_tls: bool,
    /// The recipient, when there is one only (RFC 5321 §7.6).
    pub recipient: Option<&'a Path>,
    /// When it came.
    pub at: Timestamp,
}

impl Received<'_> {
    /// The field, folded by clause, with CRLF. Always valid, whatever the client said.
    pub fn format(&self) -> String {
        let mut field = Folder::new("Received");
        self.write_from(&mut field);
        field
            .line("by")
            .word(self.by.ascii())
            .word("via")
            .word("tcp")
            .word("with")
            .word(self.protocol.keyword());
        // An atom, which has no dots (RFC 5321 §4.4).
        let id: String =
            self.id.chars().filter(|c| c.is_ascii_alphanumeric() || "-_+".contains(*c)).take(100).collect();
        if !id.is_empty() {
            field.word("id").word(&id);
        }
        if self.require_tls {
            field.word("(requiretls)");
        }
        if let Some(tls) = self.tls {
            field.line(&format!("({})", cut_comment(tls)));
        }
        match self.recipient {
            Some(path) if self.protocol.utf8 || path.is_ascii() => {
                field.line("for").word(&format!("<{path}>;"));
            }
            _ => {
                field.glue(";");
            }
        }
        field.line(&date::format(self.at));
        field.finish().unwrap_or_default()
    }

    fn write_from(&self, field: &mut Folder) {
        let literal = self.remote_ip.map(|ip| IpDomain::Ip(ip).to_string());
        let helo = self.helo.parse::<IpDomain>().ok().map(|h| h.to_string());
        let known = helo.is_some();
        let name = helo.or_else(|| literal.clone()).unwrap_or_else(|| "localhost".to_owned());
        field.word("from").word(&name);
        if let Some(literal) = literal {
            match self.rdns.and_then(|name| name.parse::<Domain>().ok()) {
                Some(rdns) => field.word(&format!("({rdns}")).word(&format!("{literal})")),
                None => field.word(&format!("({literal})")),
            };
        }
        if !known {
            field.line("(HELO").word(&format!("{})", cut_comment(self.helo)));
        }
    }
}

fn cut_comment(text: &str) -> String {
    escape_comment(&text.chars().take(MAX_COMMENT).collect::<String>(), false)
}

/// The Return-Path field, with CRLF: the reverse-path at final delivery.
pub fn return_path(reverse_path: &ReversePath) -> String {
    match reverse_path {
        Some(path) => format!("Return-Path: <{path}>\r\n"),
        None => "Return-Path: <>\r\n".to_owned(),
    }
}

/// The Delivered-To field, with CRLF: the address a message was delivered for.
pub fn delivered_to(address: &Address) -> String {
    format!("Delivered-To: {address}\r\n")
}

/// How many Received fields a header has.
pub fn received_count(header: &Header<'_>) -> usize {
    header.all("Received").count()
}

/// Whether the message passed so many hosts that it must be looping: more than `most`, as
/// [`MAX_RECEIVED`].
pub fn is_looping(header: &Header<'_>, most: usize) -> bool {
    received_count(header) > most
}

/// Whether the message was delivered for this address before: it comes back, as when two addresses forward to each
/// other. The field is what this host and others write at delivery; localparts compare without regard to case, since
/// a forward may change that. For the MX only: what a user resends by hand has the field, too.
pub fn was_delivered_to(header: &Header<'_>, address: &Address) -> bool {
    let same = |text: &str| {
        let text = text.trim();
        let bare = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
        bare.parse::<Address>().is_ok_and(|found| {
            let (a, b) = (found.localpart.as_str().to_lowercase(), address.localpart.as_str().to_lowercase());
            found.domain == address.domain && a == b
        })
    };
    header.all("Delivered-To").any(|field| same(&field.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received<'a>(helo: &'a str, by: &'a Domain) -> Received<'a> {
        Received {
            helo,
            remote_ip: Some("192.0.2.1".parse().unwrap()),
            rdns: Some("mx.example.net"),
            by,
            protocol: Protocol { extended: true, tls: true, ..Protocol::default() },
            id: "abc-1",
            tls: Some("TLSv1.3 TLS_AES_128_GCM_SHA256"),
            require_tls: false,
            recipient: None,
            at: Timestamp::from_secs(1_795_342_830),
        }
    }

    #[test]
    fn received_has_all_clauses() {
        let by: Domain = "mail.example.org".parse().unwrap();
        let path: Path = "a@example.org".parse().unwrap();
        let mut field = received("helo.example.net", &by);
        field.recipient = Some(&path);
        assert_eq!(
            field.format(),
            "Received: from helo.example.net (mx.example.net [192.0.2.1])\r\n\
             \tby mail.example.org via tcp with ESMTPS id abc-1\r\n\
             \t(TLSv1.3 TLS_AES_128_GCM_SHA256)\r\n\
             \tfor <a@example.org>;\r\n\
             \tSun, 22 Nov 2026 10:20:30 +0000\r\n"
        );
        field = Received {
            remote_ip: None,
            rdns: None,
            tls: None,
            require_tls: true,
            ..received("localhost", &by)
        };
        assert_eq!(
            field.format(),
            "Received: from localhost\r\n\tby mail.example.org via tcp with ESMTPS id abc-1 (requiretls);\r\n\
             \tSun, 22 Nov 2026 10:20:30 +0000\r\n"
        );
    }

    #[test]
    fn hostile_words_stay_in_their_comment() {
        let by: Domain = "mail.example.org".parse().unwrap();
        let long = "x y".repeat(2000);
        for helo in ["evil) by you; (x", "a\r\nBcc: b@c.test", "\u{1b}[31m", "", "jörn münchen", &long] {
            let text = Received { id: "a. b\r\n;", rdns: Some("x\r\ny"), ..received(helo, &by) }.format();
            let header = Header::check(text.as_bytes()).unwrap();
            assert_eq!(header.fields().count(), 1, "{text}");
            assert!(
                text.is_ascii() && text.starts_with("Received: from [192.0.2.1] ([192.0.2.1])\r\n\t(HELO"),
                "{text}"
            );
            assert!(!text.contains(" (x)") && text.contains(" id ab\r\n"), "{text}");
        }
    }

    #[test]
    fn protocol_keywords() {
        let keyword =
            |extended, utf8, tls, authenticated| Protocol { extended, utf8, tls, authenticated }.keyword();
        assert_eq!(keyword(false, false, false, false), "SMTP");
        assert_eq!(keyword(true, false, false, false), "ESMTP");
        assert_eq!(keyword(true, false, true, true), "ESMTPSA");
        assert_eq!(keyword(true, true, true, false), "UTF8SMTPS");
        assert_eq!(keyword(true, true, false, false), "UTF8SMTP");
    }

    #[test]
    fn loops_are_seen() {
        let once = "Received: x\r\n";
        assert!(!is_looping(&Header::of(once.repeat(MAX_RECEIVED).as_bytes()), MAX_RECEIVED));
        assert!(is_looping(&Header::of(once.repeat(MAX_RECEIVED + 1).as_bytes()), MAX_RECEIVED));
        let address: Address = "a@example.org".parse().unwrap();
        let field = delivered_to(&address);
        assert!(was_delivered_to(&Header::of(field.as_bytes()), &address));
        for (field, same) in [
            ("Delivered-To: b@example.org", false),
            ("Delivered-To: a@sub.example.org", false),
            ("X-Delivered-To: a@example.org", false),
            ("Delivered-To: mailing list a@example.org", false),
            ("Delivered-To: A@Example.ORG", true),
            ("delivered-to:\r\n <a@example.org>", true),
            ("Delivered-To: b@example.org\r\nDelivered-To: \"a\"@example.org", true),
        ] {
            let header = format!("{field}\r\n");
            assert_eq!(was_delivered_to(&Header::of(header.as_bytes()), &address), same, "{field}");
        }
        assert_eq!(return_path(&None), "Return-Path: <>\r\n");
        assert_eq!(return_path(&Some("a@b.test".parse().unwrap())), "Return-Path: <a@b.test>\r\n");
    }
}
