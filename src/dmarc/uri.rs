//! Addresses of reports: the URIs in `rua` and `ruf`.
//!
//! Any valid URI may stand there; reports go by mail, so only `mailto:` with one address is of use. The old size limit
//! behind it (`!10m`) is read and without effect. A comma or `!` within must be percent-encoded.
//! RFC 9989 §4.6, §4.8, RFC 3986 §2, §3, RFC 6068 §2.

use std::fmt;

use mox_address::{Address, Domain};
use serde::Serialize;

/// Longest URI that is read, in bytes.
pub const MAX_URI: usize = 1000;

/// Where a domain wants reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportUri {
    /// The URI as published, without the size limit.
    pub uri: String,
    /// The address of a `mailto:` URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The host that gets the reports, of the address or of the URI's authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Domain>,
    /// The size limit that stood behind it, as in `10m`: obsolete, to be ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_limit: Option<String>,
}

impl ReportUri {
    /// Reads one URI of a list.
    pub fn parse(text: &str) -> Option<ReportUri> {
        if text.len() > MAX_URI {
            return None;
        }
        let (uri, size_limit) = match text.split_once('!') {
            Some((uri, size)) => (uri, Some(size).filter(|s| is_size(s))?.to_owned().into()),
            None => (text, None),
        };
        let (scheme, rest) = uri.split_once(':')?;
        let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !scheme_ok || rest.is_empty() || !is_uri_text(rest) {
            return None;
        }
        let (address, host) = if scheme.eq_ignore_ascii_case("mailto") {
            let address = mailbox(rest)?;
            (Some(address.clone()), Some(address.domain))
        } else {
            (None, authority_host(rest))
        };
        Some(ReportUri { uri: uri.to_owned(), address, host, size_limit })
    }

    /// The URI of a mail address.
    pub fn mailto(address: &Address) -> ReportUri {
        let mut uri = String::from("mailto:");
        for byte in address.to_string().bytes() {
            match byte {
                b if b.is_ascii_alphanumeric() || b"-._~@+".contains(&b) => uri.push(char::from(b)),
                b => uri.push_str(&format!("%{b:02X}")),
            }
        }
        let host = Some(address.domain.clone());
        ReportUri { uri, address: Some(address.clone()), host, size_limit: None }
    }
}

impl fmt::Display for ReportUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

/// Whether text is a size limit: `1*DIGIT [ "k" / "m" / "g" / "t" ]`.
fn is_size(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| "kmgtKMGT".contains(c));
    text.len() - digits.len() <= 1 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Whether text has only what a URI may have behind its scheme, and whole percent codes.
fn is_uri_text(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@$&'()*+;=%".contains(c);
    text.chars().all(allowed) && percent_decoded(text).is_some()
}

/// The text with its percent codes undone; none when a code is broken or the outcome is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The one address of a `mailto:`; header fields behind it have no effect.
fn mailbox(rest: &str) -> Option<Address> {
    let to = rest.split(['?', '#']).next()?;
    percent_decoded(to)?.parse().ok()
}

fn authority_host(rest: &str) -> Option<Domain> {
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Domain::parse(host.split(':').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hosts_and_sizes() {
        let table = [
            ("mailto:dmarc@example.com", Some("dmarc@example.com"), Some("example.com"), None),
            ("MAILTO:a@Example.com", Some("a@example.com"), Some("example.com"), None),
            ("mailto:a@example.com!10m", Some("a@example.com"), Some("example.com"), Some("10m")),
            ("mailto:a@example.com!500", Some("a@example.com"), Some("example.com"), Some("500")),
            ("mailto:a%21b@example.com", Some("a!b@example.com"), Some("example.com"), None),
            ("mailto:a@example.com?subject=x", Some("a@example.com"), Some("example.com"), None),
            ("https://u@Reports.example.net:8443/x?y", None, Some("reports.example.net"), None),
            ("https://192.0.2.1/x", None, None, None),
            ("tel:+123", None, None, None),
        ];
        for (text, address, host, size) in table {
            let uri = ReportUri::parse(text).unwrap();
            assert_eq!(uri.address.as_ref().map(ToString::to_string).as_deref(), address, "{text}");
            assert_eq!(uri.host.as_ref().map(Domain::ascii), host, "{text}");
            assert_eq!(uri.size_limit.as_deref(), size, "{text}");
            assert_eq!(ReportUri::parse(&uri.to_string()).unwrap().address, uri.address, "{text}");
        }
    }

    #[test]
    fn what_is_no_report_uri() {
        let long = format!("mailto:{}@example.com", "a".repeat(MAX_URI));
        for bad in [
            "",
            "a@example.com",
            "mailto:",
            "mailto:a",
            "mailto:a@",
            "mailto:a@b.example%2Cc@d.example",
            "mailto:a b@example.com",
            "mailto:a@example.com!",
            "mailto:a@example.com!m",
            "mailto:a@example.com!10mm",
            "mailto:a@example.com!10x",
            "mailto:a%4@example.com",
            "mailto:a%ff@example.com",
            "mailto:\u{e9}@example.com",
            "1x:a",
            ":a",
            &long,
        ] {
            assert_eq!(ReportUri::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_become_uris() {
        for text in ["a@example.com", "\"a,b!c\"@example.com", "a+b@example.com"] {
            let address: Address = text.parse().unwrap();
            let uri = ReportUri::mailto(&address);
            assert_eq!(ReportUri::parse(&uri.uri), Some(uri), "{text}");
        }
    }
}
