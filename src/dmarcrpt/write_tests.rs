//! Tests of what is written.

use std::io::{self, Write};

use mox_clock::Timestamp;
use mox_dmarc::{Alignment, Policy};

use crate::*;

/// A report in which everything is said that can be.
pub(crate) fn rich() -> Feedback {
    let dkim = |domain: &str, selector: &str, result, human: &str| DkimAuth {
        domain: domain.to_owned(),
        selector: selector.to_owned(),
        result,
        human_result: human.to_owned(),
    };
    let reason = |kind, comment: &str| Reason { kind, comment: comment.to_owned() };
    let failing = Record {
        source_ip: "2001:db8::9".parse().ok(),
        count: 3,
        disposition: Action::Quarantine,
        dkim: false,
        spf: false,
        reasons: vec![
            reason(ReasonKind::LocalPolicy, "a <known> list & more"),
            reason(ReasonKind::Forwarded, ""),
            reason(ReasonKind::PolicyTestMode, "t=y"),
        ],
        header_from: "news.example.org".to_owned(),
        envelope_from: Some(String::new()),
        envelope_to: Some("receiver.example".to_owned()),
        dkim_results: vec![
            dkim("example.org", "s1", AuthResult::Fail, "body hash"),
            dkim("esp.example", "k", AuthResult::Pass, ""),
            dkim("Example.ORG", "", AuthResult::Pass, ""),
            dkim("news.example.org", "s2", AuthResult::Pass, ""),
        ],
        spf_results: vec![
            SpfAuth {
                domain: "mta.esp.example".to_owned(),
                scope: Some(Scope::Helo),
                result: AuthResult::Policy,
                human_result: String::new(),
            },
            SpfAuth {
                domain: "bounce.esp.example".to_owned(),
                scope: Some(Scope::MFrom),
                result: AuthResult::SoftFail,
                human_result: "~all".to_owned(),
            },
        ],
    };
    let passing = Record {
        source_ip: "::ffff:192.0.2.1".parse().ok(),
        count: 7,
        disposition: Action::Pass,
        dkim: true,
        spf: false,
        reasons: Vec::new(),
        header_from: "example.org".to_owned(),
        envelope_from: Some("example.org".to_owned()),
        envelope_to: None,
        dkim_results: vec![dkim("example.org", "s1", AuthResult::Pass, "")],
        spf_results: Vec::new(),
    };
    Feedback {
        form: Form::Rfc9990,
        metadata: Metadata {
            org_name: "Receiver & Söhne".to_owned(),
            email: "postmaster@receiver.example".to_owned(),
            extra_contact_info: "https://receiver.example/?a=1&b=2".to_owned(),
            report_id: "abc123".to_owned(),
            begin: Timestamp::from_secs(1_779_148_800),
            end: Timestamp::from_secs(1_779_235_199),
            error: vec!["two records".to_owned(), "bad rua".to_owned()],
            generator: "mox 0.1".to_owned(),
        },
        policy: PolicyPublished {
            domain: "example.org".to_owned(),
            p: Some(Policy::Reject),
            sp: Some(Policy::Quarantine),
            np: Some(Policy::Reject),
            adkim: Some(Alignment::Relaxed),
            aspf: Some(Alignment::Strict),
            fo: "1:d".to_owned(),
            testing: Some(false),
            discovery_method: "treewalk".to_owned(),
            pct: None,
        },
        records: vec![failing, passing],
    }
}

fn text(feedback: &Feedback, form: Form) -> String {
    String::from_utf8(write(feedback, form)).unwrap()
}

#[test]
fn a_report_is_written_as_it_stands_in_the_file() {
    let new = include_str!("../../tests/data/dmarcrpt/rich-9990.xml");
    let old = include_str!("../../tests/data/dmarcrpt/rich-7489.xml");
    assert_eq!(text(&rich(), Form::Rfc9990), new);
    assert_eq!(text(&rich(), Form::Rfc7489), old);
}

#[test]
fn what_is_not_known_is_left_out_or_has_its_default() {
    let mut report = rich();
    report.policy = PolicyPublished { domain: "example.org".to_owned(), ..PolicyPublished::default() };
    report.metadata = Metadata::default();
    for record in &mut report.records {
        record.source_ip = None;
        record.envelope_from = None;
        record.spf_results.truncate(1);
    }
    let new = text(&report, Form::Rfc9990);
    let old = text(&report, Form::Rfc7489);
    assert!(new.contains("<domain>example.org</domain>\n    <p>none</p>\n  </policy_published>"), "{new}");
    assert!(
        old.contains("<p>none</p>\n    <sp>none</sp>\n    <pct>100</pct>\n    <fo>0</fo>\n  </policy"),
        "{old}"
    );
    for absent in ["<spf>\n", "envelope_from", "<error>", "generator", "extra_contact_info", "discovery"] {
        assert!(!new.contains(absent), "{absent}: {new}");
    }
    assert!(new.contains("<source_ip></source_ip>"));
    // SPF was asked about the greeting only, or not at all.
    assert!(
        old.contains(
            "<domain>mta.esp.example</domain>\n        <scope>helo</scope>\n        <result>neutral<"
        )
    );
    assert!(old.contains("<domain></domain>\n        <scope>mfrom</scope>\n        <result>none<"), "{old}");
}

#[test]
fn errors_are_one_short_text() {
    let mut report = rich();
    report.metadata.error = vec!["ü".repeat(1500), "x".repeat(1500)];
    let written = text(&report, Form::Rfc9990);
    let error = written.split("<error>").nth(1).unwrap().split("</error>").next().unwrap();
    assert_eq!(error.chars().count(), MAX_ERROR);
    assert!(error.ends_with("x..."));
    assert_eq!(written.matches("<error>").count(), 1);
}

#[test]
fn signatures_stand_by_their_worth_and_there_are_a_hundred_at_most() {
    let mut report = rich();
    let record = report.records.last_mut().unwrap();
    let template = record.dkim_results.first().unwrap().clone();
    record.dkim_results = (0..150)
        .map(|n| DkimAuth {
            domain: format!("d{n}.other.example"),
            result: if n % 2 == 0 { AuthResult::Pass } else { AuthResult::PermError },
            ..template.clone()
        })
        .chain([
            DkimAuth { domain: "mail.example.org".to_owned(), ..template.clone() },
            // Not below it: only its end is the same.
            DkimAuth { domain: "notexample.org".to_owned(), ..template.clone() },
            template.clone(),
        ])
        .collect();
    report.records.drain(..1);
    let written = text(&report, Form::Rfc9990);
    let signers: Vec<&str> = written
        .split("<dkim>\n")
        .skip(1)
        .map(|part| part.split("<domain>").nth(1).unwrap().split('<').next().unwrap())
        .collect();
    assert_eq!(signers.len(), MAX_SIGNATURES);
    assert_eq!(signers[..4], ["example.org", "mail.example.org", "d0.other.example", "d2.other.example"]);
    assert_eq!(signers[77..80], ["notexample.org", "d1.other.example", "d3.other.example"]);
}

#[test]
fn ten_thousand_records_go_through_a_writer_one_by_one() {
    /// Counts, and tells the longest piece.
    #[derive(Default)]
    struct Counter {
        bytes: usize,
        longest: usize,
    }
    impl Write for Counter {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            self.bytes += piece.len();
            self.longest = self.longest.max(piece.len());
            Ok(piece.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let report = rich();
    let mut writer =
        Writer::new(Counter::default(), Form::Rfc9990, &report.metadata, &report.policy).unwrap();
    for _ in 0..5000 {
        for record in &report.records {
            writer.record(record).unwrap();
        }
    }
    let counter = writer.finish().unwrap();
    assert!(counter.longest < 3000, "{}", counter.longest);
    let once = write(&report, Form::Rfc9990).len();
    let without = write(&Feedback { records: Vec::new(), ..report }, Form::Rfc9990).len();
    assert_eq!(counter.bytes, without + 5000 * (once - without));
}

#[test]
fn a_failing_file_is_told() {
    let report = rich();
    let mut room = [0; 64];
    assert!(Writer::new(room.as_mut_slice(), Form::Rfc9990, &report.metadata, &report.policy).is_err());
}

#[test]
fn file_names_are_those_of_the_rfc() {
    let (begin, end) = (Timestamp::from_secs(1_013_662_812), Timestamp::from_secs(1_013_749_130));
    for (receiver, domain, unique, expected) in [
        (
            "mail.receiver.example",
            "example.com",
            "",
            "mail.receiver.example!example.com!1013662812!1013749130.xml.gz",
        ),
        ("a.example", "b.example", "x1", "a.example!b.example!1013662812!1013749130!x1.xml.gz"),
        ("a.example", "../b!\r\n", "<x@y>", "a.example!..b!1013662812!1013749130!xy.xml.gz"),
    ] {
        assert_eq!(file_name(receiver, domain, begin, end, unique), expected);
    }
}
