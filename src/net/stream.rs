//! A connection as sessions use it: buffered both ways, with deadlines from a Clock, and an upgrade to TLS.
//!
//! Invariants: 1. A timer exists only while the peer keeps us waiting. 2. No byte received before TLS is ever read
//! as received under it. 3. After a failed upgrade, or the peer's `close_notify`, every read is `Eof`: plaintext
//! never follows TLS. 4. An idle connection holds at most [`MIN_BUFFER`] bytes of buffer each way.
//! RFC 3207 §6 (STARTTLS injection), RFC 5321 §2.3.8 (lines).

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use mox_clock::{Clock, Sleep};
use mox_tls::{ClientConfig, ServerConfig, ServerName, TlsInfo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::deadline::within;
use crate::{Error, Io, accept_tls, connect_tls};

/// Size of an idle connection's read buffer.
const MIN_BUFFER: usize = 4 * 1024;
/// Most bytes that wait unread, hence the longest line.
pub const MAX_BUFFER: usize = 64 * 1024;

/// Sees every byte that a session reads or writes, after TLS.
pub trait Tap: Send {
    /// Bytes the session consumed.
    fn received(&mut self, bytes: &[u8]);
    /// Bytes the session wrote.
    fn sent(&mut self, bytes: &[u8]);
}

/// A line without its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The bytes before LF or CRLF.
    pub bytes: Vec<u8>,
    /// It ended with LF alone.
    pub bare_lf: bool,
    /// A CR stands within it.
    pub bare_cr: bool,
}

impl Deref for Line {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A buffered connection.
pub struct Stream {
    io: Box<dyn Io>,
    clock: Arc<dyn Clock>,
    remote: SocketAddr,
    local: SocketAddr,
    tls: Option<TlsInfo>,
    input: Input,
    output: Vec<u8>,
    received: u64,
    sent: u64,
    tap: Option<Box<dyn Tap>>,
}

impl Stream {
    /// Over a connection that was just made.
    pub fn new(io: Box<dyn Io>, clock: Arc<dyn Clock>, remote: SocketAddr, local: SocketAddr) -> Stream {
        let (input, output) = (Input::default(), Vec::new());
        Stream { io, clock, remote, local, tls: None, input, output, received: 0, sent: 0, tap: None }
    }

    /// Over a connection that has TLS already.
    pub fn with_tls(self, info: TlsInfo) -> Stream {
        Stream { tls: Some(info), ..self }
    }

    /// The peer's address.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Our address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// What TLS says, once it is active.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    /// Bytes read from the peer, TLS not counted.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes written to the peer, TLS not counted.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Whoever shall see the bytes from now on.
    pub fn set_tap(&mut self, tap: Option<Box<dyn Tap>>) {
        self.tap = tap;
    }

    /// Reads a line of at most `max` bytes (and at most [`MAX_BUFFER`] with its end), waiting `timeout` for all of it.
    pub async fn read_line(&mut self, max: usize, timeout: Duration) -> Result<Line, Error> {
        let mut sleep = None;
        let mut seen = 0;
        loop {
            let fresh = self.input.unread().get(seen..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', fresh) {
                return self.take_line(seen + at, max);
            }
            seen = self.input.unread().len();
            // The CR of a longest line's end is not part of it.
            if seen > max.saturating_add(1) || seen >= MAX_BUFFER {
                return Err(Error::LineTooLong { max });
            }
            self.read(timeout, &mut sleep).await?;
        }
    }

    fn take_line(&mut self, lf: usize, max: usize) -> Result<Line, Error> {
        let whole = self.input.unread().get(..lf).unwrap_or_default();
        let (bytes, bare_lf) = match whole.strip_suffix(b"\r") {
            Some(bytes) => (bytes, false),
            None => (whole, true),
        };
        if bytes.len() > max {
            return Err(Error::LineTooLong { max });
        }
        let line = Line { bytes: bytes.to_vec(), bare_lf, bare_cr: memchr::memchr(b'\r', bytes).is_some() };
        self.consume(lf + 1);
        Ok(line)
    }

    /// Waits until there is at least one unread byte; returns all of them. Does not wait when there are some.
    pub async fn fill(&mut self, timeout: Duration) -> Result<&[u8], Error> {
        if self.input.unread().is_empty() {
            self.read(timeout, &mut None).await?;
        }
        Ok(self.input.unread())
    }

    /// Waits for bytes beyond those unread. `LineTooLong` when [`MAX_BUFFER`] bytes are unread already.
    pub async fn fill_more(&mut self, timeout: Duration) -> Result<&[u8], Error> {
        if self.input.unread().len() >= MAX_BUFFER {
            return Err(Error::LineTooLong { max: MAX_BUFFER });
        }
        self.read(timeout, &mut None).await?;
        Ok(self.input.unread())
    }

    /// Drops the first `n` unread bytes.
    pub fn consume(&mut self, n: usize) {
        if let (Some(tap), Some(bytes)) = (&mut self.tap, self.input.unread().get(..n)) {
            tap.received(bytes);
        }
        self.input.consume(n);
    }

    /// Bytes that arrived and were not consumed.
    pub fn unread(&self) -> &[u8] {
        self.input.unread()
    }

    /// Appends to what [`Stream::flush`] writes. The caller flushes from time to time: see [`Stream::pending`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
    }

    /// Bytes pushed and not yet flushed.
    pub fn pending(&self) -> usize {
        self.output.len()
    }

    /// Writes what was pushed, all of it within `timeout`.
    pub async fn flush(&mut self, timeout: Duration) -> Result<(), Error> {
        if let Some(tap) = &mut self.tap {
            tap.sent(&self.output);
        }
        let (clock, io, output, sent) = (&*self.clock, &mut self.io, &self.output, &mut self.sent);
        let mut done = 0;
        let written = within(clock, timeout, &mut None, |cx| {
            while let Some(rest) = output.get(done..).filter(|rest| !rest.is_empty()) {
                match Pin::new(&mut *io).poll_write(cx, rest) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(n)) => {
                        done += n;
                        *sent += n as u64;
                    }
                    Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                    Poll::Pending => return Poll::Pending,
                }
            }
            Pin::new(&mut *io).poll_flush(cx)
        })
        .await;
        self.output.clear();
        self.output.shrink_to(MIN_BUFFER);
        written
    }

    /// Flushes and ends the connection in order: `close_notify` under TLS, then the end of the stream.
    pub async fn close(mut self, timeout: Duration) -> Result<(), Error> {
        self.flush(timeout).await?;
        let io = &mut self.io;
        within(&*self.clock, timeout, &mut None, |cx| Pin::new(&mut *io).poll_shutdown(cx)).await
    }

    /// Does the server's side of a TLS handshake. `UnexpectedBytes` when the peer did not wait for it.
    pub async fn start_tls_server(
        &mut self,
        config: Arc<ServerConfig>,
        timeout: Duration,
    ) -> Result<TlsInfo, Error> {
        let io = self.plain_io()?;
        let (io, info) = accept_tls(io, config, &*self.clock, timeout).await?;
        Ok(self.secured(io, info))
    }

    /// Does the client's side of a TLS handshake. `UnexpectedBytes` when the server said more than that it is ready.
    pub async fn start_tls_client(
        &mut self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        timeout: Duration,
    ) -> Result<TlsInfo, Error> {
        let io = self.plain_io()?;
        let (io, info) = connect_tls(io, config, name, &*self.clock, timeout).await?;
        Ok(self.secured(io, info))
    }

    /// Takes the connection for a handshake; what stays behind is at its end.
    fn plain_io(&mut self) -> Result<Box<dyn Io>, Error> {
        if self.tls.is_some() {
            return Err(Error::AlreadyTls);
        }
        if !self.input.unread().is_empty() || !self.output.is_empty() {
            return Err(Error::UnexpectedBytes);
        }
        Ok(std::mem::replace(&mut self.io, Box::new(Ended)))
    }

    fn secured(&mut self, io: Box<dyn Io>, info: TlsInfo) -> TlsInfo {
        self.io = io;
        self.tls = Some(info.clone());
        info
    }

    /// Reads once. The timer in `sleep` goes on from call to call.
    async fn read(&mut self, timeout: Duration, sleep: &mut Option<Sleep>) -> Result<(), Error> {
        let (io, input) = (&mut self.io, &mut self.input);
        let n = within(&*self.clock, timeout, sleep, |cx| input.poll_read(&mut **io, cx)).await?;
        self.received += n as u64;
        if n == 0 { Err(Error::Eof) } else { Ok(()) }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({}, tls: {})", self.remote, self.tls.is_some())
    }
}

/// The read buffer: `start..end` of it is unread.
#[derive(Default)]
struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The last read took all the room there was: more is waiting.
    full: bool,
}

impl Input {
    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads once into the room after `end`; 0 is the end of the stream. There is room unless
    /// [`MAX_BUFFER`] bytes are unread.
    fn poll_read(&mut self, io: &mut dyn Io, cx: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        self.make_room();
        let mut room = ReadBuf::new(self.buffer.get_mut(self.end..).unwrap_or_default());
        match Pin::new(io).poll_read(cx, &mut room) {
            Poll::Pending => {
                if self.end == 0 && self.buffer.len() > MIN_BUFFER {
                    self.buffer.truncate(MIN_BUFFER);
                    self.buffer.shrink_to_fit();
                }
                Poll::Pending
            }
            Poll::Ready(result) => {
                let n = room.filled().len();
                self.full = room.remaining() == 0;
                self.end += n;
                Poll::Ready(result.map(|()| n))
            }
        }
    }

    /// Moves the unread bytes to the front, and grows the buffer when the peer is faster than it or lines are long.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.full || self.end * 2 >= self.buffer.len() {
            let size = (self.buffer.len() * 2).clamp(MIN_BUFFER, MAX_BUFFER);
            self.buffer.resize(size, 0);
        }
    }
}

/// What is left of a connection whose upgrade failed: reads end at once, writes fail.
struct Ended;

impl AsyncRead for Ended {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ended {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Err(std::io::ErrorKind::NotConnected.into()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
