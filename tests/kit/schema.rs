//! Says where a JSON value is not what a schema asks for.
//!
//! Knows the keywords that the schemas of `tests/data` use, and fails on others, so that none is passed over. Formats:
//! `date-time`, `hostname` in A-labels, and `ip`, which stands for `ipv4` or `ipv6`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "for tests: a broken schema ends them"
)]

use std::net::IpAddr;

use mox_clock::Timestamp;
use serde_json::Value;

/// Keywords that say nothing about values, or are looked at beside another.
const SILENT: &[&str] = &["$schema", "$defs", "title"];

/// What is wrong with a value, each with its place.
pub fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        let fine = match keyword.as_str() {
            "$ref" => {
                let path = wanted.as_str().and_then(|r| r.strip_prefix('#')).expect("a reference within");
                check(root, root.pointer(path).expect("a reference that leads somewhere"), value, at, found);
                true
            }
            "type" => match wanted.as_str().expect("a type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_u64() || value.is_i64(),
                other => panic!("unknown type {other}"),
            },
            "enum" => wanted.as_array().is_some_and(|list| list.contains(value)),
            "minimum" => value.as_f64() >= wanted.as_f64(),
            "minLength" => {
                value.as_str().is_none_or(|s| s.chars().count() >= wanted.as_u64().unwrap_or(0) as usize)
            }
            "format" => {
                value.as_str().is_none_or(|text| has_format(text, wanted.as_str().unwrap_or_default()))
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{at}/{index}"), found);
                }
                true
            }
            "properties" => {
                for (name, schema) in wanted.as_object().expect("properties") {
                    if let Some(value) = value.get(name) {
                        check(root, schema, value, &format!("{at}/{name}"), found);
                    }
                }
                true
            }
            "required" => {
                let names = wanted.as_array().expect("names").iter().filter_map(Value::as_str);
                names.clone().all(|name| value.get(name).is_some())
            }
            "additionalProperties" => {
                assert_eq!(wanted, &Value::Bool(false), "only false is known");
                let known = schema.get("properties").and_then(Value::as_object);
                let known = |name: &String| known.is_some_and(|known| known.contains_key(name));
                value.as_object().is_none_or(|object| object.keys().all(known))
            }
            other => {
                assert!(SILENT.contains(&other), "unknown keyword {other}");
                true
            }
        };
        if !fine {
            found.push(format!("{at}: {keyword}"));
        }
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "date-time" => text.len() > 10 && Timestamp::parse_rfc3339(text).is_some(),
        "hostname" => mox_address::Domain::parse(text).is_ok_and(|domain| domain.ascii() == text),
        "ip" => text.parse::<IpAddr>().is_ok(),
        other => panic!("unknown format {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, Report, ResultType};

    fn tlsrpt() -> Value {
        serde_json::from_str(include_str!("../data/tlsrpt.schema.json")).unwrap()
    }

    /// One report with every type of policy and result.
    fn everything() -> Report {
        let mut policies: Vec<PolicyResult> = Vec::new();
        for kind in PolicyType::ALL {
            let mut policy = Policy::none("xn--mnchen-3ya.example");
            policy.kind = kind.clone();
            if *kind == PolicyType::Sts {
                policy.strings = vec!["version: STSv1".to_owned(), "mode: enforce".to_owned()];
                policy.mx_hosts = vec!["*.example.org".to_owned()];
            }
            policies.push(PolicyResult::new(policy));
        }
        for result in ResultType::ALL {
            let detail = FailureDetail {
                sending_ip: "2001:db8::1".to_owned(),
                receiving_ip: "192.0.2.1".to_owned(),
                mx_hostname: "mx.example.org".to_owned(),
                mx_helo: "mx \"ä\"".to_owned(),
                information: "https://example.org/".to_owned(),
                ..FailureDetail::new(result.clone(), "a-reason")
            };
            policies[0].add_detail(detail, 100);
            policies[0].add_detail(FailureDetail::new(result.clone(), ""), 100);
        }
        Report {
            organization_name: "Example".to_owned(),
            start: Timestamp::from_secs(0),
            end: Timestamp::from_secs(86_399),
            contact_info: "tls@example.com".to_owned(),
            report_id: "r1".to_owned(),
            policies,
        }
    }

    #[test]
    fn reports_are_as_the_schema_of_the_rfc_wants_them() {
        let schema = tlsrpt();
        let value: Value = serde_json::from_str(&everything().to_json()).unwrap();
        assert_eq!(problems(&schema, &value), Vec::<String>::new());
        let bare = Report { policies: Vec::new(), ..everything() };
        assert_eq!(problems(&schema, &serde_json::from_str(&bare.to_json()).unwrap()), Vec::<String>::new());
    }

    #[test]
    fn the_schema_sees_what_is_wrong() {
        let good: Value = serde_json::from_str(&everything().to_json()).unwrap();
        for (place, value, expected) in [
            ("/report-id", Value::from(1), "/report-id: type"),
            ("/date-range/end-datetime", Value::from("2025-01-01"), "/date-range/end-datetime: format"),
            (
                "/date-range",
                serde_json::json!({"start-datetime": "2025-01-01T00:00:00Z"}),
                "/date-range: required",
            ),
            ("/policies/0/policy/mx-host", Value::from("mx"), "/policies/0/policy/mx-host: type"),
            ("/policies/0/policy/policy-type", Value::from("dane"), "/policies/0/policy/policy-type: enum"),
            (
                "/policies/0/policy/policy-domain",
                Value::from("münchen.example"),
                "/policies/0/policy/policy-domain: format",
            ),
            (
                "/policies/1/summary/total-failure-session-count",
                Value::from(-1),
                "/policies/1/summary/total-failure-session-count: minimum",
            ),
            (
                "/policies/0/failure-details/0/sending-mta-ip",
                Value::from(""),
                "/policies/0/failure-details/0/sending-mta-ip: format",
            ),
            (
                "/policies/0/failure-details/0/receiving-mx-helo",
                Value::from(""),
                "/policies/0/failure-details/0/receiving-mx-helo: minLength",
            ),
            (
                "/policies/0/failure-details/0",
                serde_json::json!({"result-type": "tlsa-invalid", "failed-session-count": 1, "x": 1}),
                "/policies/0/failure-details/0: additionalProperties",
            ),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(place).unwrap() = value;
            let found = problems(&tlsrpt(), &bad);
            assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
        }
    }
}
