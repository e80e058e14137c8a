//! Registration data of domains: when a domain was registered, asked of its registry.
//!
//! Others trust young domains less. [`lookup`] finds the registry's server in the bootstrap file of IANA and asks it.
//! RFC 7480, 9082, 9083, 9224.

mod bootstrap;
mod lookup;
mod object;

pub use bootstrap::{Bootstrap, IANA};
pub use lookup::{Error, Fetch, Found, LIMITS, MAX_REDIRECTS, MAX_SERVERS, lookup};
pub use object::{DomainObject, Event, MAX_EVENTS, SyntaxError, problem_text};

/// What an asynchronous seam returns.
pub use mox_dns::BoxFuture;
