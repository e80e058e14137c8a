//! What must hold for reports about DMARC, what files are packed in, and what mail programs ask in XML.

use mox_dmarcrpt::message::{Depth, MAX_DOCUMENT, find};
use mox_dmarcrpt::{Feedback, Form, Limits, failure, parse, write};
use mox_unpack::{Container, Error, FREE, MAX_RATIO, expand, gzip};

pub(crate) fn unpack(bytes: &[u8]) {
    const MAX: usize = 2 << 20;
    match expand(bytes, MAX) {
        Ok(expanded) => {
            assert!(expanded.bytes.len() <= MAX.min((bytes.len() * MAX_RATIO).max(FREE)));
            if expanded.container == Container::Plain {
                assert_eq!(expanded.bytes, bytes);
            }
            if Container::of(&expanded.bytes) == Container::Plain {
                let packed = expand(&gzip::compress(&expanded.bytes), MAX);
                assert!(packed.is_ok_and(|again| again.bytes == expanded.bytes && again.notes.is_empty()));
            }
        }
        Err(Error::TooLarge { max }) => assert!(max <= MAX),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(crate) fn dmarcrpt_report(bytes: &[u8]) {
    let found = find(bytes, Depth::Own).or_else(|_| find(bytes, Depth::Any));
    let parsed = match found {
        Ok(found) => found.parsed,
        Err(error) => return assert!(!error.to_string().contains('\n'), "{error}"),
    };
    let (limits, feedback) = (Limits { bytes: MAX_DOCUMENT, ..Limits::default() }, parsed.feedback);
    bounded(&feedback, &limits);
    assert!(parsed.oddities.iter().all(|odd| !odd.chars().any(char::is_control)), "{:?}", parsed.oddities);
    for form in [Form::Rfc9990, Form::Rfc7489] {
        let written = write(&feedback, form);
        let again = parse(&written, &Limits { bytes: usize::MAX, ..limits }).map(|parsed| parsed.feedback);
        let again = again.unwrap_or_default();
        assert_eq!(again.records.len(), feedback.records.len());
        assert_eq!(write(&again, form), written, "what is written says the same when it was read");
    }
}

fn bounded(feedback: &Feedback, limits: &Limits) {
    assert!(feedback.metadata.begin <= feedback.metadata.end && !feedback.policy.domain.is_empty());
    assert!(feedback.records.len() <= limits.records && feedback.metadata.org_name.len() <= limits.text);
    for record in &feedback.records {
        assert!(record.dkim_results.len() <= limits.results && record.spf_results.len() <= limits.results);
        assert!(record.header_from.len() <= limits.text && !record.header_from.is_empty());
        assert!(!record.header_from.chars().any(char::is_control));
    }
}

pub(crate) fn dmarcrpt_failure(bytes: &[u8]) {
    let found = failure::find(bytes, Depth::Own).or_else(|_| failure::find(bytes, Depth::Any));
    let Ok(report) = found.or_else(|_| failure::parse(bytes)) else { return };
    assert!(report.header.len() <= failure::MAX_HEADER && report.incidents > 0);
    assert!(report.user_agent.len() <= failure::MAX_FIELD && report.spf_dns.len() <= failure::MAX_VALUES);
    let texts = [&report.user_agent, &report.original_mail_from, &report.dkim_domain];
    assert!(texts.iter().all(|text| !text.chars().any(char::is_control)), "{report:?}");
    assert!(serde_json::to_string(&report).is_ok());
}

pub(crate) fn autodiscover(bytes: &[u8]) {
    use mox_website::autodiscover::{MAX_REQUEST, read, response};
    use mox_website::settings::{ClientSettings, Server, Tls};
    match read(bytes) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(address) => {
            assert!(bytes.len() <= MAX_REQUEST);
            let host = address.domain.ascii().to_owned();
            let outgoing =
                vec![Server { protocol: "submissions", host: host.clone(), port: 465, tls: Tls::Immediate }];
            let settings = ClientSettings { domain: host, incoming: Vec::new(), outgoing };
            let written = response(&settings, &address);
            let login =
                written.split("<LoginName>").nth(1).and_then(|rest| rest.split("</LoginName>").next());
            assert!(login.is_some_and(|login| !login.contains('<')), "{written}");
            assert!(read(written.as_bytes()).is_err());
        }
    }
}
