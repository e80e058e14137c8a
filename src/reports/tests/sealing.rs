//! Which days lead to which reports, once.

use mox_queue::Class;
use mox_tlsrpt::{PolicyType, Report};
use mox_unpack::gzip;

use super::house::{House, result};
use crate::tls::collect::MAX_HOSTS;

/// The attached report of a message.
pub(super) fn attached(message: &str) -> Report {
    serde_json::from_slice(&attachment(message)).unwrap()
}

/// The attached document of a message.
pub(super) fn attachment(message: &str) -> Vec<u8> {
    let (_, part) = message.split_once("Content-Disposition: attachment").unwrap();
    let (_, body) = part.split_once("\r\n\r\n").unwrap();
    let body: String = body.split("\r\n--").next().unwrap().split_whitespace().collect();
    let bytes = decode(&body);
    gzip::expand(&bytes, 1 << 20).unwrap()
}

/// Base64, to be sure that what is sent is readable to others.
fn decode(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for c in text.chars().take_while(|c| *c != '=') {
        bits = bits << 6 | ALPHABET.find(c).unwrap() as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}

#[tokio::test]
async fn a_day_with_failures_is_reported_once() {
    let house = House::new();
    house.fail("one.example").await;
    house.fail("one.example").await;
    house.seal().await;
    assert!(house.told().await.is_empty(), "the day is not over");
    house.go_to("2026-11-26T00:05:00Z");
    tokio::join!(house.seal(), house.seal());
    house.seal().await;
    assert_eq!(house.told().await, ["domain one.example 2026-11-25 sealed [mailto:tls@one.example sealed]"]);
    house.hours(1).await;
    let queued = house.queued().await;
    assert_eq!(queued.len(), 1);
    let from = queued[0].from.strip_suffix("@example.org").unwrap();
    assert!(crate::bounce::recognise(&from.parse().unwrap()).is_some(), "{from}");
    assert_eq!(queued[0].to, "tls@one.example");
    assert_eq!(queued[0].tls, "none");
    let message = house.message(queued[0].id).await;
    let id = house.history().await[0].report_id.clone();
    assert!(id.starts_with("20261125") && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
    let unfolded = message.replace("\r\n ", " ").replace("\r\n\t", " ");
    for line in [
        "From: postmaster@example.org\r\n",
        "To: tls@one.example\r\n",
        &format!("Subject: Report Domain: one.example Submitter: example.org Report-ID: <{id}>\r\n"),
        "TLS-Report-Domain: one.example\r\n",
        "TLS-Report-Submitter: example.org\r\n",
        "TLS-Required: No\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Type: application/tlsrpt+gzip;",
    ] {
        assert!(unfolded.contains(line), "{line} in {unfolded}");
    }
    assert!(
        unfolded.contains("multipart/report; report-type=\"tlsrpt\"")
            || unfolded.contains("report-type=tlsrpt")
    );
    assert_eq!(unfolded.matches("DKIM-Signature:").count(), 2);
    let signed = unfolded.replace(' ', "");
    assert_eq!(signed.matches("tls-report-domain").count(), 2, "{signed}");
    assert_eq!(signed.matches("tls-report-submitter").count(), 2, "{signed}");
    let file = format!("example.org!one.example!1795564800!1795651199!{}.json.gz", &id[8..]);
    assert!(unfolded.contains(&file), "{file} in {unfolded}");
    let report = attached(&message);
    assert_eq!(report.report_id, id);
    assert_eq!(report.contact_info, "postmaster@example.org");
    assert_eq!(report.start.rfc3339(), "2026-11-25T00:00:00Z");
    assert_eq!(report.end.rfc3339(), "2026-11-25T23:59:59Z");
    assert_eq!(report.policies, [result(PolicyType::Sts, "one.example", 2, 2)]);
}

#[tokio::test]
async fn what_calls_for_no_report_leads_to_none() {
    let house = House::new();
    let fine = |domain| Some(result(PolicyType::Sts, domain, 3, 0));
    let bad = |domain| Some(result(PolicyType::Sts, domain, 0, 1));
    house.mail(Class::Normal, "one.example", fine("one.example"), Vec::new()).await;
    house.mail(Class::TlsReport, "two.example", bad("two.example"), Vec::new()).await;
    house.mail(Class::DmarcReport, "both.example", fine("both.example"), Vec::new()).await;
    house.mail(Class::DmarcReport, "web.example", bad("web.example"), Vec::new()).await;
    house.mail(Class::Normal, "none.example", bad("none.example"), Vec::new()).await;
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    assert_eq!(
        house.told().await,
        [
            "domain none.example 2026-11-25 discarded []",
            "domain web.example 2026-11-25 sealed [https://hook.example/in sealed]",
        ]
    );
    let discarded = house.history().await.into_iter().find(|row| row.outcome == "discarded").unwrap();
    assert!(discarded.why.contains("no TLSRPT record"));
    assert!(house.reports.results(Default::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn hosts_get_what_their_domains_do_not_get_at_the_same_place() {
    let house = House::new();
    for domain in ["one.example", "hosted.example", "none.example"] {
        let own = result(PolicyType::NoPolicyFound, domain, 1, 0);
        let host = result(PolicyType::Tlsa, "mx.host.example", 1, 1);
        house.mail(Class::Normal, domain, Some(own), vec![host]).await;
    }
    house.go_to("2026-11-26T00:05:00Z");
    house.seal().await;
    house.hours(1).await;
    let queued = house.queued().await;
    let to: Vec<_> = queued.iter().map(|row| row.to.as_str()).collect();
    assert_eq!(to, ["tls@host.example", "tls@one.example", "tls@host.example"], "{:?}", house.told().await);
    let own = attached(&house.message(queued[0].id).await);
    let told: Vec<_> =
        own.policies.iter().map(|p| (p.policy.domain.as_str(), p.policy.kind.as_str())).collect();
    assert_eq!(told, [("hosted.example", "no-policy-found"), ("mx.host.example", "tlsa")]);
    let host = attached(&house.message(queued[2].id).await);
    let told: Vec<_> =
        host.policies.iter().map(|p| (p.policy.domain.as_str(), p.policy.mx_hosts.clone())).collect();
    let mx = vec!["mx.host.example".to_owned()];
    assert_eq!(told, [("none.example", mx.clone()), ("one.example", mx)]);
}

#[tokio::test]
async fn a_domain_with_new_hosts_all_the_time_does_not_fill_the_database() {
    let house = House::new();
    for n in 0..MAX_HOSTS + 5 {
        let own = result(PolicyType::NoPolicyFound, "none.example", 0, 1);
        let host = result(PolicyType::Tlsa, &format!("mx{n}.none.example"), 0, 1);
        house.mail(Class::Normal, "none.example", Some(own), vec![host]).await;
    }
    let known = result(PolicyType::Tlsa, "mx0.none.example", 0, 1);
    house.mail(Class::Normal, "none.example", None, vec![known]).await;
    let rows = house.reports.results(Default::default()).await.unwrap();
    assert_eq!(rows.len(), usize::try_from(MAX_HOSTS).unwrap() + 1);
    let failed = |domain: &str| rows.iter().find(|row| row.policy_domain == domain).unwrap().failed;
    assert_eq!(failed("none.example"), u64::from(MAX_HOSTS + 5), "the domain's own counts stay right");
    assert_eq!(failed("mx0.none.example"), 2, "a host that is known already goes on");
}
