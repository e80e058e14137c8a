//! Which TLSA records a mail host has, and under which name.
//!
//! Asked for only where DNSSEC proves the addresses of the host, so that name servers that choke on TLSA are not
//! asked in vain. A host that is an alias may have them where it leads, else at its own name; an alias from a signed
//! zone into an unsigned one may still have them at its own name. Records that nothing proves count as none; a failure
//! is never taken for none. RFC 7672 §2.1, §2.2.2, RFC 7671 §7.

use mox_address::Domain;
use mox_dns::{Error as DnsError, RecordType, Resolver};

use crate::{Record, tlsa_name};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tlsa {
    /// None, or none that is proved: DANE does not apply. With the name that was asked last, if one was.
    None {
        /// The TLSA base domain.
        base: Option<Domain>,
    },
    /// Some that DNSSEC proves, usable or not.
    Records {
        /// The TLSA base domain.
        base: Domain,
        /// As they came.
        records: Vec<Record>,
    },
    /// Nobody knows: the host must not be used now.
    Failed {
        /// The TLSA base domain.
        base: Domain,
        /// Temporary or bogus.
        error: DnsError,
    },
}

/// How the addresses of a host were found.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Where its aliases lead; the host itself when it is none.
    pub expanded: &'a Domain,
    /// Whether DNSSEC proves every step to the addresses.
    pub authentic: bool,
}

/// Looks up the TLSA records of a host's port.
pub async fn lookup(resolver: &dyn Resolver, host: &Domain, found: Found<'_>, port: u16) -> Tlsa {
    let mut base = None;
    for name in candidates(resolver, host, found).await {
        let name = match name {
            Ok(name) => name,
            Err(error) => return Tlsa::Failed { base: host.clone(), error },
        };
        match resolver.lookup(&tlsa_name(&name, port), RecordType::Tlsa).await {
            Ok(answer) if answer.authentic => {
                let records = answer.records.iter().filter_map(Record::from_dns).collect();
                return Tlsa::Records { base: name, records };
            }
            Ok(_) => {}
            Err(error) if error.is_no_records() => {}
            Err(error) => return Tlsa::Failed { base: name, error },
        }
        base = Some(name);
    }
    Tlsa::None { base }
}

/// The names that may have the records, the likelier first.
async fn candidates(
    resolver: &dyn Resolver,
    host: &Domain,
    found: Found<'_>,
) -> Vec<Result<Domain, DnsError>> {
    let alias = found.expanded != host;
    match (found.authentic, alias) {
        (true, true) => vec![Ok(found.expanded.clone()), Ok(host.clone())],
        (true, false) => vec![Ok(host.clone())],
        (false, false) => Vec::new(),
        (false, true) => match resolver.lookup(host.ascii(), RecordType::Cname).await {
            Ok(answer) if answer.authentic => vec![Ok(host.clone())],
            Ok(_) => Vec::new(),
            Err(e) if e.is_no_records() => Vec::new(),
            Err(e) => vec![Err(e)],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_dns::sim::SimResolver;

    const ONE: &str = "3 1 1 0000000000000000000000000000000000000000000000000000000000000000";

    #[tokio::test]
    async fn where_records_are_looked_for() {
        let zone = format!(
            "_25._tcp.mx.example. TLSA {ONE}
             _25._tcp.target.example. TLSA {ONE}
             _25._tcp.unproved.example. TLSA {ONE}
             _25._tcp.unproved.example. TLSA ; insecure
             _25._tcp.alias.example. TLSA {ONE}
             alias.example. CNAME away.example.
             half.example. CNAME away.example.
             half.example. CNAME ; insecure
             _25._tcp.half.example. TLSA {ONE}
             _25._tcp.forged.example. TLSA ; bogus
             _25._tcp.down.example. TLSA ; servfail"
        );
        let sim: Box<dyn Resolver> = Box::new(SimResolver::from_zone(&zone).unwrap());
        // Host, where its aliases lead, authentic; base domain, or what fails.
        for (host, expanded, authentic, expected) in [
            ("mx.example", "mx.example", true, "records mx.example"),
            ("mx.example", "mx.example", false, "none"),
            ("two.example", "target.example", true, "records target.example"),
            ("mx.example", "empty.example", true, "records mx.example"),
            ("empty.example", "empty.example", true, "none empty.example"),
            ("unproved.example", "unproved.example", true, "none unproved.example"),
            ("alias.example", "away.example", false, "records alias.example"),
            ("half.example", "away.example", false, "none"),
            ("forged.example", "forged.example", true, "failed forged.example bogus"),
            ("down.example", "down.example", true, "failed down.example"),
        ] {
            let parse = |name: &str| Domain::parse(name).unwrap();
            let found = Found { expanded: &parse(expanded), authentic };
            let got = match lookup(&*sim, &parse(host), found, 25).await {
                Tlsa::None { base } => format!("none {}", base.map(|b| b.to_string()).unwrap_or_default()),
                Tlsa::Records { base, records } if records.len() == 1 => format!("records {base}"),
                Tlsa::Failed { base, error: DnsError::Bogus { .. } } => format!("failed {base} bogus"),
                Tlsa::Failed { base, .. } => format!("failed {base}"),
                other => format!("{other:?}"),
            };
            assert_eq!(got.trim(), expected, "{host}");
        }
    }
}
