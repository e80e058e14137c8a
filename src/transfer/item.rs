//! A message on its way in or out, and batches of them as bytes.
//!
//! A batch is records one behind the other: length of the head (u32, big-endian), the head (JSON), length of the message
//! (u32), the message. A batch is full with [`BATCH_COUNT`] messages or [`BATCH_BYTES`] bytes, and holds one message at
//! least: at most [`BATCH_BYTES`] + [`MESSAGE_MAX`] bytes and the heads.

use mox_clock::Timestamp;
use mox_store::{Flags, MailboxName};
use serde::{Deserialize, Serialize};

use crate::status::Marks;

/// Most bytes of a message that is imported.
pub const MESSAGE_MAX: usize = 100 << 20;
/// Most messages of a batch: what is written at once, while deliveries wait.
pub const BATCH_COUNT: usize = 200;
/// Bytes after which a batch is full.
pub const BATCH_BYTES: usize = 768 << 10;

/// A message with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it is, or goes.
    pub mailbox: MailboxName,
    /// Its UID there; 0 before it has one.
    pub uid: i64,
    /// When it came in.
    pub received: Timestamp,
    /// Flags and keywords.
    pub marks: Marks,
    /// The message, lines ending with CRLF.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    mailbox: String,
    uid: i64,
    received: i64,
    flags: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<String>,
}

/// Messages that travel together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// In their order.
    pub items: Vec<Item>,
    bytes: usize,
}

impl Batch {
    /// Adds one.
    pub fn push(&mut self, item: Item) {
        self.bytes += item.bytes.len();
        self.items.push(item);
    }

    /// Whether it is time to send it.
    pub fn is_full(&self) -> bool {
        self.items.len() >= BATCH_COUNT || self.bytes >= BATCH_BYTES
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes + self.items.len() * 150);
        self.items.iter().for_each(|item| encode(&mut out, item));
        out
    }

    /// From bytes; what is wrong with them is the error.
    pub fn decode(mut bytes: &[u8]) -> Result<Batch, String> {
        let mut batch = Batch::default();
        while !bytes.is_empty() {
            let head: Head = serde_json::from_slice(part(&mut bytes)?).map_err(|e| e.to_string())?;
            let message = part(&mut bytes)?;
            batch.push(Item {
                mailbox: MailboxName::parse(&head.mailbox).map_err(|e| e.to_string())?,
                uid: head.uid,
                received: Timestamp::from_micros(head.received),
                marks: Marks { flags: Flags::from_bits(head.flags), keywords: head.keywords },
                bytes: message.to_vec(),
            });
        }
        Ok(batch)
    }
}

/// Appends a record.
fn encode(out: &mut Vec<u8>, item: &Item) {
    let head = Head {
        mailbox: item.mailbox.as_str().to_owned(),
        uid: item.uid,
        received: item.received.micros(),
        flags: item.marks.flags.bits(),
        keywords: item.marks.keywords.clone(),
    };
    let head = serde_json::to_vec(&head).unwrap_or_default();
    for part in [head.as_slice(), &item.bytes] {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
}

/// Takes a length and so many bytes.
fn part<'b>(bytes: &mut &'b [u8]) -> Result<&'b [u8], String> {
    let cut = || "a batch is cut off".to_owned();
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (part, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    *bytes = rest;
    Ok(part)
}

/// Makes all lines end with CRLF.
pub fn crlf(bytes: Vec<u8>) -> Vec<u8> {
    let bare = |at: usize| at == 0 || bytes.get(at - 1) != Some(&b'\r');
    let count = memchr::memchr_iter(b'\n', &bytes).filter(|at| bare(*at)).count();
    if count == 0 {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() + count);
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', &bytes).filter(|at| bare(*at)) {
        out.extend_from_slice(bytes.get(from..at).unwrap_or_default());
        out.push(b'\r');
        from = at;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out
}

/// Makes lines end with LF, so that [`crlf`] gives back what was: one CR more before a line's end stays.
pub fn lf(bytes: &[u8]) -> Vec<u8> {
    let is_cr = |at: Option<usize>| at.and_then(|at| bytes.get(at)) == Some(&b'\r');
    let one_cr = |at: usize| is_cr(at.checked_sub(1)) && !is_cr(at.checked_sub(2));
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', bytes).filter(|at| one_cr(*at)) {
        out.extend_from_slice(bytes.get(from..at - 1).unwrap_or_default());
        from = at;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends() {
        for (from, to) in [
            ("", ""),
            ("a", "a"),
            ("\n", "\r\n"),
            ("a\nb\r\n\n", "a\r\nb\r\n\r\n"),
            ("\r\na\r", "\r\na\r"),
            ("a\r\r\n\r\r\n", "a\r\r\n\r\r\n"),
        ] {
            assert_eq!(crlf(from.as_bytes().to_vec()), to.as_bytes());
            assert_eq!(crlf(lf(to.as_bytes())), to.as_bytes());
        }
    }

    #[test]
    fn batches_as_bytes() {
        let mut batch = Batch::default();
        for n in 0..3u8 {
            batch.push(Item {
                mailbox: MailboxName::parse("a/b").unwrap(),
                uid: i64::from(n),
                received: Timestamp::from_micros(5),
                marks: Marks { flags: Flags::SEEN, keywords: vec!["x".into()] },
                bytes: vec![n; usize::from(n)],
            });
        }
        let bytes = batch.encode();
        assert_eq!(Batch::decode(&bytes).unwrap(), batch);
        assert!(Batch::decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(Batch::decode(b"\0\0\0\x02{}").is_err());
    }
}
