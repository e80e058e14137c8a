//! Does the address have a name, and does the name lead back to the address? RFC 8601 §2.7.3, §3.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use mox_dns::Resolver;

/// Most names of an address that are looked at, others are ignored; so that is one query more.
pub const MAX_NAMES: usize = 10;

/// The result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IprevResult {
    /// A name of the address has the address.
    Pass,
    /// The address has names, and none has the address.
    Fail,
    /// DNS did not answer, or not credibly; trying again later may help.
    TempError,
    /// The address has no names.
    PermError,
}

impl IprevResult {
    /// The registered word: `pass`, `fail`, `temperror`, `permerror`.
    pub const fn keyword(self) -> &'static str {
        match self {
            IprevResult::Pass => "pass",
            IprevResult::Fail => "fail",
            IprevResult::TempError => "temperror",
            IprevResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for IprevResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IprevOutcome {
    /// The address asked about; an IPv6-mapped IPv4 address as IPv4.
    pub ip: IpAddr,
    /// The result.
    pub result: IprevResult,
    /// The name that leads back, the first of them. Only for [`IprevResult::Pass`].
    pub name: Option<String>,
    /// The names of the address, at most [`MAX_NAMES`], as DNS gave them: lower case, no final dot.
    pub names: Vec<String>,
    /// Why it is not `pass`.
    pub problem: Option<String>,
    /// Whether the answers that the result rests on were authentic: those for the name when there is one, else all.
    pub authentic: bool,
}

/// Looks up the names of an address and whether one leads back to it.
pub async fn iprev(resolver: &dyn Resolver, ip: IpAddr) -> IprevOutcome {
    let ip = ip.to_canonical();
    let mut outcome = IprevOutcome {
        ip,
        result: IprevResult::Fail,
        name: None,
        names: Vec::new(),
        problem: None,
        authentic: true,
    };
    let answer = match resolver.lookup_ptr(ip).await {
        Ok(answer) => answer,
        Err(error) => {
            let temporary = error.is_temporary();
            outcome.result = if temporary { IprevResult::TempError } else { IprevResult::PermError };
            outcome.problem = Some(format!("names of {ip}: {error}"));
            outcome.authentic = error.is_authentic();
            return outcome;
        }
    };
    outcome.names = answer.records;
    outcome.names.truncate(MAX_NAMES);
    outcome.authentic = answer.authentic;
    outcome.problem = Some(format!("no name of {ip} leads back to it"));
    for name in &outcome.names {
        let addresses = match ip {
            IpAddr::V4(_) => resolver.lookup_ipv4(name).await,
            IpAddr::V6(_) => resolver.lookup_ipv6(name).await,
        };
        match addresses {
            Ok(found) if found.records.contains(&ip) => {
                outcome.result = IprevResult::Pass;
                outcome.name = Some(name.clone());
                outcome.problem = None;
                outcome.authentic = answer.authentic && found.authentic;
                return outcome;
            }
            Ok(found) => outcome.authentic &= found.authentic,
            Err(error) => {
                outcome.authentic &= error.is_authentic();
                if error.is_temporary() {
                    outcome.result = IprevResult::TempError;
                    outcome.problem = Some(format!("{name}: {error}"));
                }
            }
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    #[tokio::test]
    async fn every_result() {
        let zone = "
            1.2.0.192.in-addr.arpa. PTR other.example.
            1.2.0.192.in-addr.arpa. PTR mail.example.
            other.example. A 192.0.2.9 ; insecure
            mail.example. A 192.0.2.8
            mail.example. A 192.0.2.1
            2.2.0.192.in-addr.arpa. PTR other.example.
            3.2.0.192.in-addr.arpa. PTR missing.example.
            4.2.0.192.in-addr.arpa. ANY ; bogus
            5.2.0.192.in-addr.arpa. PTR slow.example.
            5.2.0.192.in-addr.arpa. PTR other.example.
            6.2.0.192.in-addr.arpa. PTR slow.example.
            6.2.0.192.in-addr.arpa. PTR six.example.
            six.example. A 192.0.2.6 ; insecure
            slow.example. ANY ; servfail
            1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR v6.example.
            v6.example. AAAA 2001:db8::1
        ";
        let sim = SimResolver::from_zone(zone).unwrap();
        for (ip, result, name, authentic) in [
            ("192.0.2.1", IprevResult::Pass, Some("mail.example"), true),
            ("::ffff:192.0.2.1", IprevResult::Pass, Some("mail.example"), true),
            ("192.0.2.2", IprevResult::Fail, None, false),
            ("192.0.2.3", IprevResult::Fail, None, true),
            ("192.0.2.4", IprevResult::TempError, None, false),
            ("192.0.2.5", IprevResult::TempError, None, false),
            ("192.0.2.6", IprevResult::Pass, Some("six.example"), false),
            ("192.0.2.7", IprevResult::PermError, None, true),
            ("2001:db8::1", IprevResult::Pass, Some("v6.example"), true),
        ] {
            let outcome = iprev(&sim, ip.parse().unwrap()).await;
            assert_eq!((outcome.result, outcome.name.as_deref()), (result, name), "{ip}: {outcome:?}");
            assert_eq!(outcome.authentic, authentic, "{ip}");
            assert_eq!(outcome.problem.is_none(), result == IprevResult::Pass);
        }
    }

    #[tokio::test]
    async fn names_are_bounded() {
        let sim = SimResolver::from_zone("").unwrap();
        for n in 0..30 {
            sim.add(&format!("1.2.0.192.in-addr.arpa. PTR n{n}.example.")).unwrap();
        }
        let outcome = iprev(&sim, "192.0.2.1".parse().unwrap()).await;
        assert_eq!((outcome.result, outcome.names.len()), (IprevResult::Fail, MAX_NAMES));
        assert_eq!(sim.query_count(), 1 + MAX_NAMES);
    }
}
