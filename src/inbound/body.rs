//! A message as it comes in: its bytes go to the store's content, its header is kept at hand beside them, and what
//! needs to see every byte (signatures) reads along.
//!
//! The header is held back until it is whole, so that fields in which others claim our authentication results never
//! reach the store (RFC 8601 §5). What reads along sees the bytes as they came.

use std::any::Any;

use mox_address::Domain;
use mox_message::authres;
use mox_message::header::{Header, MAX_HEADER};
use mox_smtp::Reply;
use mox_smtpserver::Body;
use mox_store::{Incoming, Store};

/// Something that sees the bytes of a message as they come.
pub trait Along: Send + 'static {
    /// The whole header, the empty line that ends it included; once, before anything of the body.
    fn header(&mut self, header: &[u8]);
    /// The next piece of the body.
    fn body(&mut self, piece: &[u8]);
}

/// Nothing reads along.
impl Along for () {
    fn header(&mut self, _header: &[u8]) {}
    fn body(&mut self, _piece: &[u8]) {}
}

/// Perhaps something reads along.
impl<A: Along> Along for Option<A> {
    fn header(&mut self, header: &[u8]) {
        if let Some(along) = self {
            along.header(header);
        }
    }

    fn body(&mut self, piece: &[u8]) {
        if let Some(along) = self {
            along.body(piece);
        }
    }
}

/// Takes a message.
pub struct MessageBody<A = ()> {
    incoming: Incoming,
    header: Vec<u8>,
    header_done: bool,
    /// The name whose results only we may write.
    ours: Option<Domain>,
    along: A,
}

impl MessageBody {
    /// Starts a message.
    pub fn new(store: &Store) -> MessageBody {
        MessageBody::with(store, ())
    }
}

impl<A: Along> MessageBody<A> {
    /// Starts a message that something reads along with.
    pub fn with(store: &Store, along: A) -> MessageBody<A> {
        MessageBody {
            incoming: Incoming::new(store),
            header: Vec::new(),
            header_done: false,
            ours: None,
            along,
        }
    }

    /// Removes the Authentication-Results fields that claim to be of this host.
    pub fn guarding(self, ours: Domain) -> MessageBody<A> {
        MessageBody { ours: Some(ours), ..self }
    }

    /// The content, the header (cut at [`MAX_HEADER`]), and what read along.
    pub fn into_parts(mut self) -> Result<(Incoming, Vec<u8>, A), mox_store::Error> {
        if !self.header_done {
            self.pass_header()?;
        }
        Ok((self.incoming, self.header, self.along))
    }

    /// Takes the next piece.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), mox_store::Error> {
        let body = match self.header_done {
            true => piece,
            false => {
                let rest = self.keep_header(piece);
                if !self.header_done {
                    return Ok(());
                }
                self.pass_header()?;
                rest
            }
        };
        self.along.body(body);
        self.incoming.write(body)
    }

    /// Keeps what belongs to the header, and gives back the rest.
    fn keep_header<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let before = self.header.len();
        let room = MAX_HEADER.saturating_sub(before);
        self.header.extend_from_slice(piece.get(..piece.len().min(room)).unwrap_or_default());
        let from = before.saturating_sub(3);
        let end = self.header.get(from..).unwrap_or_default().windows(4).position(|w| w == b"\r\n\r\n");
        let length = match end {
            _ if self.header.starts_with(b"\r\n") => 2,
            Some(end) => from + end + 4,
            None if self.header.len() >= MAX_HEADER => MAX_HEADER,
            None => return &[],
        };
        self.header.truncate(length);
        self.header_done = true;
        piece.get(length.saturating_sub(before)..).unwrap_or_default()
    }

    /// Hands the header on, without what others claim.
    fn pass_header(&mut self) -> Result<(), mox_store::Error> {
        self.header_done = true;
        self.along.header(&self.header);
        if let Some(ours) = &self.ours {
            let claims = authres::claims(&Header::of(&self.header), ours);
            if !claims.is_empty() {
                self.header = authres::without(&self.header, &claims);
            }
        }
        self.incoming.write(&self.header)
    }
}

impl<A: Along> Body for MessageBody<A> {
    fn write(&mut self, piece: &[u8]) -> Result<(), Reply> {
        self.take(piece).map_err(|e| crate::deliver::Error::from(e).reply())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::{SimClock, SimRandom};
    use std::io::Read as _;
    use std::sync::Arc;

    /// What reads along saw.
    #[derive(Default)]
    struct Seen {
        header: Vec<u8>,
        body: Vec<u8>,
    }

    impl Along for Seen {
        fn header(&mut self, header: &[u8]) {
            assert!(self.header.is_empty() && self.body.is_empty(), "once, and first");
            self.header = header.to_vec();
        }

        fn body(&mut self, piece: &[u8]) {
            self.body.extend_from_slice(piece);
        }
    }

    /// What is stored, the header at hand, and what was seen, of a message that comes in pieces of a size.
    fn pass(store: &Store, message: &[u8], size: usize) -> (Vec<u8>, Vec<u8>, Seen) {
        let ours = "mx.example".parse().unwrap();
        let mut body = MessageBody::with(store, Seen::default()).guarding(ours);
        for piece in message.chunks(size) {
            body.take(piece).unwrap();
        }
        let (content, header, seen) = body.into_parts().unwrap();
        let prepared = content.finish().unwrap();
        let write = move |_: &Store, tx: &mut mox_db::Tx<'_>| {
            let mut prepared = prepared;
            prepared.insert(tx, 1)
        };
        let id = store.write_blocking(write).unwrap();
        let stored = store.read_blocking(|store, tx| {
            let mut bytes = Vec::new();
            let content = mox_store::Content::load(store, tx, id, Vec::new())?;
            content.reader()?.read_to_end(&mut bytes).unwrap();
            Ok::<_, mox_store::Error>(bytes)
        });
        (stored.unwrap(), header, seen)
    }

    #[test]
    fn claims_of_others_are_not_stored_and_signatures_see_them() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(mox_clock::Timestamp::from_secs(0)));
        let store = Store::open(folder.path(), &[], clock, Arc::new(SimRandom::new(1))).unwrap();
        let forged = b"Authentication-Results: MX.example; spf=pass\r\n";
        let (from, rest) = (b"From: a@b.example\r\n", b"Subject: x\r\n y\r\n\r\n");
        let header = [&from[..], rest].concat();
        let whole = [&from[..], forged, rest, b"body\r\n\r\nmore\r\n"].concat();
        for size in [1, 2, 3, 7, 1000] {
            let (stored, kept, seen) = pass(&store, &whole, size);
            assert_eq!(stored, [&header[..], b"body\r\n\r\nmore\r\n"].concat(), "pieces of {size}");
            assert_eq!(kept, header);
            assert_eq!([seen.header, seen.body].concat(), whole);
        }
        for odd in [&b"\r\nonly a body\r\n"[..], b"Only: header\r\n", b"", b"\r\n", b"no end"] {
            for size in [1, 1000] {
                let (stored, kept, seen) = pass(&store, odd, size);
                assert_eq!((stored.as_slice(), [seen.header, seen.body].concat()), (odd, odd.to_vec()));
                assert!(odd.starts_with(&kept));
            }
        }
    }

    #[test]
    fn a_header_without_end_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(mox_clock::Timestamp::from_secs(0)));
        let store = Store::open(folder.path(), &[], clock, Arc::new(SimRandom::new(1))).unwrap();
        let long = [vec![b'x'; MAX_HEADER + 10], b"\r\n\r\nbody".to_vec()].concat();
        let (stored, kept, _) = pass(&store, &long, 64 << 10);
        assert_eq!((stored, kept.len()), (long, MAX_HEADER));
    }
}
