//! What goes wrong on a connection.

use std::io;

/// Why a stream did not do what it was asked for. After any of them but `Timeout` of [`crate::Stream::fill`],
/// `LineTooLong` and `UnexpectedBytes` the stream is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The peer closed its side.
    #[error("connection closed by the peer")]
    Eof,
    /// Nothing happened in time.
    #[error("timeout")]
    Timeout,
    /// The line is longer than was asked for; its bytes are unread.
    #[error("line longer than {max} bytes")]
    LineTooLong {
        /// Longest line allowed, in bytes without its end.
        max: usize,
    },
    /// Bytes arrived before TLS that could be taken for what comes after it (command injection).
    #[error("unexpected bytes before tls")]
    UnexpectedBytes,
    /// The connection has TLS already.
    #[error("tls is already active")]
    AlreadyTls,
    /// TLS failed: see `mox_tls::finding`.
    #[error("tls: {0}")]
    Tls(rustls::Error),
    /// The system's error, as a reset.
    #[error("{0}")]
    Io(io::Error),
}

impl Error {
    /// Whether the peer or the network ended it, as happens every day and needs no attention.
    pub fn is_disconnect(&self) -> bool {
        use io::ErrorKind as K;
        match self {
            Error::Eof | Error::Timeout => true,
            Error::Io(e) => {
                matches!(e.kind(), K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted | K::TimedOut)
            }
            _ => false,
        }
    }
}

impl From<io::Error> for Error {
    /// TLS errors come wrapped; an end without `close_notify` is an end.
    fn from(error: io::Error) -> Error {
        if let Some(tls) = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            return Error::Tls(tls.clone());
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Eof,
            _ => Error::Io(error),
        }
    }
}
