//! The message to send, read in chunks, so that it need not be in memory as a whole.

use std::io;

use mox_net::BoxFuture;

/// A message with CRLF line ends. Chunks may be of any size and end anywhere.
pub trait Content: Send {
    /// The next chunk, none at the end.
    fn next(&mut self) -> BoxFuture<'_, io::Result<Option<Vec<u8>>>>;
}

/// A message in memory.
impl Content for &[u8] {
    fn next(&mut self) -> BoxFuture<'_, io::Result<Option<Vec<u8>>>> {
        let (chunk, rest) = self.split_at_checked(CHUNK).unwrap_or((*self, &[]));
        *self = rest;
        Box::pin(std::future::ready(Ok((!chunk.is_empty()).then(|| chunk.to_vec()))))
    }
}

/// A function that reads the next chunk; it should not block for long.
impl<F> Content for F
where
    F: FnMut() -> io::Result<Option<Vec<u8>>> + Send,
{
    fn next(&mut self) -> BoxFuture<'_, io::Result<Option<Vec<u8>>>> {
        Box::pin(std::future::ready(self()))
    }
}

/// Size of the chunks of a message in memory.
const CHUNK: usize = 32 * 1024;
