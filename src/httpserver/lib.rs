//! HTTP listeners and what they serve: bounded requests in, whole or streamed responses out.
//!
//! A request reaches a [`Service`] only with its whole body, within the [`Limits`]; a panic in a service ends one
//! connection and is counted. RFC 9110, RFC 9112.

mod body;
mod host;
mod metrics;
mod origin;
mod route;
mod server;
mod timer;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use mox_net::{BoxFuture, TlsInfo};

pub use body::{Body, Ending, Writer};
pub use host::{HostCheck, Hosts};
pub use hyper::{HeaderMap, Method, StatusCode, Uri, header};
pub use metrics::MetricsService;
pub use origin::OriginCheck;
pub use route::Routes;
pub use server::{Limits, Server};

/// A request with its whole body.
#[derive(Debug)]
pub struct Request {
    /// Method, target and headers.
    pub head: hyper::http::request::Parts,
    /// The body; empty where there was none.
    pub body: Bytes,
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
}

impl<S: Service + ?Sized> Service for Arc<S> {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        (**self).call(request)
    }
}

/// A response of plain text.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
