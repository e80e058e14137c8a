//! Bounds on what clients may do: our own addition to `mox.conf`.

use crate::section::section;
use crate::values::Interval;

section! {
    /// Bounds on what clients may do. Where a bound is per network it holds for a single address (IPv4 /32, IPv6
    /// /64); its neighbourhood (/26, /48) may have 3 times as much, the wider network (/21, /32) 9 times.
    optional Limits {
        /// New connections per minute and network; more are refused with 421.
        "ConnectionsPerMinute" connections_per_minute: u32 = 300,
        /// Open connections per network.
        "OpenConnections" open_connections: u32 = 30,
        /// Failed authentications per minute and network; then further attempts are refused.
        "AuthFailuresPerMinute" auth_failures_per_minute: u32 = 10,
        /// Failed authentications per day and network.
        "AuthFailuresPerDay" auth_failures_per_day: u32 = 50,
        /// Incoming messages per account, minute and network of the sending host; more are refused with 452.
        "MessagesPerMinute" messages_per_minute: u32 = 500,
        /// Incoming messages per account, day and network of the sending host.
        "MessagesPerDay" messages_per_day: u32 = 10_000,
        /// Bytes of incoming messages per account, minute and network of the sending host.
        "BytesPerMinute" bytes_per_minute: u64 = 1_000_000_000,
        /// Bytes of incoming messages per account, day and network of the sending host.
        "BytesPerDay" bytes_per_day: u64 = 3_000_000_000,
        /// Recipients of one message.
        "RecipientsMax" recipients_max: u32 = 1000,
        /// Longest wait for a client to send or to take something.
        "IdleTimeout" idle_timeout: Interval = Interval::secs(30),
        /// Longest time one message may take to arrive.
        "DataTimeout" data_timeout: Interval = Interval::secs(30 * 60),
        /// Longest command line in bytes. At least 512.
        "LineLength" line_length: u32 = 2048,
        /// Failed transactions before the first good one; then the connection is closed.
        "BadTransactionsMax" bad_transactions_max: u32 = 10,
        /// Received headers in one message; more mean a loop.
        "ReceivedHeadersMax" received_headers_max: u32 = 100,
        /// Do not apply per-network and per-account bounds to clients on this machine.
        "LiftForLoopback" lift_for_loopback: bool = false,
    }
}
