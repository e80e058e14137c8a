//! Failure reports: what failed for one message, or for several that are alike, and the header of that message.
//!
//! A message of type multipart/report holds a text for people, a part message/feedback-report of fields, and the message
//! reported or its header. Read is what has such a part, whatever is around it; what differs is noted. Limits:
//! [`MAX_MESSAGE`], [`MAX_FIELDS`], [`MAX_FIELD`], [`MAX_VALUES`], [`MAX_HEADER`]. Reports of what people
//! complain about have the same form and are told apart. RFC 5965 §3, RFC 6591 §3, RFC 9991 §4.

use std::net::IpAddr;

use mox_clock::Timestamp;
use mox_message::header::Header;
use mox_message::part::{Kind, Part, Tree};
use serde::Serialize;

use crate::message::{Depth, MAX_MESSAGE};
use crate::read::Notes;
use crate::words;
use crate::xml::clip;

/// Most bytes of the fields of a report.
pub const MAX_FIELDS: usize = 64 << 10;

/// Most bytes of a field's value.
pub const MAX_FIELD: usize = 2000;

/// Most bytes of the header of the message that is reported.
pub const MAX_HEADER: usize = 64 << 10;

/// Most values of a field that may stand several times.
pub const MAX_VALUES: usize = 20;

/// What RFC 6591 §3.1 and RFC 9991 §4 know to fail.
const FAILURES: [&str; 6] = ["adsp", "bodyhash", "dmarc", "revoked", "signature", "spf"];

/// What was done with the message, RFC 6591 §3.2.2.
const RESULTS: [&str; 5] = ["delivered", "spam", "policy", "reject", "other"];

/// A failure report. Texts are empty, and lists too, where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FailureReport {
    /// Version of the form: 1, or 0.1 of before.
    pub version: String,
    /// The software that wrote it.
    pub user_agent: String,
    /// What failed: `dmarc`, `spf`, `signature`, `bodyhash`, `revoked`, `adsp`; several are against the RFC.
    pub auth_failure: Vec<String>,
    /// What was done with the message: `delivered`, `spam`, `policy`, `reject`, `other`.
    pub delivery_result: String,
    /// What is not aligned: `dkim`, `spf`; empty for `none`, none where it is not told.
    pub identity_alignment: Option<Vec<String>>,
    /// Domains that are reported about.
    pub reported_domain: Vec<String>,
    /// Where the message came from.
    pub source_ip: Option<IpAddr>,
    /// When.
    #[serde(serialize_with = "rfc3339")]
    pub arrival: Option<Timestamp>,
    /// How many messages it stands for.
    pub incidents: u64,
    /// Who reports.
    pub reporting_mta: String,
    /// Id of the envelope.
    pub original_envelope_id: String,
    /// MAIL FROM, without brackets.
    pub original_mail_from: String,
    /// Recipients, as far as they are told.
    pub original_rcpt_to: Vec<String>,
    /// Results as Authentication-Results tells them.
    pub authentication_results: Vec<String>,
    /// Who signed.
    pub dkim_domain: String,
    /// On whose behalf.
    pub dkim_identity: String,
    /// With which key.
    pub dkim_selector: String,
    /// The key record, as it was found.
    pub dkim_selector_dns: String,
    /// The SPF record, as it was found.
    pub spf_dns: Vec<String>,
    /// Header of the message that is reported, lines with LF; empty where it is not there.
    pub header: String,
    /// What is not as the RFCs have it, for people.
    pub oddities: Vec<String>,
}

fn rfc3339<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(Timestamp::rfc3339).serialize(serializer)
}

/// Why there is no failure report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureError {
    /// It is too large.
    #[error("{size} bytes, more than {MAX_MESSAGE}")]
    TooLarge {
        /// Its bytes.
        size: usize,
    },
    /// It is about something else.
    #[error("feedback of type {0:?}, not auth-failure: it is not about authentication")]
    OtherType(String),
    /// It does not say what it is about.
    #[error("a feedback report without Feedback-Type")]
    NoType,
    /// There is none.
    #[error("no failure report in it: no part of type message/feedback-report")]
    None,
}

/// Whether a message says in its header that it is a report with feedback.
pub fn claims_failure(header: &Header<'_>) -> bool {
    let kind = header.text("Content-Type").map(|text| mox_message::param::Parameterized::parse(&text));
    kind.is_some_and(|kind| {
        kind.value == "multipart/report"
            && kind.get("report-type").is_some_and(|kind| kind.eq_ignore_ascii_case("feedback-report"))
    })
}

/// Looks for a failure report in a message.
pub fn find(message: &[u8], depth: Depth) -> Result<FailureReport, FailureError> {
    if message.len() > MAX_MESSAGE {
        return Err(FailureError::TooLarge { size: message.len() });
    }
    let tree = Tree::parse(message);
    let parts = own_parts(&tree, depth);
    let mut reports = parts.iter().filter(|(_, part)| part.content_type == "message/feedback-report");
    let (at, part) = reports.next().ok_or(FailureError::None)?;
    let several = reports.next().is_some();
    let (fields, cut) = tree.decode(message, part, MAX_FIELDS);
    let mut report = parse(&fields)?;
    let mut odd = |text: &str| report.oddities.push(text.to_owned());
    if cut {
        odd("the fields are longer than what is read");
    }
    if several {
        odd("the message holds several reports, of which the first is read");
    }
    let around = part.parent.and_then(|parent| tree.parts.get(parent));
    if !around.is_some_and(|around| {
        around.content_type == "multipart/report"
            && around.param("report-type").is_some_and(|kind| kind.eq_ignore_ascii_case("feedback-report"))
    }) {
        odd("the report is not in a multipart/report; report-type=feedback-report");
    }
    let reported = parts.iter().find(|(place, part)| {
        place > at
            && matches!(
                part.content_type.as_str(),
                "message/rfc822" | "message/global" | "text/rfc822-headers"
            )
    });
    match reported {
        Some((_, reported)) => report.header = header_of(message, &tree, reported),
        None => odd("the header of the message that is reported is not there"),
    }
    Ok(report)
}

/// Parts with their places; with [`Depth::Own`], those that do not stand in a message within the message.
fn own_parts(tree: &Tree, depth: Depth) -> Vec<(usize, &Part)> {
    let mut parts = Vec::new();
    let mut next = 0;
    while let Some(part) = tree.parts.get(next) {
        parts.push((next, part));
        let skip = part.kind == Kind::Message && depth == Depth::Own;
        next = if skip { part.past.max(next + 1) } else { next + 1 };
    }
    parts
}

/// The header of a reported message, with blanks for what a terminal would obey.
fn header_of(message: &[u8], tree: &Tree, part: &Part) -> String {
    let (content, _) = tree.decode(message, part, MAX_HEADER);
    let header = String::from_utf8_lossy(Header::of(&content).bytes()).replace("\r\n", "\n");
    let clean = header.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c });
    let clean: String = clean.collect();
    let end = clean.floor_char_boundary(MAX_HEADER);
    clean.get(..end).unwrap_or_default().trim_end().to_owned()
}

/// Reads the fields of a part message/feedback-report.
pub fn parse(fields: &[u8]) -> Result<FailureReport, FailureError> {
    // Some separate groups of fields by empty lines.
    let kept = fields.get(..MAX_FIELDS).unwrap_or(fields);
    let lines = kept.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let text: Vec<u8> = lines.flat_map(|line| [line.trim_ascii_end(), b"\r\n"].concat()).collect();
    let reader = Fields { header: Header::of(&text), notes: Notes::default() };
    reader.report()
}

struct Fields<'a> {
    header: Header<'a>,
    notes: Notes,
}

impl Fields<'_> {
    fn report(mut self) -> Result<FailureReport, FailureError> {
        let kind = self.one("Feedback-Type").to_ascii_lowercase();
        match kind.as_str() {
            "auth-failure" => {}
            "" => return Err(FailureError::NoType),
            _ => return Err(FailureError::OtherType(kind)),
        }
        let report = FailureReport {
            version: self.version(),
            user_agent: self.one("User-Agent"),
            auth_failure: self.failures(),
            delivery_result: self.delivery_result(),
            identity_alignment: self.identity_alignment(),
            reported_domain: self.domains(),
            source_ip: self.source(),
            arrival: self.arrival(),
            incidents: self.incidents(),
            reporting_mta: self.one("Reporting-MTA").trim_start_matches("dns;").trim_start().to_owned(),
            original_envelope_id: self.one("Original-Envelope-Id"),
            original_mail_from: self.one("Original-Mail-From").trim_matches(['<', '>']).to_owned(),
            original_rcpt_to: self.all("Original-Rcpt-To"),
            authentication_results: self.all("Authentication-Results"),
            dkim_domain: self.one("DKIM-Domain"),
            dkim_identity: self.one("DKIM-Identity"),
            dkim_selector: self.one("DKIM-Selector"),
            dkim_selector_dns: self.one("DKIM-Selector-DNS"),
            spf_dns: self.all("SPF-DNS"),
            header: String::new(),
            oddities: Vec::new(),
        };
        Ok(FailureReport { oddities: self.notes.into_list(), ..report })
    }

    /// Values of a field, without empty ones.
    fn all(&mut self, name: &str) -> Vec<String> {
        let texts = self.header.all(name).map(|field| clip(field.text().trim(), MAX_FIELD));
        let mut values: Vec<String> = Vec::new();
        for (text, cut) in texts.filter(|(text, _)| !text.is_empty()) {
            if cut {
                self.notes.odd(format!("{name} is longer than {MAX_FIELD} bytes"));
            }
            if values.len() == MAX_VALUES {
                self.notes.odd(format!("{name} stands more than {MAX_VALUES} times"));
                break;
            }
            values.push(text);
        }
        values
    }

    /// The value of a field that stands once; empty where it does not.
    fn one(&mut self, name: &str) -> String {
        let mut values = self.all(name).into_iter();
        let first = values.next().unwrap_or_default();
        if values.next().is_some() {
            self.notes.odd(format!("{name} stands several times: the first is read"));
        }
        first
    }

    /// The same, where it has to be there.
    fn required(&mut self, name: &str) -> String {
        let value = self.one(name);
        if value.is_empty() {
            self.notes.odd(format!("there is no {name}"));
        }
        value
    }

    fn version(&mut self) -> String {
        let version = self.required("Version");
        if !matches!(version.as_str(), "" | "1" | "1.0" | "0.1") {
            self.notes.odd(format!("the version is {}, not 1", Notes::quote(&version)));
        }
        version
    }

    /// Words of a list, in lower case, comments left out.
    fn words(value: &str) -> Vec<String> {
        let value = value.split('(').next().unwrap_or_default().to_ascii_lowercase();
        let words = value.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        words.take(MAX_VALUES).map(str::to_owned).collect()
    }

    fn failures(&mut self) -> Vec<String> {
        let words: Vec<String> =
            self.all("Auth-Failure").iter().flat_map(|value| Self::words(value)).collect();
        match words.as_slice() {
            [] => self.notes.odd("there is no Auth-Failure"),
            [_] => {}
            _ => self.notes.odd("Auth-Failure tells of several failures"),
        }
        for word in words.iter().filter(|word| !FAILURES.contains(&word.as_str())) {
            self.notes.odd(format!("Auth-Failure is {}", Notes::quote(word)));
        }
        words.into_iter().take(MAX_VALUES).collect()
    }

    fn delivery_result(&mut self) -> String {
        let result = self.one("Delivery-Result").to_ascii_lowercase();
        if !result.is_empty() && !RESULTS.contains(&result.as_str()) {
            self.notes.odd(format!("Delivery-Result is {}", Notes::quote(&result)));
        }
        result
    }

    fn identity_alignment(&mut self) -> Option<Vec<String>> {
        let value = self.required("Identity-Alignment");
        let mut words = Self::words(&value);
        if words.is_empty() {
            return None;
        }
        for word in words.iter().filter(|word| !["none", "dkim", "spf", "dmarc"].contains(&word.as_str())) {
            self.notes.odd(format!("Identity-Alignment is {}", Notes::quote(word)));
        }
        words.retain(|word| word != "none");
        Some(words)
    }

    fn domains(&mut self) -> Vec<String> {
        let values = self.all("Reported-Domain");
        if values.is_empty() {
            self.notes.odd("there is no Reported-Domain");
        }
        values.iter().map(|value| words::domain(value, "Reported-Domain", &mut self.notes)).collect()
    }

    fn source(&mut self) -> Option<IpAddr> {
        let value = self.required("Source-IP");
        if value.is_empty() { None } else { words::ip(&value, &mut self.notes) }
    }

    fn arrival(&mut self) -> Option<Timestamp> {
        let mut value = self.one("Arrival-Date");
        if value.is_empty() {
            // The name in drafts.
            value = self.required("Received-Date");
        }
        let time = mox_message::date::parse(&value).or_else(|| words::time(&value).map(|(time, _)| time));
        if time.is_none() && !value.is_empty() {
            self.notes.odd(format!("Arrival-Date is {}, no date", Notes::quote(&value)));
        }
        time
    }

    fn incidents(&mut self) -> u64 {
        let value = self.one("Incidents");
        if value.is_empty() {
            return 1;
        }
        let count = value.parse().ok().filter(|count| (1..=words::MAX_COUNT).contains(count));
        count.unwrap_or_else(|| {
            self.notes.odd(format!("Incidents is {}: one is meant", Notes::quote(&value)));
            1
        })
    }
}
