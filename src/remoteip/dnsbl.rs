//! DNS block lists: is an address listed, and does the list work? RFC 5782 §2, §5.
//!
//! Only answers in 127.0.0.0/8 are codes. 127.255.255.0/24 and 127.0.0.1 are what lists say to those they do not serve;
//! any other address is what a list that is gone seems to say of everybody. Both are `temperror`: nobody is listed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use mox_address::Domain;
use mox_dns::{Record, RecordType, Resolver};

/// Most codes that are kept.
pub const MAX_CODES: usize = 32;
/// Longest explanation that is kept, in characters.
pub const MAX_EXPLANATION: usize = 500;

/// Whether an address is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DnsblResult {
    /// It is.
    Listed,
    /// It is not.
    Clear,
    /// The list does not answer, or not credibly.
    TempError,
}

impl DnsblResult {
    /// The word for it: `listed`, `clear`, `temperror`.
    pub const fn keyword(self) -> &'static str {
        match self {
            DnsblResult::Listed => "listed",
            DnsblResult::Clear => "clear",
            DnsblResult::TempError => "temperror",
        }
    }
}

impl fmt::Display for DnsblResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// What a list says of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DnsblOutcome {
    /// The list.
    pub zone: Domain,
    /// The address asked about; an IPv6-mapped IPv4 address as IPv4.
    pub ip: IpAddr,
    /// The result.
    pub result: DnsblResult,
    /// What the list answered; its documentation says what the codes mean.
    pub codes: Vec<Ipv4Addr>,
    /// What the list says about it, for people; control characters removed, at most [`MAX_EXPLANATION`] characters.
    pub explanation: Option<String>,
    /// Why the result is `temperror`.
    pub problem: Option<String>,
    /// Whether the answer was authentic.
    pub authentic: bool,
}

/// Asks a list about an address: one query, and one more for the explanation when it is listed.
pub async fn dnsbl(resolver: &dyn Resolver, zone: &Domain, ip: IpAddr) -> DnsblOutcome {
    ask(resolver, zone, ip.to_canonical()).await
}

/// Whether a list works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthResult {
    /// It lists what every list must, and not what none may.
    Healthy,
    /// It does not: nothing it says may be used.
    Unhealthy,
    /// It does not answer, or not credibly.
    TempError,
}

impl HealthResult {
    /// The word for it: `healthy`, `unhealthy`, `temperror`.
    pub const fn keyword(self) -> &'static str {
        match self {
            HealthResult::Healthy => "healthy",
            HealthResult::Unhealthy => "unhealthy",
            HealthResult::TempError => "temperror",
        }
    }
}

impl fmt::Display for HealthResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// What a list's test entries say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DnsblHealth {
    /// The list.
    pub zone: Domain,
    /// The result.
    pub result: HealthResult,
    /// Whether it lists IPv4 addresses: its test entry 127.0.0.2 is there.
    pub ipv4: bool,
    /// Whether it lists IPv6 addresses: its test entry ::ffff:127.0.0.2 is there.
    pub ipv6: bool,
    /// Why it is not healthy.
    pub problem: Option<String>,
    /// Whether every answer was authentic.
    pub authentic: bool,
}

/// Asks for a list's test entries. A list may be for one family of addresses only.
pub async fn dnsbl_health(resolver: &dyn Resolver, zone: &Domain) -> DnsblHealth {
    let mut health = DnsblHealth {
        zone: zone.clone(),
        result: HealthResult::Healthy,
        ipv4: false,
        ipv6: false,
        problem: None,
        authentic: true,
    };
    for (last, must_be_listed) in [(2, true), (1, false)] {
        let v4 = Ipv4Addr::new(127, 0, 0, last);
        for ip in [IpAddr::V4(v4), IpAddr::V6(v4.to_ipv6_mapped())] {
            let outcome = ask(resolver, zone, ip).await;
            health.authentic &= outcome.authentic;
            match outcome.result {
                DnsblResult::TempError => {
                    health.result = HealthResult::TempError;
                    health.problem = outcome.problem;
                    return health;
                }
                DnsblResult::Listed if !must_be_listed => {
                    health.result = HealthResult::Unhealthy;
                    health.problem = Some(format!("lists {ip}, as if it listed everything"));
                    return health;
                }
                DnsblResult::Listed if ip.is_ipv4() => health.ipv4 = true,
                DnsblResult::Listed => health.ipv6 = true,
                DnsblResult::Clear => {}
            }
        }
    }
    if !health.ipv4 && !health.ipv6 {
        health.result = HealthResult::Unhealthy;
        health.problem =
            Some("lists neither 127.0.0.2 nor ::ffff:127.0.0.2, as if it listed nothing".to_owned());
    }
    health
}

/// The name that stands for an address in a list: octets or nibbles in reverse, then the list's zone. An IPv6-mapped
/// IPv4 address counts as IPv6 here.
pub fn query_name(zone: &Domain, ip: IpAddr) -> String {
    let labels: Vec<String> = match ip {
        IpAddr::V4(ip) => ip.octets().iter().rev().map(ToString::to_string).collect(),
        IpAddr::V6(ip) => nibbles(ip).map(|nibble| format!("{nibble:x}")).collect(),
    };
    format!("{}.{}", labels.join("."), zone.ascii())
}

fn nibbles(ip: Ipv6Addr) -> impl Iterator<Item = u8> {
    ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4])
}

async fn ask(resolver: &dyn Resolver, zone: &Domain, ip: IpAddr) -> DnsblOutcome {
    let mut outcome = DnsblOutcome {
        zone: zone.clone(),
        ip,
        result: DnsblResult::Clear,
        codes: Vec::new(),
        explanation: None,
        problem: None,
        authentic: false,
    };
    let name = query_name(zone, ip);
    let answer = match resolver.lookup(&name, RecordType::A).await {
        Ok(answer) => answer,
        Err(error) => {
            outcome.authentic = error.is_authentic();
            if !error.is_no_records() {
                outcome.result = DnsblResult::TempError;
                outcome.problem = Some(format!("{name}: {error}"));
            }
            return outcome;
        }
    };
    outcome.authentic = answer.authentic;
    outcome.codes = answer
        .records
        .into_iter()
        .filter_map(|record| match record {
            Record::A(code) => Some(code),
            _ => None,
        })
        .take(MAX_CODES)
        .collect();
    outcome.problem = outcome.codes.iter().find_map(|code| refusal(*code));
    if outcome.problem.is_some() {
        outcome.result = DnsblResult::TempError;
        return outcome;
    }
    outcome.result = DnsblResult::Listed;
    if let Ok(texts) = resolver.lookup_txt(&name).await {
        let text: String = texts.records.join("; ").chars().filter(|c| !c.is_control()).collect();
        outcome.explanation =
            Some(text.chars().take(MAX_EXPLANATION).collect()).filter(|text: &String| !text.is_empty());
    }
    outcome
}

/// Why an answer says nothing about the address.
fn refusal(code: Ipv4Addr) -> Option<String> {
    let reason = match code.octets() {
        [127, 255, 255, 252] => "says that its name is mistyped",
        [127, 255, 255, 254] => "does not serve public resolvers",
        [127, 255, 255, 255] => "was asked too often",
        [127, 255, 255, _] | [127, 0, 0, 1] => "refuses to answer",
        [127, ..] => return None,
        _ => "answers what is no code, as if it were gone",
    };
    Some(format!("the list {reason} ({code})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    fn list() -> Domain {
        "bl.example".parse().unwrap()
    }

    #[test]
    fn names_of_addresses() {
        assert_eq!(query_name(&list(), "192.0.2.99".parse().unwrap()), "99.2.0.192.bl.example");
        assert_eq!(
            query_name(&list(), "2001:db8:1:2:3:4:567:89ab".parse().unwrap()),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.example"
        );
    }

    #[tokio::test]
    async fn every_answer() {
        let sim = SimResolver::from_zone(
            "
            1.2.0.192.bl.example. A 127.0.0.2
            1.2.0.192.bl.example. A 127.0.0.11
            1.2.0.192.bl.example. TXT \"see https://bl.example/192.0.2.1\"
            2.2.0.192.bl.example. A 127.255.255.254
            3.2.0.192.bl.example. A 203.0.113.80
            4.2.0.192.bl.example. A 127.0.0.1
            5.2.0.192.bl.example. A 127.0.0.2
            5.2.0.192.bl.example. A 127.255.255.255
            6.2.0.192.bl.example. ANY ; servfail
            7.2.0.192.bl.example. ANY ; bogus
            8.2.0.192.bl.example. A 127.0.0.4
            8.2.0.192.bl.example. TXT ; servfail
            1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example. A 127.0.0.3 ; insecure
            ",
        )
        .unwrap();
        for (ip, result, codes, said) in [
            ("192.0.2.1", DnsblResult::Listed, 2, "see https://bl.example/192.0.2.1"),
            ("::ffff:192.0.2.1", DnsblResult::Listed, 2, "see https://bl.example/192.0.2.1"),
            ("192.0.2.2", DnsblResult::TempError, 1, "public resolvers"),
            ("192.0.2.3", DnsblResult::TempError, 1, "no code"),
            ("192.0.2.4", DnsblResult::TempError, 1, "refuses"),
            ("192.0.2.5", DnsblResult::TempError, 2, "too often"),
            ("192.0.2.6", DnsblResult::TempError, 0, "server failure"),
            ("192.0.2.7", DnsblResult::TempError, 0, "dnssec"),
            ("192.0.2.8", DnsblResult::Listed, 1, ""),
            ("192.0.2.9", DnsblResult::Clear, 0, ""),
            ("2001:db8::1", DnsblResult::Listed, 1, ""),
        ] {
            let outcome = dnsbl(&sim, &list(), ip.parse().unwrap()).await;
            assert_eq!((outcome.result, outcome.codes.len()), (result, codes), "{ip}: {outcome:?}");
            let text = outcome.explanation.or(outcome.problem).unwrap_or_default();
            assert!(text.contains(said) && text.is_empty() == said.is_empty(), "{ip}: {text}");
        }
        let outcome = dnsbl(&sim, &list(), "2001:db8::1".parse().unwrap()).await;
        assert!(!outcome.authentic);
    }

    #[tokio::test]
    async fn health_is_told_by_test_entries() {
        let mapped =
            |last: u8| query_name(&list(), IpAddr::V6(Ipv4Addr::new(127, 0, 0, last).to_ipv6_mapped()));
        assert!(mapped(2).starts_with("2.0.0.0.0.0.f.7.f.f.f.f.0."), "::FFFF:7F00:2");
        let (v4, v6) = ("2.0.0.127.bl.example. A 127.0.0.2", format!("{}. A 127.0.0.2", mapped(2)));
        for (zone, result, families) in [
            (v4.to_owned(), HealthResult::Healthy, (true, false)),
            (v6.clone(), HealthResult::Healthy, (false, true)),
            (format!("{v4}\n{v6}"), HealthResult::Healthy, (true, true)),
            (String::new(), HealthResult::Unhealthy, (false, false)),
            (format!("{v4}\n1.0.0.127.bl.example. A 127.0.0.2"), HealthResult::Unhealthy, (true, false)),
            ("*.bl.example. A 127.0.0.2".to_owned(), HealthResult::Unhealthy, (true, true)),
            ("*.bl.example. A 203.0.113.1".to_owned(), HealthResult::TempError, (false, false)),
            ("2.0.0.127.bl.example. ANY ; servfail".to_owned(), HealthResult::TempError, (false, false)),
        ] {
            let health = dnsbl_health(&SimResolver::from_zone(&zone).unwrap(), &list()).await;
            assert_eq!((health.result, (health.ipv4, health.ipv6)), (result, families), "{zone}: {health:?}");
            assert_eq!(health.problem.is_none(), result == HealthResult::Healthy);
        }
    }
}
