//! Addresses of web services in config files: `https://host:port/path`.
//!
//! RFC 3986, of which only what has a host and is fetched over HTTP is taken. Limit: [`WebUrl::MAX`].

use std::fmt;
use std::str::FromStr;

use mox_address::Domain;

use crate::section::{Describe, Shape, serde_as_text};

/// A URL with a host: `http://`, `https://`, or without a scheme `//`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebUrl {
    text: String,
    /// Bytes of the scheme, without the colon.
    scheme: usize,
    /// Where the path starts.
    path: usize,
}

impl WebUrl {
    /// Longest text in bytes.
    pub const MAX: usize = 2000;

    /// The text as it stands in the file.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http` or `https`; empty if it says none.
    pub fn scheme(&self) -> &str {
        self.text.get(..self.scheme).unwrap_or_default()
    }

    /// Host and port as written, without user information.
    pub fn authority(&self) -> &str {
        let start = if self.scheme == 0 { 2 } else { self.scheme + 3 };
        let whole = self.text.get(start..self.path).unwrap_or_default();
        whole.rsplit_once('@').map_or(whole, |(_, host)| host)
    }

    /// Path without query and fragment; may be empty.
    pub fn path(&self) -> &str {
        let rest = self.text.get(self.path..).unwrap_or_default();
        rest.split(['?', '#']).next().unwrap_or_default()
    }
}

impl FromStr for WebUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<WebUrl, &'static str> {
        const BAD: &str = "expected a URL such as https://host.example/path";
        if text.len() > Self::MAX || !text.chars().all(|c| !c.is_whitespace() && !c.is_control()) {
            return Err("a URL has no blanks and at most 2000 bytes");
        }
        let scheme = text.find("//").ok_or(BAD)?;
        let (scheme, start) = match text.get(..scheme).map(str::to_ascii_lowercase).as_deref() {
            Some("") => (0, 2),
            Some("http:") => (4, 7),
            Some("https:") => (5, 8),
            _ => return Err(BAD),
        };
        let rest = text.get(start..).unwrap_or_default();
        let path = start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let url = WebUrl { text: text.to_owned(), scheme, path };
        if is_authority(url.authority()) { Ok(url) } else { Err(BAD) }
    }
}

/// Whether a text is `host`, `host:port` or the same with an address.
fn is_authority(text: &str) -> bool {
    let port = |text: &str| text.is_empty() || text.parse::<u16>().is_ok();
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let after = rest.strip_prefix(':').unwrap_or(rest);
        return address.parse::<std::net::Ipv6Addr>().is_ok() && port(after);
    }
    let (host, number) = text.split_once(':').unwrap_or((text, ""));
    port(number) && (host.parse::<std::net::Ipv4Addr>().is_ok() || Domain::parse(host).is_ok())
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

serde_as_text!(WebUrl);

impl Describe for WebUrl {
    fn shape() -> Shape {
        Shape::Scalar("URL")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let cases = [
            ("https://h.example", "https", "h.example", ""),
            ("http://127.0.0.1:8888/api/?q#f", "http", "127.0.0.1:8888", "/api/"),
            ("//new.example/", "", "new.example", "/"),
            ("https://user:pass@[::1]:443?x", "https", "[::1]:443", ""),
            ("HTTPS://münchen.example/a//b", "HTTPS", "münchen.example", "/a//b"),
        ];
        for (text, scheme, authority, path) in cases {
            let url: WebUrl = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((url.scheme(), url.authority(), url.path()), (scheme, authority, path), "{text}");
            assert_eq!(url.to_string(), text);
        }
        let long = format!("https://h.example/{}", "x".repeat(WebUrl::MAX));
        for bad in
            ["", "h.example", "/path", "ftp://h.example/", "https:///x", "https://a b/", "http://h:x/", &long]
        {
            assert!(bad.parse::<WebUrl>().is_err(), "{bad}");
        }
    }
}
