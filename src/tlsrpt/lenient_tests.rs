//! Reports as senders in the wild write them, one sample for each dialect, and documents that are none.

use proptest::prelude::*;

use crate::lenient::parse;
use crate::*;
use mox_clock::Timestamp;

/// A dialect: its name, a document, and what is told of it.
struct Dialect {
    name: &'static str,
    json: &'static str,
    /// `organization id start..end`, then each policy as `kind domain ok/failed lines/hosts [details]`.
    read: &'static [&'static str],
    oddities: &'static [&'static str],
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "the example of the RFC, mx-host as erratum 6241 has it",
        json: r#"{"organization-name":"Company-X",
            "date-range":{"start-datetime":"2016-04-01T00:00:00Z","end-datetime":"2016-04-01T23:59:59Z"},
            "contact-info":"sts-reporting@company-x.example","report-id":"5065427c-23d3-47ca-b6e0-946ea0e8c4be",
            "policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: testing",
            "mx: *.mail.company-y.example","max_age: 86400"],"policy-domain":"company-y.example",
            "mx-host":["*.mail.company-y.example"]},
            "summary":{"total-successful-session-count":5326,"total-failure-session-count":303},
            "failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"2001:db8:abcd:0012::1",
            "receiving-mx-hostname":"mx1.mail.company-y.example","failed-session-count":100},
            {"result-type":"starttls-not-supported","sending-mta-ip":"2001:db8:abcd:0013::1",
            "receiving-mx-hostname":"mx2.mail.company-y.example","receiving-ip":"203.0.113.56",
            "failed-session-count":200,
            "additional-information":"https://reports.company-x.example/report_info?id=5065427c"},
            {"result-type":"validation-failure","sending-mta-ip":"198.51.100.62","receiving-ip":"203.0.113.58",
            "receiving-mx-hostname":"mx-backup.mail.company-y.example","failed-session-count":3,
            "failure-reason-code":"X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"}]}]}"#,
        read: &[
            "Company-X 5065427c-23d3-47ca-b6e0-946ea0e8c4be 2016-04-01T00:00:00Z..2016-04-01T23:59:59Z",
            "sts company-y.example 5326/303 4/1 [certificate-expired 100, starttls-not-supported 200, \
             validation-failure 3]",
        ],
        oddities: &[],
    },
    Dialect {
        name: "Google: no failure-details where nothing failed, mx-host as a text in old reports",
        json: r#"{"organization-name":"Google Inc.","date-range":{"start-datetime":"2024-09-03T00:00:00Z",
            "end-datetime":"2024-09-03T23:59:59Z"},"contact-info":"smtp-tls-reporting@google.com",
            "report-id":"2024-09-03T00:00:00Z_example.org","policies":[{"policy":{"policy-type":"sts",
            "policy-string":["version: STSv1","mode: enforce","mx: mx.example.org","max_age: 604800"],
            "policy-domain":"example.org","mx-host":"mx.example.org"},
            "summary":{"total-successful-session-count":21,"total-failure-session-count":0}}]}"#,
        read: &[
            "Google Inc. 2024-09-03T00:00:00Z_example.org 2024-09-03T00:00:00Z..2024-09-03T23:59:59Z",
            "sts example.org 21/0 4/1 []",
        ],
        oddities: &["mx-host is a text, not a list"],
    },
    Dialect {
        name: "Microsoft: times without zone, empty lists",
        json: r#"{"organization-name":"Microsoft Corporation","date-range":{
            "start-datetime":"2023-05-17T00:00:00","end-datetime":"2023-05-17T23:59:59"},
            "contact-info":"tlsrpt-noreply@microsoft.com","report-id":"133287452183+example.org",
            "policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: testing",
            "mx: mx.example.org","max_age: 86400"],"policy-domain":"example.org"},
            "summary":{"total-successful-session-count":3,"total-failure-session-count":0},
            "failure-details":[]}]}"#,
        read: &[
            "Microsoft Corporation 133287452183+example.org 2023-05-17T00:00:00Z..2023-05-17T23:59:59Z",
            "sts example.org 3/0 4/0 []",
        ],
        oddities: &[
            "start-datetime has no time zone: UTC is meant",
            "end-datetime has no time zone: UTC is meant",
        ],
    },
    Dialect {
        name: "mail.ru: the period ends at the next midnight, the policy is one text",
        json: r#"{"organization-name":"Mail.ru","date-range":{"start-datetime":"2025-02-01T00:00:00.000Z",
            "end-datetime":"2025-02-02T00:00:00.000Z"},"contact-info":"mailto:tlsrpt@corp.mail.ru",
            "report-id":"171234","policies":[{"policy":{"policy-type":"sts",
            "policy-string":"version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n",
            "policy-domain":"example.org","mx-host":["mx.example.org"]},
            "summary":{"total-successful-session-count":"7","total-failure-session-count":"1"},
            "failure-details":[{"result-type":"certificate-host-mismatch","failed-session-count":"1",
            "receiving-mx-hostname":"mx.example.org","sending-mta-ip":null}]}]}"#,
        read: &[
            "Mail.ru 171234 2025-02-01T00:00:00Z..2025-02-02T00:00:00Z",
            "sts example.org 7/1 4/1 [certificate-host-mismatch 1]",
        ],
        oddities: &[
            "contact-info is a mailto: URI",
            "policy-string is a text, not a list",
            "total-successful-session-count is a text",
            "total-failure-session-count is a text",
            "sending-mta-ip is null",
            "failed-session-count is a text",
        ],
    },
    Dialect {
        name: "Postfix with tlsrpt-reporter: no policy-domain where no policy was found, colons in the id",
        json: r#"{"organization-name":"Example Mail","date-range":{"start-datetime":"2025-06-01T00:00:00Z",
            "end-datetime":"2025-06-01T23:59:59Z"},"contact-info":null,
            "report-id":"2025-06-01T00:00:00Z_idx1_example.org","policies":[{"policy":{
            "policy-type":"no-policy-found"},
            "summary":{"total-successful-session-count":0,"total-failure-session-count":2},
            "failure-details":[{"result-type":"validation-failure","failed-session-count":2,
            "receiving-mx-hostname":"mx.example.org","failure-reason-code":"lost connection"}]}]}"#,
        read: &[
            "Example Mail 2025-06-01T00:00:00Z_idx1_example.org 2025-06-01T00:00:00Z..2025-06-01T23:59:59Z",
            "no-policy-found  0/2 0/0 [validation-failure 2]",
        ],
        oddities: &[
            "contact-info is null",
            "contact-info is missing or empty",
            "policy-domain is missing or empty",
        ],
    },
    Dialect {
        name: "TLSA policies, a trailing dot and details of sessions that went on",
        json: r#"{"organization-name":"n","date-range":{"start-datetime":"2025-06-01T02:00:00+02:00",
            "end-datetime":"2025-06-01"},"contact-info":"a@b.example","report-id":77,
            "policies":{"policy":{"policy-type":"TLSA","policy-string":["3 1 1 AB","3 1 1 CD"],
            "policy-domain":"MX.example.org.","mx-host":[]},"summary":{"total-successful-session-count":9.0,
            "total-failure-session-count":-1},"failure-details":{"result-type":"Dane-Required"}}}
            trailing"#,
        read: &[
            "n 77 2025-06-01T00:00:00Z..2025-06-01T00:00:00Z",
            "tlsa MX.example.org 9/0 2/0 [dane-required 1]",
        ],
        oddities: &[
            "bytes follow after the document",
            "end-datetime is a day without a time",
            "report-id is a number",
            "policies is not a list",
            "policy-domain ends in a dot",
            "total-failure-session-count is not a count: 0 is meant",
            "failure-details is not a list",
            "failed-session-count is missing: 1 is meant",
        ],
    },
    Dialect {
        name: "names that the RFC does not have, other spellings, numbers as times, nothing in it",
        json: "\u{feff}[{\"organization_name\":[\"a\",\"b\"],\"Date-Range\":{\"start-datetime\":1735689600},
            \"contact-info\":\"a@b.example\",\"report-id\":\"x\\ny\",\"policies\":[4,{\"policy\":{
            \"policy-type\":\"dane\",\"policy-domain\":\"b.example\",\"mx-host\":7},\"failure-details\":[
            {\"result-type\":\"tls-13-only\",\"failed-session-count\":0}]}]}]",
        read: &[
            "a b x y 2025-01-01T00:00:00Z..2025-01-01T23:59:59Z",
            "dane b.example 0/0 0/0 [tls-13-only 0]",
        ],
        oddities: &[
            "the document begins with a byte order mark",
            "the document is a list of one report",
            "date-range is spelled \"Date-Range\"",
            "start-datetime is a number",
            "end-datetime is missing: a day is meant",
            "organization-name is spelled \"organization_name\"",
            "organization-name is a list",
            "policies has entries that are no objects",
            "policy-type \"dane\" is not one of the RFC",
            "mx-host is not a list",
            "a summary is missing",
            "result-type \"tls-13-only\" is not one of the RFC",
        ],
    },
    Dialect {
        name: "null wherever something may be left out",
        json: r#"{"organization-name":null,"date-range":{"start-datetime":"2025-06-01T00:00:00Z",
            "end-datetime":null},"contact-info":null,"report-id":null,"policies":[null,{"policy":{
            "policy-type":"sts","policy-string":null,"policy-domain":"b.example","mx-host":[null,"mx.b.example"]},
            "summary":null,"failure-details":null},{"policy":null,"summary":{
            "total-successful-session-count":null,"total-failure-session-count":1},"failure-details":[null,
            {"result-type":null,"failed-session-count":null,"receiving-ip":null}]}]}"#,
        read: &["  2025-06-01T00:00:00Z..2025-06-01T23:59:59Z", "sts b.example 0/0 0/1 []", "  0/1 0/0 [ 1]"],
        oddities: &[
            "end-datetime is null",
            "end-datetime is missing: a day is meant",
            "organization-name is null",
            "organization-name is missing or empty",
            "contact-info is null",
            "contact-info is missing or empty",
            "report-id is null",
            "report-id is missing or empty",
            "policies has entries that are no objects",
            "policy-string is null",
            "mx-host is not a text",
            "summary is null",
            "a summary is missing",
            "failure-details is null",
            "policy is null",
            "a policy is missing",
            "policy-type is missing or empty",
            "policy-domain is missing or empty",
            "total-successful-session-count is null",
            "total-successful-session-count is missing: 0 is meant",
            "failure-details has entries that are no objects",
            "result-type is null",
            "result-type is missing or empty",
            "receiving-ip is null",
            "failed-session-count is null",
            "failed-session-count is missing: 1 is meant",
        ],
    },
    Dialect {
        name: "a heartbeat without policies, not UTF-8",
        json: "",
        read: &["Ex\u{fffd}mple x 2025-01-01T00:00:00Z..2025-01-01T23:59:59Z"],
        oddities: &["the document is not UTF-8", "contact-info is missing or empty", "policies is absent"],
    },
];

/// Bytes of the last dialect.
const NOT_UTF8: &[u8] =
    b"{\"organization-name\":\"Ex\xe4mple\",\"report-id\":\"x\",\"date-range\":{\"start-datetime\":\
    \"2025-01-01T00:00:00Z\",\"end-datetime\":\"2025-01-01T23:59:59Z\"}}";

#[test]
fn every_dialect_is_read_and_its_oddities_told() {
    for dialect in DIALECTS {
        let bytes = if dialect.json.is_empty() { NOT_UTF8 } else { dialect.json.as_bytes() };
        let Parsed { report, oddities } =
            parse(bytes, &Limits::default()).unwrap_or_else(|e| panic!("{}: {e}", dialect.name));
        let Report { organization_name, report_id, start, end, policies, .. } = &report;
        let mut read =
            vec![format!("{organization_name} {report_id} {}..{}", start.rfc3339(), end.rfc3339())];
        read.extend(policies.iter().map(|PolicyResult { policy, summary, details }| {
            let details: Vec<_> = details.iter().map(|d| format!("{} {}", d.result, d.failed)).collect();
            let (lines, hosts) = (policy.strings.len(), policy.mx_hosts.len());
            let Summary { successful, failed } = summary;
            let (kind, domain, details) = (&policy.kind, &policy.domain, details.join(", "));
            format!("{kind} {domain} {successful}/{failed} {lines}/{hosts} [{details}]")
        }));
        assert_eq!(read, dialect.read, "{}", dialect.name);
        assert_eq!(oddities, dialect.oddities, "{}", dialect.name);
        // What was forgiven is gone when we write it.
        let again = parse(report.to_json().as_bytes(), &Limits::default()).unwrap();
        assert_eq!(again.report, report, "{}", dialect.name);
    }
}

#[test]
fn what_is_no_report_is_none() {
    let range = r#""date-range":{"start-datetime":"x","end-datetime":"2025-01-01T00:00:00Z"}"#;
    for (json, expected) in [
        (String::new(), "not JSON: line 1, column 0: EOF while parsing a value"),
        ("<feedback/>".to_owned(), "not JSON: line 1, column 1: expected value"),
        ("[]".to_owned(), "JSON, but not a TLS report: no object"),
        ("{}".to_owned(), "JSON, but not a TLS report: no date-range"),
        (r#"{"date-range":{}}"#.to_owned(), "JSON, but not a TLS report: no policies"),
        (r#"{"date-range":{},"policies":[]}"#.to_owned(), "JSON, but not a TLS report: no start-datetime"),
        (format!("{{{range},\"policies\":[]}}"), "start-datetime is not a time: \"\\\"x\\\"\""),
        ("[".repeat(1000), "not JSON: line 1, column 128: recursion limit exceeded"),
        (format!("[{}0]", "0,".repeat(200_000)), "the report has more than 200000 values"),
    ] {
        let error = parse(json.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{json:.40}");
    }
    let limits = Limits { bytes: 10, ..Limits::default() };
    assert_eq!(parse(&[b' '; 11], &limits), Err(ReportError::TooLarge { size: 11, max: 10 }));
}

#[test]
fn what_is_too_much_is_cut_and_told() {
    let policy = r#"{"policy":{"policy-type":"sts","policy-domain":"a.example","mx-host":["a","b","c"]},
        "summary":{"total-successful-session-count":0,"total-failure-session-count":3},
        "failure-details":[{"result-type":"certificate-expired","failed-session-count":1,
        "additional-information":"ééééé"},{"result-type":"tlsa-invalid","failed-session-count":2}]}"#;
    let json = format!(
        r#"{{"organization-name":"o","date-range":{{"start-datetime":"2025-01-01T00:00:00Z",
        "end-datetime":"2025-01-01T23:59:59Z"}},"contact-info":"a@b.ex","report-id":"r",
        "policies":[{policy},{policy},{policy}]}}"#
    );
    let limits = Limits { policies: 2, details: 3, strings: 2, ..Limits::default() };
    let read = parse(json.as_bytes(), &limits).unwrap();
    let details: Vec<usize> = read.report.policies.iter().map(|p| p.details.len()).collect();
    assert_eq!(details, [2, 1]);
    assert_eq!(read.report.policies[0].policy.mx_hosts, ["a", "b"]);
    assert_eq!(
        read.oddities,
        ["policies: 2 of 3 are read", "mx-host: 2 of 3 are read", "failure-details: 1 of 2 are read"]
    );
    let read = parse(json.as_bytes(), &Limits { text: 9, ..Limits::default() });
    assert!(matches!(read, Err(ReportError::Time { .. })), "a time that is cut is none");
    let read = parse(json.replace("ééééé", &"é".repeat(1500)).as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.report.policies[0].details[0].information, "é".repeat(1000));
    assert_eq!(read.oddities, ["additional-information is longer than 2000 bytes"]);
}

#[test]
fn a_period_that_ends_before_it_begins_is_turned_round() {
    let json = r#"{"organization-name":"o","date-range":{"start-datetime":"2025-01-02T00:00:00Z",
        "end-datetime":"2025-01-01T00:00:00Z"},"contact-info":"a@b.ex","report-id":"r","policies":[]}"#;
    let read = parse(json.as_bytes(), &Limits::default()).unwrap();
    assert!(read.report.start < read.report.end);
    assert_eq!(read.oddities, ["the period ends before it begins"]);
}

/// A text without control characters.
fn text() -> impl Strategy<Value = String> {
    "[ -~äλ\u{2028}\u{1f600}]{1,12}"
}

fn detail() -> impl Strategy<Value = FailureDetail> {
    let result =
        prop_oneof![proptest::sample::select(ResultType::ALL), Just(ResultType::Other("new".into()))];
    (result, proptest::collection::vec(proptest::option::of(text()), 6), any::<u64>()).prop_map(
        |(result, texts, failed)| {
            let text = |at: usize| texts[at].clone().unwrap_or_default();
            FailureDetail {
                result,
                sending_ip: text(0),
                mx_hostname: text(1),
                mx_helo: text(2),
                receiving_ip: text(3),
                failed,
                information: text(4),
                reason: text(5),
            }
        },
    )
}

fn policy() -> impl Strategy<Value = PolicyResult> {
    let kind = prop_oneof![proptest::sample::select(PolicyType::ALL), Just(PolicyType::Other("new".into()))];
    let texts = || proptest::collection::vec(text(), 0..3);
    let counts = (any::<u64>(), any::<u64>());
    (kind, texts(), "[a-z.]{0,9}[a-z]", texts(), counts, proptest::collection::vec(detail(), 0..3)).prop_map(
        |(kind, strings, domain, mx_hosts, (successful, failed), details)| PolicyResult {
            policy: Policy { kind, strings, domain, mx_hosts },
            summary: Summary { successful, failed },
            details,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        names in (text(), text(), text()),
        times in (0..253_402_300_799i64, 0..253_402_300_799i64),
        policies in proptest::collection::vec(policy(), 0..4),
    ) {
        let (start, end) = (times.0.min(times.1), times.0.max(times.1));
        let report = Report {
            organization_name: names.0,
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            contact_info: names.1,
            report_id: names.2,
            policies,
        };
        let read = parse(report.to_json().as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(&read.report, &report);
        let packed = mox_unpack::gzip::compress(report.to_json().as_bytes());
        prop_assert_eq!(mox_unpack::gzip::expand(&packed, 1 << 20).unwrap(), report.to_json().into_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, &Limits::default());
    }
}
