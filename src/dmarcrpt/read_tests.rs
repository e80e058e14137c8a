//! What is read of the samples in `tests/data/dmarc`, and of documents at the bounds.

use std::fmt::Write;

use mox_dmarc::Policy;
use proptest::prelude::*;

use crate::{Action, Feedback, Form, Limits, Parsed, ReadError, Record, parse};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/dmarc");

/// A record in a line.
fn line(record: &Record) -> String {
    let ip = record.source_ip.map_or("-".to_owned(), |ip| ip.to_string());
    let result = |pass| if pass { "pass" } else { "fail" };
    let mut line = format!(
        "{ip} x{} {} dkim={} spf={} from={}",
        record.count,
        record.disposition,
        result(record.dkim),
        result(record.spf),
        record.header_from
    );
    let mut add = |name: &str, value: &dyn std::fmt::Debug| write!(line, " {name}={value:?}").unwrap();
    record.envelope_from.iter().for_each(|domain| add("mail-from", domain));
    record.envelope_to.iter().for_each(|domain| add("to", domain));
    for reason in &record.reasons {
        add("reason", &format_args!("{} {:?}", reason.kind.keyword(), reason.comment));
    }
    for dkim in &record.dkim_results {
        let (domain, selector, result) = (&dkim.domain, &dkim.selector, dkim.result.keyword());
        add("dkim", &format_args!("{domain}/{selector} {result} {:?}", dkim.human_result));
    }
    for spf in &record.spf_results {
        let scope = spf.scope.map_or("-".to_owned(), |scope| format!("{scope:?}").to_lowercase());
        add("spf", &format_args!("{} {scope} {} {:?}", spf.domain, spf.result.keyword(), spf.human_result));
    }
    line
}

/// A report in lines.
fn lines(parsed: &Parsed) -> String {
    let Feedback { form, metadata: m, policy, records } = &parsed.feedback;
    let mut text = format!(
        "  {form:?} {:?} <{}> {:?} id {:?} {} to {} errors {:?} by {:?}\n",
        m.org_name,
        m.email,
        m.extra_contact_info,
        m.report_id,
        m.begin.rfc3339(),
        m.end.rfc3339(),
        m.error,
        m.generator
    );
    let keyword = |policy: Option<Policy>| policy.map_or("-", Policy::keyword);
    writeln!(
        text,
        "  policy {} p={} sp={} np={} adkim={} aspf={} fo={} t={:?} by {:?} pct={:?}",
        policy.domain,
        keyword(policy.p),
        keyword(policy.sp),
        keyword(policy.np),
        policy.adkim.map_or("-", mox_dmarc::Alignment::letter),
        policy.aspf.map_or("-", mox_dmarc::Alignment::letter),
        policy.fo,
        policy.testing,
        policy.discovery_method,
        policy.pct
    )
    .unwrap();
    records.iter().for_each(|record| writeln!(text, "  record {}", line(record)).unwrap());
    parsed.oddities.iter().for_each(|oddity| writeln!(text, "  odd: {oddity}").unwrap());
    text
}

#[test]
fn samples_are_read_as_expected() {
    let mut names: Vec<String> = std::fs::read_dir(SAMPLES)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".xml"))
        .collect();
    names.sort();
    assert!(names.len() > 40, "{names:?}");
    let mut told = String::new();
    for name in names {
        let bytes = std::fs::read(format!("{SAMPLES}/{name}")).unwrap();
        writeln!(told, "{name}").unwrap();
        let parsed = parse(&bytes, &Limits::default());
        assert_eq!(parsed.is_err(), name.starts_with("refused-"), "{name}: {parsed:?}");
        match parsed {
            Ok(parsed) => told.push_str(&lines(&parsed)),
            Err(error) => writeln!(told, "  refused: {error}").unwrap(),
        }
    }
    let path = format!("{SAMPLES}/expected.txt");
    if std::env::var_os("MOX_UPDATE").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    for (told, expected) in told.lines().zip(expected.lines()) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.len(), expected.len());
}
