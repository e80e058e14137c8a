//! Lookups that return what the caller wants: mail hosts in order, addresses of both families, names, texts.
//! RFC 5321 §5.1, RFC 7505 (null MX), RFC 2782, 6698 §2.1, 8659 §4.1.

use std::net::IpAddr;

use mox_clock::{Random, random_below};

use crate::{Answer, Error, Record, RecordType, Resolver, name::reverse_name};

/// A host that takes mail for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxHost {
    /// The lower, the sooner it is tried.
    pub preference: u16,
    /// Its name, without the final dot; `.` in a null MX.
    pub host: String,
}

/// Where a service is: an SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The lower, the sooner it is tried.
    pub priority: u16,
    /// Share among those of one priority.
    pub weight: u16,
    /// TCP or UDP port.
    pub port: u16,
    /// Host, without the final dot; `.` when the domain has no such service.
    pub target: String,
}

/// Which certificate or key a TLS server has: a TLSA record (RFC 6698 §2.1), its numbers as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the RFC")]
pub struct TlsAssociation {
    pub usage: u8,
    pub selector: u8,
    pub matching: u8,
    pub data: Vec<u8>,
}

/// Who may issue certificates: a CAA record (RFC 8659 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// 128: a tag that is not known forbids to issue.
    pub flags: u8,
    /// `issue`, `issuewild`, `iodef` or another one.
    pub tag: String,
    /// What the tag says.
    pub value: Vec<u8>,
}

/// Whether the domain says that it takes no mail.
pub fn is_null_mx(hosts: &[MxHost]) -> bool {
    matches!(hosts, [only] if only.host == ".")
}

impl dyn Resolver + '_ {
    /// The mail hosts by preference; equal ones in random order. A null MX is one host `.`
    /// ([`is_null_mx`]); beside other hosts `.` is dropped.
    pub async fn lookup_mx(&self, domain: &str, random: &dyn Random) -> Result<Answer<MxHost>, Error> {
        let mut answer = self.lookup(domain, RecordType::Mx).await?;
        let mut hosts: Vec<(u16, u64, String)> = take(&mut answer, |record| match record {
            Record::Mx { preference, host } => Some((preference, random_below(random, u64::MAX), host)),
            _ => None,
        });
        if hosts.iter().any(|(_, _, host)| host != ".") {
            hosts.retain(|(_, _, host)| host != ".");
        } else {
            hosts.truncate(1);
        }
        hosts.sort();
        Ok(answer.with(hosts.into_iter().map(|(preference, _, host)| MxHost { preference, host }).collect()))
    }

    /// The addresses of a host: IPv6 first, then IPv4, each in the order received. Authentic when every
    /// family that has addresses is. One family is enough, but a bogus answer for either is an error.
    pub async fn lookup_ip(&self, host: &str) -> Result<Answer<IpAddr>, Error> {
        let (v6, v4) = tokio::join!(self.lookup_ipv6(host), self.lookup_ipv4(host));
        match (v6, v4) {
            (Ok(mut v6), Ok(v4)) => {
                v6.records.extend(v4.records);
                v6.ttl = v6.ttl.min(v4.ttl);
                v6.authentic &= v4.authentic;
                Ok(v6)
            }
            (Err(bogus @ Error::Bogus { .. }), _) | (_, Err(bogus @ Error::Bogus { .. })) => Err(bogus),
            (Ok(answer), Err(_)) | (Err(_), Ok(answer)) => Ok(answer),
            (Err(a), Err(b)) => Err(both_failed(a, b)),
        }
    }

    /// The IPv4 addresses of a host.
    pub async fn lookup_ipv4(&self, host: &str) -> Result<Answer<IpAddr>, Error> {
        let mut answer = self.lookup(host, RecordType::A).await?;
        let ips = take(&mut answer, |record| match record {
            Record::A(ip) => Some(IpAddr::V4(ip)),
            _ => None,
        });
        Ok(answer.with(ips))
    }

    /// The IPv6 addresses of a host.
    pub async fn lookup_ipv6(&self, host: &str) -> Result<Answer<IpAddr>, Error> {
        let mut answer = self.lookup(host, RecordType::Aaaa).await?;
        let ips = take(&mut answer, |record| match record {
            Record::Aaaa(ip) => Some(IpAddr::V6(ip)),
            _ => None,
        });
        Ok(answer.with(ips))
    }

    /// The names of an address.
    pub async fn lookup_ptr(&self, ip: IpAddr) -> Result<Answer<String>, Error> {
        let mut answer = self.lookup(&reverse_name(ip), RecordType::Ptr).await?;
        let names = take(&mut answer, |record| match record {
            Record::Ptr(name) => Some(name),
            _ => None,
        });
        Ok(answer.with(names))
    }

    /// The texts of a name, the strings of each record joined; what is not UTF-8 is replaced.
    pub async fn lookup_txt(&self, name: &str) -> Result<Answer<String>, Error> {
        let mut answer = self.lookup(name, RecordType::Txt).await?;
        let texts = take(&mut answer, |record| match record {
            Record::Txt(text) => Some(String::from_utf8_lossy(&text).into_owned()),
            _ => None,
        });
        Ok(answer.with(texts))
    }

    /// The name this one is a CNAME for (one step, the chain is not followed); [`Error::NoData`] when it is none.
    pub async fn lookup_cname(&self, name: &str) -> Result<Answer<String>, Error> {
        let mut answer = self.lookup(name, RecordType::Cname).await?;
        let names = take(&mut answer, |record| match record {
            Record::Cname(name) => Some(name),
            _ => None,
        });
        Ok(answer.with(names))
    }

    /// The hosts of a service such as `_submissions._tcp.example.org`, by priority; those of one priority are drawn,
    /// a heavier one sooner as often as its share says.
    pub async fn lookup_srv(&self, name: &str, random: &dyn Random) -> Result<Answer<Service>, Error> {
        let mut answer = self.lookup(name, RecordType::Srv).await?;
        let services = take(&mut answer, |record| match record {
            Record::Srv { priority, weight, port, target } => {
                Some(Service { priority, weight, port, target })
            }
            _ => None,
        });
        Ok(answer.with(draw(services, random)))
    }

    /// The TLSA records of a service such as `_25._tcp.mx.example.org`, in the order received.
    pub async fn lookup_tlsa(&self, name: &str) -> Result<Answer<TlsAssociation>, Error> {
        let mut answer = self.lookup(name, RecordType::Tlsa).await?;
        let associations = take(&mut answer, |record| match record {
            Record::Tlsa { usage, selector, matching, data } => {
                Some(TlsAssociation { usage, selector, matching, data })
            }
            _ => None,
        });
        Ok(answer.with(associations))
    }

    /// The CAA records of this very name; the parents' are the caller's to ask for (RFC 8659 §3).
    pub async fn lookup_caa(&self, name: &str) -> Result<Answer<Issuer>, Error> {
        let mut answer = self.lookup(name, RecordType::Caa).await?;
        let issuers = take(&mut answer, |record| match record {
            Record::Caa { flags, tag, value } => Some(Issuer { flags, tag, value }),
            _ => None,
        });
        Ok(answer.with(issuers))
    }
}

fn take<T>(answer: &mut Answer, want: impl FnMut(Record) -> Option<T>) -> Vec<T> {
    std::mem::take(&mut answer.records).into_iter().filter_map(want).collect()
}

/// The order in which services are tried (RFC 2782, "Weight").
fn draw(services: Vec<Service>, random: &dyn Random) -> Vec<Service> {
    // Those without a weight come first, so that they are drawn only by a zero; equal ones in random order.
    let mut keyed: Vec<((u16, bool, u64), Service)> = services
        .into_iter()
        .map(|s| ((s.priority, s.weight != 0, random_below(random, u64::MAX)), s))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    let mut waiting: Vec<Service> = keyed.into_iter().map(|(_, service)| service).collect();
    let mut drawn = Vec::with_capacity(waiting.len());
    while let Some(priority) = waiting.first().map(|service| service.priority) {
        let group = || waiting.iter().take_while(|service| service.priority == priority);
        let total: u64 = group().map(|service| u64::from(service.weight)).sum();
        let wanted = random_below(random, total + 1);
        let mut sum = 0;
        let place = group().position(|service| {
            sum += u64::from(service.weight);
            sum >= wanted
        });
        // The sum of all is at least what is wanted, so one is always found.
        drawn.push(waiting.remove(place.unwrap_or(0)));
    }
    drawn
}

/// One error for two families, neither of which has addresses.
fn both_failed(a: Error, b: Error) -> Error {
    match (a, b) {
        (Error::NxDomain { authentic: a, ttl: t }, Error::NxDomain { authentic: b, ttl: u }) => {
            Error::NxDomain { authentic: a && b, ttl: t.min(u) }
        }
        (
            Error::NxDomain { authentic: a, ttl: t } | Error::NoData { authentic: a, ttl: t },
            Error::NxDomain { authentic: b, ttl: u } | Error::NoData { authentic: b, ttl: u },
        ) => Error::NoData { authentic: a && b, ttl: t.min(u) },
        (temporary @ Error::Temporary { .. }, _) | (_, temporary @ Error::Temporary { .. }) => temporary,
        (a, _) => a,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::sim::SimResolver;
    use mox_clock::sim::SimRandom;

    fn sim() -> Box<dyn Resolver> {
        let zone = "
            example.org. MX 20 b.example.org.
            example.org. MX 10 a.example.org.
            null.example. MX 0 .
            odd.example. MX 0 .
            odd.example. MX 5 mx.odd.example.
            a.example.org. A 192.0.2.1
            a.example.org. AAAA 2001:db8::1
            b.example.org. A 192.0.2.2 ; insecure
            half.example. A 192.0.2.3
            half.example. AAAA ; servfail
            forged.example. A 192.0.2.4
            forged.example. AAAA ; bogus
            down.example. ANY ; servfail
            1.2.0.192.in-addr.arpa. PTR a.example.org.
            alias.example. CNAME a.example.org.
            _imaps._tcp.example.org. SRV 1 1 993 b.example.org.
            _imaps._tcp.example.org. SRV 0 1 993 a.example.org.
            _imaps._tcp.example.org. SRV 0 9 993 c.example.org.
            _imaps._tcp.example.org. SRV 0 0 993 spare.example.org.
            _25._tcp.a.example.org. TLSA 3 1 1 00ff
            example.org. CAA 128 issue \"ca.example\"
            _dmarc.example.org. TXT \"v=DMARC1; \" \"p=none\"
        ";
        Box::new(SimResolver::from_zone(zone).unwrap())
    }

    #[tokio::test]
    async fn mail_hosts_come_in_order() {
        let sim = sim();
        let random = SimRandom::new(1);
        let hosts = sim.lookup_mx("example.org", &random).await.unwrap().records;
        assert_eq!(
            hosts.iter().map(|h| h.host.as_str()).collect::<Vec<_>>(),
            ["a.example.org", "b.example.org"]
        );
        assert!(is_null_mx(&sim.lookup_mx("null.example", &random).await.unwrap().records));
        let odd = sim.lookup_mx("odd.example", &random).await.unwrap().records;
        assert_eq!(odd, [MxHost { preference: 5, host: "mx.odd.example".to_owned() }]);
    }

    #[tokio::test]
    async fn equal_mail_hosts_are_shuffled() {
        let zone: String = (0..8).map(|i| format!("e.example. MX 10 m{i}.example.\n")).collect();
        let sim: Box<dyn Resolver> = Box::new(SimResolver::from_zone(&zone).unwrap());
        let random = SimRandom::new(1);
        let one = sim.lookup_mx("e.example", &random).await.unwrap().records;
        let two = sim.lookup_mx("e.example", &random).await.unwrap().records;
        assert_eq!((one.len(), two.len()), (8, 8));
        assert_ne!(one, two);
    }

    #[tokio::test]
    async fn one_family_is_enough_unless_the_other_is_forged() {
        let sim = sim();
        let both = sim.lookup_ip("a.example.org").await.unwrap();
        assert_eq!(
            both.records.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["2001:db8::1", "192.0.2.1"]
        );
        assert!(both.authentic);
        let alias = sim.lookup_ip("alias.example").await.unwrap();
        assert_eq!(
            (alias.expanded_name.as_str(), alias.cnames.as_slice()),
            ("a.example.org", &["alias.example".to_owned()][..])
        );
        assert!(!sim.lookup_ip("b.example.org").await.unwrap().authentic);
        assert_eq!(sim.lookup_ip("half.example").await.unwrap().records.len(), 1);
        assert!(matches!(sim.lookup_ip("forged.example").await, Err(Error::Bogus { .. })));
        assert!(matches!(sim.lookup_ip("down.example").await, Err(Error::Temporary { .. })));
        assert!(matches!(sim.lookup_ip("none.example").await, Err(Error::NxDomain { .. })));
        assert!(matches!(sim.lookup_ip("example.org").await, Err(Error::NoData { .. })));
    }

    #[tokio::test]
    async fn names_and_texts() {
        let sim = sim();
        let names = sim.lookup_ptr("192.0.2.1".parse().unwrap()).await.unwrap().records;
        assert_eq!(names, ["a.example.org"]);
        assert_eq!(sim.lookup_txt("_dmarc.example.org").await.unwrap().records, ["v=DMARC1; p=none"]);
        assert_eq!(sim.lookup_cname("alias.example").await.unwrap().records, ["a.example.org"]);
        assert!(matches!(sim.lookup_cname("a.example.org").await, Err(Error::NoData { .. })));
    }

    #[tokio::test]
    async fn services_are_drawn_by_their_weight() {
        const DRAWS: usize = 4000;
        let (sim, random) = (sim(), SimRandom::new(1));
        let mut first: HashMap<String, usize> = HashMap::new();
        let mut second: HashMap<String, usize> = HashMap::new();
        for _ in 0..DRAWS {
            let services = sim.lookup_srv("_imaps._tcp.example.org", &random).await.unwrap().records;
            let targets: Vec<String> = services.into_iter().map(|service| service.target).collect();
            assert_eq!(targets.len(), 4);
            assert_eq!(targets[3], "b.example.org", "its priority is the last");
            *first.entry(targets[0].clone()).or_default() += 1;
            *second.entry(targets[1].clone()).or_default() += 1;
        }
        // The draw is from 0 to the sum of the weights, both included: 11 numbers for the first, of which 0 alone
        // takes the one without a weight, 9 the heavy one, 1 the light one.
        let cases = [("spare.example.org", 1), ("a.example.org", 1), ("c.example.org", 9)];
        for (target, numbers) in cases {
            let (got, want) = (first[target], DRAWS * numbers / 11);
            assert!(got.abs_diff(want) < 80, "{target} first {got} times of {DRAWS}, not about {want}");
        }
        assert!(cases.iter().all(|(target, _)| second[*target] > 100), "{second:?}");
    }

    #[tokio::test]
    async fn services_of_equal_weight_are_shuffled() {
        for weight in [0, 1, 65535] {
            let zone: String =
                (0..8).map(|i| format!("_x._tcp.e.example. SRV 1 {weight} 25 m{i}.example.\n")).collect();
            let sim: Box<dyn Resolver> = Box::new(SimResolver::from_zone(&zone).unwrap());
            let random = SimRandom::new(1);
            let mut firsts = HashSet::new();
            for _ in 0..200 {
                let services = sim.lookup_srv("_x._tcp.e.example", &random).await.unwrap().records;
                assert_eq!(services.iter().map(|s| &s.target).collect::<HashSet<_>>().len(), 8);
                firsts.extend(services.into_iter().next().map(|service| service.target));
            }
            assert_eq!(firsts.len(), 8, "weight {weight}: each is the first at some time");
        }
    }

    #[tokio::test]
    async fn keys_and_issuers() {
        let sim = sim();
        let tlsa = sim.lookup_tlsa("_25._tcp.a.example.org").await.unwrap();
        let expected = TlsAssociation { usage: 3, selector: 1, matching: 1, data: vec![0, 255] };
        assert_eq!((tlsa.records.as_slice(), tlsa.authentic), (&[expected][..], true));
        let issuer = Issuer { flags: 128, tag: "issue".to_owned(), value: b"ca.example".to_vec() };
        assert_eq!(sim.lookup_caa("example.org").await.unwrap().records, [issuer]);
        assert!(matches!(sim.lookup_caa("a.example.org").await, Err(Error::NoData { .. })));
    }
}
