//! One line in the log for each request, when its answer is sent.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use mox_clock::Clock;
use mox_httpserver::header::HOST;
use mox_httpserver::{Body, Method, Request, Response};

use crate::Port;

/// Longest host and path in a line, in bytes.
const MAX_TEXT: usize = 512;

/// What is told of a request.
pub(crate) struct Line {
    method: Method,
    host: String,
    path: String,
    listener: String,
    port: u16,
    tls: bool,
    pub(crate) client: IpAddr,
    /// LogName of the handler or what else answered; empty for nobody.
    pub(crate) handler: String,
    started: Duration,
    status: u16,
    bytes: u64,
}

impl Line {
    pub(crate) fn new(clock: &dyn Clock, request: &Request, port: &Port) -> Line {
        let host = request.head.headers.get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
        let host = request.head.uri.authority().map_or(host.unwrap_or_default(), |name| name.as_str().into());
        Line {
            method: request.head.method.clone(),
            host: host.chars().take(MAX_TEXT).collect(),
            path: request.head.uri.path().chars().take(MAX_TEXT).collect(),
            listener: port.listener.clone(),
            port: port.number,
            tls: port.tls,
            client: request.remote.ip(),
            handler: String::new(),
            started: clock.monotonic(),
            status: 0,
            bytes: 0,
        }
    }
}

/// The response, whose end writes the line.
pub(crate) fn logged(response: Response, mut line: Line, clock: Arc<dyn Clock>) -> Response {
    line.status = response.status().as_u16();
    response.map(|body| Body::of(Sent { body, line, clock }))
}

struct Sent {
    body: Body,
    line: Line,
    clock: Arc<dyn Clock>,
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.line.bytes = self.line.bytes.saturating_add(bytes as u64);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let line = &self.line;
        let took = self.clock.monotonic().saturating_sub(line.started);
        tracing::info!(
            method = %line.method,
            host = line.host,
            path = line.path,
            status = line.status,
            bytes = line.bytes,
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            handler = line.handler,
            remote_ip = %line.client,
            listener = line.listener,
            port = line.port,
            tls = line.tls,
            "http request"
        );
    }
}
