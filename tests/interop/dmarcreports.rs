//! Aggregate reports of DMARC as others see them: xmllint holds them against the schema of RFC 9990, and parsedmarc
//! reads from both forms, without a warning, what was written. RFC 9990 §3.1, RFC 7489 appendix C.

use std::path::{Path, PathBuf};
use std::process::Command;

use mox_clock::Timestamp;
use mox_dmarc::{Alignment, Policy};
use mox_dmarcrpt::{
    Action, AuthResult, DkimAuth, Feedback, Form, Metadata, PolicyPublished, Reason, ReasonKind, Record,
    Scope, SpfAuth, file_name, write,
};
use serde_json::{Value, json};

use crate::peers::{file, installed, parsedmarc, run};

/// First second of the day that is reported on.
const BEGIN: i64 = 1_779_148_800;

fn metadata() -> Metadata {
    Metadata {
        org_name: "Receiver & Söhne <\u{1}>".to_owned(),
        email: "postmaster@receiver.example".to_owned(),
        extra_contact_info: "https://receiver.example/?a=1&b=2".to_owned(),
        report_id: "abc123".to_owned(),
        begin: Timestamp::from_secs(BEGIN),
        end: Timestamp::from_secs(BEGIN + 86_399),
        error: vec!["two records".to_owned(), "rua that cannot be read".to_owned()],
        generator: "mox 0.1".to_owned(),
    }
}

fn policy() -> PolicyPublished {
    PolicyPublished {
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
    }
}

/// Messages with one signature and one result of SPF.
fn record(ip: &str, disposition: Action, result: AuthResult) -> Record {
    let passes = result == AuthResult::Pass;
    Record {
        source_ip: Some(ip.parse().unwrap()),
        count: 7,
        disposition,
        dkim: passes,
        spf: passes,
        reasons: Vec::new(),
        header_from: "news.example.org".to_owned(),
        envelope_from: Some("example.org".to_owned()),
        envelope_to: Some("receiver.example".to_owned()),
        dkim_results: vec![DkimAuth {
            domain: "example.org".to_owned(),
            selector: "s1".to_owned(),
            result,
            human_result: "what the verifier said: <b>".to_owned(),
        }],
        spf_results: vec![SpfAuth {
            domain: "example.org".to_owned(),
            scope: Some(Scope::MFrom),
            result,
            human_result: String::new(),
        }],
    }
}

/// A report with every result, every action, every reason, and what may be missing.
fn rich() -> Feedback {
    let mut records: Vec<Record> = AuthResult::ALL
        .into_iter()
        .zip(Action::ALL.into_iter().cycle())
        .map(|(result, action)| record("2001:db8::9", action, result))
        .collect();
    let mut reasons = record("192.0.2.1", Action::None, AuthResult::Fail);
    reasons.reasons = ReasonKind::ALL.map(|kind| Reason { kind, comment: "a & b".to_owned() }).to_vec();
    let mut bare = record("::ffff:192.0.2.7", Action::Reject, AuthResult::None);
    bare.envelope_from = Some(String::new());
    bare.envelope_to = None;
    bare.dkim_results.clear();
    let mut unknown = record("192.0.2.8", Action::Reject, AuthResult::PermError);
    unknown.dkim_results[0].selector.clear();
    unknown.spf_results.clear();
    records.extend([reasons, bare, unknown]);
    Feedback { form: Form::Rfc9990, metadata: metadata(), policy: policy(), records }
}

/// A file of the report, not compressed.
fn written(folder: &Path, form: Form) -> PathBuf {
    let report = rich();
    let Metadata { begin, end, .. } = report.metadata;
    let name = file_name("receiver.example", &report.policy.domain, begin, end, "abc123");
    let path = folder.join(name.trim_end_matches(".gz"));
    std::fs::write(&path, write(&report, form)).unwrap();
    path
}

/// What parsedmarc read from files, which it must have nothing to remark about.
pub(crate) fn read(parsedmarc: &Path, paths: &[&Path]) -> Vec<Value> {
    let log = paths[0].with_extension("log");
    let mut command = Command::new(parsedmarc);
    command.args(["--offline", "--warnings", "--log-file"]).arg(&log).args(paths);
    let mut read: Value = serde_json::from_str(&run(&mut command)).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap_or_default(), "", "parsedmarc has something to remark");
    let Value::Array(reports) = read["aggregate_reports"].take() else { panic!("{read}") };
    assert_eq!(reports.len(), paths.len());
    reports
}

/// A record as parsedmarc tells it. It knows no empty envelope sender: it takes that of SPF.
fn told(record: &Record, form: Form) -> Value {
    let word = |passes| if passes { "pass" } else { "fail" };
    let or_null = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let dkim = |signature: &DkimAuth| {
        let result = match signature.result {
            AuthResult::SoftFail => AuthResult::Fail,
            result => result,
        };
        json!({
            "domain": signature.domain,
            "selector": if signature.selector.is_empty() { "none" } else { &signature.selector },
            "result": result.keyword(),
            "human_result": or_null(&signature.human_result),
        })
    };
    let spf = |domain: &str, result: &str| json!({ "domain": domain, "scope": "mfrom", "result": result, "human_result": null });
    let spf_results: Vec<Value> = match (form, record.spf_results.as_slice()) {
        (Form::Rfc9990, []) => Vec::new(),
        (Form::Rfc7489, []) => vec![spf("example.org", "none")],
        (Form::Rfc7489, [one]) if one.result == AuthResult::Policy => vec![spf(&one.domain, "neutral")],
        (_, [one, ..]) => vec![spf(&one.domain, one.result.keyword())],
    };
    let reason = |reason: &Reason| {
        let word = reason.kind.keyword();
        let kept = match form {
            Form::Rfc9990 => !["forwarded", "sampled_out"].contains(&word),
            Form::Rfc7489 => word != "policy_test_mode",
        };
        match kept {
            true => json!({ "type": word, "comment": reason.comment }),
            false => json!({ "type": "other", "comment": format!("{word}: {}", reason.comment) }),
        }
    };
    let disposition = match (form, record.disposition) {
        (Form::Rfc7489, Action::Pass) => Action::None,
        (_, action) => action,
    };
    json!({
        "ip": record.source_ip.unwrap().to_canonical().to_string(),
        "count": record.count,
        "alignment": { "spf": record.spf, "dkim": record.dkim, "dmarc": record.passes() },
        "policy_evaluated": {
            "disposition": disposition.keyword(),
            "dkim": word(record.dkim),
            "spf": word(record.spf),
            "policy_override_reasons": record.reasons.iter().map(reason).collect::<Vec<_>>(),
        },
        "identifiers": {
            "envelope_from": "example.org",
            "header_from": record.header_from,
            "envelope_to": record.envelope_to,
        },
        "auth_results": {
            "dkim": record.dkim_results.iter().map(dkim).collect::<Vec<_>>(),
            "spf": spf_results,
        },
    })
}

fn assert_read(report: &Value, form: Form) {
    let Feedback { metadata, policy, records, .. } = rich();
    let new = form == Form::Rfc9990;
    let namespace = json!("urn:ietf:params:xml:ns:dmarc-2.0");
    assert_eq!(report["xml_namespace"], if new { namespace } else { Value::Null });
    assert_eq!(report["xml_schema"], "1.0");
    let told_metadata = &report["report_metadata"];
    for (name, value) in [
        ("org_name", json!("Receiver & Söhne <\u{fffd}>")),
        ("org_email", json!(metadata.email)),
        ("org_extra_contact_info", json!(metadata.extra_contact_info)),
        ("report_id", json!(metadata.report_id)),
        ("begin_date", json!("2026-05-19 00:00:00")),
        ("end_date", json!("2026-05-19 23:59:59")),
        ("errors", json!(["two records; rua that cannot be read"])),
        ("generator", if new { json!(metadata.generator) } else { Value::Null }),
    ] {
        assert_eq!(told_metadata[name], value, "{name}");
    }
    let only = |known: bool, value: &str| if known { json!(value) } else { Value::Null };
    let told_policy = json!({
        "domain": policy.domain, "adkim": "r", "aspf": "s", "p": "reject", "sp": "quarantine", "fo": "1:d",
        "pct": only(!new, "100"),
        "np": only(new, "reject"),
        "testing": only(new, "n"),
        "discovery_method": only(new, "treewalk"),
    });
    assert_eq!(report["policy_published"], told_policy);
    let read = report["records"].as_array().unwrap();
    assert_eq!(read.len(), records.len());
    for (read, record) in read.iter().zip(&records) {
        let mut picked = json!({ "ip": read["source"]["ip_address"] });
        for name in ["count", "alignment", "policy_evaluated", "identifiers", "auth_results"] {
            picked[name] = read[name].clone();
        }
        assert_eq!(picked, told(record, form));
    }
}

/// Whether xmllint finds the document to be what the schema of RFC 9990 has; what it says of another is on stderr.
pub(crate) fn is_valid(document: &Path) -> bool {
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--noout", "--schema"]).arg(file("../data/dmarc-xml-0.2.xsd")).arg(document);
    xmllint.status().unwrap().success()
}

#[test]
fn a_report_is_what_the_schema_of_rfc_9990_has() {
    if !installed(&["xmllint"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(is_valid(&written(folder.path(), Form::Rfc9990)));
    // The schema is one that refuses: the form before has another namespace.
    assert!(!is_valid(&written(folder.path(), Form::Rfc7489)));
}

#[test]
fn both_forms_are_read_by_parsedmarc() {
    let Some(parsedmarc) = parsedmarc() else { return };
    for form in [Form::Rfc9990, Form::Rfc7489] {
        let folder = tempfile::tempdir().unwrap();
        assert_read(&read(&parsedmarc, &[&written(folder.path(), form)])[0], form);
    }
}
