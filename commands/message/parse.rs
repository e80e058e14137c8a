//! `mox message parse`: what a message file says and how it is built, without a server.

use std::path::PathBuf;

use serde::Serialize;

use mox_message::date;
use mox_message::fields::{Summary, summary};
use mox_message::header::{Header, MAX_FIELDS};
use mox_message::part::{Kind, Tree};
use mox_message::problems::{Problem, problems};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Message file; `-` is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "printf 'Subject: hi\\r\\n\\r\\nhello\\r\\n' | mox message parse -",
    about: "Fields, parts, types and sizes",
    needs: Needs::Nothing,
}];

/// Most bytes of a message file.
const MAX_MESSAGE: u64 = 100 << 20;

/// What a message says and how it is built.
#[derive(Serialize)]
struct Report {
    size: u64,
    /// Why the header is not lawful, if it is not.
    problem: Option<String>,
    /// Parts beyond the limits were left out.
    cut: bool,
    /// All that is not lawful, or makes others read the message in different ways.
    problems: Vec<Problem>,
    summary: Summary,
    /// Domains of the addresses in all From fields, each once.
    from_domains: Vec<String>,
    /// All fields of the header in their order, each as often as it stands there.
    header: Vec<HeaderField>,
    /// Hosts that it passed, the last one first.
    received: Vec<Hop>,
    /// Values of Authentication-Results fields; anybody can have written them.
    authentication_results: Vec<String>,
    /// DKIM-Signature fields; whether they are right is for `mox dkim verify`.
    dkim_signatures: Vec<Signature>,
    parts: Vec<Part>,
    /// IMAP sections of the parts that are attachments.
    attachments: Vec<String>,
}

/// A field of the header.
#[derive(Serialize)]
struct HeaderField {
    name: String,
    /// Unfolded, not decoded.
    value: String,
}

/// A Received field.
#[derive(Serialize)]
struct Hop {
    value: String,
    /// RFC 3339; none when it cannot be read.
    date: Option<String>,
}

/// What a DKIM-Signature field says of itself.
#[derive(Serialize)]
struct Signature {
    domain: Option<String>,
    selector: Option<String>,
    algorithm: Option<String>,
}

impl Signature {
    fn of(value: &str) -> Signature {
        let tag = |name: &str| {
            let tags = value.split(';').filter_map(|tag| tag.split_once('='));
            let mut found = tags.filter(|(n, _)| n.trim() == name).map(|(_, v)| v.trim().to_owned());
            found.next()
        };
        Signature { domain: tag("d"), selector: tag("s"), algorithm: tag("a") }
    }
}

/// A part, those that contain others included.
#[derive(Serialize)]
struct Part {
    /// IMAP section; empty for the outermost multipart.
    part: String,
    content_type: String,
    encoding: mox_message::body::TransferEncoding,
    /// Bytes as encoded.
    size: u64,
    filename: Option<String>,
    /// Whether it holds a message or other parts.
    kind: Kind,
    charset: Option<String>,
    /// `attachment`, `inline`, or what is written there.
    disposition: Option<String>,
    content_id: Option<String>,
    description: Option<String>,
    /// Offset of its header in the message, in bytes.
    header_start: u64,
    /// Offset of its body.
    body_start: u64,
    /// Offset of what follows its body.
    end: u64,
    /// Line ends in its body.
    lines: u64,
}

impl Report {
    fn of(message: &[u8]) -> Report {
        let tree = Tree::parse(message);
        let parts = tree.parts.iter().enumerate().map(|(index, part)| Part {
            part: tree.section(index),
            content_type: part.content_type.clone(),
            encoding: part.encoding,
            size: part.size() as u64,
            filename: part.filename.clone(),
            kind: part.kind,
            charset: part.param("charset").map(str::to_owned),
            disposition: part.disposition.as_ref().map(|d| d.value.clone()),
            content_id: part.content_id.clone(),
            description: part.description.clone(),
            header_start: part.header_start as u64,
            body_start: part.body_start as u64,
            end: part.end as u64,
            lines: part.lines as u64,
        });
        let header = Header::of(message);
        let values = |name| header.all(name).take(MAX_FIELDS).map(|field| field.text().trim().to_owned());
        let hop = |value: String| {
            let date = value.rsplit_once(';').and_then(|(_, text)| date::parse(text));
            Hop { date: date.map(|date| date.rfc3339()), value }
        };
        Report {
            size: message.len() as u64,
            problem: Header::check(message).err().map(|e| e.to_string()),
            cut: tree.cut,
            problems: problems(message),
            summary: summary(message),
            from_domains: from_domains(&header),
            header: header
                .fields()
                .take(MAX_FIELDS)
                .map(|f| HeaderField { name: f.name.to_owned(), value: f.text().trim().to_owned() })
                .collect(),
            received: values("Received").map(hop).collect(),
            authentication_results: values("Authentication-Results").collect(),
            dkim_signatures: values("DKIM-Signature").map(|value| Signature::of(&value)).collect(),
            parts: parts.collect(),
            attachments: tree.attachments().map(|(index, _)| tree.section(index)).collect(),
        }
    }
}

/// Domains of all authors, each once.
fn from_domains(header: &Header<'_>) -> Vec<String> {
    let mut domains = Vec::new();
    for field in header.all("From") {
        for mailbox in mox_message::AddressList::parse(&field.text()).mailboxes() {
            let domain = mailbox.domain.parse().map(|domain: mox_address::Domain| domain.to_string());
            let domain = domain.unwrap_or_else(|_| mailbox.domain.to_lowercase());
            if !domain.is_empty() && !domains.contains(&domain) {
                domains.push(domain);
            }
        }
    }
    domains
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let s = &self.summary;
        let list = |mailboxes: &[mox_message::Mailbox]| {
            mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        page.field("size", size(self.size));
        page.field("date", s.date.map(|t| t.to_string()).unwrap_or_default());
        page.field("from", list(&s.from));
        page.field("to", list(&s.to));
        page.field("subject", &s.subject);
        page.field("message-id", s.message_id.as_deref().unwrap_or_default());
        page.field("hops", self.received.len());
        for signature in &self.dkim_signatures {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".to_owned());
            let (domain, selector) = (text(&signature.domain), text(&signature.selector));
            page.field("dkim", format!("{domain} by {selector}, {}", text(&signature.algorithm)));
        }
        for result in &self.authentication_results {
            page.field("authres", result);
        }
        for problem in &self.problems {
            page.verdict(Some(false), &problem.text);
        }
        if self.cut {
            page.verdict(Some(false), "too many parts, some are left out");
        }
        page.line("");
        let rows = self.parts.iter().map(|p| {
            let encoding = serde_json::to_value(p.encoding).ok();
            let encoding = encoding.as_ref().and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            let filename = p.filename.clone().unwrap_or_default();
            let charset = p.charset.clone().unwrap_or_default();
            vec![p.part.clone(), p.content_type.clone(), charset, encoding, size(p.size), filename]
        });
        page.table(&["PART", "TYPE", "CHARSET", "ENCODING", ">SIZE", "FILE"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let bytes = cx.read_input(&args.file, MAX_MESSAGE)?;
    cx.print(&Report::of(&bytes))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_message_says_is_told() {
        let message = b"Received: from a.example by b.example with ESMTP;\r\n\tSun, 22 Nov 2026 10:20:30 +0000\r\n\
            Received: from x; never\r\nAuthentication-Results: b.example; spf=pass\r\n\
            DKIM-Signature: v=1; a=rsa-sha256; d=example.org;\r\n s=sel; bh=x; b=y==\r\n\
            From: a@example.org, b@example.net\r\nFrom: c@Example.ORG\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
            --x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhi\r\n\
            --x\r\nContent-Type: image/png; name=a.png\r\nContent-Disposition: attachment\r\n\r\nAA\r\n--x--\r\n";
        let json = serde_json::to_value(Report::of(message)).unwrap();
        assert_eq!(json["received"][0]["date"], "2026-11-22T10:20:30Z");
        assert_eq!(
            (&json["received"][1]["value"], &json["received"][1]["date"]),
            (&"from x; never".into(), &serde_json::Value::Null)
        );
        assert_eq!(json["authentication_results"], serde_json::json!(["b.example; spf=pass"]));
        assert_eq!(
            json["dkim_signatures"],
            serde_json::json!([{"domain": "example.org", "selector": "sel", "algorithm": "rsa-sha256"}])
        );
        assert_eq!(json["from_domains"].as_array().unwrap().len(), 2, "{}", json["from_domains"]);
        assert_eq!(json["header"].as_array().unwrap().iter().filter(|f| f["name"] == "From").count(), 2);
        let codes: Vec<&str> =
            json["problems"].as_array().unwrap().iter().filter_map(|p| p["code"].as_str()).collect();
        assert_eq!(codes, ["several-from", "field-missing", "several-authors"]);
        assert_eq!((&json["parts"][1]["charset"], &json["parts"][1]["lines"]), (&"utf-8".into(), &0.into()));
        let part = &json["parts"][2];
        let (start, end) =
            (part["body_start"].as_u64().unwrap() as usize, part["end"].as_u64().unwrap() as usize);
        assert_eq!(&message[start..end], b"AA");
        assert_eq!(
            (&part["disposition"], &json["attachments"]),
            (&"attachment".into(), &serde_json::json!(["2"]))
        );
    }
}
