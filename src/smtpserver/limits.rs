//! What a session may use up, and the switches of a listener.
//!
//! Defaults follow RFC 5321 §4.5.3 where it says something, else measured or chosen as noted.

use std::time::Duration;

use mox_smtp::{MAX_COMMAND_LINE, Syntax};

/// Limits and switches of one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Lenient or pedantic.
    pub syntax: Syntax,
    /// Wait for a command (RFC 5321 §4.5.3.2.7).
    pub command_timeout: Duration,
    /// Wait for a piece of message data.
    pub data_timeout: Duration,
    /// Time for all data of one message.
    pub data_total: Duration,
    /// Time to write replies.
    pub write_timeout: Duration,
    /// Time for a TLS handshake.
    pub handshake_timeout: Duration,
    /// Least octets per second of message data, on average, after [`Limits::rate_grace`]; against slowloris.
    pub min_rate: u64,
    /// Time at the start of data in which it may be slower.
    pub rate_grace: Duration,
    /// Longest command line in octets without CRLF; lines of an AUTH exchange may be longer.
    pub max_line: usize,
    /// Largest message in octets, announced by SIZE.
    pub max_message: u64,
    /// Most recipients of a message, announced by LIMITS; RFC 5321 §4.5.3.1.8 asks for at least 100.
    pub max_rcpts: usize,
    /// Longest hold by FUTURERELEASE.
    pub max_hold: Duration,
    /// Refused transactions of a session without a good one; then 550 and close.
    pub max_bad_transactions: u32,
    /// Unknown, malformed or misplaced commands of a session; then 421 and close.
    pub max_bad_commands: u32,
    /// Commands between two accepted messages, recipients not counted; then 421 and close.
    pub max_idle_commands: u32,
    /// Refused recipients of a session, be they unknown or too many; then 421 and close.
    pub max_refused_rcpts: u32,
    /// Failed authentications of a session; then 421 and close.
    pub max_auth_failures: u32,
    /// Failed authentications or refused recipients of a session after which it is slow.
    pub slow_after: u32,
    /// Wait before each command of a slow session.
    pub slow_delay: Duration,
    /// Sessions of the listener at a time; more get 421.
    pub max_sessions: usize,
    /// Time that sessions have to end on shutdown.
    pub drain: Duration,
    /// Whether delays, rate limits and the least data rate do not apply to clients on the loopback interface.
    pub lift_for_loopback: bool,
    /// Whether MAIL and AUTH need TLS first.
    pub tls_required: bool,
    /// Whether PLAIN and LOGIN work without TLS.
    pub plaintext_auth: bool,
    /// Whether REQUIRETLS is offered on TLS.
    pub require_tls_offered: bool,
    /// Whether BINARYMIME is offered; only for handlers that can hold and send on messages that are not lines.
    pub binary_mime: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            syntax: Syntax::Lenient,
            command_timeout: Duration::from_secs(300),
            data_timeout: Duration::from_secs(180),
            data_total: Duration::from_secs(1800),
            write_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(60),
            min_rate: 128,
            rate_grace: Duration::from_secs(60),
            max_line: MAX_COMMAND_LINE,
            max_message: 100 * 1024 * 1024,
            max_rcpts: 1000,
            max_hold: Duration::from_secs(60 * 86_400),
            max_bad_transactions: 10,
            max_bad_commands: 20,
            max_idle_commands: 200,
            max_refused_rcpts: 1000,
            max_auth_failures: 10,
            slow_after: 3,
            slow_delay: Duration::from_secs(1),
            max_sessions: 1000,
            drain: Duration::from_secs(20),
            lift_for_loopback: false,
            tls_required: false,
            plaintext_auth: false,
            require_tls_offered: true,
            binary_mime: false,
        }
    }
}

impl Limits {
    /// Whether so many octets took too long to come; `lifted` for a client that need not be fast.
    pub(crate) fn is_late(&self, took: Duration, octets: u64, lifted: bool) -> bool {
        let least = self.min_rate.saturating_mul(took.as_secs());
        took > self.data_total || (!lifted && took > self.rate_grace && octets < least)
    }
}
