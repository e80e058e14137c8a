//! The table: what must hold of every row.

use std::collections::BTreeSet;

use mox_tlsrpt::{PolicyType, ResultType};

use super::*;
use crate::{domains, resolver};

/// The least there must be.
const NAMES: &str = "dane-ok dane-ta-ok dane-rollover sts-ok sts-testing-ok both-ok nopolicy-tls nopolicy-plain own-mx \
    cname-mx two-mx sts-starttls-missing dane-starttls-missing nopolicy-starttls-454 sts-starttls-454 \
    dane-starttls-454 nopolicy-injected sts-injected dane-injected sts-expired sts-wrongname sts-selfsigned \
    sts-unknownca tls-alert tls-garbage tls-close dane-mismatch dane-unusable dane-bogus dane-servfail dane-insecure \
    dane-required sts-404 sts-unreachable sts-badsyntax sts-badcert sts-redirect sts-mxmismatch sts-two-records \
    sts-changed-id sts-gone requiretls-ok requiretls-missing greylist defer reject stall drop-mid-data nullmx nodomain \
    loop-a loop-b loopback-rua";

fn receiving(domain: &LabDomain) -> Vec<&Receiving> {
    let steps = domain.steps.iter().map(|step| &step.expect);
    let all = [&domain.expect].into_iter().chain(steps);
    all.filter_map(|expect| match expect {
        Expect::Receiving(receiving) => Some(receiving),
        Expect::Sending(_) => None,
    })
    .collect()
}

#[test]
fn every_row_is_there_once() {
    let rows: usize = GROUPS.iter().map(|group| group.rows.len()).sum();
    assert_eq!(all().len(), rows, "there are more rows than addresses");
    let names: BTreeSet<&str> = domains().iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(names.len(), domains().len(), "a name stands twice");
    for name in NAMES.split_whitespace() {
        assert!(names.contains(format!("{name}.{DOMAIN}").as_str()), "{name} is missing");
    }
    for domain in domains() {
        assert!(!domain.does.is_empty() && !domain.does.ends_with('.'), "{}", domain.name);
    }
}

#[test]
fn no_blank_is_left_open() {
    for domain in all().iter().map(|receiver| &receiver.domain) {
        let texts = serde_json::to_string(domain).unwrap();
        let zones: String = domain.steps.iter().map(|step| step.zone.as_str()).collect();
        for blank in ["{d}", "{ip}", "{ip6}", "{web}", "{dead}", "{host}", "{other}", "{ca}"] {
            let open = [&texts, &domain.zone, &zones].iter().any(|text| text.contains(blank));
            assert!(!open, "{blank} in {}", domain.name);
        }
    }
}

#[test]
fn every_zone_can_be_read() {
    resolver().unwrap();
    for step in domains().iter().flat_map(|domain| &domain.steps) {
        resolver().unwrap().add(&step.zone).unwrap();
    }
}

#[test]
fn every_result_type_is_seen_without_a_step() {
    let first = domains().iter().filter_map(|domain| receiving(domain).first().copied());
    let seen: BTreeSet<&ResultType> =
        first.flat_map(|e| &e.results).flat_map(|r| &r.details).map(|d| &d.result).collect();
    assert_eq!(seen, ResultType::ALL.iter().collect());
}

#[test]
fn expectations_agree_with_themselves() {
    for domain in domains() {
        for expect in receiving(domain) {
            let mut policies = BTreeSet::new();
            for result in &expect.results {
                let name = &domain.name;
                assert_eq!(&result.recipient_domain, name);
                assert!(policies.insert((result.kind as u8, &result.policy_domain)), "{name}: twice");
                assert!(result.successful + result.failed <= 1, "{name}: one session");
                if result.policy_type == PolicyType::Tlsa {
                    for record in &result.policy_string {
                        let read: mox_dane::Record = record.parse().unwrap();
                        assert_eq!(&read.to_string(), record, "{name}");
                    }
                }
                let is_sts = result.policy_type == PolicyType::Sts && !result.policy_string.is_empty();
                assert_eq!(
                    is_sts,
                    !result.mx_host.is_empty() || result.policy_string.contains(&"mode: none".into()),
                    "{name}"
                );
                if is_sts {
                    let policy = mox_mtasts::Policy::parse(result.policy_string.join("\n").as_bytes());
                    let mx: Vec<String> = policy.unwrap().mx.iter().map(ToString::to_string).collect();
                    assert_eq!(mx, result.mx_host, "{name}");
                }
            }
            let failed = expect.results.iter().any(|result| result.failed > 0);
            let sts_or_dane = expect.results.iter().any(|r| r.policy_type != PolicyType::NoPolicyFound);
            if failed && sts_or_dane {
                assert_eq!(expect.delivery, Delivery::Deferred, "{}: enforced, so it waits", domain.name);
            }
        }
    }
}

#[test]
fn json_has_the_names_of_the_rfc() {
    let find = |name: &str| domains().iter().find(|domain| domain.name == name).unwrap();
    let json = serde_json::to_value(find("sts-mxmismatch.lab.test")).unwrap();
    assert_eq!(
        json["expect"]["results"][0]["details"][0],
        serde_json::json!({"result-type": "validation-failure",
            "failure-reason-code": "mtasts-policy-mx-mismatch",
            "receiving-mx-hostname": "mx.sts-mxmismatch.lab.test", "failed-session-count": 1})
    );
    assert_eq!(json["expect"]["delivery"], "deferred");
    let json = serde_json::to_value(find("dmarc-pass.lab.test")).unwrap();
    let pass = serde_json::json!({"disposition": "pass", "reasons": []});
    let report = serde_json::json!({"policy_domain": "dmarc-pass.lab.test", "dkim": "fail", "spf": "pass",
        "enforced": pass, "recorded": pass});
    let expect = serde_json::json!({"spf": "pass", "dmarc": "pass", "decision": "accept", "report": report});
    assert_eq!(json["expect"], expect);
    let json = serde_json::to_value(find("none.lab.test")).unwrap();
    assert_eq!(json["expect"], serde_json::json!({"spf": "none", "dmarc": "none", "decision": "accept"}));
    assert!(json.get("steps").is_none() && json.get("zone").is_none());
}

#[test]
fn addresses_are_those_of_the_lab_alone() {
    for (ip, want) in [
        ("198.51.100.7", Some(7)),
        ("2001:db8:1ab::7", Some(7)),
        ("2001:db8:1ab::1:7", Some(0)),
        ("2001:db8:1ab::107", Some(0)),
        ("198.51.101.7", None),
        ("2001:db8:1ab:1::7", None),
        ("::ffff:198.51.100.7", None),
        ("127.0.0.1", None),
    ] {
        assert_eq!(number(ip.parse().unwrap()), want, "{ip}");
    }
    assert_eq!(number(ipv6(200).into()), Some(200));
    assert_eq!(number(ipv4(200).into()), Some(200));
}
