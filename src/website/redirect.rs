//! Answers that send clients elsewhere: whole domains, from HTTP to HTTPS, WebRedirect.
//!
//! What is written into Location is always a whole URL, so that a path such as `//evil.example` stays a path.
//! RFC 9110 §10.2.2, §15.4.

use mox_address::Domain;
use mox_config::listener::Listener;
use mox_config::webhandler::{WebHandler, WebRedirect};
use mox_httpserver::header::{HeaderValue, LOCATION};
use mox_httpserver::{Response, StatusCode, text};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::asked::Asked;
use crate::site::Outcome;

/// What may not stand in a path as it is (RFC 3986 §3.3).
pub(crate) const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// To the same path of another domain.
pub(crate) fn to_domain(to: &Domain, asked: &Asked) -> Response {
    to_url(StatusCode::PERMANENT_REDIRECT, "https", to.ascii(), &asked.raw_path, asked)
}

/// To the same over HTTPS.
pub(crate) fn to_https(handler: &WebHandler, listener: Option<&Listener>, asked: &Asked) -> Response {
    let port = listener.and_then(|l| l.webserver_ports().find(|(_, tls)| *tls)).map(|(port, _)| port);
    let authority = match port {
        None | Some(443) => handler.domain.ascii().to_owned(),
        Some(port) => format!("{}:{port}", handler.domain.ascii()),
    };
    to_url(StatusCode::PERMANENT_REDIRECT, "https", &authority, &asked.raw_path, asked)
}

/// Where a WebRedirect leads; to the next handler where its pattern does not match or it would lead to itself.
pub(crate) fn elsewhere(redirect: &WebRedirect, asked: &Asked) -> Outcome {
    let path = match redirect.orig_path.as_ref().and_then(|pattern| pattern.regex()) {
        None => asked.raw_path.clone(),
        Some(regex) if !regex.is_match(&asked.path) => return Outcome::Next,
        Some(regex) => {
            let path = regex.replace_all(&asked.path, redirect.replace_path.as_str());
            let path = utf8_percent_encode(&path, PATH).to_string();
            if path.starts_with('/') { path } else { format!("/{path}") }
        }
    };
    let here = if asked.https { "https" } else { "http" };
    let (scheme, authority) = match &redirect.base_url {
        Some(url) if url.scheme().is_empty() => (here.to_owned(), url.authority().to_owned()),
        Some(url) => (url.scheme().to_ascii_lowercase(), url.authority().to_owned()),
        None => (here.to_owned(), asked.authority.clone()),
    };
    if scheme == here && path == asked.raw_path && same_host(&authority, &asked.authority, asked.https) {
        return Outcome::Next;
    }
    let status = StatusCode::from_u16(redirect.status_code).unwrap_or(StatusCode::PERMANENT_REDIRECT);
    Outcome::Answer(to_url(status, &scheme, &authority, &path, asked))
}

fn same_host(a: &str, b: &str, https: bool) -> bool {
    let port = if https { ":443" } else { ":80" };
    let bare = |text: &str| {
        let text = text.strip_suffix(port).unwrap_or(text);
        Domain::parse(text).map_or_else(|_| text.to_ascii_lowercase(), |d| d.ascii().to_owned())
    };
    bare(a) == bare(b)
}

/// A redirect to a URL with the query of the request.
pub(crate) fn to_url(
    status: StatusCode,
    scheme: &str,
    authority: &str,
    path: &str,
    asked: &Asked,
) -> Response {
    let authority = ascii(authority);
    let query = asked.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let url = format!("{scheme}://{authority}{path}{query}");
    let Ok(location) = HeaderValue::from_str(&url) else {
        return text(StatusCode::BAD_REQUEST, "bad path\n");
    };
    let mut response = text(status, "see Location\n");
    response.headers_mut().insert(LOCATION, location);
    response
}

/// A name with a port maybe, as A-labels.
fn ascii(authority: &str) -> String {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host = Domain::parse(host).map_or_else(|_| host.to_owned(), |domain| domain.ascii().to_owned());
    port.map_or(host.clone(), |port| format!("{host}:{port}"))
}
