//! Where the header ends, in a message that comes in pieces.

use mox_message::header::MAX_HEADER;

/// Keeps the header until it is whole.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    head: Vec<u8>,
    /// In the middle of a line.
    within: bool,
    /// The line began with a CR, and nothing else so far.
    cr: bool,
    too_large: bool,
}

impl Intake {
    /// Takes a piece of the header; when the header ended in it, gives what follows the empty line.
    pub(crate) fn push<'a>(&mut self, piece: &'a [u8]) -> Option<&'a [u8]> {
        let end = self.end(piece);
        let (head, body) = piece.split_at_checked(end.unwrap_or(piece.len())).unwrap_or((piece, &[]));
        if self.head.len() + head.len() > MAX_HEADER + 2 {
            self.too_large = true;
            let room = (MAX_HEADER + 2).saturating_sub(self.head.len());
            self.head.extend_from_slice(head.get(..room).unwrap_or_default());
        } else {
            self.head.extend_from_slice(head);
        }
        end.map(|_| body)
    }

    /// The header, and whether it is larger than what was kept of it.
    pub(crate) fn take(&mut self) -> (Vec<u8>, bool) {
        (std::mem::take(&mut self.head), self.too_large)
    }

    /// Length of the piece up to and with the empty line.
    fn end(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if self.within {
                at += memchr::memchr(b'\n', piece.get(at..)?)? + 1;
                (self.within, self.cr) = (false, false);
            }
            match piece.get(at)? {
                b'\n' => return Some(at + 1),
                b'\r' if !self.cr => {
                    self.cr = true;
                    at += 1;
                }
                _ => self.within = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size() {
        for message in
            ["A: b\r\nC: d\r\n\r\nbody\r\n\r\n", "A: b\n\nbody", "\r\nbody", "\r\rA: b\n\r\n", "A: b\r\n\r"]
        {
            let bytes = message.as_bytes();
            let (length, body) = mox_message::split(bytes);
            for size in 1..=bytes.len() {
                let (mut intake, mut rest, mut ended) = (Intake::default(), Vec::new(), false);
                for piece in bytes.chunks(size) {
                    if ended {
                        rest.extend_from_slice(piece);
                    } else if let Some(after) = intake.push(piece) {
                        ended = true;
                        rest.extend_from_slice(after);
                    }
                }
                let (head, too_large) = intake.take();
                assert!(!too_large);
                assert_eq!(mox_message::split(&head).0, length, "{message:?} in {size}");
                assert_eq!(rest, body, "{message:?} in {size}");
            }
        }
    }

    #[test]
    fn large_headers_are_cut() {
        let mut intake = Intake::default();
        for _ in 0..=(MAX_HEADER / 1000) + 1 {
            assert_eq!(intake.push(&[b'a'; 1000]), None);
        }
        let (head, too_large) = intake.take();
        assert!(too_large && head.len() == MAX_HEADER + 2);
    }
}
