//! Responses with the headers that every page and API answer carries.
//!
//! Nothing is fetched from elsewhere, no inline script or style runs, no other site may frame, read or post:
//! Content Security Policy Level 3, Fetch Metadata, RFC 9110.

use bytes::Bytes;
use mox_admin::{ErrorKind, OpError};
use mox_httpserver::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use mox_httpserver::{Body, Response, StatusCode};
use serde::Serialize;

/// The policy of a page: its own style, script, images, event stream and frames.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                               font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; \
                               base-uri 'none'; frame-ancestors 'none'";

/// The policy of what is not a page: nothing at all.
pub const DATA_POLICY: &str =
    "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A page.
pub fn html(status: StatusCode, page: impl Into<Bytes>) -> Response {
    answer(status, "text/html; charset=utf-8", PAGE_POLICY, page.into())
}

/// A value as JSON. The names are those of `--json`.
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => answer(status, "application/json", DATA_POLICY, body.into()),
        Err(error) => problem(&OpError::failed(error)),
    }
}

/// Bytes of a media type, which is not a page of ours: shown, it can do nothing.
pub fn raw(content_type: &str, body: impl Into<Bytes>) -> Response {
    answer(StatusCode::OK, content_type, DATA_POLICY, body.into())
}

/// What a browser should load next, after a form did its work. `location` is a path of ours.
pub fn see_other(location: &str) -> Response {
    let mut response = answer(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", DATA_POLICY, Bytes::new());
    // A path that cannot be a header leads to the start page.
    let location = HeaderValue::from_str(location).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Why an operation gave no reply: `{"error":{"kind":…,"message":…,"hint":…}}`.
pub fn problem(error: &OpError) -> Response {
    #[derive(Serialize)]
    struct Problem<'a> {
        error: &'a OpError,
    }
    let body = serde_json::to_vec(&Problem { error }).unwrap_or_default();
    answer(status_of(error.kind), "application/json", DATA_POLICY, body.into())
}

/// The status that says what kind of trouble it is.
pub fn status_of(kind: ErrorKind) -> StatusCode {
    StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Any answer; it is not kept by caches.
pub fn answer(status: StatusCode, content_type: &str, policy: &'static str, body: Bytes) -> Response {
    stream(status, content_type, policy, Body::from(body))
}

/// [`answer`] with a body that may be a stream.
pub(crate) fn stream(status: StatusCode, content_type: &str, policy: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(content_type);
    headers
        .insert(CONTENT_TYPE, kind.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")));
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with that a browser calls the origin of our own forms `null`.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_other_sites_out() {
        for response in
            [html(StatusCode::OK, "x"), json(StatusCode::OK, &1), raw("text/html", "x"), see_other("/a")]
        {
            let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{policy}"
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(response.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        }
    }

    #[test]
    fn what_cannot_be_a_header_is_replaced() {
        assert_eq!(see_other("/a\r\nset-cookie: x").headers()[LOCATION], "/");
        assert_eq!(raw("text/x\n", "x").headers()[CONTENT_TYPE], "application/octet-stream");
    }

    #[test]
    fn problems_say_what_and_how_to_mend() {
        let response = problem(&OpError::not_found("no message 7").hint("`mox message list` shows them"));
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let body = response.body().bytes().unwrap();
        assert_eq!(
            body.as_ref(),
            br#"{"error":{"kind":"not_found","message":"no message 7","hint":"`mox message list` shows them"}}"#
        );
    }
}
