//! The body of a response: bytes that are there, or a stream that a task writes while the client reads.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{mpsc, watch};

use crate::Request;

/// Pieces that a stream holds for a client that reads slowly; then its writer waits.
const BACKLOG: usize = 16;

/// The body of a response.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Option<Bytes>),
    Stream(mpsc::Receiver<Bytes>),
}

impl Body {
    /// A body that is written while it is sent. It ends when the writer is dropped.
    pub fn stream() -> (Writer, Body) {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        (Writer(sender), Body(Kind::Stream(receiver)))
    }

    /// The bytes of a whole body; none of a stream.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Whole(bytes) => bytes.as_ref(),
            Kind::Stream(_) => None,
        }
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        match &mut self.0 {
            Kind::Whole(bytes) => bytes.take(),
            Kind::Stream(receiver) => receiver.recv().await,
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
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match &mut self.0 {
            Kind::Whole(bytes) => Poll::Ready(bytes.take()),
            Kind::Stream(receiver) => receiver.poll_recv(cx),
        };
        piece.map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}

/// Writes a streamed body.
#[derive(Debug)]
pub struct Writer(mpsc::Sender<Bytes>);

impl Writer {
    /// Sends a piece; waits while the client is behind. False when the client is gone.
    pub async fn send(&self, piece: impl Into<Bytes>) -> bool {
        self.0.send(piece.into()).await.is_ok()
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
        Request { head, body, remote, tls: None, ending: Ending::never() }
    }
}
