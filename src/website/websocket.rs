//! The handshake of WebSocket, the one protocol that a connection is handed on for. RFC 6455 §4.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mox_httpserver::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use mox_httpserver::{HeaderMap, Method};

/// What a server puts behind the key before it hashes it (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// No WebSocket; other protocols count as not asked for.
    None,
    /// A WebSocket, and the answer to its key.
    WebSocket(String),
    /// One with a handshake that is wrong.
    Bad,
}

/// Reads the handshake of a request.
pub(crate) fn wish(method: &Method, headers: &HeaderMap) -> Wish {
    if !has(headers, &CONNECTION, "upgrade") || !has(headers, &UPGRADE, "websocket") {
        return Wish::None;
    }
    let one = |name: &HeaderName| {
        let mut all = headers.get_all(name).iter();
        all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok())
    };
    let key = one(&SEC_WEBSOCKET_KEY).filter(|key| STANDARD.decode(key).is_ok_and(|raw| raw.len() == 16));
    match key {
        Some(key) if method == Method::GET && one(&SEC_WEBSOCKET_VERSION) == Some("13") => {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
            Wish::WebSocket(STANDARD.encode(hash.as_ref()))
        }
        _ => Wish::Bad,
    }
}

/// Whether a response of 101 agrees to a WebSocket.
pub(crate) fn agrees(headers: &HeaderMap, accept: &str) -> bool {
    has(headers, &CONNECTION, "upgrade")
        && has(headers, &UPGRADE, "websocket")
        && headers.get(SEC_WEBSOCKET_ACCEPT).is_some_and(|value| value.as_bytes() == accept.as_bytes())
}

/// Adds the fields of the handshake that belong to one connection.
pub(crate) fn add(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

fn has(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn handshakes() {
        // The key and its answer stand in RFC 6455 §1.3.
        let good = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-version", "13"),
        ];
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        assert_eq!(wish(&Method::GET, &headers(&good)), Wish::WebSocket(accept.to_owned()));
        assert_eq!(wish(&Method::POST, &headers(&good)), Wish::Bad);
        for at in 0..good.len() {
            let mut less = good.to_vec();
            less.remove(at);
            let want = if at < 2 { Wish::None } else { Wish::Bad };
            assert_eq!(wish(&Method::GET, &headers(&less)), want, "without {}", good[at].0);
        }
        let h2c = [("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c")];
        assert_eq!(wish(&Method::GET, &headers(&h2c)), Wish::None);
        let answer = [("connection", "upgrade"), ("upgrade", "WebSocket"), ("sec-websocket-accept", accept)];
        assert!(agrees(&headers(&answer), accept));
        assert!(!agrees(&headers(&answer), "other"));
    }
}
