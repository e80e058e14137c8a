//! Runs the openspf.org test suite for RFC 7208, which stands in `tests/data/spf`, and names where we differ.

use std::collections::BTreeMap;
use std::time::Duration;

use mox_clock::Timestamp;
use mox_dns::{Answer, BoxFuture, Error, Record, RecordType, Resolver};
use serde_json::Value;

use crate::evaluate::{Client, POSTMASTER, Sender, check_identity};
use crate::outcome::Identity;

const SUITE: &str = include_str!("../../tests/data/spf/rfc7208-tests.json");

/// Where the result differs, and why.
const DIFFERENT: [(&str, &str, &str); 2] = [
    ("macro-mania-in-domain", "fail", "a name with a space in it is no name for our resolver"),
    ("ptr-cname-loop", "temperror", "the loop may have been mended tomorrow, and neutral is not pass"),
];

/// The zones of one group. Unlike `SimResolver` it takes any bytes in records, as the suite needs.
struct Zones(BTreeMap<String, Vec<(String, String)>>);

impl Zones {
    fn of(zone: &Value) -> Zones {
        let name = |name: &String| name.trim_end_matches('.').to_ascii_lowercase();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let records = |records: &Value| -> Vec<(String, String)> {
            records.as_array().unwrap().iter().map(|r| (text(&r[0]), text(&r[1]))).collect()
        };
        Zones(zone.as_object().unwrap().iter().map(|(n, r)| (name(n), records(r))).collect())
    }

    fn answer(&self, name: &str, kind: RecordType) -> Result<Answer, Error> {
        let mut at = name.trim_end_matches('.').to_ascii_lowercase();
        let ttl = Duration::from_secs(1);
        for _ in 0..mox_dns::MAX_CNAMES {
            let Some(records) = self.0.get(&at) else {
                return Err(Error::NxDomain { authentic: false, ttl });
            };
            let of_kind = |wanted: &str| -> Vec<&String> {
                records.iter().filter(|(kind, _)| kind == wanted).map(|(_, data)| data).collect()
            };
            let found = of_kind(kind.name());
            if !found.is_empty() {
                let parse = |data: &&String| match kind {
                    // Octets beyond ASCII stand for themselves.
                    RecordType::Txt => {
                        Record::Txt(data.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect())
                    }
                    kind => Record::parse(kind, data).unwrap(),
                };
                let records = found.iter().map(parse).collect();
                return Ok(Answer { records, ttl, authentic: false, expanded_name: at, cnames: Vec::new() });
            }
            if !of_kind("TIMEOUT").is_empty() {
                return Err(Error::temporary("timeout"));
            }
            match of_kind("CNAME").first() {
                Some(target) => at = target.trim_end_matches('.').to_ascii_lowercase(),
                None => return Err(Error::NoData { authentic: false, ttl }),
            }
        }
        Err(Error::temporary("cname loop"))
    }
}

impl Resolver for Zones {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let answer = self.answer(name, kind);
        Box::pin(async move { answer })
    }
}

#[tokio::test]
async fn the_suite_of_openspf() {
    let groups: Value = serde_json::from_str(SUITE).unwrap();
    let (mut ran, mut wrong, mut differ) = (0, Vec::new(), 0);
    for group in groups.as_array().unwrap() {
        let zones = Zones::of(&group["zone"]);
        for (name, test) in group["tests"].as_object().unwrap() {
            let text = |key: &str| test[key].as_str().unwrap_or_default();
            let client = Client {
                ip: text("host").parse::<std::net::IpAddr>().unwrap().to_canonical(),
                helo: text("helo"),
                receiver: "unknown",
                now: Timestamp::from_secs(0),
            };
            let (localpart, domain, identity) = match text("mailfrom").rsplit_once('@') {
                Some(("", domain)) => (POSTMASTER, domain, Identity::MailFrom),
                Some((localpart, domain)) => (localpart, domain, Identity::MailFrom),
                None => (POSTMASTER, client.helo, Identity::Helo),
            };
            let outcome = check_identity(&zones, &client, Sender { localpart, domain }, identity).await;
            ran += 1;
            let result = outcome.result.keyword();
            if let Some((_, ours, _)) = DIFFERENT.iter().find(|(different, ..)| different == name) {
                assert_eq!(result, *ours, "{name}");
                differ += 1;
                continue;
            }
            let allowed = test["result"].as_array().unwrap();
            // Hexadecimal digits and domains may be of either case.
            let explained = match test["explanation"].as_str() {
                None => true,
                Some("DEFAULT") => outcome.explanation.is_none(),
                Some(text) => outcome.explanation.as_ref().is_some_and(|e| e.eq_ignore_ascii_case(text)),
            };
            if !allowed.iter().any(|a| a == result) || !explained {
                wrong.push(format!("{name}: {outcome:?}, not {allowed:?} {}", test["explanation"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {ran}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((ran, differ), (203, DIFFERENT.len()));
}
