//! The body of a response: bytes that are there, or a stream that a task writes while the client reads, or what
//! another body of hyper's gives.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Frame, SizeHint};
use tokio::sync::{mpsc, watch};

use crate::{Request, StatusCode};

/// Pieces that a stream holds for a client that reads slowly; then its writer waits.
const BACKLOG: usize = 16;

/// The body of a response. After an error the connection is cut, so that nobody takes a part for the whole.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Option<Bytes>),
    Stream(mpsc::Receiver<io::Result<Bytes>>),
    Other(UnsyncBoxBody<Bytes, io::Error>),
}

impl Body {
    /// A body that is written while it is sent. It ends when the writer is dropped.
    pub fn stream() -> (Writer, Body) {
        let (writer, pieces) = written();
        (writer, Body(Kind::Stream(pieces)))
    }

    /// What another body gives, piece by piece.
    pub fn of<B>(body: B) -> Body
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Body(Kind::Other(body.map_err(io::Error::other).boxed_unsync()))
    }

    /// The bytes of a whole body; none of a stream.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Whole(bytes) => bytes.as_ref(),
            Kind::Stream(_) | Kind::Other(_) => None,
        }
    }

    /// The next piece; none at the end, or where the body breaks off.
    pub async fn next(&mut self) -> Option<Bytes> {
        match &mut self.0 {
            Kind::Whole(bytes) => bytes.take(),
            Kind::Stream(receiver) => receiver.recv().await?.ok(),
            Kind::Other(body) => loop {
                match body.frame().await?.ok()?.into_data() {
                    Ok(data) => return Some(data),
                    Err(_trailers) => {}
                }
            },
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        Body(Kind::Whole((!bytes.is_empty()).then_some(bytes)))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match &mut self.0 {
            Kind::Whole(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Kind::Stream(receiver) => receiver.poll_recv(cx),
            Kind::Other(body) => return Pin::new(body).poll_frame(cx),
        };
        piece.map(|piece| piece.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_none(),
            Kind::Stream(_) => false,
            Kind::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Kind::Stream(_) => SizeHint::default(),
            Kind::Other(body) => body.size_hint(),
        }
    }
}

/// Reads a request's body to its end, or says with which status to refuse it.
pub(crate) async fn collect<B>(body: B, limit: usize) -> Result<Bytes, StatusCode>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > limit as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match Limited::new(body, limit).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(e) if e.is::<http_body_util::LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(e) => Err(status_of(&*e)),
    }
}

/// The status for a body that broke off.
pub(crate) fn status_of(error: &(dyn std::error::Error + 'static)) -> StatusCode {
    if is_timeout(error) { StatusCode::REQUEST_TIMEOUT } else { StatusCode::BAD_REQUEST }
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::TimedOut)
}

/// A body that is written, and its pieces.
pub(crate) fn written() -> (Writer, mpsc::Receiver<io::Result<Bytes>>) {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    (Writer(sender), receiver)
}

/// Writes a streamed body.
#[derive(Debug)]
pub struct Writer(mpsc::Sender<io::Result<Bytes>>);

impl Writer {
    /// Sends a piece; waits while the client is behind. False when the client is gone.
    pub async fn send(&self, piece: impl Into<Bytes>) -> bool {
        self.0.send(Ok(piece.into())).await.is_ok()
    }

    /// Breaks the body off, so that the client knows that what it has is not all.
    pub async fn break_off(self, why: io::Error) {
        let _ = self.0.send(Err(why)).await;
    }

    /// Waits until the client is gone.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

/// Tells when a connection shall end: the server stops, or the connection had its time.
#[derive(Clone, Debug)]
pub struct Ending(pub(crate) watch::Receiver<bool>);

impl Ending {
    /// For a connection that never has to end.
    pub fn never() -> Ending {
        Ending(watch::channel(false).1)
    }

    /// Ends when `ended` says true.
    pub fn when(ended: watch::Receiver<bool>) -> Ending {
        Ending(ended)
    }

    /// Waits until the answer should come to an end.
    pub async fn ended(&mut self) {
        if self.0.wait_for(|ended| *ended).await.is_err() && !*self.0.borrow() {
            // Nobody will ever say so.
            std::future::pending::<()>().await;
        }
    }
}

impl Request {
    /// A request that came from nowhere, for tests of services.
    pub fn of(head: hyper::http::request::Parts, body: Bytes) -> Request {
        let remote = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        Request { head, body, incoming: None, remote, tls: None, ending: Ending::never() }
    }
}
