//! What operators see of DMARC before it is reported.

use mox_admin::ops::DmarcResults;
use mox_db::Tx;
use mox_dmarc::{Alignment, Policy};
use mox_dmarcrpt::{Action, DkimAuth, PolicyPublished, Reason, ReasonKind, Record};
use mox_store::Store;

use super::house::House;
use crate::{Evaluation, Standing};

fn policy(domain: &str, p: Policy) -> PolicyPublished {
    PolicyPublished {
        domain: domain.into(),
        p: Some(p),
        adkim: Some(Alignment::Strict),
        discovery_method: "treewalk".into(),
        ..PolicyPublished::default()
    }
}

/// A message from there, signed or refused.
fn record(source: &str, domain: &str, dkim: bool) -> Record {
    let result = if dkim { mox_dmarcrpt::AuthResult::Pass } else { mox_dmarcrpt::AuthResult::Fail };
    let comment = "it came from a list that is known".to_owned();
    Record {
        source_ip: Some(source.parse().unwrap()),
        count: 77,
        disposition: if dkim { Action::Pass } else { Action::None },
        dkim,
        spf: false,
        reasons: if dkim { vec![] } else { vec![Reason { kind: ReasonKind::MailingList, comment }] },
        header_from: domain.into(),
        envelope_from: None,
        envelope_to: None,
        dkim_results: vec![DkimAuth {
            domain: domain.into(),
            selector: "s1".into(),
            result,
            human_result: String::new(),
        }],
        spf_results: Vec::new(),
    }
}

async fn arrives(house: &House, policy: &PolicyPublished, record: Record, standing: Standing) {
    let name: mox_address::Domain = policy.domain.parse().unwrap();
    let one = Evaluation::new(name.clone(), name, policy, record, standing).unwrap();
    let (reports, at) = (house.reports.clone(), mox_clock::Clock::now(&house.clock));
    let write = move |_: &Store, tx: &mut Tx<'_>| reports.evaluated(tx, &one, at);
    house.store.write(write).await.unwrap();
}

/// A domain that changed its policy on the day before, and another one.
async fn two_days() -> House {
    let house = House::new();
    let (weak, strong) = (policy("one.example", Policy::None), policy("one.example", Policy::Reject));
    for (policy, source, dkim, standing) in [
        (&weak, "192.0.2.9", true, Standing::Taken),
        (&weak, "192.0.2.1", false, Standing::Unwanted),
        (&weak, "192.0.2.1", false, Standing::Report),
        (&weak, "2001:db8::1", true, Standing::Taken),
        (&strong, "192.0.2.1", true, Standing::Report),
    ] {
        arrives(&house, policy, record(source, "one.example", dkim), standing).await;
    }
    house.go_to("2026-11-26T10:00:00Z");
    let other = policy("two.example", Policy::Quarantine);
    arrives(&house, &other, record("192.0.2.3", "a.two.example", false), Standing::Unwanted).await;
    house
}

/// Day, domain, policy, counts, and the count and source of each row.
async fn told(house: &House, op: DmarcResults) -> Vec<String> {
    let found = house.reports.dmarc_results(op).await.unwrap();
    let line = |one: mox_admin::ops::DmarcResultRow| {
        let rows: Vec<String> =
            one.rows.iter().map(|r| format!("{}*{}", r["count"], r["source_ip"].as_str().unwrap())).collect();
        format!(
            "{} {} {} {}/{}/{}/{} [{}]",
            one.day,
            one.policy_domain,
            one.policy["p"].as_str().unwrap(),
            one.messages,
            one.passed,
            one.reasons,
            one.unlisted,
            rows.join(" ")
        )
    };
    found.into_iter().map(line).collect()
}

#[tokio::test]
async fn policies_are_told_with_counts_and_rows() {
    let house = two_days().await;
    let two = "2026-11-26 two.example quarantine 1/0/0/0 [1*192.0.2.3]";
    // The second policy's message is a report, which is no reason for one.
    let weak = "2026-11-25 one.example none 4/2/3/0 [1*2001:db8::1 2*192.0.2.1 1*192.0.2.9]";
    let strong = "2026-11-25 one.example reject 1/1/0/0 [1*192.0.2.1]";
    assert_eq!(told(&house, DmarcResults::default()).await, [two, weak, strong]);
    let of = |day: Option<&str>, domain: Option<&str>| DmarcResults {
        day: day.map(Into::into),
        domain: domain.map(Into::into),
        limit: None,
    };
    assert_eq!(told(&house, of(Some("today"), None)).await, [two]);
    assert_eq!(told(&house, of(Some("yesterday"), Some("ONE.example"))).await, [weak, strong]);
    assert!(told(&house, of(Some("today"), Some("one.example"))).await.is_empty());
    assert!(house.reports.dmarc_results(of(Some("soon"), None)).await.is_err());
    assert!(house.reports.dmarc_results(of(None, Some("no domain"))).await.is_err());
}

#[tokio::test]
async fn rows_are_limited_over_all_policies() {
    let house = two_days().await;
    for (limit, rows) in [
        (0, ["[]", "[]", "[]"]),
        (1, ["[1*192.0.2.3]", "[]", "[]"]),
        (3, ["[1*192.0.2.3]", "[1*2001:db8::1 2*192.0.2.1]", "[]"]),
        (5, ["[1*192.0.2.3]", "[1*2001:db8::1 2*192.0.2.1 1*192.0.2.9]", "[1*192.0.2.1]"]),
        (u32::MAX, ["[1*192.0.2.3]", "[1*2001:db8::1 2*192.0.2.1 1*192.0.2.9]", "[1*192.0.2.1]"]),
    ] {
        let told = told(&house, DmarcResults { limit: Some(limit), ..DmarcResults::default() }).await;
        let found: Vec<&str> = told.iter().map(|line| line.split_once(" [").unwrap().1).collect();
        let expected: Vec<&str> = rows.iter().map(|r| r.trim_start_matches('[')).collect();
        assert_eq!(found, expected, "limit {limit}");
    }
}

/// The names are those of a report, and values come back as they went in, but for the count.
#[tokio::test]
async fn rows_and_policies_are_whole() {
    let house = House::new();
    let (asked, one) = (policy("one.example", Policy::Reject), record("192.0.2.1", "one.example", false));
    arrives(&house, &asked, one.clone(), Standing::Taken).await;
    arrives(&house, &asked, one.clone(), Standing::Taken).await;
    let found = house.reports.dmarc_results(DmarcResults::default()).await.unwrap().remove(0);
    assert_eq!(serde_json::from_value::<PolicyPublished>(found.policy).unwrap(), asked);
    assert_eq!(found.rows[0]["reasons"][0]["type"], "mailing_list");
    let [row] = <[serde_json::Value; 1]>::try_from(found.rows).unwrap();
    assert_eq!(serde_json::from_value::<Record>(row).unwrap(), Record { count: 2, ..one });
}
