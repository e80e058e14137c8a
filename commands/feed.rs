//! Messages from files or standard input, given on piece by piece as they go over the wire.

use std::io::Read;
use std::path::Path;

use mox_message::lineends::LineEnds;

use crate::context::Context;
use crate::error::CommandError;

/// Most bytes of a message.
pub(crate) const MAX_MESSAGE: u64 = 200 << 20;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

impl Context {
    /// Reads a message; `-` is standard input. When its first line ends with LF alone, it was saved with the line
    /// ends of a file, and all of them become CRLF; else it is given on as it is, because signatures cover every byte.
    pub(crate) fn feed(&mut self, path: &Path, take: &mut dyn FnMut(&[u8])) -> Result<(), CommandError> {
        if path.as_os_str() == "-" {
            return feed(&mut self.streams.stdin, path, take);
        }
        let mut file = std::fs::File::open(path).map_err(|e| CommandError::file(path, e))?;
        feed(&mut file, path, take)
    }
}

fn feed(from: &mut dyn Read, path: &Path, take: &mut dyn FnMut(&[u8])) -> Result<(), CommandError> {
    let mut buffer = vec![0; PIECE];
    let mut first = Vec::new();
    let mut ends: Option<Option<LineEnds>> = None;
    let mut total = 0_u64;
    loop {
        let length = from.read(&mut buffer).map_err(|e| CommandError::file(path, e))?;
        total += length as u64;
        if total > MAX_MESSAGE {
            return Err(CommandError::failed(format!(
                "{} is larger than {MAX_MESSAGE} bytes",
                path.display()
            )));
        }
        let mut piece = buffer.get(..length).unwrap_or_default();
        let ended = length == 0;
        if ends.is_none() {
            first.extend_from_slice(piece);
            if !ended && !first.contains(&b'\n') && first.len() < PIECE {
                continue;
            }
            ends = Some(LineEnds::are_those_of_a_file(&first).then(LineEnds::default));
            piece = &first;
        }
        match &mut ends {
            Some(Some(ends)) => ends.mend(piece, take),
            _ => take(piece),
        }
        if ended {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn line_ends_of_a_file_become_those_of_the_wire() {
        for (text, expected) in [
            ("", ""),
            ("a", "a"),
            ("A: b\n\nc\n", "A: b\r\n\r\nc\r\n"),
            ("A: b\r\n\r\nc\n", "A: b\r\n\r\nc\n"),
        ] {
            let mut out = Vec::new();
            feed(&mut Slow(text.as_bytes()), Path::new("x"), &mut |b| out.extend_from_slice(b)).unwrap();
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
