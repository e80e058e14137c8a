//! Which addresses a request may go to.
//!
//! A URL that a stranger can choose must not reach what only this machine can reach. Public is what RFC 6890 and its
//! registries call globally reachable; ways to write an IPv4 address as an IPv6 one (mapped, NAT64, 6to4, Teredo) are
//! not, whatever they hold.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Where requests may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Egress {
    /// To public addresses, and to those in the list.
    Public {
        /// Networks of its own that an operator lets in.
        allow: Vec<Cidr>,
    },
    /// Anywhere: for URLs that whoever runs this program chose.
    Anywhere,
}

impl Egress {
    /// Why a request may not go to the address; none when it may.
    pub fn refusal(&self, ip: IpAddr) -> Option<&'static str> {
        match self {
            Egress::Anywhere => None,
            Egress::Public { allow } if allow.iter().any(|network| network.contains(ip)) => None,
            Egress::Public { .. } => not_public(ip),
        }
    }
}

/// A network: an address and how many of its leading bits count. Displays as `192.0.2.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    bits: u8,
}

/// A text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network like 192.0.2.0/24 or 2001:db8::/32")]
pub struct BadCidr(String);

impl Cidr {
    const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Cidr {
        Cidr { network: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
    }

    const fn v6(a: u16, b: u16, c: u16, bits: u8) -> Cidr {
        Cidr { network: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)), bits }
    }

    /// Whether the address is in it. An IPv4 address is in no IPv6 network, nor the other way round.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let differ = |a: u128, b: u128, width: u8| {
            (a ^ b).checked_shr(u32::from(width.saturating_sub(self.bits))).unwrap_or(0) != 0
        };
        match (self.network, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => !differ(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => !differ(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = BadCidr;
    fn from_str(text: &str) -> Result<Cidr, BadCidr> {
        let parse = || {
            let (network, bits) = text.split_once('/')?;
            let network: IpAddr = network.parse().ok()?;
            let width = if network.is_ipv4() { 32 } else { 128 };
            let digits = bits.bytes().all(|b| b.is_ascii_digit());
            let bits = bits.parse().ok().filter(|bits| digits && *bits <= width)?;
            Some(Cidr { network, bits })
        };
        parse().ok_or_else(|| BadCidr(text.to_owned()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.bits)
    }
}

/// IPv4 networks that are not public.
const V4: &[(Cidr, &str)] = &[
    (Cidr::v4(0, 0, 0, 0, 32), "unspecified"),
    (Cidr::v4(0, 0, 0, 0, 8), "this network"),
    (Cidr::v4(10, 0, 0, 0, 8), "private"),
    (Cidr::v4(100, 64, 0, 0, 10), "shared by a carrier"),
    (Cidr::v4(127, 0, 0, 0, 8), "loopback"),
    (Cidr::v4(169, 254, 0, 0, 16), "link-local"),
    (Cidr::v4(172, 16, 0, 0, 12), "private"),
    (Cidr::v4(192, 0, 0, 0, 24), "reserved for protocols"),
    (Cidr::v4(192, 0, 2, 0, 24), "for documentation"),
    (Cidr::v4(192, 88, 99, 0, 24), "6to4"),
    (Cidr::v4(192, 168, 0, 0, 16), "private"),
    (Cidr::v4(198, 18, 0, 0, 15), "for benchmarks"),
    (Cidr::v4(198, 51, 100, 0, 24), "for documentation"),
    (Cidr::v4(203, 0, 113, 0, 24), "for documentation"),
    (Cidr::v4(224, 0, 0, 0, 4), "multicast"),
    (Cidr::v4(240, 0, 0, 0, 4), "reserved"),
];

/// The IPv6 network outside of which nothing is public.
const GLOBAL: Cidr = Cidr::v6(0x2000, 0, 0, 3);

/// IPv6 networks that are not public.
const V6: &[(Cidr, &str)] = &[
    (Cidr::v6(0x64, 0xff9b, 0, 96), "NAT64"),
    (Cidr::v6(0x64, 0xff9b, 1, 48), "NAT64"),
    (Cidr::v6(0x100, 0, 0, 64), "discarded"),
    (Cidr::v6(0x2001, 0, 0, 32), "Teredo"),
    (Cidr::v6(0x2001, 0, 0, 23), "reserved for protocols"),
    (Cidr::v6(0x2001, 0xdb8, 0, 32), "for documentation"),
    (Cidr::v6(0x2002, 0, 0, 16), "6to4"),
    (Cidr::v6(0x3fff, 0, 0, 20), "for documentation"),
    (Cidr::v6(0xfc00, 0, 0, 7), "private"),
    (Cidr::v6(0xfe80, 0, 0, 10), "link-local"),
    (Cidr::v6(0xff00, 0, 0, 8), "multicast"),
];

/// What kind of address it is when it is not a public one.
fn not_public(ip: IpAddr) -> Option<&'static str> {
    let kind = |table: &[(Cidr, &'static str)]| {
        table.iter().find(|(network, _)| network.contains(ip)).map(|(_, kind)| *kind)
    };
    match ip {
        IpAddr::V4(_) => kind(V4),
        IpAddr::V6(v6) if v6.is_unspecified() => Some("unspecified"),
        IpAddr::V6(v6) if v6.is_loopback() => Some("loopback"),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some("an IPv4 address in IPv6 form"),
        IpAddr::V6(_) => kind(V6).or_else(|| (!GLOBAL.contains(ip)).then_some("reserved")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_admitted() {
        let public = Egress::Public { allow: Vec::new() };
        for (ip, refusal) in [
            ("0.0.0.0", Some("unspecified")),
            ("0.1.2.3", Some("this network")),
            ("10.255.255.255", Some("private")),
            ("11.0.0.0", None),
            ("100.63.255.255", None),
            ("100.64.0.0", Some("shared by a carrier")),
            ("100.127.255.255", Some("shared by a carrier")),
            ("100.128.0.0", None),
            ("127.0.0.1", Some("loopback")),
            ("127.255.255.254", Some("loopback")),
            ("169.254.169.254", Some("link-local")),
            ("172.15.255.255", None),
            ("172.16.0.1", Some("private")),
            ("172.31.255.255", Some("private")),
            ("172.32.0.0", None),
            ("192.0.0.8", Some("reserved for protocols")),
            ("192.0.2.1", Some("for documentation")),
            ("192.88.99.1", Some("6to4")),
            ("192.168.1.1", Some("private")),
            ("198.19.0.1", Some("for benchmarks")),
            ("198.51.100.1", Some("for documentation")),
            ("203.0.113.9", Some("for documentation")),
            ("224.0.0.1", Some("multicast")),
            ("240.0.0.1", Some("reserved")),
            ("255.255.255.255", Some("reserved")),
            ("8.8.8.8", None),
            ("::", Some("unspecified")),
            ("::1", Some("loopback")),
            ("::127.0.0.1", Some("reserved")),
            ("::ffff:8.8.8.8", Some("an IPv4 address in IPv6 form")),
            ("::ffff:127.0.0.1", Some("an IPv4 address in IPv6 form")),
            ("64:ff9b::7f00:1", Some("NAT64")),
            ("64:ff9b:1::1", Some("NAT64")),
            ("100::1", Some("discarded")),
            ("2001::1", Some("Teredo")),
            ("2001:20::1", Some("reserved for protocols")),
            ("2001:200::1", None),
            ("2001:db8::1", Some("for documentation")),
            ("2002:7f00:1::", Some("6to4")),
            ("2003::1", None),
            ("2a00:1450::1", None),
            ("3fff:fff::1", Some("for documentation")),
            ("3fff:1000::1", None),
            ("4000::1", Some("reserved")),
            ("5f00::1", Some("reserved")),
            ("fc00::1", Some("private")),
            ("fdff::1", Some("private")),
            ("fe80::1", Some("link-local")),
            ("fec0::1", Some("reserved")),
            ("ff02::1", Some("multicast")),
        ] {
            let ip: IpAddr = ip.parse().unwrap();
            assert_eq!(public.refusal(ip), refusal, "{ip}");
            assert_eq!(Egress::Anywhere.refusal(ip), None);
        }
    }

    #[test]
    fn an_allow_list_opens_its_networks_only() {
        let allow = ["10.1.0.0/16", "::1/128", "192.168.7.7/32"].map(|text| text.parse().unwrap());
        let egress = Egress::Public { allow: allow.to_vec() };
        for (ip, admitted) in [
            ("10.1.2.3", true),
            ("10.2.0.0", false),
            ("::1", true),
            ("::2", false),
            ("192.168.7.7", true),
            ("192.168.7.8", false),
            ("::ffff:10.1.2.3", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(egress.refusal(ip.parse().unwrap()).is_none(), admitted, "{ip}");
        }
        let all: Cidr = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("127.0.0.1".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        let six: Cidr = "::/0".parse().unwrap();
        assert!(six.contains("ff02::1".parse().unwrap()));
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "x/8", "10.0.0/8"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
        assert_eq!("2001:db8::/32".parse::<Cidr>().unwrap().to_string(), "2001:db8::/32");
    }
}
