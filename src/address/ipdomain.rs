//! A domain or an address literal, as HELO and forward-paths carry them: `example.org`, `[192.0.2.1]`,
//! `[IPv6:2001:db8::1]`. RFC 5321 §4.1.3.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::{Domain, Error, serde_as_text};

/// Where a path leads: a name, or an IP address in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IpDomain {
    /// A domain name.
    Domain(Domain),
    /// An address literal.
    Ip(IpAddr),
}

impl IpDomain {
    /// The domain, when it is one.
    pub fn domain(&self) -> Option<&Domain> {
        match self {
            IpDomain::Domain(d) => Some(d),
            IpDomain::Ip(_) => None,
        }
    }
}

impl From<Domain> for IpDomain {
    fn from(domain: Domain) -> IpDomain {
        IpDomain::Domain(domain)
    }
}

impl FromStr for IpDomain {
    type Err = Error;

    fn from_str(text: &str) -> Result<IpDomain, Error> {
        let Some(inner) = text.strip_prefix('[') else {
            return Ok(IpDomain::Domain(Domain::parse(text)?));
        };
        let inner = inner.strip_suffix(']').ok_or(Error::BadAddressLiteral)?;
        let tagged = inner.get(..5).is_some_and(|t| t.eq_ignore_ascii_case("ipv6:"));
        if tagged {
            let v6 = inner.get(5..).unwrap_or_default().parse::<Ipv6Addr>();
            return v6.map(|ip| IpDomain::Ip(IpAddr::V6(ip))).map_err(|_| Error::BadAddressLiteral);
        }
        let v4 = inner.parse::<Ipv4Addr>().map_err(|_| Error::BadAddressLiteral)?;
        Ok(IpDomain::Ip(IpAddr::V4(v4)))
    }
}

impl fmt::Display for IpDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IpDomain::Domain(d) => d.fmt(f),
            IpDomain::Ip(IpAddr::V4(ip)) => write!(f, "[{ip}]"),
            IpDomain::Ip(IpAddr::V6(ip)) => write!(f, "[IPv6:{ip}]"),
        }
    }
}

serde_as_text!(IpDomain);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_round_trip() {
        for good in ["[192.0.2.1]", "[IPv6:2001:db8::1]", "example.org"] {
            assert_eq!(good.parse::<IpDomain>().unwrap().to_string(), good);
        }
        for bad in ["[192.0.2]", "[2001:db8::1]", "[IPv6:x]", "[192.0.2.1", "192.0.2.1", "[]"] {
            assert!(bad.parse::<IpDomain>().is_err(), "{bad}");
        }
    }
}
