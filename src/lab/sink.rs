//! Where mail and reports go that the lab's hosts take. Nothing larger than [`MAX_BODY`] is taken.

use mox_net::BoxFuture;

/// Most bytes of a message or of a posted report.
pub const MAX_BODY: usize = 10 * 1024 * 1024;

/// Most recipients of a message.
pub(crate) const MAX_RECIPIENTS: usize = 100;

/// Takes what arrives.
pub trait Sink: Send + Sync {
    /// A message that a host is about to take: it says so once this is done, and is sorry for now after an error.
    fn mail(&self, accepted: Accepted) -> BoxFuture<'_, Result<(), String>>;
    /// What was posted to a web host.
    fn post(&self, posted: Posted) -> BoxFuture<'_, Result<(), String>>;
}

/// A message that a host has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The reverse-path, without angle brackets.
    pub mail_from: String,
    /// The recipients, without angle brackets.
    pub rcpts: Vec<String>,
    /// The message.
    pub bytes: Vec<u8>,
    /// The lab's domain whose host it is, or `rua.lab.test`.
    pub host: String,
    /// Version of TLS; none for plain text.
    pub tls: Option<String>,
}

/// What was posted to a web host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The web host.
    pub host: String,
    /// The path.
    pub path: String,
    /// The media type, as it was said.
    pub media_type: String,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Drops everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ignored;

impl Sink for Ignored {
    fn mail(&self, _: Accepted) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn post(&self, _: Posted) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
