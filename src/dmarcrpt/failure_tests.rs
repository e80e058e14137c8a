//! Failure reports as they come.

use mox_clock::Timestamp;
use mox_message::header::Header;

use crate::failure::{
    FailureError, FailureReport, MAX_FIELD, MAX_HEADER, MAX_VALUES, claims_failure, find, parse,
};
use crate::message::{Depth, MAX_MESSAGE};

const FIELDS: &str = "Feedback-Type: auth-failure\r\n\
    Version: 1\r\n\
    User-Agent: Reporter/1.0\r\n\
    Auth-Failure: dmarc\r\n\
    Delivery-Result: reject\r\n\
    Identity-Alignment: dkim, spf\r\n\
    Reported-Domain: example.org\r\n\
    Source-IP: 192.0.2.1\r\n\
    Arrival-Date: Mon, 24 Nov 2025 10:20:30 +0100\r\n\
    Incidents: 3\r\n\
    Reporting-MTA: dns; mx.reporter.example\r\n\
    Original-Envelope-Id: q1\r\n\
    Original-Mail-From: <bounce@example.org>\r\n\
    Original-Rcpt-To: <a@reporter.example>\r\n\
    Authentication-Results: mx.reporter.example; dmarc=fail\r\n \
    header.from=example.org\r\n\
    DKIM-Domain: example.org\r\n\
    DKIM-Identity: @example.org\r\n\
    DKIM-Selector: s2026\r\n\
    SPF-DNS: txt : example.org : \"v=spf1 -all\"\r\n";

const REPORTED: &str = "From: Somebody <somebody@example.org>\r\nSubject: hello \x1b[31m\r\n\r\nsecret\r\n";

fn message(fields: &str, reported: &str) -> String {
    format!(
        "From: dmarc@reporter.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n\
         --b\r\n{reported}\r\n--b--\r\n"
    )
}

fn returned() -> String {
    format!("Content-Type: message/rfc822\r\n\r\n{REPORTED}")
}

fn oddities(fields: &str) -> String {
    parse(fields.as_bytes()).map_or_else(|error| error.to_string(), |report| report.oddities.join("; "))
}

#[test]
fn a_report_is_read() {
    let report = find(message(FIELDS, &returned()).as_bytes(), Depth::Own).unwrap();
    let expected = FailureReport {
        version: "1".into(),
        user_agent: "Reporter/1.0".into(),
        auth_failure: vec!["dmarc".into()],
        delivery_result: "reject".into(),
        identity_alignment: Some(vec!["dkim".into(), "spf".into()]),
        reported_domain: vec!["example.org".into()],
        source_ip: "192.0.2.1".parse().ok(),
        arrival: Timestamp::parse_rfc3339("2025-11-24T09:20:30Z"),
        incidents: 3,
        reporting_mta: "mx.reporter.example".into(),
        original_envelope_id: "q1".into(),
        original_mail_from: "bounce@example.org".into(),
        original_rcpt_to: vec!["<a@reporter.example>".into()],
        authentication_results: vec!["mx.reporter.example; dmarc=fail header.from=example.org".into()],
        dkim_domain: "example.org".into(),
        dkim_identity: "@example.org".into(),
        dkim_selector: "s2026".into(),
        dkim_selector_dns: String::new(),
        spf_dns: vec!["txt : example.org : \"v=spf1 -all\"".into()],
        header: "From: Somebody <somebody@example.org>\nSubject: hello  [31m".into(),
        oddities: Vec::new(),
    };
    assert_eq!(report, expected);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["arrival"], "2025-11-24T09:20:30Z");
    assert_eq!(json["source_ip"], "192.0.2.1");
}

#[test]
fn headers_and_encodings_are_forgiven() {
    let headers = "Content-Type: text/rfc822-headers\r\n\r\nFrom: a@example.org\r\n";
    let report = find(message(FIELDS, headers).as_bytes(), Depth::Own).unwrap();
    assert_eq!((report.header.as_str(), report.oddities.len()), ("From: a@example.org", 0));
    let encoded =
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTogYUBiCgp0ZXh0\r\n";
    assert_eq!(find(message(FIELDS, encoded).as_bytes(), Depth::Own).unwrap().header, "From: a@b");
    let mixed = message(FIELDS, "Content-Type: text/plain\r\n\r\nnothing")
        .replace("report; report-type=feedback-report", "mixed");
    let report = find(mixed.as_bytes(), Depth::Own).unwrap();
    assert_eq!(
        report.oddities,
        [
            "the report is not in a multipart/report; report-type=feedback-report",
            "the header of the message that is reported is not there"
        ]
    );
    // Groups of fields between empty lines, line ends of one byte, blanks before the first.
    let apart = format!("\n\n{}", FIELDS.replace("\r\nSource-IP", "\n\nSource-IP"));
    assert_eq!(parse(apart.as_bytes()), parse(FIELDS.as_bytes()));
}

#[test]
fn what_differs_is_told_and_other_feedback_is_refused() {
    for (from, to, expected) in [
        ("Version: 1", "Version: 0.1", ""),
        ("Version: 1", "Version: 3", "the version is \"3\", not 1"),
        ("Auth-Failure: dmarc", "Auth-Failure: SPF", ""),
        ("Auth-Failure: dmarc", "Auth-Failure: dmarc, spf", "Auth-Failure tells of several failures"),
        ("Auth-Failure: dmarc", "Auth-Failure: weather", "Auth-Failure is \"weather\""),
        ("Auth-Failure: dmarc\r\n", "", "there is no Auth-Failure"),
        (
            "Delivery-Result: reject",
            "Delivery-Result: smg-policy-action",
            "Delivery-Result is \"smg-policy-action\"",
        ),
        ("Identity-Alignment: dkim, spf", "Identity-Alignment: none (all)", ""),
        ("Identity-Alignment: dkim, spf", "Identity-Alignment: arc", "Identity-Alignment is \"arc\""),
        ("Identity-Alignment: dkim, spf\r\n", "", "there is no Identity-Alignment"),
        (
            "Source-IP: 192.0.2.1",
            "Source-IP: [192.0.2.1]",
            "the source IP is an address with something around it",
        ),
        ("Source-IP: 192.0.2.1", "Source-IP: unknown", "the source IP is \"unknown\", no IP address"),
        (
            "Arrival-Date: Mon, 24 Nov 2025 10:20:30 +0100",
            "Arrival-Date: soon",
            "Arrival-Date is \"soon\", no date",
        ),
        ("Arrival-Date", "Received-Date", ""),
        ("Incidents: 3", "Incidents: many", "Incidents is \"many\": one is meant"),
        ("Incidents: 3", "Incidents: 0", "Incidents is \"0\": one is meant"),
        ("Version: 1", "Version: 1\r\nVersion: 2", "Version stands several times: the first is read"),
        ("Feedback-Type: auth-failure\r\n", "", "a feedback report without Feedback-Type"),
        (
            "auth-failure",
            "abuse",
            "feedback of type \"abuse\", not auth-failure: it is not about authentication",
        ),
    ] {
        assert!(FIELDS.contains(from), "{from}");
        assert_eq!(oddities(&FIELDS.replacen(from, to, 1)), expected, "{from:?} {to:?}");
    }
    assert_eq!(find(b"Subject: x\r\n\r\nhello", Depth::Any), Err(FailureError::None));
}

#[test]
fn bounds_hold() {
    let long = format!(
        "{FIELDS}User: {}\r\nSPF-DNS: {}\r\n{}",
        "x".repeat(9),
        "y".repeat(5000),
        "SPF-DNS: z\r\n".repeat(99)
    );
    let report = parse(long.as_bytes()).unwrap();
    assert_eq!((report.spf_dns.len(), report.spf_dns[1].len()), (MAX_VALUES, MAX_FIELD));
    assert_eq!(report.oddities.len(), 2, "{:?}", report.oddities);
    let reported = format!("Content-Type: message/rfc822\r\n\r\n{}\r\ntext", "X: \u{e9}\r\n".repeat(50_000));
    let report = find(message(FIELDS, &reported).as_bytes(), Depth::Own).unwrap();
    assert!((1000..=MAX_HEADER).contains(&report.header.len()), "{}", report.header.len());
    let size = MAX_MESSAGE + 1;
    assert_eq!(find(&vec![b'x'; size], Depth::Own), Err(FailureError::TooLarge { size }));
}

#[test]
fn a_report_that_is_forwarded_is_one_for_a_file_only() {
    let forwarded = format!(
        "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n--o--\r\n",
        message(FIELDS, &returned())
    );
    assert_eq!(find(forwarded.as_bytes(), Depth::Own), Err(FailureError::None));
    let report = find(forwarded.as_bytes(), Depth::Any).unwrap();
    assert_eq!((report.incidents, report.oddities.len()), (3, 0));
    assert!(report.header.starts_with("From: Somebody"));
    let message = message(FIELDS, &returned());
    assert!(claims_failure(&Header::of(message.as_bytes())));
    assert!(!claims_failure(&Header::of(forwarded.as_bytes())));
}
