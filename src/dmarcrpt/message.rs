//! Finds the report in whatever it comes in: XML, XML that is packed (gzip, zlib, zip), or a message that holds either.
//!
//! Limits: [`MAX_MESSAGE`] for what is given, [`MAX_DOCUMENT`] and the ratio of [`expand`] for what comes out,
//! [`MAX_TRIED`] parts, [`MAX_EXPANDED`] for all of them. A part that is named as a report comes before one that only may
//! be one. What the name and the subject say is compared with the report, which is what counts. In a message that arrives, what stands in messages
//! within it is not looked at: a bounce of a report is none. RFC 9990 §3.5.1, §3.5.2.

use mox_clock::Timestamp;
use mox_message::header::Header;
use mox_message::part::{Kind, Part, Tree};
use mox_unpack::{Container, Expanded, expand, most};

use crate::Feedback;
use crate::read::{Limits, Parsed, ReadError, parse};
use crate::xml::clip;

/// Largest file or message, in bytes.
pub const MAX_MESSAGE: usize = 15 << 20;

/// Largest document, expanded.
pub const MAX_DOCUMENT: usize = 20 << 20;

/// Most bytes that are expanded of all parts of a message together.
pub const MAX_EXPANDED: usize = 2 * MAX_DOCUMENT;

/// Most parts of a message that are tried.
pub const MAX_TRIED: usize = 20;

/// How far to look into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What it holds itself: for a message that arrives.
    Own,
    /// In messages within it, too: for a file that somebody wants to have read.
    Any,
}

/// A report, and how it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The report, and what is odd about it and its surroundings.
    pub parsed: Parsed,
    /// What it was packed in.
    pub container: Container,
    /// Media type of the part; none for a file.
    pub media_type: Option<String>,
    /// Name of the part; none for a file.
    pub file_name: Option<String>,
    /// What the subject says; none for a file, or where the subject says something else.
    pub subject: Option<Subject>,
}

/// Why no report was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// It is too large.
    #[error("{size} bytes, more than {MAX_MESSAGE}")]
    TooLarge {
        /// Its bytes.
        size: usize,
    },
    /// It cannot be expanded.
    #[error(transparent)]
    Unpack(#[from] mox_unpack::Error),
    /// It cannot be read.
    #[error(transparent)]
    Report(#[from] ReadError),
    /// The message is another kind of report.
    #[error("a report of another kind: {0}")]
    OtherReport(String),
    /// There is none.
    #[error("no DMARC report in it: no part that holds XML, or XML in gzip or zip")]
    None,
}

/// What the subject of a message with a report says: `Report Domain: D Submitter: S Report-ID: I`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The policy domain.
    pub domain: String,
    /// Who reports.
    pub submitter: String,
    /// Id of the report, without the angle brackets; may be empty.
    pub report_id: String,
}

impl Subject {
    /// Reads a subject. Words may stand around it, blanks in it, and braces or brackets around its values.
    pub fn parse(text: &str) -> Option<Subject> {
        let text = clip(text, 1000).0;
        let after = |name: &str| {
            let at = text.to_ascii_lowercase().find(name)?;
            let rest = text.get(at + name.len()..)?.trim_start();
            let value = rest.split(char::is_whitespace).next()?;
            Some(value.trim_matches(['<', '>', '{', '}', '[', ']', ',', ';', '"']).to_owned())
        };
        let domain = after("report domain:").filter(|domain| !domain.is_empty())?;
        let submitter = after("submitter:").filter(|submitter| !submitter.is_empty())?;
        Some(Subject { domain, submitter, report_id: after("report-id:").unwrap_or_default() })
    }
}

/// What the name of a report says: `receiver!policy-domain!begin!end[!unique].xml[.gz]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// Who reports.
    pub receiver: String,
    /// The policy domain.
    pub domain: String,
    /// First second of the period.
    pub begin: Timestamp,
    /// Last second of the period.
    pub end: Timestamp,
    /// Id; may be empty.
    pub unique: String,
}

impl FileName {
    /// Reads a name, without looking at what it ends in.
    pub fn parse(name: &str) -> Option<FileName> {
        let name = name.rsplit(['/', '\\']).next()?;
        let mut parts = name.splitn(5, '!');
        let (receiver, domain) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let seconds = |text: &str| {
            let digits: String = text.chars().take_while(char::is_ascii_digit).take(12).collect();
            digits.parse().ok().map(Timestamp::from_secs)
        };
        let (begin, end) = (seconds(parts.next()?)?, seconds(parts.next()?)?);
        let unique = parts.next().unwrap_or_default().split('.').next().unwrap_or_default().to_owned();
        Some(FileName { receiver, domain, begin, end, unique })
    }
}

/// What a part is, going by its type and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Promise {
    /// It says that it is a report.
    Report,
    /// It may be one.
    Perhaps,
}

/// Looks for a report.
pub fn find(bytes: &[u8], depth: Depth) -> Result<Found, FindError> {
    if bytes.len() > MAX_MESSAGE {
        return Err(FindError::TooLarge { size: bytes.len() });
    }
    if is_document(bytes) {
        let (parsed, container) = read(expand(bytes, MAX_DOCUMENT)?)?;
        return Ok(Found { parsed, container, media_type: None, file_name: None, subject: None });
    }
    in_message(bytes, depth)
}

/// Whether a message says in its header that it holds a report. Reports about TLS have the same subject, and more.
pub fn claims_report(header: &Header<'_>) -> bool {
    header.get("TLS-Report-Domain").is_none() && subject(header).is_some()
}

fn subject(header: &Header<'_>) -> Option<Subject> {
    Subject::parse(&mox_message::fields::subject(&header.text("Subject")?))
}

/// XML, or something packed: what no message begins with.
fn is_document(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let binary = bytes.first().is_some_and(|b| !b.is_ascii_graphic() && !b.is_ascii_whitespace());
    text.starts_with(b"<") || binary || Container::of(bytes) != Container::Plain
}

/// The document, and what it was packed in.
fn read(expanded: Expanded) -> Result<(Parsed, Container), FindError> {
    let limits = Limits { bytes: MAX_DOCUMENT, ..Limits::default() };
    let mut parsed = parse(&expanded.bytes, &limits)?;
    if matches!(expanded.container, Container::Zlib | Container::Zip) {
        parsed.oddities.push(format!("the report is packed with {}, not gzip", expanded.container));
    }
    parsed.oddities.extend(expanded.notes);
    Ok((parsed, expanded.container))
}

/// Bytes that may have come out on the way to an end. What came back as it was can have been tried as a stream.
fn cost(packed: &[u8], max: usize, expanded: &Result<Expanded, mox_unpack::Error>) -> usize {
    match expanded {
        Ok(expanded) if expanded.container != Container::Plain => expanded.bytes.len(),
        _ => most(packed.len(), max),
    }
}

fn in_message(message: &[u8], depth: Depth) -> Result<Found, FindError> {
    let tree = Tree::parse(message);
    let (mut parts, other) = candidates(&tree, depth);
    parts.sort_by_key(|(promise, _)| *promise);
    let (mut first_error, mut left) = (None, MAX_EXPANDED);
    let mut found: Option<Found> = None;
    for (promise, part) in parts.into_iter().take(MAX_TRIED) {
        if left == 0 {
            break;
        }
        let (content, _) = tree.decode(message, part, MAX_MESSAGE);
        if content.is_empty() || (promise == Promise::Perhaps && !is_document(&content)) {
            continue;
        }
        if let Some(found) = &mut found {
            if promise == Promise::Report {
                found
                    .parsed
                    .oddities
                    .push("the message holds several reports, of which the first is read".to_owned());
            }
            break;
        }
        let max = left.min(MAX_DOCUMENT);
        let expanded = expand(&content, max);
        left -= cost(&content, max, &expanded);
        match expanded.map_err(FindError::from).and_then(read) {
            Ok((parsed, container)) => found = Some(surroundings(message, part, parsed, container)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    found.ok_or_else(|| first_error.or(other.map(FindError::OtherReport)).unwrap_or(FindError::None))
}

/// Parts that may hold a report, and the kind of another report that the message is.
fn candidates(tree: &Tree, depth: Depth) -> (Vec<(Promise, &Part)>, Option<String>) {
    let (mut parts, mut other) = (Vec::new(), None);
    let mut next = 0;
    while let Some(part) = tree.parts.get(next) {
        let kind = other_report(part).filter(|_| depth == Depth::Own);
        let skip = kind.is_some() || (part.kind == Kind::Message && depth == Depth::Own);
        if part.kind == Kind::Leaf {
            parts.extend(promise(part).map(|promise| (promise, part)));
        }
        other = other.or(kind);
        next = if skip { part.past.max(next + 1) } else { next + 1 };
    }
    (parts, other)
}

/// The kind of a multipart/report about something else.
fn other_report(part: &Part) -> Option<String> {
    let kind = part.param("report-type").filter(|_| part.content_type == "multipart/report")?;
    let kind = kind.to_ascii_lowercase();
    (!kind.contains("dmarc")).then_some(kind)
}

fn promise(part: &Part) -> Option<Promise> {
    let name = part.filename.as_deref().unwrap_or_default().to_ascii_lowercase();
    let ends = [".xml", ".xml.gz", ".xml.zip", ".gz", ".zip"].iter().any(|end| name.ends_with(end));
    if ends && FileName::parse(&name).is_some() {
        return Some(Promise::Report);
    }
    let kind = part.content_type.as_str();
    let may = matches!(
        kind,
        "application/gzip"
            | "application/x-gzip"
            | "application/gzip-compressed"
            | "application/x-gunzip"
            | "application/zip"
            | "application/x-zip"
            | "application/x-zip-compressed"
            | "application/zlib"
            | "application/x-compressed"
            | "application/octet-stream"
            | "application/xml"
            | "text/xml"
    ) || kind.ends_with("+xml")
        || kind.contains("dmarc")
        // A single part without a type that holds the document itself.
        || (kind == "text/plain" && part.parent.is_none());
    (ends || may).then_some(Promise::Perhaps)
}

/// The report, with notes of what is odd about what is around it.
fn surroundings(message: &[u8], part: &Part, mut parsed: Parsed, container: Container) -> Found {
    let (feedback, oddities) = (&parsed.feedback, &mut parsed.oddities);
    let kind = part.content_type.as_str();
    let fits = match container {
        Container::Gzip => matches!(kind, "application/gzip" | "application/x-gzip"),
        Container::Zip => matches!(kind, "application/zip" | "application/x-zip-compressed"),
        Container::Zlib => kind == "application/zlib",
        Container::Plain => matches!(kind, "text/xml" | "application/xml"),
    };
    if !fits {
        oddities.push(format!("the media type is {kind:?}, and it is {}", form_of(container)));
    }
    let subject = subject(&Header::of(message));
    compare_name(part.filename.as_deref(), feedback, oddities);
    if let Some(subject) = &subject {
        compare_subject(subject, feedback, oddities);
    }
    let (media_type, file_name) = (Some(kind.to_owned()), part.filename.clone());
    Found { parsed, container, media_type, file_name, subject }
}

fn compare_name(name: Option<&str>, feedback: &Feedback, oddities: &mut Vec<String>) {
    let Some(name) = name else { return oddities.push("the part has no file name".to_owned()) };
    let Some(told) = FileName::parse(name) else {
        return oddities.push(format!("the file name is {:?}", clip(name, 200).0));
    };
    let metadata = &feedback.metadata;
    compare("file name says domain", &told.domain, &feedback.policy.domain, oddities);
    compare("file name says begin", &told.begin.rfc3339(), &metadata.begin.rfc3339(), oddities);
    compare("file name says end", &told.end.rfc3339(), &metadata.end.rfc3339(), oddities);
}

fn compare_subject(told: &Subject, feedback: &Feedback, oddities: &mut Vec<String>) {
    compare("subject says domain", &told.domain, &feedback.policy.domain, oddities);
    // Some add a domain to the id, in one of the places.
    let left = |id: &str| id.split_once('@').map_or(id, |(left, _)| left).to_owned();
    let id = feedback.metadata.report_id.trim_matches(['<', '>']);
    if !told.report_id.is_empty() && left(id) != left(&told.report_id) {
        compare("subject says id", &told.report_id, id, oddities);
    }
}

/// Notes what differs; case and a dot at the end do not count.
fn compare(place: &str, told: &str, is: &str, oddities: &mut Vec<String>) {
    if !told.trim_end_matches('.').eq_ignore_ascii_case(is.trim_end_matches('.')) {
        let (told, is) = (clip(told, 200).0, clip(is, 200).0);
        oddities.push(format!("the {place} {told:?}, the report {is:?}"));
    }
}

const fn form_of(container: Container) -> &'static str {
    match container {
        Container::Plain => "XML",
        other => other.keyword(),
    }
}
