//! Finds the report in whatever it comes in: the document, the document packed (gzip, zlib, zip), or a message that holds
//! either.
//!
//! Limits: [`MAX_MESSAGE`] for what is given, [`MAX_DOCUMENT`] and the ratio of [`expand`] for what comes out,
//! [`MAX_TRIED`] parts, [`MAX_EXPANDED`] for all of them. A part of the media type of reports comes before one that only
//! looks like a report. In a message that arrives, what stands in messages within it is not looked at: a bounce of a report is none.
//! RFC 8460 §5.3 (media types, fields).

use mox_message::header::Header;
use mox_message::part::{Kind, Part, Tree};
use mox_unpack::{Container, Expanded, expand, most};

use crate::report::{Limits, Parsed, Report, ReportError};

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
    /// The report, and where it is not as the RFC has it.
    pub parsed: Parsed,
    /// What it was packed in.
    pub container: Container,
    /// Media type of the part; none for a file.
    pub media_type: Option<String>,
    /// The field TLS-Report-Submitter.
    pub submitter: Option<String>,
    /// The field TLS-Report-Domain.
    pub domain: Option<String>,
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
    Report(#[from] ReportError),
    /// The message is another kind of report.
    #[error("a report of another kind: {0}")]
    OtherReport(String),
    /// There is none.
    #[error("no TLS report in it: no part of type application/tlsrpt+gzip or application/tlsrpt+json")]
    None,
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
    if looks_like_document(bytes) {
        let (parsed, container) = read(expand(bytes, MAX_DOCUMENT)?)?;
        return Ok(Found { parsed, container, media_type: None, submitter: None, domain: None });
    }
    in_message(bytes, depth)
}

/// Whether a message says in its header that it holds a report.
pub fn claims_report(header: &Header<'_>) -> bool {
    header.get("TLS-Report-Domain").is_some() && header.get("TLS-Report-Submitter").is_some()
}

fn looks_like_document(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    Container::of(bytes) != Container::Plain || text.starts_with(b"{") || text.starts_with(b"[")
}

/// The document, and what it was packed in.
fn read(expanded: Expanded) -> Result<(Parsed, Container), FindError> {
    let limits = Limits { bytes: MAX_DOCUMENT, ..Limits::default() };
    let mut parsed = Report::parse(&expanded.bytes, &limits)?;
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
    let mut parts = Vec::new();
    let mut other = None;
    let mut next = 0;
    while let Some(part) = tree.parts.get(next) {
        let skip = match part.kind {
            Kind::Message => depth == Depth::Own,
            Kind::Multipart => match other_report(part) {
                Some(kind) if depth == Depth::Own => {
                    other = Some(kind);
                    true
                }
                _ => false,
            },
            Kind::Leaf => {
                parts.extend(promise(part).map(|promise| (promise, part)));
                false
            }
        };
        next = if skip { part.past.max(next + 1) } else { next + 1 };
    }
    parts.sort_by_key(|(promise, _)| *promise);
    let reports = parts.iter().filter(|(promise, _)| *promise == Promise::Report).count();
    let (mut first_error, mut left) = (None, MAX_EXPANDED);
    for (promise, part) in parts.into_iter().take(MAX_TRIED) {
        if left == 0 {
            break;
        }
        let (content, _) = tree.decode(message, part, MAX_MESSAGE);
        if promise == Promise::Perhaps && !looks_like_document(&content) {
            continue;
        }
        let max = left.min(MAX_DOCUMENT);
        let expanded = expand(&content, max);
        left -= cost(&content, max, &expanded);
        match expanded.map_err(FindError::from).and_then(read) {
            Ok((parsed, container)) => return Ok(found(message, &tree, part, parsed, container, reports)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.or(other.map(FindError::OtherReport)).unwrap_or(FindError::None))
}

/// The kind of a multipart/report about something else.
fn other_report(part: &Part) -> Option<String> {
    let kind = part.param("report-type").filter(|_| part.content_type == "multipart/report")?;
    (!kind.eq_ignore_ascii_case("tlsrpt")).then(|| kind.to_ascii_lowercase())
}

fn promise(part: &Part) -> Option<Promise> {
    let name = part.filename.as_deref().unwrap_or_default().to_ascii_lowercase();
    match part.content_type.as_str() {
        "application/tlsrpt+gzip" | "application/tlsrpt+json" => Some(Promise::Report),
        "application/gzip"
        | "application/x-gzip"
        | "application/zip"
        | "application/x-zip-compressed"
        | "application/zlib"
        | "application/json"
        | "application/octet-stream" => Some(Promise::Perhaps),
        _ if [".json", ".json.gz", ".json.zip", ".zip"].iter().any(|end| name.ends_with(end)) => {
            Some(Promise::Perhaps)
        }
        _ => None,
    }
}

/// The report, with notes of what is odd about its surroundings.
fn found(
    message: &[u8],
    tree: &Tree,
    part: &Part,
    mut parsed: Parsed,
    container: Container,
    reports: usize,
) -> Found {
    let header = Header::of(message);
    let field = |name| header.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (submitter, domain) = (field("TLS-Report-Submitter"), field("TLS-Report-Domain"));
    let mut odd = |text: String| parsed.oddities.push(text);
    match part.content_type.as_str() {
        "application/tlsrpt+gzip" if container == Container::Plain => {
            odd("the part says gzip, and is JSON".to_owned())
        }
        "application/tlsrpt+json" if container != Container::Plain => {
            odd(format!("the part says JSON, and is {container}"));
        }
        "application/tlsrpt+gzip" | "application/tlsrpt+json" => {}
        other => odd(format!("the media type of the report is {other:?}")),
    }
    if tree
        .parts
        .first()
        .is_some_and(|p| p.content_type == "multipart/report" && p.param("report-type").is_none())
    {
        odd("multipart/report without report-type".to_owned());
    }
    if reports > 1 {
        odd(format!("the message holds {reports} reports, of which the first is read"));
    }
    for (name, value) in [("TLS-Report-Submitter", &submitter), ("TLS-Report-Domain", &domain)] {
        if value.is_none() {
            odd(format!("the message has no field {name}"));
        }
    }
    let contact = parsed.report.contact_info.rsplit_once('@').map(|(_, domain)| domain);
    if let (Some(submitter), Some(contact)) = (&submitter, contact)
        && !submitter.trim_end_matches('.').eq_ignore_ascii_case(contact)
    {
        parsed
            .oddities
            .push(format!("TLS-Report-Submitter is {submitter:?}, and contact-info is at {contact:?}"));
    }
    Found { parsed, container, media_type: Some(part.content_type.clone()), submitter, domain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_message::body::encode_base64;
    use mox_unpack::gzip;

    const REPORT: &str = r#"{"organization-name":"o","date-range":{"start-datetime":"2025-01-01T00:00:00Z",
        "end-datetime":"2025-01-01T23:59:59Z"},"contact-info":"tls@sender.example","report-id":"r","policies":[]}"#;

    fn part(kind: &str, content: &[u8]) -> String {
        format!(
            "Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            encode_base64(content)
        )
    }

    fn multipart(kind: &str, parts: &[String]) -> String {
        let parts: String = parts.iter().map(|part| format!("--b\r\n{part}")).collect();
        format!("Content-Type: {kind}; boundary=b\r\n\r\n{parts}--b--\r\n")
    }

    fn message(rest: &str) -> String {
        format!(
            "From: tls@sender.example\r\nTLS-Report-Domain: example.org\r\n\
             TLS-Report-Submitter: sender.example\r\n{rest}"
        )
    }

    /// The report as a zlib stream of one block that is stored (RFC 1950 §2.2, RFC 1951 §3.2.4).
    fn zlib() -> Vec<u8> {
        let length = u16::try_from(REPORT.len()).unwrap();
        let (a, b) = REPORT.bytes().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(byte)) % 65521;
            (a, (b + a) % 65521)
        });
        let mut stream = vec![0x78, 0x9c, 1];
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(REPORT.as_bytes());
        stream.extend_from_slice(&(b << 16 | a).to_be_bytes());
        stream
    }

    /// `ok`, oddities; or the error.
    fn look(bytes: &[u8], depth: Depth) -> String {
        match find(bytes, depth) {
            Ok(found) => format!("ok {}", found.parsed.oddities.join("; ")).trim_end().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reports_are_found_in_whatever_they_come_in() {
        let packed = gzip::compress(REPORT.as_bytes());
        let report = part("application/tlsrpt+gzip", &packed);
        let text = "Content-Type: text/plain\r\n\r\nReport\r\n".to_owned();
        let whole = multipart("multipart/report; report-type=\"tlsrpt\"", &[text.clone(), report.clone()]);
        let nested = multipart("multipart/mixed", &[text.clone(), report.clone()]).replace("=b\r", "=c\r");
        let nested = nested.replace("--b", "--c");
        for (bytes, expected) in [
            (REPORT.as_bytes().to_vec(), "ok"),
            (packed.clone(), "ok"),
            (message(&whole).into_bytes(), "ok"),
            (message(&report).into_bytes(), "ok"),
            (message(&part("application/tlsrpt+json", REPORT.as_bytes())).into_bytes(), "ok"),
            (message(&multipart("multipart/mixed", &[nested])).into_bytes(), "ok"),
            (
                message(&whole.replace("; report-type=\"tlsrpt\"", "")).into_bytes(),
                "ok multipart/report without report-type",
            ),
            (
                message(&part("application/tlsrpt+json", &packed)).into_bytes(),
                "ok the part says JSON, and is gzip",
            ),
            (
                message(&multipart("multipart/mixed", &[text.clone(), part("application/x-gzip", &packed)]))
                    .into_bytes(),
                "ok the media type of the report is \"application/x-gzip\"",
            ),
            (
                message(&multipart(
                    "multipart/mixed",
                    &[part("application/octet-stream", b"{"), report.clone(), report.clone()],
                ))
                .into_bytes(),
                "ok the message holds 2 reports, of which the first is read",
            ),
            (
                message(&report)
                    .replace("sender.example\r\nContent", "other.example\r\nContent")
                    .into_bytes(),
                "ok TLS-Report-Submitter is \"other.example\", and contact-info is at \"sender.example\"",
            ),
            (
                report.clone().into_bytes(),
                "ok the message has no field TLS-Report-Submitter; the message has no field TLS-Report-Domain",
            ),
            (b"PK\x03\x04".to_vec(), "damaged zip: it has no end: it is cut off"),
            (zlib(), "ok the report is packed with zlib, not gzip"),
            (
                message(&part("application/zip", &zlib())).into_bytes(),
                "ok the report is packed with zlib, not gzip; the media type of the report is \"application/zip\"",
            ),
            (message(&text).into_bytes(), &FindError::None.to_string()),
            (
                message(&part("application/tlsrpt+json", b"hello")).into_bytes(),
                "not JSON: line 1, column 1: expected value",
            ),
            (
                message(&part("application/tlsrpt+gzip", &packed[..20])).into_bytes(),
                "damaged gzip: incomplete deflate stream",
            ),
            (
                message(&part("application/tlsrpt+gzip", &gzip::compress(&vec![b' '; 8 << 20]))).into_bytes(),
                "expands to more than MANY bytes",
            ),
        ] {
            let told = look(&bytes, Depth::Own);
            let told = match told.strip_prefix("expands to more than ") {
                Some(_) => "expands to more than MANY bytes".to_owned(),
                None => told,
            };
            assert_eq!(told, expected, "{}", String::from_utf8_lossy(&bytes));
        }
        let size = MAX_MESSAGE + 1;
        assert_eq!(find(&vec![b'{'; size], Depth::Any), Err(FindError::TooLarge { size }));
        assert!(claims_report(&Header::of(message("\r\n").as_bytes())));
        assert!(!claims_report(&Header::of(text.as_bytes())));
    }

    #[test]
    fn a_bounce_of_a_report_is_none_but_a_file_may_be_one() {
        let report = message(&part("application/tlsrpt+gzip", &gzip::compress(REPORT.as_bytes())));
        let returned = format!("Content-Type: message/rfc822\r\n\r\n{report}");
        let text = "Content-Type: text/plain\r\n\r\nsorry\r\n".to_owned();
        let bounce =
            multipart("multipart/report; report-type=delivery-status", &[text.clone(), returned.clone()]);
        assert_eq!(look(bounce.as_bytes(), Depth::Own), "a report of another kind: delivery-status");
        assert!(look(bounce.as_bytes(), Depth::Any).starts_with("ok"));
        let forwarded = multipart("multipart/mixed", &[text, returned]);
        assert_eq!(look(forwarded.as_bytes(), Depth::Own), FindError::None.to_string());
        assert!(look(forwarded.as_bytes(), Depth::Any).starts_with("ok"));
    }
}
