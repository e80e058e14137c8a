//! The stream of a session as lines and replies: replies wait until the client must be waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use mox_net::{Error, Line, Stream};
use mox_smtp::Reply;

use crate::Limits;
use crate::context::shut_down;
use crate::record::Record;

/// Replies waiting to be written, in octets, above which they are written at once: a client that pipelines
/// without reading cannot make us remember more.
const MAX_WAITING: usize = 32 * 1024;

pub(crate) struct Wire {
    pub(crate) stream: Stream,
    scratch: Vec<u8>,
    /// Where it is asked for.
    record: Option<Box<Record>>,
}

/// What came instead of input.
#[derive(Debug)]
pub(crate) enum Interrupt {
    /// The stream is of no more use, or a limit was broken.
    Net(Error),
    /// The house shuts down.
    Shutdown,
}

impl From<Error> for Interrupt {
    fn from(error: Error) -> Interrupt {
        Interrupt::Net(error)
    }
}

impl Wire {
    pub(crate) fn new(stream: Stream, recorded: bool) -> Wire {
        Wire { stream, scratch: Vec::new(), record: recorded.then(Box::default) }
    }

    /// Notes something in the record, if there is one.
    pub(crate) fn note(&mut self, note: impl FnOnce(&mut Record)) {
        if let Some(record) = &mut self.record {
            note(record);
        }
    }

    /// What was said so far, where it is recorded.
    pub(crate) fn transcript(&self) -> Option<Arc<str>> {
        self.record.as_ref().map(|record| record.text())
    }

    /// Forgets message data that was read.
    pub(crate) fn consume(&mut self, octets: usize) {
        self.note(|record| record.content(octets));
        self.stream.consume(octets);
    }

    /// Queues a reply.
    pub(crate) async fn reply(&mut self, reply: &Reply, limits: &Limits) -> Result<(), Error> {
        self.scratch.clear();
        reply.write(&mut self.scratch);
        if let Some(record) = &mut self.record {
            record.server(&self.scratch);
        }
        self.stream.push(&self.scratch);
        if self.stream.pending() > MAX_WAITING { self.flush(limits.write_timeout).await } else { Ok(()) }
    }

    /// Writes what is queued.
    pub(crate) async fn flush(&mut self, timeout: Duration) -> Result<(), Error> {
        if self.stream.pending() == 0 { Ok(()) } else { self.stream.flush(timeout).await }
    }

    /// Reads a line; what is queued goes out first when it must be waited for.
    pub(crate) async fn line(
        &mut self,
        max: usize,
        limits: &Limits,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Line, Interrupt> {
        if memchr::memchr(b'\n', self.stream.unread()).is_none() {
            self.flush(limits.write_timeout).await?;
        }
        let line = tokio::select! {
            biased;
            line = self.stream.read_line(max, limits.command_timeout) => line?,
            () = shut_down(shutdown) => return Err(Interrupt::Shutdown),
        };
        self.note(|record| record.client(&line));
        Ok(line)
    }

    /// Waits for message data; what is queued goes out first when it must be waited for.
    pub(crate) async fn fill(&mut self, limits: &Limits) -> Result<&[u8], Error> {
        if self.stream.unread().is_empty() {
            self.flush(limits.write_timeout).await?;
        }
        self.stream.fill(limits.data_timeout).await
    }
}
