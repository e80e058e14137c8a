//! The body of a request while it arrives: each piece has a time within which it must come.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use mox_clock::{Clock, Sleep};
use tokio::sync::mpsc;

use crate::StatusCode;
use crate::body::{Writer, collect, status_of, written};

/// The body of a request while it arrives.
pub struct Incoming {
    body: Source,
    clock: Arc<dyn Clock>,
    /// For each piece.
    time: Duration,
    /// Runs while a piece is waited for. The lock is never contended: it only makes the whole `Sync`.
    timer: Mutex<Option<Sleep>>,
}

/// Where it comes from.
#[derive(Debug)]
enum Source {
    Wire(hyper::body::Incoming),
    Written(mpsc::Receiver<io::Result<Bytes>>),
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, clock: Arc<dyn Clock>, time: Duration) -> Incoming {
        Incoming { body: Source::Wire(body), clock, time, timer: Mutex::default() }
    }

    /// A body that comes as it is written, for tests of services.
    pub fn written(clock: Arc<dyn Clock>, time: Duration) -> (Writer, Incoming) {
        let (writer, pieces) = written();
        (writer, Incoming { body: Source::Written(pieces), clock, time, timer: Mutex::default() })
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while let Some(frame) = self.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// The whole body, of at most `limit` bytes; else the status to refuse it with.
    pub async fn whole(self, limit: usize) -> Result<Bytes, StatusCode> {
        let (clock, time) = (self.clock.clone(), self.time);
        tokio::select! {
            biased;
            read = collect(self, limit) => read,
            () = clock.sleep(time) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }

    /// The same, where there must be room for each piece: `claim` gets its bytes. Without room it is refused with 503.
    pub async fn whole_with_room(
        mut self,
        limit: usize,
        mut claim: impl FnMut(usize) -> bool,
    ) -> Result<Bytes, StatusCode> {
        if self.size_hint().lower() > limit as u64 {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let (clock, time) = (self.clock.clone(), self.time);
        let read = async {
            let mut whole = BytesMut::new();
            while let Some(piece) = self.next().await.map_err(|e| status_of(&e))? {
                if piece.len() > limit.saturating_sub(whole.len()) {
                    return Err(StatusCode::PAYLOAD_TOO_LARGE);
                }
                if !claim(piece.len()) {
                    return Err(StatusCode::SERVICE_UNAVAILABLE);
                }
                whole.extend_from_slice(&piece);
            }
            Ok(whole.freeze())
        };
        tokio::select! {
            biased;
            read = read => read,
            () = clock.sleep(time) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.body.fmt(f)
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = match &mut self.body {
            Source::Wire(body) => Pin::new(body).poll_frame(cx).map_err(io::Error::other),
            Source::Written(pieces) => pieces.poll_recv(cx).map_ok(Frame::data),
        };
        if let Poll::Ready(frame) = frame {
            *self.timer.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
            return Poll::Ready(frame);
        }
        let Incoming { clock, time, timer, .. } = &mut *self;
        let timer = timer.get_mut().unwrap_or_else(PoisonError::into_inner);
        let timer = timer.get_or_insert_with(|| clock.sleep(*time));
        timer.as_mut().poll(cx).map(|()| Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Source::Wire(body) => body.is_end_stream(),
            Source::Written(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Source::Wire(body) => body.size_hint(),
            Source::Written(_) => SizeHint::default(),
        }
    }
}
