//! What a request asks for: host, path and client, read strictly, so that nobody behind us reads it otherwise.
//!
//! RFC 9112 §3.2 (target and Host), RFC 3986 §2.1 (percent-encoding), §3.3 (dot segments).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use mox_address::Domain;
use mox_httpserver::header::HOST;
use mox_httpserver::{Ending, HeaderMap, Incoming, Method, Mount, Request, StatusCode, Uri};
use mox_net::TlsInfo;
use percent_encoding::percent_decode_str;

/// Longest Host, in bytes.
const MAX_HOST: usize = 300;

/// A request that was understood.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) incoming: Option<Incoming>,
    /// The host as it was written, with a port maybe.
    pub(crate) authority: String,
    /// The host, if it is a name.
    pub(crate) host: Option<Domain>,
    /// The path as it was written, from its first slash.
    pub(crate) raw_path: String,
    /// The path, decoded: without dot segments and control characters.
    pub(crate) path: String,
    /// What stands behind the question mark.
    pub(crate) query: Option<String>,
    /// Who asks: the peer, or whom a believed proxy names.
    pub(crate) client: IpAddr,
    /// Whether the client came over TLS.
    pub(crate) https: bool,
    rest: Rest,
}

/// What a request has besides.
#[derive(Debug)]
struct Rest {
    uri: Uri,
    remote: SocketAddr,
    tls: Option<Arc<TlsInfo>>,
    ending: Ending,
}

impl Asked {
    /// Reads a request; `forwarded` says whether X-Forwarded headers are believed. Else the status to refuse it with.
    pub(crate) fn read(
        request: Request,
        tls: bool,
        forwarded: bool,
    ) -> Result<Asked, (StatusCode, &'static str)> {
        let bad = |why| (StatusCode::BAD_REQUEST, why);
        let Request { head, incoming, remote, tls: info, ending, .. } = request;
        let mut hosts = head.headers.get_all(HOST).iter();
        let field = match (hosts.next(), hosts.next()) {
            (field, None) => field.map(|value| value.to_str().map_err(|_| bad("bad Host"))).transpose()?,
            _ => return Err(bad("more than one Host")),
        };
        let target = head.uri.authority().map(|authority| authority.as_str());
        let authority = match (target, field) {
            // Two names would be two requests for those who look at one each.
            (Some(target), Some(field)) if !target.eq_ignore_ascii_case(field) => {
                return Err(bad("two hosts"));
            }
            (Some(name), _) | (None, Some(name)) => name.to_owned(),
            (None, None) => return Err(bad("no Host")),
        };
        let host = read_host(&authority).ok_or_else(|| bad("bad Host"))?;
        let raw_path = head.uri.path().to_owned();
        let path = decode(&raw_path).ok_or_else(|| bad("bad path"))?;
        let (client, https) = client(&head.headers, remote, tls, forwarded);
        Ok(Asked {
            method: head.method,
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            incoming,
            authority,
            host,
            raw_path,
            path,
            client,
            https,
            rest: Rest { uri: head.uri, remote, tls: info, ending },
        })
    }

    /// The request again, for pages of ours at `base`. Its body goes with it.
    pub(crate) fn mounted(&mut self, base: &str) -> Request {
        let mut head = hyper::Request::new(()).into_parts().0;
        head.method = self.method.clone();
        head.uri = self.rest.uri.clone();
        head.headers = self.headers.clone();
        let request = Request {
            head,
            body: Bytes::new(),
            incoming: self.incoming.take(),
            remote: self.rest.remote,
            tls: self.rest.tls.clone(),
            ending: self.rest.ending.clone(),
        };
        request.mounted(Mount { base: base.to_owned(), https: self.https, client: self.client })
    }

    /// Whether it reads only.
    pub(crate) fn reads(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }
}

/// The name in `host` or `host:port`; inner none for an address. None for what is neither.
fn read_host(text: &str) -> Option<Option<Domain>> {
    if text.len() > MAX_HOST {
        return None;
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return (port && address.parse::<std::net::Ipv6Addr>().is_ok()).then_some(None);
    }
    let host = match text.split_once(':') {
        Some((host, port)) => Some(host).filter(|_| is_port(port))?,
        None => text,
    };
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(None);
    }
    Domain::parse(host.strip_suffix('.').unwrap_or(host)).ok().map(Some)
}

fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The decoded path; none for one that means different things to different programs.
fn decode(raw: &str) -> Option<String> {
    if !raw.starts_with('/') || !escapes_are_whole(raw) {
        return None;
    }
    let path = percent_decode_str(raw).decode_utf8().ok()?.into_owned();
    let dots = path.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."));
    (!dots && !path.chars().any(char::is_control)).then_some(path)
}

fn escapes_are_whole(raw: &str) -> bool {
    let hex = |text: &str| text.get(..2).is_some_and(|t| t.bytes().all(|b| b.is_ascii_hexdigit()));
    raw.split('%').skip(1).all(hex)
}

/// Address and TLS of the client: what the connection says, or a believed proxy in front.
fn client(headers: &HeaderMap, remote: SocketAddr, tls: bool, forwarded: bool) -> (IpAddr, bool) {
    // The last is what the proxy itself wrote; what is before came from the client.
    let last = |name: &str| {
        let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
        value.rsplit(',').next().map(str::trim).filter(|_| forwarded)
    };
    let ip = last("x-forwarded-for").and_then(|text| text.parse().ok()).unwrap_or(remote.ip());
    let https = last("x-forwarded-proto").map_or(tls, |proto| proto.eq_ignore_ascii_case("https"));
    (ip.to_canonical(), https)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn ask(
        target: &str,
        fields: &[(&str, &str)],
        forwarded: bool,
    ) -> Result<Asked, (StatusCode, &'static str)> {
        let mut builder = hyper::Request::builder().uri(target);
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        Asked::read(Request::of(head, Bytes::new()), false, forwarded)
    }

    #[test]
    fn hosts() {
        let named = |name: &str| Ok(Some(Domain::parse(name).unwrap()));
        for (target, hosts, want) in [
            ("/", &["a.example"][..], named("a.example")),
            ("/", &["A.Example.:8080"], named("a.example")),
            ("/", &["xn--mnchen-3ya.example"], named("münchen.example")),
            ("http://a.example:80/x", &["a.example:80"], named("a.example")),
            ("http://a.example/x", &[], named("a.example")),
            ("/", &["127.0.0.1:80"], Ok(None)),
            ("/", &["[::1]:80"], Ok(None)),
            ("http://a.example/x", &["b.example"], Err("two hosts")),
            ("/", &[], Err("no Host")),
            ("/", &["a.example", "a.example"], Err("more than one Host")),
            ("/", &["a.example:80:80"], Err("bad Host")),
            ("/", &["a.example:http"], Err("bad Host")),
            ("/", &["user@a.example"], Err("bad Host")),
            ("/", &["[::1"], Err("bad Host")),
            ("/", &[""], Err("bad Host")),
            ("/", &["a.example/x"], Err("bad Host")),
        ] {
            let fields: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let got = ask(target, &fields, false).map(|asked| asked.host).map_err(|(_, why)| why);
            assert_eq!(got, want, "{target} {hosts:?}");
        }
    }

    #[test]
    fn paths() {
        for (target, want) in [
            ("/a/b", Some("/a/b")),
            ("/a%20b%2fc", Some("/a b/c")),
            ("/%c3%a4", Some("/ä")),
            ("//x", Some("//x")),
            ("/...", Some("/...")),
            ("/..", None),
            ("/a/../b", None),
            ("/a/%2e%2e/b", None),
            ("/a/.%2E", None),
            ("/a/..%5cb", None),
            ("/./a", None),
            ("/a%00b", None),
            ("/a%0d%0aX:1", None),
            ("/%ff", None),
            ("/%", None),
            ("/%4", None),
            ("/%zz", None),
        ] {
            let got = ask(target, &[("host", "a.example")], false).map(|asked| asked.path);
            assert_eq!(got.as_deref().ok(), want, "{target}");
        }
    }

    #[test]
    fn a_proxy_is_believed_where_the_config_says_so() {
        let fields = [
            ("host", "a.example"),
            ("x-forwarded-for", "203.0.113.9, 198.51.100.7"),
            ("x-forwarded-proto", "https"),
        ];
        let believed = ask("/", &fields, true).unwrap();
        assert_eq!((believed.client.to_string().as_str(), believed.https), ("198.51.100.7", true));
        let not = ask("/", &fields, false).unwrap();
        assert_eq!((not.client.to_string().as_str(), not.https), ("127.0.0.1", false));
        let odd = ask("/", &[("host", "a.example"), ("x-forwarded-for", "unknown")], true).unwrap();
        assert_eq!(odd.client.to_string(), "127.0.0.1");
    }
}
