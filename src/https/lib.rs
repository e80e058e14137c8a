//! The one outgoing HTTP(S) client: one request over one connection, bounded in size and time, to addresses that a
//! policy admits.
//!
//! Invariants: 1. Names are looked up first, every address is checked, and the very address that was checked is dialed
//! (DNS rebinding). 2. Redirects are not followed: they are answers. 3. Over TLS the server proves its name, always.
//! 4. Of a body no more than the limit is read. RFC 9112 (HTTP/1.1).

mod client;
mod egress;
mod error;
mod url;

#[cfg(test)]
mod tests;

pub use client::{Client, Limits, Response};
pub use egress::{BadCidr, Cidr, Egress};
pub use error::Error;
pub use hyper::http::HeaderMap;
pub use url::{BadUrl, Host, MAX_URL, Scheme, Url};
