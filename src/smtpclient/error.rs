//! What went wrong, whether a later try may help, and what the server said.

use std::net::SocketAddr;

use mox_net::Error as NetError;
use mox_smtp::{EnhancedCode, Reply, ReplyError};

use crate::TlsAttempt;

/// Where it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// DNS gave no answer, or one that cannot be used.
    Dns,
    /// No connection to any address.
    Connect,
    /// The server did not answer or read in time.
    Timeout,
    /// The connection ended or broke.
    Closed,
    /// The server does not speak SMTP.
    Protocol,
    /// TLS is required and was not offered or refused, or failed.
    Tls,
    /// The server does not let us log in.
    Auth,
    /// A negative reply.
    Refused,
    /// The server lacks an extension the message needs, or states a limit it exceeds.
    Capability,
    /// The message cannot be sent: it holds bare line ends, or could not be read.
    Message,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Error {
    /// Where it went wrong.
    pub kind: Kind,
    /// Whether a later try may help.
    pub temporary: bool,
    /// Code of the reply, when there was one.
    pub code: Option<u16>,
    /// Enhanced code of the reply, or the fitting one for a local failure.
    pub enhanced: Option<EnhancedCode>,
    /// Text of the reply, line by line; empty for a local failure.
    pub remote: Vec<String>,
    /// For people: what failed, in which phase.
    pub reason: String,
    /// That DNSSEC validation failed, where that is why.
    pub bogus: Option<Bogus>,
}

/// DNSSEC validation failed; with what the validator said, if it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bogus(pub Option<mox_dns::ExtendedError>);

impl Error {
    /// A local failure.
    pub fn local(kind: Kind, temporary: bool, enhanced: EnhancedCode, reason: impl Into<String>) -> Error {
        let (code, remote) = (None, Vec::new());
        Error { kind, temporary, code, enhanced: Some(enhanced), remote, reason: reason.into(), bogus: None }
    }

    /// A negative or unexpected reply to `phase`. Only 5xx is permanent.
    pub(crate) fn refused(kind: Kind, phase: &str, reply: &Reply) -> Error {
        Error {
            kind,
            temporary: !reply.is_permanent(),
            code: Some(reply.code),
            enhanced: reply.enhanced,
            remote: reply.lines.clone(),
            reason: format!("{phase} refused: {} {}", reply.code, reply.text()),
            bogus: None,
        }
    }

    /// A broken connection while waiting in `phase`.
    pub(crate) fn net(phase: &str, error: &NetError) -> Error {
        let (kind, enhanced) = match error {
            NetError::Timeout => (Kind::Timeout, EnhancedCode(4, 4, 1)),
            NetError::Eof | NetError::Io(_) => (Kind::Closed, EnhancedCode(4, 4, 2)),
            NetError::LineTooLong { .. } => (Kind::Protocol, EnhancedCode(4, 5, 0)),
            NetError::Tls(_) | NetError::UnexpectedBytes | NetError::AlreadyTls => {
                (Kind::Tls, EnhancedCode(4, 7, 5))
            }
        };
        Error::local(kind, true, enhanced, format!("{phase}: {error}"))
    }

    /// A reply that is none.
    pub(crate) fn reply(phase: &str, error: &ReplyError) -> Error {
        Error::local(Kind::Protocol, true, EnhancedCode(4, 5, 0), format!("{phase}: {error}"))
    }

    /// The code a delivery status notification shows: the server's, or 4xx and 5xx made up from `temporary`.
    pub fn status(&self) -> EnhancedCode {
        self.enhanced.unwrap_or(EnhancedCode(if self.temporary { 4 } else { 5 }, 0, 0))
    }
}

/// Why there is no session, and what TLS came to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct OpenError {
    /// Why.
    pub error: Error,
    /// For reports, and for deciding about another attempt.
    pub tls: TlsAttempt,
    /// First line of the greeting, without its code; empty when there was none.
    pub greeting: String,
    /// Our end of the connection.
    pub local: SocketAddr,
}
