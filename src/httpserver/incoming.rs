//! The body of a request while it arrives: each piece has a time within which it must come.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use mox_clock::{Clock, Sleep};

use crate::StatusCode;
use crate::body::collect;

/// The body of a request while it arrives.
pub struct Incoming {
    body: hyper::body::Incoming,
    clock: Arc<dyn Clock>,
    /// For each piece.
    time: Duration,
    /// Runs while a piece is waited for. The lock is never contended: it only makes the whole `Sync`.
    timer: Mutex<Option<Sleep>>,
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, clock: Arc<dyn Clock>, time: Duration) -> Incoming {
        Incoming { body, clock, time, timer: Mutex::default() }
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
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            *self.timer.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let Incoming { clock, time, timer, .. } = &mut *self;
        let timer = timer.get_mut().unwrap_or_else(PoisonError::into_inner);
        let timer = timer.get_or_insert_with(|| clock.sleep(*time));
        timer.as_mut().poll(cx).map(|()| Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
