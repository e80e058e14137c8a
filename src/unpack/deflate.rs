//! zlib streams, and deflate streams without a header: some systems send reports so, under the name of gzip.
//!
//! A stream without a header has nothing to know it by: it is one if all of it is, and what comes out begins as a
//! document does. RFC 1950 §2.2, RFC 1951 §3.2.

use flate2::{Decompress, FlushDecompress, Status};

use crate::{Container, Error, allowed, begins_text};

/// So much is made room for at a time.
const STEP: usize = 64 << 10;

/// Whether bytes begin as a zlib stream does: deflate, a window of 32 KiB at most, the header's check, no dictionary.
pub(crate) fn is_zlib(bytes: &[u8]) -> bool {
    let [first, second, third, ..] = bytes else { return false };
    let header = u16::from_be_bytes([*first, *second]);
    // Text can begin like that (`x^`); the first block's type tells: 3 is none, 0 with text behind it is none.
    let block = (third >> 1) & 3;
    *first & 0x0f == 8
        && *first >> 4 <= 7
        && header % 31 == 0
        && second & 0x20 == 0
        && block != 3
        && !begins_text(bytes)
}

/// The content of a zlib stream.
pub(crate) fn zlib(bytes: &[u8], max: usize, notes: &mut Vec<String>) -> Result<Vec<u8>, Error> {
    let mut stream = Decompress::new(true);
    let (out, end) = inflate(&mut stream, bytes, allowed(bytes.len(), max))?;
    if !end {
        return Err(Error::damaged(Container::Zlib, "it is cut off"));
    }
    note_rest(&stream, bytes, notes);
    Ok(out)
}

/// The content of a deflate stream, if bytes are one.
pub(crate) fn raw(bytes: &[u8], max: usize, notes: &mut Vec<String>) -> Option<Vec<u8>> {
    if begins_text(bytes) {
        return None;
    }
    let mut stream = Decompress::new(false);
    let (out, end) = inflate(&mut stream, bytes, allowed(bytes.len(), max)).ok()?;
    let text = out.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&out).trim_ascii_start();
    if !end || !(text.starts_with(b"<") || text.starts_with(b"{")) {
        return None;
    }
    notes.push("a deflate stream without a header".to_owned());
    note_rest(&stream, bytes, notes);
    Some(out)
}

/// What comes out, and whether the stream came to its end.
fn inflate(stream: &mut Decompress, bytes: &[u8], max: usize) -> Result<(Vec<u8>, bool), Error> {
    let mut out = Vec::new();
    loop {
        let used = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
        let (input, before) = (bytes.get(used..).unwrap_or_default(), out.len());
        // One byte more than may come out tells that more would.
        let room = STEP.min(max.saturating_add(1).saturating_sub(out.len()));
        if out.capacity() - out.len() < room {
            grow(&mut out, room, max);
        }
        let status = stream
            .decompress_vec(input, &mut out, FlushDecompress::None)
            .map_err(|e| Error::damaged(Container::Zlib, e))?;
        if out.len() > max {
            return Err(Error::TooLarge { max });
        }
        let stands = out.len() == before && usize::try_from(stream.total_in()) == Ok(used);
        match status {
            Status::StreamEnd => return Ok((out, true)),
            _ if stands => return Ok((out, false)),
            _ => {}
        }
    }
}

/// Makes room for more, twice as much each time, and for never more than one byte above `max`.
fn grow(out: &mut Vec<u8>, room: usize, max: usize) {
    let more = out.len().max(room).min(max.saturating_add(1).saturating_sub(out.len()));
    out.reserve_exact(more);
}

fn note_rest(stream: &Decompress, bytes: &[u8], notes: &mut Vec<String>) {
    let used = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
    let rest = bytes.len().saturating_sub(used);
    if rest > 0 {
        notes.push(format!("{rest} bytes follow after the zlib stream"));
    }
}
