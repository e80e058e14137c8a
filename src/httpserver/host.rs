//! Refuses requests for hosts that we are not: a web page of another site whose name was made to resolve to our
//! address (DNS rebinding) names that site in its requests. Addresses are ours whatever they are.

use std::net::IpAddr;

use hyper::header::HOST;
use mox_net::BoxFuture;

use crate::{Request, Response, Service, StatusCode, text};

/// Hosts that are ours, without ports.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// These names and IP addresses.
    pub fn new<S: AsRef<str>>(hosts: impl IntoIterator<Item = S>) -> Hosts {
        Hosts(hosts.into_iter().map(|host| normal(host.as_ref())).collect())
    }

    /// The names of the machine itself: `localhost`, `127.0.0.1`, `::1`.
    pub fn loopback() -> Hosts {
        Hosts::new(["localhost", "127.0.0.1", "::1"])
    }

    /// These and one more.
    pub fn and(mut self, host: &str) -> Hosts {
        self.0.push(normal(host));
        self
    }

    /// Whether the request names one of them, in its target or in exactly one Host field.
    pub fn allows(&self, request: &Request) -> bool {
        let mut fields = request.head.headers.get_all(HOST).iter();
        let field = match (fields.next(), fields.next()) {
            (Some(field), None) => field.to_str().ok(),
            _ => None,
        };
        let authority = request.head.uri.authority().map(|a| a.as_str());
        // An address is nobody's name: rebinding needs a name that its owner can turn round.
        let ours = |host: &str| host.parse::<IpAddr>().is_ok() || self.0.contains(&normal(host));
        let named = |host: &str| without_port(host).is_some_and(ours);
        field.is_some_and(named) && authority.is_none_or(named)
    }
}

/// The host of `host`, `host:port`, `[::1]` or `[::1]:port`.
fn without_port(text: &str) -> Option<&str> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    (digits.bytes().all(|b| b.is_ascii_digit()) && (port.is_empty() || port.starts_with(':'))).then_some(host)
}

fn normal(host: &str) -> String {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.parse::<IpAddr>().map_or_else(|_| host.to_ascii_lowercase(), |ip| ip.to_string())
}

/// A service that answers 421 to requests for other hosts.
pub struct HostCheck<S> {
    hosts: Hosts,
    inner: S,
}

impl<S: Service> HostCheck<S> {
    /// `inner`, for these hosts.
    pub fn new(hosts: Hosts, inner: S) -> HostCheck<S> {
        HostCheck { hosts, inner }
    }
}

impl<S: Service> Service for HostCheck<S> {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        if self.hosts.allows(&request) {
            return self.inner.call(request);
        }
        Box::pin(async { text(StatusCode::MISDIRECTED_REQUEST, "this host is not served here\n") })
    }

    fn streams(&self) -> bool {
        self.inner.streams()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn request(target: &str, hosts: &[&str]) -> Request {
        let mut builder = hyper::Request::builder().uri(target);
        for host in hosts {
            builder = builder.header(HOST, *host);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        Request::of(head, Bytes::new())
    }

    #[test]
    fn other_hosts_are_refused() {
        let ours = Hosts::loopback().and("Mail.example.org");
        for (target, hosts, allowed) in [
            ("/", &["localhost"][..], true),
            ("/", &["LOCALHOST.:1080"], true),
            ("/", &["127.0.0.1:1080"], true),
            ("/", &["[::1]:1080"], true),
            ("/", &["192.0.2.1:1081"], true),
            ("/", &["[0:0::1]"], true),
            ("/", &["mail.example.org"], true),
            ("http://localhost/", &["localhost"], true),
            ("http://evil.example/", &["localhost"], false),
            ("http://localhost/", &["evil.example"], false),
            ("/", &["evil.example"], false),
            ("/", &["localhost.evil.example"], false),
            ("/", &["localhost", "evil.example"], false),
            ("/", &["localhost:80:80"], false),
            ("/", &["localhost@evil.example"], false),
            ("/", &["[::1]evil"], false),
            ("/", &[""], false),
            ("/", &[], false),
        ] {
            assert_eq!(ours.allows(&request(target, hosts)), allowed, "{target} {hosts:?}");
        }
    }
}
