//! WebForward: requests go on to another web server, and its answers come back, bodies piece by piece.
//!
//! Each request has a connection of its own to the server behind. The Host stays; who asked is told in X-Forwarded
//! fields, set anew. WebSockets are tunnelled after their handshake was checked; other protocols are not.
//! RFC 9110 §7.6 (forwarding), §15.6 (502, 504, 508 of RFC 5842).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mox_clock::{Clock, Sleep};
use mox_config::pattern::Pattern;
use mox_config::webhandler::WebForward;
use mox_httpserver::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use mox_httpserver::{Body, Ending, Incoming, Method, Response, StatusCode, Takeover, text};
use mox_net::{BoxFuture, Io};
use percent_encoding::percent_decode_str;

use crate::asked::Asked;
use crate::site::add_fields;
use crate::websocket::Wish;
use crate::{Seams, hops, upstream, websocket};

/// For the head of an answer, from the last piece of the request on.
const HEAD_TIME: Duration = Duration::from_secs(60);
/// For each piece of an answer.
const PIECE_TIME: Duration = Duration::from_secs(600);
/// Bytes of an answer's head.
const HEAD_BYTES: usize = 64 * 1024;
/// Header fields of an answer.
const MAX_HEADERS: usize = 200;

/// What moves the bytes of a connection; none when it ended.
struct Connection(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Connection {
    /// Until it ends. Cancel safe.
    async fn run(&mut self) {
        if let Some(connection) = &mut self.0 {
            connection.as_mut().await;
        }
        self.0 = None;
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        if self.0.as_mut().is_some_and(|connection| connection.as_mut().poll(cx).is_ready()) {
            self.0 = None;
        }
    }
}

/// Asks the server behind. `us` is the name that tells whether a request was here before.
pub(crate) async fn serve(
    seams: &Seams,
    us: &str,
    pattern: &Pattern,
    forward: &WebForward,
    asked: &mut Asked,
) -> Response {
    if hops::loops(&asked.headers, us) {
        return text(StatusCode::LOOP_DETECTED, "this server forwards to itself\n");
    }
    let wish = websocket::wish(&asked.method, &asked.headers);
    if wish == Wish::Bad {
        return text(StatusCode::BAD_REQUEST, "bad WebSocket handshake\n");
    }
    let answer = async {
        let io = upstream::connect(seams, &forward.url).await.map_err(Failure::Gateway)?;
        exchange(seams, us, target(pattern, forward, asked), io, &wish, asked).await
    };
    let mut response = match answer.await {
        Ok(response) => response,
        Err(failure) => return failure.answer(forward),
    };
    add_fields(&mut response, &forward.response_headers);
    response
}

enum Failure {
    Gateway(String),
    Timeout,
    /// The client's body broke off or took too long.
    Client,
}

impl Failure {
    fn answer(self, forward: &WebForward) -> Response {
        match self {
            Failure::Gateway(error) => {
                tracing::warn!(url = %forward.url, error, "WebForward: no answer from the server behind");
                text(StatusCode::BAD_GATEWAY, "the server behind does not answer\n")
            }
            Failure::Timeout => {
                tracing::warn!(url = %forward.url, "WebForward: the server behind takes too long");
                text(StatusCode::GATEWAY_TIMEOUT, "the server behind takes too long\n")
            }
            Failure::Client => text(StatusCode::REQUEST_TIMEOUT, "the request did not arrive\n"),
        }
    }
}

/// Path and query at the server behind.
fn target(pattern: &Pattern, forward: &WebForward, asked: &Asked) -> String {
    let matched = pattern.regex().and_then(|regex| regex.find(&asked.path)).map_or(0, |found| found.end());
    let rest = if forward.strip_path { without(&asked.raw_path, matched) } else { &asked.raw_path };
    let base = forward.url.path().trim_end_matches('/');
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let query = asked.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{base}{slash}{rest}{query}")
}

/// What is left of an encoded path behind its first `decoded` bytes.
fn without(raw: &str, decoded: usize) -> &str {
    let fits = |end: &usize| {
        raw.get(..*end).is_some_and(|start| percent_decode_str(start).count() == decoded)
            && !raw.as_bytes().get(end.saturating_sub(2)..*end).is_some_and(|last| last.contains(&b'%'))
    };
    (0..=raw.len()).find(fits).and_then(|end| raw.get(end..)).unwrap_or_default()
}

async fn exchange(
    seams: &Seams,
    us: &str,
    target: String,
    io: Box<dyn Io>,
    wish: &Wish,
    asked: &mut Asked,
) -> Result<Response, Failure> {
    let gateway = |error: hyper::Error| Failure::Gateway(error.to_string());
    let handshake =
        http1::Builder::new().max_buf_size(HEAD_BYTES).max_headers(MAX_HEADERS).handshake(TokioIo::new(io));
    let (mut sender, connection) = handshake.await.map_err(gateway)?;
    let mut connection = Connection(Some(Box::pin(async {
        // How it ends shows in the answer.
        let _ = connection.with_upgrades().await;
    })));
    let moved = Arc::new(AtomicU64::new(millis(&*seams.clock)));
    let mut request = hyper::Request::new(Upload {
        incoming: asked.incoming.take(),
        clock: seams.clock.clone(),
        moved: moved.clone(),
    });
    *request.method_mut() = asked.method.clone();
    *request.uri_mut() = target.parse().map_err(|_| Failure::Gateway(format!("bad target {target}")))?;
    *request.headers_mut() = hops::forwarded(asked, us);
    match wish {
        Wish::WebSocket(_) => websocket::add(request.headers_mut()),
        Wish::None | Wish::Bad => {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    let mut answer = Box::pin(sender.send_request(request));
    let mut response = loop {
        let left = HEAD_TIME.saturating_sub(since(&*seams.clock, &moved));
        if left.is_zero() {
            return Err(Failure::Timeout);
        }
        tokio::select! {
            biased;
            answer = &mut answer => match answer {
                Ok(response) => break response,
                Err(error) if error.is_user() => return Err(Failure::Client),
                Err(error) => return Err(gateway(error)),
            },
            () = connection.run(), if connection.0.is_some() => {}
            () = seams.clock.sleep(left) => {}
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switch(wish, response, connection);
    }
    hops::strip(response.headers_mut());
    let bodiless = asked.method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    if !bodiless && response.body().size_hint().exact().is_none() {
        // Its length is where it ended, whatever else was said.
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    let clock = seams.clock.clone();
    Ok(response.map(|body| Body::of(Download { body, connection, clock, timer: None })))
}

/// The answer to a WebSocket handshake, after which bytes go both ways.
fn switch(
    wish: &Wish,
    mut response: hyper::Response<hyper::body::Incoming>,
    connection: Connection,
) -> Result<Response, Failure> {
    let agreed = matches!(wish, Wish::WebSocket(accept) if websocket::agrees(response.headers(), accept));
    if !agreed {
        return Err(Failure::Gateway("it switches to a protocol that nobody asked for".to_owned()));
    }
    let free = hyper::upgrade::on(&mut response);
    hops::strip(response.headers_mut());
    websocket::add(response.headers_mut());
    let takeover = Takeover::new(move |client, ending| tunnel(client, free, connection, ending));
    response.extensions_mut().insert(takeover);
    Ok(response.map(|_| Body::from(Bytes::new())))
}

fn tunnel(
    mut client: Box<dyn Io>,
    free: hyper::upgrade::OnUpgrade,
    mut connection: Connection,
    mut ending: Ending,
) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let (behind, ()) = tokio::join!(free, connection.run());
        let mut behind = match behind {
            Ok(behind) => TokioIo::new(behind),
            Err(error) => return tracing::debug!(%error, "WebForward: no tunnel"),
        };
        tokio::select! {
            copied = tokio::io::copy_bidirectional(&mut client, &mut behind) => {
                if let Err(error) = copied {
                    tracing::debug!(%error, "WebForward: tunnel broke");
                }
            }
            () = ending.ended() => {}
        }
    })
}

fn millis(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX)
}

/// Time since the request last moved.
fn since(clock: &dyn Clock, moved: &AtomicU64) -> Duration {
    Duration::from_millis(millis(clock).saturating_sub(moved.load(Ordering::Relaxed)))
}

/// The body of a request on its way; tells when it last moved.
struct Upload {
    incoming: Option<Incoming>,
    clock: Arc<dyn Clock>,
    moved: Arc<AtomicU64>,
}

impl hyper::body::Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let polled = Pin::new(incoming).poll_frame(cx);
        if polled.is_ready() {
            self.moved.store(millis(&*self.clock), Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or(SizeHint::with_exact(0), |body| body.size_hint())
    }
}

/// The body of an answer, and the connection that brings it.
struct Download {
    body: hyper::body::Incoming,
    connection: Connection,
    clock: Arc<dyn Clock>,
    /// Runs while a piece is waited for.
    timer: Option<Sleep>,
}

impl hyper::body::Body for Download {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.connection.poll(cx);
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            self.timer = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let Download { clock, timer, .. } = &mut *self;
        let timer = timer.get_or_insert_with(|| clock.sleep(PIECE_TIME));
        timer.as_mut().poll(cx).map(|()| Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_stripped_as_they_were_written() {
        for (raw, decoded, want) in [
            ("/app/x", 4, "/x"),
            ("/app/x", 5, "x"),
            ("/a%70p/x%2fy", 4, "/x%2fy"),
            ("/app", 4, ""),
            ("/x", 0, "/x"),
            ("/%c3%a4/b", 3, "/b"),
        ] {
            assert_eq!(without(raw, decoded), want, "{raw} {decoded}");
        }
    }
}
