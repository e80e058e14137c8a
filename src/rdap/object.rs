//! What a registry answers: a domain with the events of its life, or a problem.
//!
//! Names are case-sensitive; what is not known is ignored; an event without a date that can be read is left out. At most
//! [`MAX_EVENTS`] events. RFC 9083 §4.5, §5.3, §6, §10.2.3.

use mox_clock::Timestamp;
use serde::{Deserialize, Serialize};

/// Most events of a domain that are looked at.
pub const MAX_EVENTS: usize = 200;

/// Most characters of a word or text of a server.
const MAX_TEXT: usize = 200;

/// An answer that is not as the RFC has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a lawful answer: {0}")]
pub struct SyntaxError(pub String);

/// Something that happened to a domain, or will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// A word of the registry of RFC 9083, as `registration`, `expiration`, `last changed`.
    pub action: String,
    /// When.
    #[serde(serialize_with = "as_text")]
    pub date: Timestamp,
}

fn as_text<S: serde::Serializer>(date: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&date.rfc3339())
}

/// A domain as its registry knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DomainObject {
    /// Its name, as the registry writes it.
    pub name: Option<String>,
    /// Words of the registry of RFC 9083, as `active`.
    pub status: Vec<String>,
    /// Oldest first.
    pub events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    object_class_name: Option<String>,
    ldh_name: Option<String>,
    #[serde(default)]
    status: Vec<String>,
    #[serde(default)]
    events: Vec<RawEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent {
    #[serde(default)]
    event_action: String,
    #[serde(default)]
    event_date: String,
}

impl DomainObject {
    /// Reads an answer about a domain.
    pub fn parse(json: &[u8]) -> Result<DomainObject, SyntaxError> {
        let object: Object = serde_json::from_slice(json).map_err(|e| SyntaxError(e.to_string()))?;
        match object.object_class_name.as_deref() {
            Some("domain") => {}
            other => {
                return Err(SyntaxError(format!(
                    "about {:?} instead of a domain",
                    cut(other.unwrap_or("nothing"))
                )));
            }
        }
        let event = |raw: RawEvent| {
            Some(Event { action: cut(&raw.event_action), date: Timestamp::parse_rfc3339(&raw.event_date)? })
        };
        let mut events: Vec<Event> = object.events.into_iter().filter_map(event).take(MAX_EVENTS).collect();
        events.sort_by_key(|event| event.date);
        let status = object.status.iter().take(MAX_EVENTS).map(|word| cut(word)).collect();
        Ok(DomainObject { name: object.ldh_name.as_deref().map(cut), status, events })
    }

    /// When the domain was registered; the last time, when that happened more than once.
    pub fn registered(&self, now: Timestamp) -> Option<Timestamp> {
        let begins = |event: &&Event| {
            let word = event.action.to_ascii_lowercase();
            event.date <= now
                && matches!(word.as_str(), "registration" | "reregistration" | "reinstantiation")
        };
        self.events.iter().rev().find(begins).map(|event| event.date)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: Vec<String>,
}

/// What a server says that it could not do, in one short text; none when it says nothing that can be read.
pub fn problem_text(json: &[u8]) -> Option<String> {
    let problem: Problem = serde_json::from_slice(json).ok()?;
    let words: Vec<&str> = std::iter::once(problem.title.as_str())
        .chain(problem.description.iter().map(String::as_str))
        .filter(|text| !text.is_empty())
        .collect();
    (!words.is_empty()).then(|| cut(&words.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn the_last_registration_counts() {
        // Shortened from RFC 9083 §5.3.
        let example = r#"{
            "objectClassName": "domain", "handle": "XXXX", "ldhName": "0.2.192.in-addr.arpa",
            "nameservers": [ { "objectClassName": "nameserver", "ldhName": "ns1.rir.example" } ],
            "secureDNS": { "delegationSigned": true },
            "status": [ "active" ],
            "events": [
                { "eventAction": "registration", "eventDate": "1990-12-31T23:59:59Z" },
                { "eventAction": "last changed", "eventDate": "1991-12-31T23:59:59Z", "eventActor": "joe@example.com" }
            ]
        }"#;
        let object = DomainObject::parse(example.as_bytes()).unwrap();
        assert_eq!(object.name.as_deref(), Some("0.2.192.in-addr.arpa"));
        assert_eq!(object.status, ["active"]);
        assert_eq!(object.registered(at("2026-01-01T00:00:00Z")), Some(at("1990-12-31T23:59:59Z")));
        for (events, expected) in [
            (r#""registration","eventDate":"2001-01-01T00:00:00Z"#, Some("2001-01-01T00:00:00Z")),
            (
                r#""reregistration","eventDate":"2010-01-01T00:00:00+02:00"},{"eventAction":"registration","eventDate":"2001-01-01T00:00:00Z"#,
                Some("2009-12-31T22:00:00Z"),
            ),
            (
                r#""registration","eventDate":"2030-01-01T00:00:00Z"},{"eventAction":"Registration","eventDate":"2001-01-01T00:00:00.5Z"#,
                Some("2001-01-01T00:00:00.5Z"),
            ),
            (r#""expiration","eventDate":"2001-01-01T00:00:00Z"#, None),
            (r#""registration","eventDate":"yesterday"#, None),
            (r#""registration"},{"eventDate":"2001-01-01T00:00:00Z"#, None),
        ] {
            let quote = if events.contains("eventDate") { "\"" } else { "" };
            let json =
                format!(r#"{{"objectClassName":"domain","events":[{{"eventAction":{events}{quote}}}]}}"#);
            let object = DomainObject::parse(json.as_bytes()).unwrap_or_else(|e| panic!("{json}: {e}"));
            assert_eq!(object.registered(at("2026-01-01T00:00:00Z")), expected.map(at), "{json}");
        }
    }

    #[test]
    fn what_is_no_domain() {
        for bad in [
            "",
            "null",
            "{}",
            r#"{"objectClassName":"entity"}"#,
            r#"{"objectClassName":"domain","events":{}}"#,
            r#"{"objectclassname":"domain"}"#,
            r#"{"objectClassName":"domain"} x"#,
        ] {
            assert!(DomainObject::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let event = r#"{"eventAction":"registration","eventDate":"2001-01-01T00:00:00Z"}"#;
        let many = format!(r#"{{"objectClassName":"domain","events":[{}]}}"#, vec![event; 10_000].join(","));
        assert_eq!(DomainObject::parse(many.as_bytes()).unwrap().events.len(), MAX_EVENTS);
    }

    #[test]
    fn problems_are_short_texts() {
        for (json, expected) in [
            (
                r#"{"errorCode":418,"title":"Your beverage","description":["I know","Sorry"]}"#,
                Some("Your beverage; I know; Sorry"),
            ),
            (r#"{"description":["x"]}"#, Some("x")),
            ("{}", None),
            ("<html>", None),
        ] {
            assert_eq!(problem_text(json.as_bytes()).as_deref(), expected);
        }
        let long = format!(r#"{{"title":"{}"}}"#, "\u{e9}".repeat(10_000));
        assert_eq!(problem_text(long.as_bytes()).unwrap().chars().count(), 200);
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_panic(text in "(\\{|\\}|\\[|\\]|,|:|\"(objectClassName|domain|events|eventAction|eventDate|[0-9TZ:-]{0,12})\"){0,30}") {
            let _ = DomainObject::parse(text.as_bytes());
            let _ = problem_text(text.as_bytes());
        }
    }
}
