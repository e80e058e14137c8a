//! DNS names as text: checked, in lower case, without the final dot; and the names of reverse lookups.
//! RFC 1035 §2.3.4, §3.5, RFC 3596 §2.5.

use std::net::IpAddr;

use crate::Error;

/// Checks a name and gives it in lower case without the final dot; the root stays `.`.
pub(crate) fn normalize(name: &str) -> Result<String, Error> {
    let bad = || Error::BadName(name.chars().take(300).collect());
    let bare = name.strip_suffix('.').unwrap_or(name);
    if bare.is_empty() {
        return if name == "." { Ok(name.to_owned()) } else { Err(bad()) };
    }
    let label_ok =
        |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_graphic());
    if bare.len() > 253 || !bare.split('.').all(label_ok) {
        return Err(bad());
    }
    Ok(bare.to_ascii_lowercase())
}

/// The name whose PTR records name the address: `1.2.0.192.in-addr.arpa`.
pub fn reverse_name(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let nibbles = ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            nibbles.map(|n| format!("{n:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_lowered() {
        for (name, expected) in [
            ("Example.ORG.", "example.org"),
            ("_dmarc.example.org", "_dmarc.example.org"),
            (".", "."),
            ("localhost", "localhost"),
        ] {
            assert_eq!(normalize(name).unwrap(), expected);
        }
        let long = "a".repeat(64) + ".org";
        let longer = "abc.".repeat(64);
        for bad in ["", "..", "a..b", ".a", "a b", "m\u{fc}nchen.example", "a\n", &long, &longer] {
            assert!(matches!(normalize(bad), Err(Error::BadName(_))), "{bad}");
        }
    }

    #[test]
    fn reverse_names() {
        assert_eq!(reverse_name("192.0.2.1".parse().unwrap()), "1.2.0.192.in-addr.arpa");
        assert_eq!(reverse_name("::ffff:192.0.2.1".parse().unwrap()), "1.2.0.192.in-addr.arpa");
        let expected = "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa";
        assert_eq!(reverse_name("4321:0:1:2:3:4:567:89ab".parse().unwrap()), expected);
    }
}
