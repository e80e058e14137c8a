//! DMARC reports at the MX port: those that pass DMARC are kept, all mail is delivered.

use super::Scene;
use mox_message::body::encode_base64;
use mox_unpack::gzip;

const TO: &str = "dmarcreports@here.example";

/// A report on two messages of a day, the end of which may be moved.
fn document(id: &str, domain: &str, end: i64) -> String {
    format!(
        r#"<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>
<report_metadata><org_name>Sender</org_name><email>dmarc@sender.example</email><report_id>{id}</report_id>
<date_range><begin>1795564800</begin><end>{end}</end></date_range></report_metadata>
<policy_published><domain>{domain}</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>2</count>
<policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>here.example</header_from></identifiers>
<auth_results><dkim><domain>here.example</domain><selector>s</selector><result>pass</result></dkim>
<spf><domain>here.example</domain><result>fail</result></spf></auth_results></record></feedback>"#
    )
}

fn aggregate_from(from: &str, document: &str) -> String {
    let part = encode_base64(&gzip::compress(document.as_bytes()));
    format!(
        "From: <{from}>\r\nTo: <{TO}>\r\n\
         Subject: Report Domain: here.example Submitter: sender.example Report-ID: <1>\r\nMIME-Version: 1.0\r\n\
         Content-Type: application/gzip; name=\"sender.example!here.example!1795564800!1795651199.xml.gz\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{part}\r\n"
    )
}

fn aggregate(id: &str, domain: &str) -> String {
    aggregate_from("dmarc@sender.example", &document(id, domain, 1_795_651_199))
}

fn failure(domain: &str) -> String {
    format!(
        "From: <dmarc@sender.example>\r\nTo: <{TO}>\r\nSubject: FW: pay now\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nA message failed.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nVersion: 1\r\n\
         User-Agent: Sender/1\r\nAuth-Failure: dmarc\r\nIdentity-Alignment: none\r\n\
         Delivery-Result: reject\r\nReported-Domain: {domain}\r\nSource-IP: 192.0.2.1\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: boss@{domain}\r\nSubject: pay now\r\n\r\n\
         --b--\r\n"
    )
}

impl Scene {
    fn kept_dmarc(&self) -> Vec<String> {
        self.texts(
            "SELECT sender || ' ' || policy_domain || ' ' || messages || ' ' || passed FROM dmarc_in
             UNION ALL SELECT sender || ' ' || policy_domain || ' failure' FROM failure_in",
        )
    }
}

#[tokio::test]
async fn reports_are_kept_when_they_pass_dmarc_and_all_mail_is_delivered() {
    let scene = Scene::new();
    let good = |message: &str| scene.signed("sender.example", "any", message);
    let from_below = |id: &str| {
        aggregate_from("dmarc@reports.sender.example", &document(id, "here.example", 1_795_651_199))
    };
    let from_other = aggregate_from("a@other.example", &document("9", "here.example", 1_795_651_199));
    let fails = "the message does not pass DMARC: neither SPF nor DKIM passes for sender.example";
    let ours = "the report is about no domain of this server: stranger.example";
    for (name, message, kept, error) in [
        ("good", good(&aggregate("1", "here.example")), 1, ""),
        ("a copy", good(&aggregate("1", "here.example")), 0, ""),
        ("about a name below", good(&aggregate("1", "a.here.example")), 1, ""),
        ("organization signs", scene.signed("sender.example", "any", &from_below("2")), 1, ""),
        ("unsigned", aggregate("3", "here.example"), 0, fails),
        ("stranger signs", scene.signed("other.example", "any", &aggregate("4", "here.example")), 0, fails),
        (
            "key of another service",
            scene.signed("sender.example", "tls", &aggregate("5", "here.example")),
            0,
            fails,
        ),
        (
            "no record",
            scene.signed("other.example", "any", &from_other),
            0,
            "the message does not pass DMARC: other.example has no DMARC record",
        ),
        ("stranger's domain", good(&aggregate("6", "stranger.example")), 0, ours),
        (
            "of the future",
            good(&aggregate_from("dmarc@sender.example", &document("7", "here.example", 1_795_800_000))),
            0,
            "the period of the report cannot be: it ends at 2026-11-27T17:20:00Z, more than a day from now",
        ),
        ("no report", good("From: <dmarc@sender.example>\r\n\r\nhello\r\n"), 0, "no DMARC report in it"),
        ("failure", good(&failure("here.example")), 1, ""),
        ("the same failure", good(&failure("here.example")), 0, ""),
        ("failure of a stranger", good(&failure("stranger.example")), 0, ours),
        ("unsigned failure", failure("here.example"), 0, fails),
    ] {
        let before = scene.kept_dmarc().len();
        let reply = scene.bring(TO, &message).await;
        assert!(reply.starts_with("250 "), "{name}: {reply}");
        let (mailbox, why) = scene.last();
        assert_eq!((scene.kept_dmarc().len() - before, mailbox.as_str()), (kept, "DMARC"), "{name}: {why}");
        assert!(why.starts_with(error) && why.is_empty() == error.is_empty(), "{name}: {why}");
    }
    assert_eq!(
        scene.kept_dmarc(),
        [
            "sender.example here.example 2 2",
            "sender.example a.here.example 2 2",
            "reports.sender.example here.example 2 2",
            "sender.example here.example failure"
        ]
    );
    for table in ["dmarc_in", "failure_in"] {
        let sql = format!("SELECT CAST(r.message_id AS TEXT) FROM {table} r JOIN message USING (message_id)");
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        assert!(!scene.texts(sql).is_empty(), "{table} names the messages that brought reports");
    }
}

#[tokio::test]
async fn each_kind_of_report_has_its_address() {
    let scene = Scene::new();
    let report = scene.signed("sender.example", "any", &aggregate("1", "here.example"));
    for (to, mailbox, error) in
        [("tlsreports@here.example", "TLSRPT", "not JSON"), ("amy@here.example", "Inbox", "")]
    {
        assert!(scene.bring(to, &report).await.starts_with("250 "));
        let (found, why) = scene.last();
        assert_eq!(found, mailbox);
        assert!(why.starts_with(error) && why.is_empty() == error.is_empty(), "{to}: {why}");
    }
    assert!(scene.kept_dmarc().is_empty() && scene.kept().is_empty());
}
