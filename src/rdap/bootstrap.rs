//! The bootstrap file of IANA: which server knows about which names. RFC 9224 §3, §4.

use mox_address::Domain;
use mox_https::{Scheme, Url};
use serde::Deserialize;

use crate::SyntaxError;

/// Where IANA publishes the file for domain names.
pub const IANA: &str = "https://data.iana.org/rdap/dns.json";

/// Servers of registries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap(Vec<Service>);

/// Names, and base URLs of servers that know about what is below them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Service {
    names: Vec<String>,
    urls: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    services: Vec<Vec<Vec<String>>>,
}

impl Bootstrap {
    /// Reads the file.
    pub fn parse(json: &[u8]) -> Result<Bootstrap, SyntaxError> {
        let file: File = serde_json::from_slice(json).map_err(|e| SyntaxError(e.to_string()))?;
        let service = |service: Vec<Vec<String>>| match <[Vec<String>; 2]>::try_from(service) {
            Ok([names, urls]) => Ok(Service { names, urls }),
            Err(other) => Err(SyntaxError(format!("a service of {} lists instead of two", other.len()))),
        };
        Ok(Bootstrap(file.services.into_iter().map(service).collect::<Result<_, _>>()?))
    }

    /// The base URLs of servers for a domain, those for the longest name that it is within. Only those over HTTPS: what
    /// is said in the clear proves nothing.
    pub fn servers(&self, domain: &Domain) -> Vec<Url> {
        let within = |name: &String| name.parse::<Domain>().is_ok_and(|name| domain.is_within(&name));
        let longest = |service: &&Service| service.names.iter().filter(|n| within(n)).map(String::len).max();
        let best = self.0.iter().max_by_key(longest).filter(|service| longest(service).is_some());
        let urls = best.map(|service| service.urls.as_slice()).unwrap_or_default();
        urls.iter()
            .filter_map(|url| url.parse().ok())
            .filter(|url: &Url| url.scheme == Scheme::Https)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9224 §4, its names of servers changed to ones that can be URLs here.
    const EXAMPLE: &str = r#"{
        "version": "1.0",
        "publication": "2024-01-07T10:11:12Z",
        "description": "Some text",
        "services": [
            [ ["net", "com"], [ "https://registry.example.com/myrdap/" ] ],
            [ ["org", "mytld"], [ "http://example.org/", "https://example.org/" ] ],
            [ ["xn--zckzah"], [ "https://example.net/rdap/xn--zckzah/", "http://example.net/rdap/xn--zckzah/" ] ],
            [ ["co.mytld"], [ "https://co.example/" ] ],
            [ ["plain"], [ "http://plain.example/" ] ]
        ]
    }"#;

    #[test]
    fn the_longest_name_decides() {
        let bootstrap = Bootstrap::parse(EXAMPLE.as_bytes()).unwrap();
        for (domain, expected) in [
            ("a.b.example.com", &["https://registry.example.com/myrdap/"][..]),
            ("com", &["https://registry.example.com/myrdap/"]),
            ("example.mytld", &["https://example.org/"]),
            ("example.co.mytld", &["https://co.example/"]),
            ("xco.mytld", &["https://example.org/"]),
            ("example.\u{30c6}\u{30b9}\u{30c8}", &["https://example.net/rdap/xn--zckzah/"]),
            ("example.plain", &[]),
            ("example.test", &[]),
            ("com.test", &[]),
        ] {
            let found: Vec<String> =
                bootstrap.servers(&domain.parse().unwrap()).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{domain}");
        }
    }

    #[test]
    fn what_is_no_bootstrap_file() {
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"services":[["a"]]}"#,
            r#"{"services":[[["a"]]]}"#,
            r#"{"services":[[["a"],["b"],["c"]]]}"#,
            r#"{"services":{}}"#,
        ] {
            assert!(Bootstrap::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Bootstrap::parse(deep.as_bytes()).is_err());
        // What is not known is skipped, however deep it is.
        assert!(Bootstrap::parse(format!("{{\"services\":[],\"x\":{deep}}}").as_bytes()).is_ok());
    }
}
