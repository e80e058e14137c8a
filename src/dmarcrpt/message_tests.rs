//! Reports in messages, files and archives, and what is around them.

use mox_message::body::encode_base64;
use mox_message::header::Header;
use mox_unpack::{Container, gzip};

use crate::message::{Depth, FileName, FindError, MAX_EXPANDED, MAX_MESSAGE, Subject, claims_report, find};

const NAME: &str = "reporter.example!example.org!1763942400!1764028799!1.xml";

const REPORT: &str = "<feedback><version>1.0</version><report_metadata><org_name>Reporter</org_name>\
    <email>dmarc@reporter.example</email><report_id>1</report_id><date_range><begin>1763942400</begin>\
    <end>1764028799</end></date_range></report_metadata><policy_published><domain>example.org</domain><p>none</p>\
    </policy_published><record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated>\
    <disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers>\
    <header_from>example.org</header_from></identifiers><auth_results><spf><domain>example.net</domain>\
    <result>pass</result></spf></auth_results></record></feedback>";

/// A zip archive, one file that is stored (APPNOTE.TXT 6.3 §4.3).
pub(crate) fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
    let sum = bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    });
    let (size, length) = (u32::try_from(bytes.len()).unwrap(), u16::try_from(name.len()).unwrap());
    let mut described = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    described.extend([!sum, size, size].into_iter().flat_map(u32::to_le_bytes));
    described.extend(length.to_le_bytes());
    described.extend([0, 0]);
    let mut archive = [b"PK\x03\x04", described.as_slice(), name.as_bytes(), bytes].concat();
    let start = u32::try_from(archive.len()).unwrap();
    archive.extend([b"PK\x01\x02\x14\0", described.as_slice(), &[0; 14], name.as_bytes()].concat());
    let length = u32::try_from(archive.len()).unwrap() - start;
    archive.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    archive.extend([length, start].into_iter().flat_map(u32::to_le_bytes));
    archive.extend([0, 0]);
    archive
}

fn part(kind: &str, name: &str, content: &[u8]) -> String {
    let name = if name.is_empty() { String::new() } else { format!("; name=\"{name}\"") };
    let content = encode_base64(content);
    format!("Content-Type: {kind}{name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{content}\r\n")
}

fn multipart(kind: &str, parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}")).collect();
    format!("Content-Type: {kind}; boundary=b\r\n\r\n{parts}--b--\r\n")
}

fn message(rest: &str) -> String {
    format!(
        "From: dmarc@reporter.example\r\nSubject: Report Domain: example.org Submitter: reporter.example\r\n \
         Report-ID: <1@reporter.example>\r\n{rest}"
    )
}

/// `ok`, container, oddities; or the error.
fn look(bytes: &[u8], depth: Depth) -> String {
    match find(bytes, depth) {
        Ok(found) => {
            assert_eq!(found.parsed.feedback.records.len(), 1);
            let oddities = found.parsed.oddities.join("; ");
            format!("ok {} {oddities}", found.container).trim_end().to_owned()
        }
        Err(error) => error.to_string(),
    }
}

fn packed() -> Vec<u8> {
    gzip::compress(REPORT.as_bytes())
}

#[test]
fn reports_are_found_in_whatever_they_come_in() {
    let gz = format!("{NAME}.gz");
    let report = part("application/gzip", &gz, &packed());
    let text = "Content-Type: text/plain\r\n\r\nReport\r\n".to_owned();
    let inner = multipart("multipart/mixed", &[text.clone(), report.clone()]);
    let nested = inner.replace("=b\r", "=c\r").replace("--b", "--c");
    let zip = archive(NAME, REPORT.as_bytes());
    for (bytes, expected) in [
        (REPORT.to_owned(), "ok plain"),
        (format!("\u{feff}\r\n{REPORT}"), "ok plain the document begins with a byte order mark"),
        (message(&report), "ok gzip"),
        (message(&multipart("multipart/mixed", &[text.clone(), report.clone()])), "ok gzip"),
        (message(&multipart("multipart/mixed", &[nested])), "ok gzip"),
        (message(&part("application/x-gzip", &gz, &packed())), "ok gzip"),
        (message(&part("text/xml", NAME, REPORT.as_bytes())), "ok plain"),
        (message(&part("application/xml", NAME, REPORT.as_bytes())), "ok plain"),
        (
            message(&part("application/zip", &format!("{NAME}.zip"), &zip)),
            "ok zip the report is packed with zip, not gzip",
        ),
        (
            message(&part("application/x-zip-compressed", "", &zip)),
            "ok zip the report is packed with zip, not gzip; the part has no file name",
        ),
        (
            message(&part("application/octet-stream", &gz, &packed())),
            "ok gzip the media type is \"application/octet-stream\", and it is gzip",
        ),
        (
            message(&part("application/gzip", &gz, REPORT.as_bytes())),
            "ok plain the media type is \"application/gzip\", and it is XML",
        ),
        (
            message(&part("application/gzip", "report.gz", &packed())),
            "ok gzip the file name is \"report.gz\"",
        ),
        (
            message(&part("text/plain", "", REPORT.as_bytes())),
            "ok plain the media type is \"text/plain\", and it is XML; the part has no file name",
        ),
        (
            message(&multipart(
                "multipart/mixed",
                &[part("image/png", "logo.png", b"png"), report.clone(), report.clone()],
            )),
            "ok gzip the message holds several reports, of which the first is read",
        ),
        (
            message(&multipart(
                "multipart/mixed",
                &[part("text/xml", "else.xml", b"<html/>"), report.clone()],
            )),
            "ok gzip",
        ),
    ] {
        assert_eq!(look(bytes.as_bytes(), Depth::Own), expected, "{bytes}");
    }
    assert_eq!(look(&packed(), Depth::Own), "ok gzip");
    assert_eq!(look(&zip, Depth::Own), "ok zip the report is packed with zip, not gzip");
}

#[test]
fn all_parts_of_a_message_share_a_budget() {
    // Each fails at its end, after a third of what may be expanded.
    let broken = [REPORT.replace("</feedback>", "").into_bytes(), vec![b' '; MAX_EXPANDED / 3]].concat();
    // What does not compress keeps the ratio low.
    let mix = |n: u64| (n ^ n >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let noise: Vec<u8> =
        (1..MAX_EXPANDED as u64 / 400).map(|n| (mix(mix(n << 32 | n)) >> 56) as u8).collect();
    let broken = part("application/gzip", "", &gzip::compress(&[broken, noise].concat()));
    let good = part("application/gzip", "", &packed());
    for (many, expected) in [(2, true), (3, false), (9, false)] {
        let mut parts = vec![broken.clone(); many];
        parts.push(good.clone());
        let found = find(message(&multipart("multipart/mixed", &parts)).as_bytes(), Depth::Own);
        assert_eq!(found.is_ok(), expected, "{many}: {found:?}");
    }
}

#[test]
fn names_and_subjects_are_compared_with_the_report() {
    for (name, subject, expected) in [
        (
            "a!example.net!1763942400!1764028799.xml.gz",
            "",
            "the file name says domain \"example.net\", the report \"example.org\"",
        ),
        (
            "a!Example.ORG!1763942400!1764028800.xml.gz",
            "",
            "the file name says end \"2025-11-25T00:00:00Z\", the report \"2025-11-24T23:59:59Z\"",
        ),
        (
            &format!("{NAME}.gz"),
            "example.org Submitter: x Report-ID: 2",
            "the subject says id \"2\", the report \"1\"",
        ),
        (&format!("{NAME}.gz"), "{example.org.} Submitter: {x}", ""),
        (
            &format!("{NAME}.gz"),
            "sub.example.org Submitter: x Report-ID: <1>",
            "the subject says domain \"sub.example.org\", the report \"example.org\"",
        ),
    ] {
        let report = part("application/gzip", name, &packed());
        let subject =
            if subject.is_empty() { "hello" } else { &format!("[Preview] Report domain: {subject}") };
        let bytes = format!("From: a@b.example\r\nSubject: {subject}\r\n{report}");
        assert_eq!(look(bytes.as_bytes(), Depth::Own), format!("ok gzip {expected}").trim_end());
    }
    let subject = |text: &str| Subject::parse(text).map(|s| (s.domain, s.submitter, s.report_id));
    let three = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(subject("Report Domain: a Submitter: b Report-ID: <c@d>"), three("a", "b", "c@d"));
    assert_eq!(
        subject("Dmarc Aggregate Report Domain: {a} Submitter: {Amazon SES} Date: {x}"),
        three("a", "Amazon", "")
    );
    assert_eq!(subject("Report Domain: a"), None);
    assert_eq!(subject("Report Domain: \u{130}\u{130} Submitter:"), None);
    assert_eq!(FileName::parse("a!b!c!d.xml"), None);
    assert_eq!(
        FileName::parse("../x/a!b!1!2!u7.xml.gz").map(|name| (name.receiver, name.unique)),
        Some(("a".into(), "u7".into()))
    );
}

#[test]
fn what_is_no_report_is_told() {
    let text = "Content-Type: text/plain\r\n\r\nReport\r\n".to_owned();
    let blank = vec![b' '; 8 << 20];
    let bomb = gzip::compress(&blank);
    for (bytes, expected) in [
        (message(&text), FindError::None.to_string()),
        (message(&part("text/html", "", b"<html/>")), FindError::None.to_string()),
        (
            message(&part("application/gzip", "a.gz", &packed()[..40])),
            "damaged gzip: incomplete deflate stream".to_owned(),
        ),
        (
            message(&part("application/gzip", "a.gz", &gzip::compress(b"{}"))),
            "not XML: no element in it".to_owned(),
        ),
        (
            message(&part("application/gzip", "a.gz", &bomb)),
            format!("expands to more than {} bytes", (bomb.len() * 200).max(1 << 20)),
        ),
        (
            message(&part("application/zip", "a.zip", &archive("a.gz", &packed()))),
            "gzip within zip: it is unpacked once, not twice".to_owned(),
        ),
        (
            message(&multipart("multipart/report; report-type=tlsrpt", &[text])),
            "a report of another kind: tlsrpt".to_owned(),
        ),
        ("\u{1}\u{2}garbage".to_owned(), "not XML: no element in it".to_owned()),
        (
            "<html></html>".to_owned(),
            "XML, but not a DMARC report: the root is \"html\", not feedback".to_owned(),
        ),
    ] {
        assert_eq!(look(bytes.as_bytes(), Depth::Own), expected);
    }
    let size = MAX_MESSAGE + 1;
    assert_eq!(find(&vec![b'<'; size], Depth::Any), Err(FindError::TooLarge { size }));
}

#[test]
fn a_bounce_of_a_report_is_none_but_a_file_may_be_one() {
    let report = message(&part("application/gzip", &format!("{NAME}.gz"), &packed()));
    let returned = format!("Content-Type: message/rfc822\r\n\r\n{report}");
    let text = "Content-Type: text/plain\r\n\r\nsorry\r\n".to_owned();
    let bounce =
        multipart("multipart/report; report-type=delivery-status", &[text.clone(), returned.clone()]);
    assert_eq!(look(bounce.as_bytes(), Depth::Own), "a report of another kind: delivery-status");
    assert_eq!(look(bounce.as_bytes(), Depth::Any), "ok gzip");
    let forwarded = multipart("multipart/mixed", &[text, returned]);
    assert_eq!(look(forwarded.as_bytes(), Depth::Own), FindError::None.to_string());
    assert_eq!(look(forwarded.as_bytes(), Depth::Any), "ok gzip");
}

#[test]
fn headers_claim_reports() {
    let claims = |text: &str| claims_report(&Header::of(text.as_bytes()));
    assert!(claims(&message("\r\n")));
    assert!(claims("Subject: =?utf-8?Q?Report_Domain:_example.org_Submitter:_x?=\r\n\r\n"));
    assert!(!claims("Subject: Report\r\n\r\n"));
    assert!(!claims("\r\n"));
    assert!(!claims(&message("TLS-Report-Domain: example.org\r\n\r\n")));
    let found = find(message(&part("text/xml", NAME, REPORT.as_bytes())).as_bytes(), Depth::Own).unwrap();
    assert_eq!((found.container, found.media_type.as_deref()), (Container::Plain, Some("text/xml")));
    assert_eq!(found.subject.map(|subject| subject.submitter).as_deref(), Some("reporter.example"));
    assert_eq!(found.file_name.as_deref(), Some(NAME));
}
