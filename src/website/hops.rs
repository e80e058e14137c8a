//! Header fields that belong to one connection, and those that say for whom a request is forwarded.
//!
//! RFC 9110 §7.6.1 (Connection), §7.6.3 (Via).

use mox_httpserver::HeaderMap;
use mox_httpserver::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

use crate::asked::Asked;

/// Removes what was meant for this connection alone. Length and coding of the body are set anew from what was read,
/// so that both sides agree on where it ends.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]
    {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection", "http2-settings"] {
        headers.remove(name);
    }
}

/// The fields of a forwarded request: those of the client, without what only this server may say.
pub(crate) fn forwarded(asked: &Asked, us: &str) -> HeaderMap {
    let mut headers = asked.headers.clone();
    strip(&mut headers);
    headers.remove(CONTENT_LENGTH);
    // It was answered here.
    headers.remove(EXPECT);
    headers.remove(FORWARDED);
    // Some servers read X_Forwarded_For as X-Forwarded-For.
    let claims: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().replace('_', "-").starts_with("x-forwarded-"))
        .chain(headers.keys().filter(|name| name.as_str().replace('_', "-") == "x-real-ip"))
        .cloned()
        .collect();
    for name in claims {
        headers.remove(name);
    }
    let proto = if asked.https { "https" } else { "http" };
    for (name, value) in [
        (HeaderName::from_static("host"), asked.authority.as_str()),
        (HeaderName::from_static("x-forwarded-for"), &asked.client.to_string()),
        (HeaderName::from_static("x-forwarded-proto"), proto),
        (HeaderName::from_static("x-forwarded-host"), &asked.authority),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&format!("1.1 {us}")) {
        headers.append(VIA, value);
    }
    headers
}

/// Whether a request was here before.
pub(crate) fn loops(headers: &HeaderMap, us: &str) -> bool {
    let hops = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok());
    hops.flat_map(|value| value.split(',')).any(|hop| hop.split_whitespace().nth(1) == Some(us))
}
