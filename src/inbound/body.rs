//! A message as it comes in: its bytes go to the store's content, its header is kept at hand beside them.

use std::any::Any;

use mox_message::header::MAX_HEADER;
use mox_smtp::Reply;
use mox_smtpserver::Body;
use mox_store::{Incoming, Store};

/// Takes a message.
pub struct MessageBody {
    incoming: Incoming,
    header: Vec<u8>,
    header_done: bool,
}

impl MessageBody {
    /// Starts a message.
    pub fn new(store: &Store) -> MessageBody {
        MessageBody { incoming: Incoming::new(store), header: Vec::new(), header_done: false }
    }

    /// The content and the header (cut at [`MAX_HEADER`]).
    pub fn into_parts(self) -> (Incoming, Vec<u8>) {
        (self.incoming, self.header)
    }

    /// Takes the next piece.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), mox_store::Error> {
        if !self.header_done {
            self.keep_header(piece);
        }
        self.incoming.write(piece)
    }

    /// Keeps what belongs to the header.
    fn keep_header(&mut self, piece: &[u8]) {
        let before = self.header.len();
        let room = MAX_HEADER.saturating_sub(before);
        self.header.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
        let from = before.saturating_sub(3);
        let end = self.header.get(from..).unwrap_or_default().windows(4).position(|w| w == b"\r\n\r\n");
        if let Some(end) = end {
            self.header.truncate(from + end + 4);
            self.header_done = true;
        } else if self.header.len() >= MAX_HEADER || self.header.starts_with(b"\r\n") {
            self.header_done = true;
        }
    }
}

impl Body for MessageBody {
    fn write(&mut self, piece: &[u8]) -> Result<(), Reply> {
        self.take(piece).map_err(|e| crate::deliver::Error::from(e).reply())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
