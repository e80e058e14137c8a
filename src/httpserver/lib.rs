//! HTTP listeners and what they serve: bounded requests in, whole or streamed responses out.
//!
//! A request reaches a [`Service`] only with its whole body, within the [`Limits`]; but one that asks for it gets the
//! body while it arrives, and may take connections over for another protocol. A panic in a service ends one connection
//! and is counted. RFC 9110, RFC 9112.

mod body;
mod host;
mod incoming;
mod metrics;
mod mount;
mod origin;
mod route;
mod server;
mod stalled;
mod takeover;
mod timer;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use mox_net::{BoxFuture, TlsInfo};

pub use body::{Body, Ending, Writer};
pub use host::{HostCheck, Hosts};
pub use hyper::{HeaderMap, Method, StatusCode, Uri, header};
pub use incoming::Incoming;
pub use metrics::MetricsService;
pub use mount::{Mount, Mounted};
pub use origin::OriginCheck;
pub use route::Routes;
pub use server::{Limits, Server};
pub use takeover::{Handover, Takeover};

/// A request, with its whole body unless the service streams.
#[derive(Debug)]
pub struct Request {
    /// Method, target and headers.
    pub head: hyper::http::request::Parts,
    /// The body; empty where there was none, and for a service that streams.
    pub body: Bytes,
    /// The body while it arrives, for a service that streams; none else.
    pub incoming: Option<Incoming>,
    /// Who asks.
    pub remote: SocketAddr,
    /// What TLS says; none on a plain connection.
    pub tls: Option<Arc<TlsInfo>>,
    /// Tells long answers when to stop.
    pub ending: Ending,
}

/// A response, whole or streamed.
pub type Response = hyper::Response<Body>;

/// Answers requests.
pub trait Service: Send + Sync {
    /// Makes the response. The answer to HEAD may have the body that GET would have; it is not sent.
    fn call(&self, request: Request) -> BoxFuture<'_, Response>;

    /// Whether it takes bodies while they arrive, of any length. Then [`Request::incoming`] is there. Asked of the
    /// outermost service of a server.
    fn streams(&self) -> bool {
        false
    }
}

impl<S: Service + ?Sized> Service for Arc<S> {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        (**self).call(request)
    }

    fn streams(&self) -> bool {
        (**self).streams()
    }
}

/// Refuses a request whose body was not read to its end.
fn unread(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or_default();
    let mut response = text(status, format!("{reason}\n"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A response of plain text, which no other site may frame.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
