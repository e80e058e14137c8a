//! Deliver or submit over one SMTP connection; and where to connect for a domain.
//!
//! [`gather`] and [`addresses`] ask DNS, [`dial`] connects, [`Session::open`] greets, secures and logs in,
//! [`Session::deliver`] runs one transaction, as often as wanted. No policy lives here: the caller says how TLS is
//! to be used, and is told what was found ([`TlsAttempt`]). Nothing is retried; every failure says whether a later
//! try may help. RFC 5321, 2920 (pipelining), 3207 (STARTTLS), 4954 (AUTH), 8314 (implicit TLS), 9422 (limits).

mod auth;
mod connect;
mod content;
mod deliver;
mod error;
mod gather;
mod session;
mod starttls;
#[cfg(test)]
mod tests;
mod timeouts;

pub use auth::Login;
pub use connect::{MAX_DIALS, dial};
pub use content::Content;
pub use deliver::Outcome;
pub use error::{Bogus, Error, Kind, OpenError};
pub use gather::{Addresses, MAX_ADDRESSES, MAX_HOSTS, NextHop, NextHops, Step, addresses, gather};
pub use session::{Options, Session};
pub use starttls::{Dane, Proofs, TlsAttempt, TlsMode, TlsOutcome, Verify};
pub use timeouts::Timeouts;
