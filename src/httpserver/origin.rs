//! Refuses what pages of other sites make a browser do here: forms, scripts, event streams and frames.
//!
//! A browser names the page that asks in `Origin`, and how it is related to us in `Sec-Fetch-Site`; programs that are
//! no browsers send neither. A link from elsewhere may still be followed to a page (a navigation by GET), and shows
//! nothing to the page it came from. RFC 6454, Fetch Metadata Request Headers (W3C).

use hyper::header::{HOST, ORIGIN};
use mox_net::BoxFuture;

use crate::{Method, Request, Response, Service, StatusCode, text};

/// A service that answers 403 to requests that another site caused.
pub struct OriginCheck<S>(S);

impl<S: Service> OriginCheck<S> {
    /// `inner`, for its own pages and for programs.
    pub fn new(inner: S) -> OriginCheck<S> {
        OriginCheck(inner)
    }
}

impl<S: Service> Service for OriginCheck<S> {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        if allowed(&request) {
            return self.0.call(request);
        }
        Box::pin(async { text(StatusCode::FORBIDDEN, "requests of other sites are refused\n") })
    }

    fn streams(&self) -> bool {
        self.0.streams()
    }
}

fn allowed(request: &Request) -> bool {
    let headers = &request.head.headers;
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => {}
        (Some(origin), None) => {
            let scheme = if request.mount().https { "https://" } else { "http://" };
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let named = origin.to_str().ok().and_then(|origin| origin.strip_prefix(scheme));
            if !named.is_some_and(|named| named.eq_ignore_ascii_case(host)) {
                return false;
            }
        }
        (Some(_), Some(_)) => return false,
    }
    let said = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match said("sec-fetch-site") {
        None | Some("same-origin" | "none") => true,
        // A link that a person follows: never a frame, an image, a form that posts or a script.
        Some(_) => {
            matches!(request.head.method, Method::GET | Method::HEAD)
                && said("sec-fetch-mode") == Some("navigate")
                && said("sec-fetch-dest") == Some("document")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn ask(method: &str, headers: &[(&str, &str)]) -> bool {
        let mut builder = hyper::Request::builder().method(method).uri("/").header(HOST, "localhost:1080");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        allowed(&Request::of(head, Bytes::new()))
    }

    #[test]
    fn what_other_sites_cause_is_refused() {
        let link = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        let frame =
            [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let stream = [
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "cors"),
        ];
        for (name, method, headers, want) in [
            ("a program", "POST", &[][..], true),
            (
                "our page",
                "POST",
                &[("origin", "http://localhost:1080"), ("sec-fetch-site", "same-origin")],
                true,
            ),
            ("typed", "GET", &[("sec-fetch-site", "none")], true),
            ("a link elsewhere", "GET", &link, true),
            ("a form elsewhere", "POST", &link, false),
            ("a frame elsewhere", "GET", &frame, false),
            ("an event stream elsewhere", "GET", &stream, false),
            (
                "an image elsewhere",
                "GET",
                &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
                false,
            ),
            ("another port", "GET", &[("origin", "http://localhost:3000")], false),
            ("another scheme", "POST", &[("origin", "https://localhost:1080")], false),
            ("a sandboxed frame", "POST", &[("origin", "null")], false),
            (
                "two origins",
                "POST",
                &[("origin", "http://localhost:1080"), ("origin", "http://a.example")],
                false,
            ),
            (
                "a neighbour's script",
                "GET",
                &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")],
                false,
            ),
        ] {
            assert_eq!(ask(method, headers), want, "{name}");
        }
    }
}
