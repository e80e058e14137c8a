//! Reports as others write them: read whatever can be meant by them, with a note of everything that was forgiven.
//!
//! Elements may come in any order, and unknown ones are skipped. Refused is what is no XML, what is no report, what does
//! not say about which time or domain it is, and what is beyond [`Limits`].
//! RFC 9990 §3.1.1, RFC 7489 appendix C.

use std::time::Duration;

use mox_clock::Timestamp;
use mox_dmarc::{Alignment, Policy};

use crate::rows::record;
use crate::words;
use crate::xml::{Document, Node, clip, decode};
use crate::{Feedback, Form, Metadata, PolicyPublished};

/// Most notes that are kept of one report.
const MAX_ODDITIES: usize = 50;

/// Most errors that are kept of one report.
const MAX_ERRORS: usize = 20;

/// Bounds on what is read. Beyond the first three nothing is; lists and texts are cut, which is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Records.
    pub records: usize,
    /// Elements within elements.
    pub depth: usize,
    /// Elements in one that stands below the root.
    pub elements: usize,
    /// Signatures, results of SPF, and reasons, each of a record.
    pub results: usize,
    /// Bytes of one text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 20 << 20, records: 50_000, depth: 64, elements: 2000, results: 100, text: 2000 }
    }
}

/// A report of somebody else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What it says.
    pub feedback: Feedback,
    /// Where it is not as the RFC has it, for people; each once.
    pub oddities: Vec<String>,
}

/// Why something is no report that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is too long.
    #[error("the report has {size} bytes, more than {max}")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// Most that are read.
        max: usize,
    },
    /// It has too many records.
    #[error("the report has more than {max} records")]
    TooManyRecords {
        /// Most that are read.
        max: usize,
    },
    /// Elements stand in elements without an end.
    #[error("elements are nested more than {max} deep")]
    TooDeep {
        /// Deepest that is read.
        max: usize,
    },
    /// It has a document type, which reports have not, and attacks have.
    #[error("the document has a DOCTYPE: document types and the entities they make are refused")]
    DocType,
    /// It refers to an entity that XML does not have.
    #[error("the document refers to the entity &{name};: only amp, lt, gt, quot, apos and numbers are read")]
    Entity {
        /// Its name.
        name: String,
    },
    /// It is not XML.
    #[error("not XML: line {line}: {reason}")]
    Xml {
        /// From 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// It has no element.
    #[error("not XML: no element in it")]
    Empty,
    /// It ends too early.
    #[error("the document is cut off within {element}")]
    CutOff {
        /// The element that has no end.
        element: String,
    },
    /// It is XML, but something else.
    #[error("XML, but not a DMARC report: the root is {0:?}, not feedback")]
    Root(String),
    /// It does not say what has to be known.
    #[error("the report has no {0}")]
    Missing(&'static str),
    /// It does not tell of a time.
    #[error("{field} is not a time: {text:?}")]
    Time {
        /// Where.
        field: &'static str,
        /// What stands there.
        text: String,
    },
}

/// What is told about a report.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<String>);

impl Notes {
    pub(crate) fn odd(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.0.len() < MAX_ODDITIES && !self.0.contains(&text) {
            self.0.push(text);
        }
    }

    pub(crate) fn into_list(self) -> Vec<String> {
        self.0
    }

    /// A word of a stranger in a note.
    pub(crate) fn quote(text: &str) -> String {
        format!("{:?}", clip(text, 60).0)
    }
}

/// Reads a document.
pub fn parse(xml: &[u8], limits: &Limits) -> Result<Parsed, ReadError> {
    if xml.len() > limits.bytes {
        return Err(ReadError::TooLarge { size: xml.len(), max: limits.bytes });
    }
    let mut notes = Notes::default();
    let text = decode(xml, &mut notes);
    // Characters may take more bytes than they did.
    if text.len() > limits.bytes {
        return Err(ReadError::TooLarge { size: text.len(), max: limits.bytes });
    }
    let mut document = Document::open(&text, limits, &mut notes)?;
    if document.root != "feedback" {
        return Err(ReadError::Root(document.root));
    }
    let form = form(&document.namespace, &mut notes);
    let mut parts = Parts::new(form, limits);
    while let Some(node) = document.next(&mut notes)? {
        parts.take(node, &mut notes)?;
    }
    document.close(&mut notes);
    let feedback = parts.finish(&mut notes)?;
    Ok(Parsed { feedback, oddities: notes.into_list() })
}

fn form(namespace: &str, notes: &mut Notes) -> Form {
    match namespace {
        "urn:ietf:params:xml:ns:dmarc-2.0" => Form::Rfc9990,
        "" | "http://dmarc.org/dmarc-xml/0.1" => Form::Rfc7489,
        other => {
            notes.odd(format!("the namespace is {}", Notes::quote(other)));
            let new = other.to_ascii_lowercase().contains("dmarc-2");
            if new { Form::Rfc9990 } else { Form::Rfc7489 }
        }
    }
}

/// What stands below the root, as far as it was read.
struct Parts<'a> {
    limits: &'a Limits,
    feedback: Feedback,
    version: bool,
    metadata: bool,
    policy: bool,
}

impl<'a> Parts<'a> {
    fn new(form: Form, limits: &'a Limits) -> Parts<'a> {
        let feedback = Feedback { form, ..Feedback::default() };
        Parts { limits, feedback, version: false, metadata: false, policy: false }
    }

    fn take(&mut self, node: Node, notes: &mut Notes) -> Result<(), ReadError> {
        let form = self.feedback.form;
        match node.name.as_str() {
            "version" => {
                self.version = true;
                if node.text != "1.0" {
                    notes.odd(format!("the version is {}, not 1.0", Notes::quote(&node.text)));
                }
            }
            "report_metadata" if self.metadata => notes.odd("several report_metadata: the first is read"),
            "report_metadata" => {
                self.metadata = true;
                self.feedback.metadata = metadata(&node, form, notes)?;
            }
            "policy_published" if self.policy => notes.odd("several policy_published: the first is read"),
            "policy_published" => {
                self.policy = true;
                self.feedback.policy = policy(&node, notes);
            }
            "record" if self.feedback.records.len() >= self.limits.records => {
                return Err(ReadError::TooManyRecords { max: self.limits.records });
            }
            "record" => self.feedback.records.extend(record(&node, form, self.limits, notes)),
            // What it holds is of others.
            "extension" => {}
            other => notes.odd(format!("an unknown element was skipped: {}", Notes::quote(other))),
        }
        Ok(())
    }

    fn finish(mut self, notes: &mut Notes) -> Result<Feedback, ReadError> {
        if !self.metadata {
            return Err(ReadError::Missing("report_metadata"));
        }
        if !self.version && self.feedback.form == Form::Rfc7489 {
            notes.odd("there is no version");
        }
        if !self.policy {
            notes.odd("there is no policy_published");
        }
        if self.feedback.records.is_empty() {
            notes.odd("there is no record");
        }
        let domain = &mut self.feedback.policy.domain;
        for record in &mut self.feedback.records {
            if record.header_from.is_empty() {
                notes.odd("a record has no header_from: the policy domain is meant");
                record.header_from.clone_from(domain);
            }
        }
        if domain.is_empty() {
            let named = self.feedback.records.iter().find(|record| !record.header_from.is_empty());
            *domain = named.ok_or(ReadError::Missing("domain that it is about"))?.header_from.clone();
            notes.odd("the policy has no domain: that of the first record is meant");
            let empty = self.feedback.records.iter_mut().filter(|record| record.header_from.is_empty());
            empty.for_each(|record| record.header_from.clone_from(domain));
        }
        Ok(self.feedback)
    }
}

fn metadata(node: &Node, form: Form, notes: &mut Notes) -> Result<Metadata, ReadError> {
    let email = node.required("email", notes);
    let address = email.trim_start_matches("mailto:").trim_matches(['<', '>', ' ']);
    if address.len() < email.len() {
        notes.odd(format!("email is {}, not an address", Notes::quote(&email)));
    }
    let error: Vec<String> =
        node.all("error").map(|error| error.text.clone()).filter(|e| !e.is_empty()).collect();
    if error.len() > 1 && form == Form::Rfc9990 {
        notes.odd("report_metadata has several error");
    }
    let (begin, end) = period(node, notes)?;
    Ok(Metadata {
        org_name: node.required("org_name", notes),
        email: address.to_owned(),
        extra_contact_info: node.text("extra_contact_info", notes).unwrap_or_default().to_owned(),
        report_id: node.required("report_id", notes),
        begin,
        end,
        error: error.into_iter().take(MAX_ERRORS).collect(),
        generator: node.text("generator", notes).unwrap_or_default().to_owned(),
    })
}

/// First and last second.
fn period(metadata: &Node, notes: &mut Notes) -> Result<(Timestamp, Timestamp), ReadError> {
    let range = metadata.one("date_range", notes);
    if range.is_none() {
        notes.odd("report_metadata has no date_range");
    }
    let range = range.unwrap_or(metadata);
    let day = Duration::from_secs(86_399);
    let (begin, end) = match (time(range, "begin", notes)?, time(range, "end", notes)?) {
        (Some(begin), Some(end)) => (begin, end),
        (Some(begin), None) => {
            notes.odd("the period has no end: a day is meant");
            (begin, begin.plus(day))
        }
        (None, Some(end)) => {
            notes.odd("the period has no begin: a day is meant");
            (end.minus(day), end)
        }
        (None, None) => return Err(ReadError::Missing("begin and end of its period")),
    };
    if end < begin {
        notes.odd("the period ends before it begins");
        return Ok((end, begin));
    }
    Ok((begin, end))
}

fn time(range: &Node, field: &'static str, notes: &mut Notes) -> Result<Option<Timestamp>, ReadError> {
    let Some(text) = range.text(field, notes) else { return Ok(None) };
    let (time, odd) = words::time(text).ok_or_else(|| ReadError::Time { field, text: clip(text, 60).0 })?;
    if let Some(odd) = odd {
        notes.odd(format!("{field} is {odd}"));
    }
    Ok(Some(time))
}

fn policy(node: &Node, notes: &mut Notes) -> PolicyPublished {
    if node.all("p").next().is_none() {
        notes.odd("policy_published has no p");
    }
    PolicyPublished {
        domain: words::domain(node.text("domain", notes).unwrap_or_default(), "domain", notes),
        p: word(node, "p", Policy::parse, notes),
        sp: word(node, "sp", Policy::parse, notes),
        np: word(node, "np", Policy::parse, notes),
        adkim: word(node, "adkim", alignment, notes),
        aspf: word(node, "aspf", alignment, notes),
        fo: node.text("fo", notes).unwrap_or_default().to_owned(),
        testing: word(node, "testing", yes, notes),
        discovery_method: node.text("discovery_method", notes).unwrap_or_default().to_ascii_lowercase(),
        pct: word(node, "pct", |text| text.trim_end_matches('%').parse().ok().filter(|n| *n <= 100), notes),
    }
}

/// A word of which there are a few; one that is not among them is as good as none.
fn word<T>(node: &Node, name: &str, parse: impl Fn(&str) -> Option<T>, notes: &mut Notes) -> Option<T> {
    let text = node.text(name, notes)?;
    let value = parse(text);
    if value.is_none() {
        notes.odd(format!("{name} in {} is {}, which means nothing", node.name, Notes::quote(text)));
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        notes.odd(format!("{name} in {} is in upper case", node.name));
    }
    value
}

fn alignment(text: &str) -> Option<Alignment> {
    match text.to_ascii_lowercase().as_str() {
        "r" | "relaxed" => Some(Alignment::Relaxed),
        "s" | "strict" => Some(Alignment::Strict),
        _ => None,
    }
}

fn yes(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "1" => Some(true),
        "n" | "no" | "false" | "0" => Some(false),
        _ => None,
    }
}
