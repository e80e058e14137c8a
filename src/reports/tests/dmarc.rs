//! Which days lead to which DMARC reports, what they say, and to whom they go.

use std::net::IpAddr;

use mox_admin::ops::{ReportExplain, ReportFamily, ReportPreview, ReportSendNow};
use mox_dmarc::{Alignment, Policy};
use mox_dmarcrpt::{Action, AuthResult, DkimAuth, PolicyPublished, Record, Scope, SpfAuth};
use mox_queue::{End, Verdict};

use super::house::{House, refused};
use super::sealing::attachment;
use crate::{Evaluation, Standing};

/// A message from an address; `spf` says whether it passed.
pub(super) fn record(ip: &str, from: &str, spf: bool) -> Record {
    Record {
        source_ip: Some(ip.parse::<IpAddr>().unwrap()),
        count: 0,
        disposition: if spf { Action::Pass } else { Action::Reject },
        dkim: false,
        spf,
        reasons: Vec::new(),
        header_from: from.to_owned(),
        envelope_from: Some(from.to_owned()),
        envelope_to: None,
        dkim_results: vec![DkimAuth {
            domain: from.to_owned(),
            selector: "s1".to_owned(),
            result: AuthResult::Fail,
            human_result: String::new(),
        }],
        spf_results: vec![SpfAuth {
            domain: from.to_owned(),
            scope: Some(Scope::MFrom),
            result: if spf { AuthResult::Pass } else { AuthResult::Fail },
            human_result: String::new(),
        }],
    }
}

fn policy(domain: &str, p: Policy) -> PolicyPublished {
    PolicyPublished {
        domain: domain.to_owned(),
        p: Some(p),
        sp: Some(p),
        np: Some(p),
        adkim: Some(Alignment::Relaxed),
        aspf: Some(Alignment::Relaxed),
        fo: "0".to_owned(),
        testing: Some(false),
        discovery_method: "treewalk".to_owned(),
        pct: None,
    }
}

pub(super) fn evaluation(domain: &str, p: Policy, record: Record, standing: Standing) -> Evaluation {
    let name = domain.parse::<mox_address::Domain>().unwrap();
    Evaluation::new(name.clone(), name, &policy(domain, p), record, standing).unwrap()
}

/// Mail of a domain that passed.
pub(super) fn fine(domain: &str) -> Evaluation {
    evaluation(domain, Policy::Reject, record("192.0.2.1", domain, true), Standing::Taken)
}

/// Mail of a domain that was refused.
fn bad(domain: &str) -> Evaluation {
    evaluation(domain, Policy::Reject, record("198.51.100.7", domain, false), Standing::Unwanted)
}

async fn told(house: &House) -> Vec<String> {
    house.told_of(ReportFamily::Dmarc).await
}

#[tokio::test]
async fn a_day_is_reported_once_in_rows() {
    let house = House::new();
    let v6 = evaluation(
        "one.example",
        Policy::Reject,
        record("2001:db8::1", "sub.one.example", false),
        Standing::Taken,
    );
    house.evaluate(vec![fine("one.example"), bad("one.example"), fine("one.example"), v6]).await;
    house.seal().await;
    assert!(told(&house).await.is_empty(), "the day is not over");
    house.go_to("2026-11-26T00:05:00Z");
    tokio::join!(house.seal(), house.seal());
    house.seal().await;
    assert_eq!(told(&house).await, ["dmarc one.example 2026-11-25 sealed [mailto:d@one.example sealed]"]);
    house.hours(1).await;
    let queued = house.queued().await;
    assert_eq!(queued.len(), 1);
    let message = house.message(queued[0].id).await;
    let id = house.history_of(ReportFamily::Dmarc).await[0].report_id.clone();
    assert!(id.starts_with("20261125") && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
    let unfolded = message.replace("\r\n ", " ").replace("\r\n\t", " ");
    for line in [
        "From: postmaster@example.org\r\n",
        "To: d@one.example\r\n",
        &format!("Subject: Report Domain: one.example Submitter: example.org Report-ID: <{id}>\r\n"),
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: multipart/mixed;",
        "Content-Type: application/gzip;",
        &format!("example.org!one.example!1795564800!1795651199!{id}.xml.gz"),
        "Messages: 2 passed, 2 did not\r\n",
    ] {
        assert!(unfolded.contains(line), "{line} in {unfolded}");
    }
    assert!(!unfolded.contains("TLS-Re") && unfolded.matches("DKIM-Signature:").count() == 2, "{unfolded}");
    let xml = String::from_utf8(attachment(&message)).unwrap();
    for part in [
        "<report_id>",
        &id,
        "<begin>1795564800</begin>",
        "<end>1795651199</end>",
        "<domain>one.example</domain>",
        "<p>reject</p>",
        "<count>2</count>",
        "urn:ietf:params:xml:ns:dmarc-2.0",
        "<header_from>sub.one.example</header_from>",
        "<selector>s1</selector>",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    let sources: Vec<_> = xml.split("<source_ip>").skip(1).map(|s| s.split('<').next().unwrap()).collect();
    assert_eq!(sources, ["2001:db8::1", "192.0.2.1", "198.51.100.7"], "in the order of their octets");
    house.ended(queued[0].id, End::Delivered, Verdict::delivered("ok")).await;
    assert_eq!(
        told(&house).await,
        ["dmarc one.example 2026-11-25 delivered [mailto:d@one.example delivered]"]
    );
}

#[tokio::test]
async fn who_agreed_gets_reports_and_nobody_else() {
    let house = House::new();
    for domain in ["two.example", "none.example", "web.example", "stranger.example", "gone.example"] {
        house.evaluate(vec![fine(domain)]).await;
    }
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    assert_eq!(
        told(&house).await,
        [
            "dmarc gone.example 2026-11-25 discarded []",
            "dmarc none.example 2026-11-25 discarded []",
            "dmarc stranger.example 2026-11-25 discarded []",
            "dmarc two.example 2026-11-25 sealed [mailto:a@two.example sealed, mailto:instead@reports.other \
             sealed, mailto:c@silent.other withheld]",
            "dmarc web.example 2026-11-25 discarded []",
        ]
    );
    house.hours(1).await;
    let message = house.message(house.queued().await[0].id).await;
    let xml = String::from_utf8(attachment(&message)).unwrap();
    let error = "mailto:c@silent.other did not agree at two.example._report._dmarc.silent.other";
    assert!(xml.contains(error), "{xml}");
}

#[tokio::test]
async fn what_is_reported_along_is_no_reason() {
    let house = House::new();
    let report =
        evaluation("one.example", Policy::None, record("192.0.2.1", "one.example", true), Standing::Report);
    house.evaluate(vec![bad("one.example"), report]).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    assert!(told(&house).await.is_empty());
    // Once mail went well with a name of the organization, refused mail is a reason.
    let sub = "sub.one.example".parse::<mox_address::Domain>().unwrap();
    let at = policy("sub.one.example", Policy::None);
    let well = record("192.0.2.1", "sub.one.example", true);
    let well = Evaluation::new(sub.clone(), sub, &at, well, Standing::Taken).unwrap();
    house.evaluate(vec![well, bad("one.example")]).await;
    house.go_to("2026-11-27T00:05:00Z");
    house.seal().await;
    let told = told(&house).await;
    assert!(
        told.contains(&"dmarc one.example 2026-11-26 sealed [mailto:d@one.example sealed]".to_owned()),
        "{told:?}"
    );
}

#[tokio::test]
async fn each_policy_of_a_day_has_its_report() {
    let house = House::new();
    let other =
        evaluation("one.example", Policy::None, record("192.0.2.9", "one.example", true), Standing::Taken);
    house.evaluate(vec![fine("one.example"), other]).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.reports.hand_over_due().await.unwrap();
    let history = house.history_of(ReportFamily::Dmarc).await;
    assert_eq!(history.len(), 2);
    assert_ne!(history[0].report_id, history[1].report_id);
    let queued = house.queued().await;
    assert_eq!(queued.len(), 1, "one at a time to a host");
    let xml = String::from_utf8(attachment(&house.message(queued[0].id).await)).unwrap();
    assert_eq!(xml.matches("<record>").count(), 1);
    assert!(xml.contains("<p>reject</p>"), "that of the first message comes first");
    house.ended(house.queued().await[0].id, End::Failed, refused()).await;
    house.hours(1).await;
    assert_eq!(house.queued().await.len(), 1, "who refused one gets no other");
}

#[tokio::test]
async fn an_operator_looks_and_sends() {
    let house = House::new();
    house.evaluate(vec![fine("one.example"), bad("one.example")]).await;
    let family = ReportFamily::Dmarc;
    let preview = ReportPreview { family, ..ReportPreview::default() };
    let shown = house.reports.preview(preview).await.unwrap();
    assert!(shown.reports[0].partial && shown.reports[0].document.as_str().unwrap().contains("<feedback"));
    let tls = house.reports.preview(ReportPreview::default()).await.unwrap();
    assert!(tls.reports.is_empty() && tls.withheld.is_empty());
    let now = ReportSendNow { family, day: Some("today".to_owned()), ..ReportSendNow::default() };
    let sent = house.reports.send_now(now).await.unwrap();
    assert_eq!((sent[0].state.as_str(), sent[0].destinations[0].state.as_str()), ("sealed", "queued"));
    house.go_to("2026-11-26T00:05:00Z");
    house.ended(house.queued().await[0].id, End::Delivered, Verdict::delivered("ok")).await;
    let sent = house.reports.send_now(ReportSendNow { family, ..ReportSendNow::default() }).await.unwrap();
    assert_eq!(sent[0].state, "sealed", "a part of it leaves the day as it is");
    let again = house.reports.send_now(ReportSendNow {
        family,
        domains: vec!["one.example".to_owned()],
        day: Some("2026-11-25".to_owned()),
        ..ReportSendNow::default()
    });
    assert_eq!(again.await.unwrap()[0].state, "already-sealed");
    let explain =
        house.reports.explain(ReportExplain { family, domain: "two.example".to_owned() }).await.unwrap();
    let steps: Vec<_> = explain.steps.iter().map(|s| (s.step.as_str(), s.ok)).collect();
    assert_eq!(
        steps,
        [
            ("switch", Some(true)),
            ("submitter", Some(true)),
            ("results", None),
            ("record", Some(true)),
            ("destination", Some(true)),
            ("destination", Some(true)),
            ("destination", Some(false)),
        ]
    );
    let sample = ReportSendNow {
        family,
        domains: vec!["one.example".to_owned()],
        sample: true,
        ..ReportSendNow::default()
    };
    assert_eq!(house.reports.send_now(sample).await.unwrap()[0].state, "sealed");
}

#[tokio::test]
async fn what_was_collected_before_it_was_turned_off_goes() {
    let house = House::new();
    house.evaluate(vec![fine("one.example")]).await;
    house.fail("one.example").await;
    let house = house.set(|options| (options.on, options.dmarc) = (false, false));
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    let waits = async |house: &House| {
        let sql = "SELECT (SELECT count(*) FROM dmarc_policy) + (SELECT count(*) FROM dmarc_row)
            + (SELECT count(*) FROM tls_result)";
        let count = move |_: &mox_store::Store, tx: &mox_db::ReadTx<'_>| {
            Ok::<i64, mox_store::Error>(tx.conn().query_row(sql, [], |row| row.get(0))?)
        };
        house.store.read(count).await.unwrap()
    };
    assert_eq!(waits(&house).await, 3);
    house.reports.drop_what_is_off().await.unwrap();
    house.seal().await;
    assert_eq!((waits(&house).await, told(&house).await), (0, Vec::<String>::new()));
}
