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

/// A document with these records.
fn document(records: &str) -> String {
    format!(
        "<feedback><version>1.0</version><report_metadata><org_name>o</org_name><email>a@b.example</email>\
         <report_id>1</report_id><date_range><begin>1</begin><end>2</end></date_range></report_metadata>\
         <policy_published><domain>example.org</domain><p>none</p></policy_published>{records}</feedback>"
    )
}

fn read(text: &str) -> Parsed {
    parse(text.as_bytes(), &Limits::default()).unwrap()
}

#[test]
fn what_is_beyond_the_bounds_is_refused_or_cut() {
    let limits = Limits::default();
    let mut big = document("").into_bytes();
    big.resize(limits.bytes + 1, b' ');
    assert_eq!(parse(&big, &limits), Err(ReadError::TooLarge { size: limits.bytes + 1, max: limits.bytes }));
    let many = document(&"<record><row/></record>".repeat(limits.records + 1));
    assert_eq!(parse(many.as_bytes(), &limits), Err(ReadError::TooManyRecords { max: 50_000 }));
    let fits = document(&"<record><row/></record>".repeat(limits.records));
    assert_eq!(read(&fits).feedback.records.len(), 50_000);
    let deep = document(&"<record>".repeat(1_000_000));
    assert_eq!(parse(deep.as_bytes(), &limits), Err(ReadError::TooDeep { max: 64 }));
    let long = document("").replace("<org_name>o", &format!("<org_name>{}", "\u{e9}".repeat(1001)));
    let parsed = read(&long);
    assert_eq!(parsed.feedback.metadata.org_name, "\u{e9}".repeat(1000));
    assert!(parsed.oddities.contains(&"org_name is longer than 2000 bytes".to_owned()));
}

#[test]
fn one_element_holds_so_much_and_no_more() {
    let dkim = "<dkim><domain>a</domain><result>pass</result></dkim>".repeat(150);
    let parsed = read(&document(&format!("<record><auth_results>{dkim}</auth_results></record>")));
    assert_eq!(parsed.feedback.records[0].dkim_results.len(), 100);
    assert!(parsed.oddities.iter().any(|odd| odd.starts_with("more than 100 dkim")), "{parsed:?}");
    let parsed = read(&document(&format!("<record><row/>{}</record>", "<x/>".repeat(100_000))));
    assert!(parsed.oddities.iter().any(|odd| odd.starts_with("more than 2000 elements")), "{parsed:?}");
    assert_eq!(parsed.feedback.records.len(), 1);
    let errors =
        document("").replace("<date_range>", &format!("{}<date_range>", "<error>e</error>".repeat(99)));
    assert_eq!(read(&errors).feedback.metadata.error.len(), 20);
    let odd: String = (0..200).map(|n| format!("<x{n}/>")).collect();
    assert_eq!(read(&document(&odd)).oddities.len(), 50);
}

/// Many attributes and prefixes cost no more than their bytes.
#[test]
fn attributes_cost_what_they_weigh() {
    let attributes: String = (0..50_000).map(|n| format!(" xmlns:a{n}='urn:a{n}'")).collect();
    let text = document(&"<a9:x xmlns='urn:b'/>".repeat(20_000))
        .replace("<feedback", &format!("<feedback{attributes}"));
    assert_eq!(read(&text).feedback.policy.domain, "example.org");
}

/// A report as this test writes it.
fn written(feedback: &Feedback) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#x22;");
    let element = |name: &str, text: &str| format!("<{name}>{}</{name}>", escape(text));
    let optional = |name: &str, text: Option<&str>| text.map(|text| element(name, text)).unwrap_or_default();
    let filled = |name: &str, text: &str| optional(name, Some(text).filter(|text| !text.is_empty()));
    let (m, p) = (&feedback.metadata, &feedback.policy);
    let namespace = match feedback.form {
        Form::Rfc9990 => " xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"",
        Form::Rfc7489 => "",
    };
    let mut text = format!("<feedback{namespace}>{}<report_metadata>", element("version", "1.0"));
    text += &element("org_name", &m.org_name);
    text += &element("email", &m.email);
    text += &filled("extra_contact_info", &m.extra_contact_info);
    text += &element("report_id", &m.report_id);
    let (begin, end) = (m.begin.secs().to_string(), m.end.secs().to_string());
    write!(text, "<date_range>{}{}</date_range>", element("begin", &begin), element("end", &end)).unwrap();
    m.error.iter().for_each(|error| text += &element("error", error));
    text += &filled("generator", &m.generator);
    text += "</report_metadata><policy_published>";
    text += &element("domain", &p.domain);
    for (name, policy) in [("p", p.p), ("sp", p.sp), ("np", p.np)] {
        text += &optional(name, policy.map(Policy::keyword));
    }
    for (name, alignment) in [("adkim", p.adkim), ("aspf", p.aspf)] {
        text += &optional(name, alignment.map(mox_dmarc::Alignment::letter));
    }
    text += &filled("fo", &p.fo);
    text += &optional("testing", p.testing.map(|yes| if yes { "y" } else { "n" }));
    text += &filled("discovery_method", &p.discovery_method);
    text += &optional("pct", p.pct.map(|pct| pct.to_string()).as_deref());
    text += "</policy_published>";
    for record in &feedback.records {
        let word = |pass| if pass { "pass" } else { "fail" };
        text += "<record><row>";
        text += &optional("source_ip", record.source_ip.map(|ip| ip.to_string()).as_deref());
        text += &element("count", &record.count.to_string());
        text += "<policy_evaluated>";
        text += &element("disposition", record.disposition.keyword());
        text += &element("dkim", word(record.dkim));
        text += &element("spf", word(record.spf));
        for reason in &record.reasons {
            let kind = element("type", reason.kind.keyword());
            write!(text, "<reason>{kind}{}</reason>", filled("comment", &reason.comment)).unwrap();
        }
        text += "</policy_evaluated></row><identifiers>";
        text += &element("header_from", &record.header_from);
        text += &optional("envelope_from", record.envelope_from.as_deref());
        text += &optional("envelope_to", record.envelope_to.as_deref());
        text += "</identifiers><auth_results>";
        for dkim in &record.dkim_results {
            let told = [element("domain", &dkim.domain), filled("selector", &dkim.selector)].concat();
            let result = element("result", dkim.result.keyword());
            write!(text, "<dkim>{told}{result}{}</dkim>", filled("human_result", &dkim.human_result))
                .unwrap();
        }
        for spf in &record.spf_results {
            let scope = spf.scope.map(|scope| format!("{scope:?}").to_lowercase());
            let told = [element("domain", &spf.domain), optional("scope", scope.as_deref())].concat();
            let result = element("result", spf.result.keyword());
            write!(text, "<spf>{told}{result}{}</spf>", filled("human_result", &spf.human_result)).unwrap();
        }
        text += "</auth_results></record>";
    }
    text + "</feedback>"
}

mod any {
    //! Any report that can be written.

    use mox_clock::Timestamp;
    use proptest::option::of;
    use proptest::prelude::*;
    use proptest::sample::select;

    use mox_dmarc::{Alignment, Policy};

    use crate::*;

    fn text() -> impl Strategy<Value = String> {
        "[!-~\u{e9}\u{4e2d}]([ -~\u{e9}\u{4e2d}]{0,12}[!-~\u{e9}])?"
    }

    fn maybe() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), text()]
    }

    fn domain() -> impl Strategy<Value = String> {
        "[a-z0-9_\u{e9}-]{1,8}(\\.[a-z]{2,5}){0,2}"
    }

    fn metadata() -> impl Strategy<Value = Metadata> {
        let texts = (text(), maybe(), text(), proptest::collection::vec(text(), 0..3), maybe());
        (texts, domain(), 0i64..4_000_000_000, 0i64..1_000_000).prop_map(|(texts, domain, begin, length)| {
            let (org_name, extra_contact_info, report_id, error, generator) = texts;
            let (begin, end) = (Timestamp::from_secs(begin), Timestamp::from_secs(begin + length));
            let email = format!("dmarc@{domain}");
            Metadata { org_name, email, extra_contact_info, report_id, begin, end, error, generator }
        })
    }

    fn policy() -> impl Strategy<Value = PolicyPublished> {
        let p = || of(select(vec![Policy::None, Policy::Quarantine, Policy::Reject]));
        let a = || of(select(vec![Alignment::Relaxed, Alignment::Strict]));
        let method = select(vec!["", "psl", "treewalk"]);
        let rest = (of(any::<bool>()), method, of(0u8..=100), "(0|1|d|s|1:d:s)?");
        (domain(), (p(), p(), p()), (a(), a()), rest).prop_map(
            |(domain, (p, sp, np), (adkim, aspf), rest)| {
                let (testing, method, pct, fo) = rest;
                let discovery_method = method.to_owned();
                PolicyPublished { domain, p, sp, np, adkim, aspf, fo, testing, discovery_method, pct }
            },
        )
    }

    fn dkim() -> impl Strategy<Value = DkimAuth> {
        (domain(), maybe(), select(AuthResult::ALL.to_vec()), maybe())
            .prop_map(|(domain, selector, result, h)| DkimAuth { domain, selector, result, human_result: h })
    }

    fn spf() -> impl Strategy<Value = SpfAuth> {
        let scope = of(select(vec![Scope::MFrom, Scope::Helo]));
        (domain(), scope, select(AuthResult::ALL.to_vec()), maybe())
            .prop_map(|(domain, scope, result, h)| SpfAuth { domain, scope, result, human_result: h })
    }

    fn record() -> impl Strategy<Value = Record> {
        let reason =
            (select(ReasonKind::ALL.to_vec()), maybe()).prop_map(|(kind, comment)| Reason { kind, comment });
        let ip = of(any::<std::net::IpAddr>().prop_map(|ip| ip.to_canonical()));
        let row = (ip, 0..=crate::words::MAX_COUNT, select(Action::ALL.to_vec()), any::<(bool, bool)>());
        let domains = (domain(), of("([a-z]{1,8})?"), of("[a-z]{1,8}"));
        let lists = proptest::collection::vec(dkim(), 0..3);
        let lists = (proptest::collection::vec(reason, 0..3), lists, proptest::collection::vec(spf(), 0..3));
        (row, domains, lists).prop_map(|((source_ip, count, disposition, (dkim, spf)), domains, lists)| {
            Record {
                source_ip,
                count,
                disposition,
                dkim,
                spf,
                reasons: lists.0,
                header_from: domains.0,
                envelope_from: domains.1,
                envelope_to: domains.2,
                dkim_results: lists.1,
                spf_results: lists.2,
            }
        })
    }

    pub(super) fn feedback() -> impl Strategy<Value = Feedback> {
        let form = select(vec![Form::Rfc9990, Form::Rfc7489]);
        let records = proptest::collection::vec(record(), 0..5);
        (form, metadata(), policy(), records).prop_map(|(form, metadata, policy, records)| Feedback {
            form,
            metadata,
            policy,
            records,
        })
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(feedback in any::feedback()) {
        prop_assert_eq!(read(&written(&feedback)).feedback, feedback);
    }

    /// What this house writes is read without a note, and says the same when it is written again.
    #[test]
    fn what_the_writer_writes_is_read(feedback in any::feedback()) {
        for form in [Form::Rfc9990, Form::Rfc7489] {
            let bytes = crate::write(&feedback, form);
            let parsed = parse(&bytes, &Limits::default()).unwrap();
            let counts = |f: &Feedback| -> Vec<_> {
                f.records.iter().map(|r| (r.source_ip, r.count, r.dkim, r.spf, r.header_from.clone())).collect()
            };
            prop_assert_eq!(counts(&parsed.feedback), counts(&feedback));
            prop_assert_eq!(&parsed.feedback.metadata.report_id, &feedback.metadata.report_id);
            prop_assert_eq!(parsed.feedback.form, form);
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(String::from_utf8(crate::write(&parsed.feedback, form)).unwrap(), text);
        }
    }

    /// Any damage is an error or a report, never a panic.
    #[test]
    fn damage_is_survived(feedback in any::feedback(), at: prop::sample::Index, bytes: [u8; 3]) {
        let mut text = written(&feedback).into_bytes();
        let at = at.index(text.len());
        text.splice(at..at, bytes);
        if let Ok(parsed) = parse(&text, &Limits::default()) {
            prop_assert!(parsed.feedback.metadata.begin <= parsed.feedback.metadata.end);
            prop_assert!(!parsed.feedback.policy.domain.is_empty());
        }
    }
}

#[test]
fn a_disposition_is_one_of_four() {
    for action in Action::ALL {
        let row =
            format!("<row><policy_evaluated><disposition>{action}</disposition></policy_evaluated></row>");
        let parsed = read(&document(&format!("<record>{row}</record>")));
        assert_eq!(parsed.feedback.records[0].disposition, action);
    }
}
