//! The SMTP exchange that brought a message, kept with its content: all copies share it, and it goes when the content
//! goes (a trigger sees to that, whoever removes the row).

use mox_db::{ReadTx, Tx};

use crate::content::compress;
use crate::tables::transcript as table;
use crate::{ContentId, Error, Message, Store};

/// Text below this many bytes is kept as it is: compressing it would gain less than it costs.
const COMPRESS_MIN: usize = 1024;

/// Longest text in bytes; more is cut off.
const MAX: usize = 64 * 1024;

/// A transcript, made ready before the transaction that keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedTranscript(pub(crate) Packed);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packed {
    Text(String),
    Zstd(Vec<u8>),
}

impl PackedTranscript {
    /// Compresses where that gains something.
    pub fn new(text: &str) -> PackedTranscript {
        let text = text.get(..text.floor_char_boundary(MAX)).unwrap_or(text);
        let packed = if text.len() < COMPRESS_MIN { None } else { compress(text.as_bytes()).ok() };
        PackedTranscript(match packed {
            Some(bytes) if bytes.len() < text.len() => Packed::Zstd(bytes),
            _ => Packed::Text(text.to_owned()),
        })
    }
}

impl Store {
    /// Keeps the exchange that brought `content`; `end` is what was said after it was made ready: the reply that
    /// accepts, which is only known within the transaction.
    pub fn keep_transcript(
        &self,
        tx: &mut Tx<'_>,
        content: ContentId,
        transcript: &PackedTranscript,
        end: &str,
    ) -> Result<(), Error> {
        table::insert(tx.conn(), content, &transcript.0, end)
    }

    /// The exchange that brought a message; none when none was kept.
    pub fn transcript(&self, tx: &ReadTx<'_>, m: &Message) -> Result<Option<String>, Error> {
        let Some((packed, end)) = table::get(tx.conn(), m.content)? else { return Ok(None) };
        let mut text = match packed {
            Packed::Text(text) => text,
            Packed::Zstd(bytes) => {
                let damaged = |e: String| Error::Damaged(format!("transcript of content {}: {e}", m.content));
                let bytes = zstd::bulk::decompress(&bytes, MAX).map_err(|e| damaged(e.to_string()))?;
                String::from_utf8(bytes).map_err(|e| damaged(e.to_string()))?
            }
        };
        text.push_str(&end);
        Ok(Some(text))
    }
}
