//! DMARC reports of others that arrive by SMTP from a sender whose mail passes DMARC are kept and shown; from one whose
//! mail does not, they are mail with a note. RFC 9990 §3.5.2, RFC 9991.

use std::time::{SystemTime, UNIX_EPOCH};

use mox_testkit::sender::Session;
use serde_json::{Value, json};

use crate::house::House;

/// Where reports are read.
const TO: &str = "dmarcreports@shop.example";

/// A report of yesterday: three messages, of which two failed.
fn document(id: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let begin = (now / 86_400 - 1) * 86_400;
    let row = |ip: &str, count: u32, result: &str| {
        format!(
            "<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated>\
             <disposition>none</disposition><dkim>{result}</dkim><spf>{result}</spf></policy_evaluated></row>\r\n\
             <identifiers><header_from>shop.example</header_from></identifiers><auth_results><spf>\
             <domain>shop.example</domain><result>{result}</result></spf></auth_results></record>\r\n"
        )
    };
    format!(
        "<?xml version=\"1.0\"?>\r\n<feedback>\r\n<report_metadata><org_name>Receiver</org_name>\
         <email>dmarc@dmarc-pass.lab.test</email>\r\n<report_id>{id}</report_id><date_range>\
         <begin>{begin}</begin><end>{}</end></date_range></report_metadata>\r\n\
         <policy_published><domain>shop.example</domain><p>quarantine</p></policy_published>\r\n{}{}</feedback>\r\n",
        begin + 86_399,
        row("192.0.2.1", 1, "pass"),
        row("192.0.2.9", 2, "fail")
    )
}

fn aggregate(from: &str, id: &str) -> String {
    format!(
        "From: <{from}>\r\nTo: <{TO}>\r\nSubject: Report Domain: shop.example Submitter: receiver Report-ID: <{id}>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/xml\r\n\r\n{}",
        document(id)
    )
}

fn failure(from: &str) -> String {
    format!(
        "From: <{from}>\r\nTo: <{TO}>\r\nSubject: FW: pay now\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nA message failed.\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nVersion: 1\r\n\
         User-Agent: Receiver/1\r\nAuth-Failure: dmarc\r\nIdentity-Alignment: none\r\nDelivery-Result: reject\r\n\
         Reported-Domain: shop.example\r\nSource-IP: 192.0.2.9\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: boss@shop.example\r\nSubject: pay now\r\n\r\n--b--\r\n"
    )
}

/// Brings a message with a reverse-path.
fn bring(house: &House, mail_from: &str, message: &str) {
    let mut session = Session::open(&house.mx()).unwrap();
    for (command, code) in [
        (format!("MAIL FROM:<{mail_from}>\r\n"), 250),
        (format!("RCPT TO:<{TO}>\r\n"), 250),
        ("DATA\r\n".to_owned(), 354),
        (format!("{message}.\r\n"), 250),
    ] {
        let (found, reply) = session.say(&command).unwrap();
        assert_eq!(found, code, "{command}: {reply}");
    }
}

/// The note with the last message, if there is one.
fn note(house: &House) -> Option<String> {
    let newest = house.messages().into_iter().max_by_key(|message| message["id"].as_i64()).unwrap();
    let text = house.mox(&["message", "cat", &newest["id"].to_string()]);
    text.lines().find_map(|line| Some(line.strip_prefix("X-Mox-DMARCReport-Error: ")?.to_owned()))
}

#[test]
fn reports_that_arrive_are_kept_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::start(&folder.path().join("house"), &[]);
    let (good, forged) = ("dmarc@dmarc-pass.lab.test", "dmarc@dmarc-reject.lab.test");
    for (from, message, noted) in [
        (good, aggregate(good, "1"), false),
        (good, aggregate(good, "1"), false),
        (good, failure(good), false),
        (good, aggregate(forged, "2"), true),
        (good, failure(forged), true),
    ] {
        bring(&house, from, &message);
        let told = note(&house);
        assert_eq!(told.is_some(), noted, "{told:?}");
        let fails =
            |told: &String| told.starts_with("the message does not pass DMARC: neither SPF nor DKIM passes");
        assert!(told.iter().all(fails), "{told:?}");
    }
    assert_eq!(house.messages().len(), 5, "all are delivered");

    let list = house.json(&["dmarc", "reports", "list", "--json"]);
    let [report] = list["reports"].as_array().unwrap().as_slice() else { panic!("{list}") };
    let told = ["policy_domain", "sender", "organization", "form", "messages", "passed", "failed", "rows"];
    let expected: [Value; 8] = [
        json!("shop.example"),
        json!("dmarc-pass.lab.test"),
        json!("Receiver"),
        json!("rfc7489"),
        json!(3),
        json!(1),
        json!(2),
        json!(2),
    ];
    assert_eq!(told.map(|name| report[name].clone()), expected, "{report}");
    let shown = house.try_mox(&["dmarc", "reports", "show", &report["id"].to_string()]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(shown.status.code(), Some(3), "{text}");
    assert!(text.contains("192.0.2.9: 2 messages from shop.example: dkim fail, spf fail"), "{text}");

    let failures = house.json(&["dmarc", "failures", "list", "--domain", "shop.example", "--json"]);
    let [one] = failures.as_array().unwrap().as_slice() else { panic!("{failures}") };
    assert_eq!((&one["auth_failure"], &one["subject"]), (&json!("dmarc"), &json!("pay now")), "{one}");
    let shown = house.try_mox(&["dmarc", "failures", "show", &one["id"].to_string()]);
    assert_eq!(shown.status.code(), Some(3), "{shown:?}");
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("From: boss@shop.example"), "{shown}");
    house.stop();
    house.verify();
}
