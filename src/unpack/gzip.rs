//! Compressed reports: written the same for the same bytes, and read with a bound on what comes out.
//!
//! Several members behind each other are one stream. Bytes after the last that are no member are left alone, as gzip
//! does, and told of. A stream that is cut off, or whose sum is wrong, is an error. RFC 1952 §2.2, RFC 8460 §5.2.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
pub use flate2::write::GzEncoder;

use crate::{Container, Error, allowed};

/// Most members of a stream: each costs a new state of the decoder.
const MAX_MEMBERS: usize = 1000;

/// Whether bytes begin as a stream does.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b")
}

/// Compresses; without time or file name, so that the same gives the same.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = encoder();
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Compresses what is written to it, as [`compress`] does, however it is cut.
pub fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::default())
}

/// Undoes what this program compressed.
pub fn expand_own(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let read = GzDecoder::new(bytes).read_to_end(&mut out);
    read.map_err(|e| Error::damaged(Container::Gzip, e))?;
    Ok(out)
}

/// Undoes it; at most `max` bytes come out, and no more than [`crate::MAX_RATIO`] allows.
pub fn expand(bytes: &[u8], max: usize) -> Result<Vec<u8>, Error> {
    members(bytes, max, &mut Vec::new())
}

/// The content of all members.
pub(crate) fn members(bytes: &[u8], max: usize, notes: &mut Vec<String>) -> Result<Vec<u8>, Error> {
    let max = allowed(bytes.len(), max);
    let mut out = Vec::new();
    let mut rest = bytes;
    for _ in 0..MAX_MEMBERS {
        let mut decoder = GzDecoder::new(rest);
        let left = u64::try_from(max - out.len()).unwrap_or(u64::MAX);
        let read = decoder.by_ref().take(left.saturating_add(1)).read_to_end(&mut out);
        if out.len() > max {
            return Err(Error::TooLarge { max });
        }
        read.map_err(|e| Error::damaged(Container::Gzip, e))?;
        rest = decoder.into_inner();
        if !is_gzip(rest) {
            if !rest.is_empty() {
                notes.push(format!("{} bytes follow after the gzip stream", rest.len()));
            }
            return Ok(out);
        }
    }
    Err(Error::damaged(Container::Gzip, format_args!("more than {MAX_MEMBERS} members")))
}
