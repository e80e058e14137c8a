//! Why a request had no answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A request without an answer. Texts name the host or the address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name gave no addresses.
    #[error("{host}: {source}")]
    Lookup {
        /// The name.
        host: String,
        /// Why.
        source: mox_dns::Error,
    },
    /// The policy does not admit an address of the host.
    #[error("{host}: its address {ip} is not public ({kind})")]
    Refused {
        /// As in the URL.
        host: String,
        /// The address.
        ip: IpAddr,
        /// What kind of address it is.
        kind: &'static str,
    },
    /// No address accepted a connection; of the last one tried.
    #[error("{address}: {source}")]
    Connect {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// No TLS, or not with this host.
    #[error("{host}: {source}")]
    Tls {
        /// As in the URL.
        host: String,
        /// Why.
        source: mox_net::Error,
    },
    /// The answer is not HTTP, or broke off.
    #[error("{host}: {}", causes(.source))]
    Http {
        /// As in the URL.
        host: String,
        /// What the parser said.
        source: hyper::Error,
    },
    /// It took too long.
    #[error("{host}: no answer within {} s", .after.as_secs_f32())]
    Timeout {
        /// As in the URL.
        host: String,
        /// The limit.
        after: Duration,
    },
    /// The request cannot be made of what was given.
    #[error("cannot make the request: {0}")]
    Request(String),
}

impl Error {
    /// What was wrong with the server's certificate, when that was the reason.
    pub fn certificate(&self) -> Option<mox_tls::Finding> {
        match self {
            Error::Tls { source: mox_net::Error::Tls(error), .. } if mox_tls::is_certificate(error) => {
                Some(mox_tls::finding(error))
            }
            _ => None,
        }
    }

    /// Whether the same request may have an answer later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Lookup { source, .. } => source.is_temporary(),
            Error::Tls { source, .. } => !matches!(source, mox_net::Error::Tls(_)),
            Error::Http { source, .. } => !source.is_parse(),
            Error::Connect { .. } | Error::Timeout { .. } => true,
            Error::Refused { .. } | Error::Request(_) => false,
        }
    }
}

/// The error and what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let more = std::iter::successors(error.source(), |cause| cause.source());
    more.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
