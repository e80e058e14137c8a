//! URLs of what this client can ask: `http` and `https`, a host, maybe a port, a path.
//!
//! Not carried: user and password (they would stand in logs), fragments (they are not sent). A host that ends in a
//! number is an IPv4 address in its usual form or nothing: `127.1` and `0x7f.0.0.1` mean different things to different
//! programs.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use hyper::http::uri::PathAndQuery;
use mox_address::Domain;

/// Longest URL, in bytes.
pub const MAX_URL: usize = 2048;

/// Why a text is no URL for this client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It begins neither with `http://` nor with `https://`.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// It holds a user or password.
    #[error("a user or password in a URL is not supported")]
    Credentials,
    /// The host is not a name or address.
    #[error("{0:?} is not a host name or IP address")]
    Host(String),
    /// The port is no number from 1 to 65535.
    #[error("{0:?} is not a port")]
    Port(String),
    /// The path or query has characters that must be percent-encoded.
    #[error("the path or query has characters that must be percent-encoded")]
    Path,
    /// It is too long.
    #[error("it is longer than {MAX_URL} bytes")]
    TooLong,
}

/// How to talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Whom to talk to. Displays as in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// By name.
    Name(Domain),
    /// By address.
    Ip(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name.ascii()),
            Host::Ip(IpAddr::V4(ip)) => ip.fmt(f),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl FromStr for Host {
    type Err = BadUrl;
    fn from_str(text: &str) -> Result<Host, BadUrl> {
        let wrong = || BadUrl::Host(text.to_owned());
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            return inner.parse::<Ipv6Addr>().map(|ip| Host::Ip(ip.into())).map_err(|_| wrong());
        }
        if let Ok(ip) = text.parse() {
            return Ok(Host::Ip(IpAddr::V4(ip)));
        }
        let name: Domain = text.parse().map_err(|_| wrong())?;
        let last = name.ascii().rsplit('.').next().unwrap_or_default();
        let number = last.bytes().all(|b| b.is_ascii_digit())
            || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if number { Err(wrong()) } else { Ok(Host::Name(name)) }
    }
}

/// A URL. Displays in one form: names as A-labels in lower case, no port that goes without saying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// How to talk.
    pub scheme: Scheme,
    /// Whom to.
    pub host: Host,
    /// The port, the usual one where the text has none.
    pub port: u16,
    /// Path and query, `/` where the text has none.
    pub(crate) path: PathAndQuery,
}

impl Url {
    /// Host, and port where it is not the usual one: the Host field of a request.
    pub fn authority(&self) -> String {
        match self.port == self.scheme.port() {
            true => self.host.to_string(),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl Url {
    /// The URL that a reference means where this URL is the base, as the Location of a redirect. `..` in a path is left
    /// to the server (RFC 3986 §5.2, without its last step).
    pub fn join(&self, reference: &str) -> Result<Url, BadUrl> {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        let is_scheme = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        };
        let path = self.path.path();
        let here = match reference.chars().next() {
            _ if reference.split_once(':').is_some_and(|(scheme, _)| is_scheme(scheme)) => {
                return reference.parse();
            }
            _ if reference.starts_with("//") => return format!("{scheme}:{reference}").parse(),
            Some('/') => "",
            Some('?') => path,
            None | Some('#') => self.path.as_str(),
            Some(_) => path.rfind('/').and_then(|end| path.get(..=end)).unwrap_or("/"),
        };
        format!("{scheme}://{}{here}{reference}", self.authority()).parse()
    }
}

impl FromStr for Url {
    type Err = BadUrl;
    fn from_str(text: &str) -> Result<Url, BadUrl> {
        if text.len() > MAX_URL {
            return Err(BadUrl::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(BadUrl::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(BadUrl::Scheme),
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(BadUrl::Credentials);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let port = match port {
            None => scheme.port(),
            Some(text) => {
                let digits = text.bytes().all(|b| b.is_ascii_digit());
                let number = text.parse().ok().filter(|number| digits && *number != 0);
                number.ok_or_else(|| BadUrl::Port(text.to_owned()))?
            }
        };
        let path = rest.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if !path.bytes().all(|b| (b'!'..=b'~').contains(&b) && !b"\"<>\\^`{|}".contains(&b)) {
            return Err(BadUrl::Path);
        }
        let path = path.parse().map_err(|_| BadUrl::Path)?;
        Ok(Url { scheme, host: host.parse()?, port, path })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_one_form() {
        for (text, form, port) in [
            ("http://localhost", "http://localhost/", 80),
            ("HTTPS://Example.ORG:443/a/b?c=d#e", "https://example.org/a/b?c=d", 443),
            ("https://example.org:80", "https://example.org:80/", 80),
            ("http://127.0.0.1:9000/hook", "http://127.0.0.1:9000/hook", 9000),
            ("http://[::1]:9000?x", "http://[::1]:9000/?x", 9000),
            ("http://[::1]/", "http://[::1]/", 80),
            ("https://bücher.example/%C3%BC", "https://xn--bcher-kva.example/%C3%BC", 443),
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.port), (form, port));
            assert_eq!(form.parse::<Url>().unwrap(), url);
        }
    }

    #[test]
    fn references_are_resolved() {
        let base: Url = "https://example.org:8443/a/b?c".parse().unwrap();
        for (reference, expected) in [
            ("http://other.example/x", Some("http://other.example/x")),
            ("HTTPS://other.example", Some("https://other.example/")),
            ("//other.example/x?y", Some("https://other.example/x?y")),
            ("/x?y", Some("https://example.org:8443/x?y")),
            ("x/y", Some("https://example.org:8443/a/x/y")),
            ("?y", Some("https://example.org:8443/a/b?y")),
            ("", Some("https://example.org:8443/a/b?c")),
            ("#y", Some("https://example.org:8443/a/b?c")),
            ("javascript:x", None),
            ("file:///etc/passwd", None),
            ("//", None),
            ("/a b", None),
            ("x\r\nY: z", None),
        ] {
            assert_eq!(
                base.join(reference).ok().map(|url| url.to_string()).as_deref(),
                expected,
                "{reference}"
            );
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        let host = |text: &str| BadUrl::Host(text.to_owned());
        for (text, wrong) in [
            ("", BadUrl::Scheme),
            ("localhost:9000", BadUrl::Scheme),
            ("ftp://localhost/", BadUrl::Scheme),
            ("file:///etc/passwd", BadUrl::Scheme),
            ("http://", host("")),
            ("http:///x", host("")),
            ("http://me:secret@localhost/", BadUrl::Credentials),
            ("http://a b/", host("a b")),
            ("http://127.1/", host("127.1")),
            ("http://2130706433/", host("2130706433")),
            ("http://0x7f.0.0.0x1/", host("0x7f.0.0.0x1")),
            ("http://[::1%25eth0]/", host("[::1%25eth0]")),
            ("http://[127.0.0.1]/", host("[127.0.0.1]")),
            ("http://::1/", host(":")),
            ("http://localhost:0/", BadUrl::Port("0".into())),
            ("http://localhost:/", BadUrl::Port(String::new())),
            ("http://localhost:99999/", BadUrl::Port("99999".into())),
            ("http://localhost:+80/", BadUrl::Port("+80".into())),
            ("http://localhost/a b", BadUrl::Path),
            ("http://localhost/\r\nX: y", BadUrl::Path),
            ("http://localhost\\@example.org/", BadUrl::Path),
        ] {
            assert_eq!(text.parse::<Url>(), Err(wrong), "{text}");
        }
        let long = format!("http://localhost/{}", "x".repeat(MAX_URL));
        assert_eq!(long.parse::<Url>(), Err(BadUrl::TooLong));
    }
}
