//! Where to connect for a domain: CNAME, MX, addresses, and whether each step was authentic.
//!
//! No MX means the domain is its own host; a null MX means it takes no mail. At most [`MAX_HOSTS`] hosts and
//! [`MAX_ADDRESSES`] addresses of each are used. RFC 5321 §5.1, RFC 7505, RFC 7672 §2.2 (why steps are kept apart).

use std::net::IpAddr;

use mox_address::{Domain, IpDomain};
use mox_clock::Random;
use mox_dns::{Error as DnsError, RecordType, Resolver, is_null_mx};
use mox_smtp::EnhancedCode;

use crate::{Bogus, Error, Kind};

/// Most hosts of a domain that are used.
pub const MAX_HOSTS: usize = 20;
/// Most addresses of a host that are used.
pub const MAX_ADDRESSES: usize = 20;

/// The hosts that take mail for a domain, in the order to try them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHops {
    /// Never empty.
    pub hosts: Vec<NextHop>,
    /// Whether they come from MX records.
    pub has_mx: bool,
    /// The domain the MX records belong to: the one asked for, or where its CNAMEs lead.
    pub expanded: IpDomain,
    /// Whether DNSSEC proves every step from the domain to the hosts.
    pub authentic: bool,
    /// Whether DNSSEC proves the MX records (or their absence) of the expanded domain, however it was reached.
    pub expanded_authentic: bool,
    /// Each lookup, in order.
    pub steps: Vec<Step>,
}

/// One lookup on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name looked up.
    pub name: String,
    /// The type found.
    pub kind: RecordType,
    /// Whether DNSSEC proves the answer.
    pub authentic: bool,
}

/// One host to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextHop {
    /// Its preference; none when it is not from an MX record.
    pub preference: Option<u16>,
    /// The host.
    pub host: IpDomain,
}

/// The addresses of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// IPv6 first; never empty.
    pub ips: Vec<IpAddr>,
    /// The name that has them: the host, or where its CNAMEs lead.
    pub expanded: IpDomain,
    /// Whether DNSSEC proves every step from the host to the addresses.
    pub authentic: bool,
    /// Whether DNSSEC proves the addresses of the expanded name, however it was reached.
    pub expanded_authentic: bool,
}

/// Finds the hosts of a domain or address literal.
pub async fn gather(
    resolver: &dyn Resolver,
    random: &dyn Random,
    next_hop: &IpDomain,
) -> Result<NextHops, Error> {
    let domain = match next_hop {
        IpDomain::Domain(domain) => domain,
        IpDomain::Ip(_) => return Ok(implicit(next_hop.clone(), false, Vec::new())),
    };
    let answer = match resolver.lookup_mx(domain.ascii(), random).await {
        Ok(answer) => answer,
        Err(e @ DnsError::NoData { .. }) => {
            let authentic = e.is_authentic();
            let step = Step { name: domain.ascii().to_owned(), kind: RecordType::Mx, authentic };
            return Ok(implicit(next_hop.clone(), authentic, vec![step]));
        }
        Err(e) => return Err(dns_error(&format!("looking up MX of {domain}"), &e, EnhancedCode(5, 1, 2))),
    };
    if is_null_mx(&answer.records) {
        let reason = format!("{domain} does not accept mail (null MX)");
        return Err(Error::local(Kind::Dns, false, EnhancedCode(5, 1, 10), reason));
    }
    let (steps, expanded_authentic) =
        steps(resolver, &answer.cnames, &answer.expanded_name, RecordType::Mx, answer.authentic).await;
    let hosts: Vec<NextHop> = answer
        .records
        .iter()
        .filter_map(|mx| {
            let host = Domain::parse(&mx.host).ok()?;
            Some(NextHop { preference: Some(mx.preference), host: IpDomain::Domain(host) })
        })
        .take(MAX_HOSTS)
        .collect();
    if hosts.is_empty() {
        let reason = format!("MX records of {domain} name no valid host");
        return Err(Error::local(Kind::Dns, false, EnhancedCode(5, 4, 4), reason));
    }
    let expanded = Domain::parse(&answer.expanded_name).map_or_else(|_| next_hop.clone(), IpDomain::Domain);
    Ok(NextHops { hosts, has_mx: true, expanded, authentic: answer.authentic, expanded_authentic, steps })
}

/// The domain as its own host.
fn implicit(host: IpDomain, authentic: bool, steps: Vec<Step>) -> NextHops {
    NextHops {
        hosts: vec![NextHop { preference: None, host: host.clone() }],
        has_mx: false,
        expanded: host,
        authentic,
        expanded_authentic: authentic,
        steps,
    }
}

/// Finds the addresses of a host.
pub async fn addresses(resolver: &dyn Resolver, host: &IpDomain) -> Result<Addresses, Error> {
    let name = match host {
        IpDomain::Domain(name) => name,
        IpDomain::Ip(ip) => {
            let (ips, expanded) = (vec![*ip], host.clone());
            return Ok(Addresses { ips, expanded, authentic: false, expanded_authentic: false });
        }
    };
    let looking =
        |name: &str, e| dns_error(&format!("looking up addresses of {name}"), &e, EnhancedCode(5, 4, 4));
    let answer = resolver.lookup_ip(name.ascii()).await.map_err(|e| looking(name.ascii(), e))?;
    let expanded_authentic = if answer.authentic || answer.cnames.is_empty() {
        answer.authentic
    } else {
        resolver.lookup_ip(&answer.expanded_name).await.is_ok_and(|direct| direct.authentic)
    };
    let expanded = Domain::parse(&answer.expanded_name).map_or_else(|_| host.clone(), IpDomain::Domain);
    let mut ips = answer.records;
    ips.truncate(MAX_ADDRESSES);
    Ok(Addresses { ips, expanded, authentic: answer.authentic, expanded_authentic })
}

/// The steps of an answer. When the answer as a whole is not authentic, each CNAME is asked for by itself.
async fn steps(
    resolver: &dyn Resolver,
    cnames: &[String],
    expanded: &str,
    kind: RecordType,
    authentic: bool,
) -> (Vec<Step>, bool) {
    let mut steps = Vec::new();
    for name in cnames {
        let authentic =
            authentic || resolver.lookup(name, RecordType::Cname).await.is_ok_and(|answer| answer.authentic);
        steps.push(Step { name: name.clone(), kind: RecordType::Cname, authentic });
    }
    let last = authentic
        || (!cnames.is_empty() && resolver.lookup(expanded, kind).await.is_ok_and(|answer| answer.authentic));
    steps.push(Step { name: expanded.to_owned(), kind, authentic: last });
    (steps, last)
}

/// `enhanced` is for the certain absence of records.
fn dns_error(what: &str, error: &DnsError, enhanced: EnhancedCode) -> Error {
    let temporary = error.is_temporary();
    let enhanced = if temporary { EnhancedCode(4, 4, 3) } else { enhanced };
    let bogus = match error {
        DnsError::Bogus { extended } => Some(Bogus(extended.clone())),
        _ => None,
    };
    Error { bogus, ..Error::local(Kind::Dns, temporary, enhanced, format!("{what}: {error}")) }
}

impl NextHops {
    /// Drops the hosts that are us, and all that are not preferred over them: mail must not come back to us
    /// (RFC 5321 §5.1). May leave none.
    pub fn before(&mut self, is_us: impl Fn(&IpDomain) -> bool) {
        let ours = self.hosts.iter().filter(|hop| is_us(&hop.host)).map(|hop| hop.preference).min();
        if let Some(ours) = ours {
            self.hosts.retain(|hop| hop.preference < ours);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;
    use mox_dns::sim::SimResolver;

    fn sim() -> Box<dyn Resolver> {
        let zone = "
            example.org. MX 20 b.example.org.
            example.org. MX 10 a.example.org.
            a.example.org. A 192.0.2.1
            a.example.org. AAAA 2001:db8::1
            b.example.org. CNAME c.insecure.example. ; insecure
            c.insecure.example. A 192.0.2.2
            c.insecure.example. A ; insecure
            alias.example. CNAME example.org.
            half.example. CNAME example.org.
            half.example. ANY ; insecure
            nomx.example. A 192.0.2.3
            null.example. MX 0 .
            wrong.example. MX 10 192.0.2.9.
            noaddr.example. MX 10 mx.noaddr.example.
            mx.noaddr.example. TXT x
            fail.example. ANY ; servfail
            forged.example. MX 10 a.example.org. ; bogus
        ";

        Box::new(SimResolver::from_zone(zone).unwrap())
    }

    async fn of(domain: &str) -> Result<NextHops, Error> {
        gather(&*sim(), &SimRandom::new(1), &domain.parse().unwrap()).await
    }

    #[tokio::test]
    async fn hosts_in_order_with_the_authenticity_of_each_step() {
        let hops = of("example.org").await.unwrap();
        let names: Vec<String> = hops.hosts.iter().map(|hop| hop.host.to_string()).collect();
        assert_eq!(names, ["a.example.org", "b.example.org"]);
        assert!(hops.has_mx && hops.authentic && hops.expanded_authentic);

        let alias = of("alias.example").await.unwrap();
        assert_eq!(alias.expanded.to_string(), "example.org");
        assert!(alias.authentic);
        assert_eq!(alias.steps.len(), 2);

        let half = of("half.example").await.unwrap();
        assert!(!half.authentic && half.expanded_authentic);
        let steps: Vec<_> = half.steps.iter().map(|s| (s.name.as_str(), s.kind, s.authentic)).collect();
        assert_eq!(
            steps,
            [("half.example", RecordType::Cname, false), ("example.org", RecordType::Mx, true)]
        );
    }

    #[tokio::test]
    async fn domains_without_mail_hosts() {
        let nomx = of("nomx.example").await.unwrap();
        assert!(!nomx.has_mx && nomx.authentic);
        assert_eq!(nomx.hosts[0].host.to_string(), "nomx.example");
        assert_eq!(of("[192.0.2.9]").await.unwrap().hosts[0].host.to_string(), "[192.0.2.9]");
        for (domain, temporary, status) in [
            ("null.example", false, EnhancedCode(5, 1, 10)),
            ("wrong.example", false, EnhancedCode(5, 4, 4)),
            ("nx.example", false, EnhancedCode(5, 1, 2)),
            ("fail.example", true, EnhancedCode(4, 4, 3)),
            ("forged.example", true, EnhancedCode(4, 4, 3)),
        ] {
            let error = of(domain).await.unwrap_err();
            assert_eq!((error.temporary, error.status()), (temporary, status), "{domain}: {error}");
        }
    }

    #[tokio::test]
    async fn addresses_of_hosts() {
        let sim = sim();
        let of = async |host: &str| addresses(&*sim, &host.parse().unwrap()).await;
        let a = of("a.example.org").await.unwrap();
        assert_eq!(a.ips.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2001:db8::1", "192.0.2.1"]);
        assert!(a.authentic);
        let b = of("b.example.org").await.unwrap();
        assert_eq!((b.expanded.to_string().as_str(), b.authentic), ("c.insecure.example", false));
        assert_eq!(of("[IPv6:2001:db8::9]").await.unwrap().ips.len(), 1);
        let none = of("mx.noaddr.example").await.unwrap_err();
        assert_eq!((none.temporary, none.status()), (false, EnhancedCode(5, 4, 4)));
    }

    #[tokio::test]
    async fn mail_does_not_come_back_to_us() {
        let mut hops = of("example.org").await.unwrap();
        hops.before(|host| host.to_string() == "b.example.org");
        assert_eq!(hops.hosts.len(), 1);
        hops.before(|host| host.to_string() == "a.example.org");
        assert!(hops.hosts.is_empty());
    }
}
