//! How long each phase may take. RFC 5321 §4.5.3.2.

use std::time::Duration;

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// The longest wait in each phase. A reply must be complete, a write done, within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection to one address.
    pub connect: Duration,
    /// For the whole TLS handshake.
    pub handshake: Duration,
    /// For the greeting (§4.5.3.2.1).
    pub greeting: Duration,
    /// For the replies to EHLO, HELO, STARTTLS, AUTH, RSET.
    pub command: Duration,
    /// For the reply to MAIL (§4.5.3.2.2).
    pub mail: Duration,
    /// For the reply to each RCPT (§4.5.3.2.3).
    pub rcpt: Duration,
    /// For the reply to DATA (§4.5.3.2.4).
    pub data: Duration,
    /// For writing each block of the message, or of commands (§4.5.3.2.5).
    pub write: Duration,
    /// For the reply to the end of the message (§4.5.3.2.6).
    pub accept: Duration,
    /// For the reply to QUIT; nothing depends on it.
    pub quit: Duration,
}

impl Timeouts {
    /// Those of RFC 5321; what it leaves open is short.
    pub const RFC: Timeouts = Timeouts {
        connect: Duration::from_secs(30),
        handshake: minutes(1),
        greeting: minutes(5),
        command: minutes(5),
        mail: minutes(5),
        rcpt: minutes(5),
        data: minutes(2),
        write: minutes(3),
        accept: minutes(10),
        quit: Duration::from_secs(5),
    };
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts::RFC
    }
}
