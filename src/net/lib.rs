//! Sockets with limits: streams with deadlines and TLS, dialing, SOCKS, listening, rate limits, a simulated network.

mod deadline;
mod dial;
mod error;
mod listen;
mod ratelimit;
pub mod sim;
pub mod socks;
mod stream;
mod tls;
mod udp;

use std::future::Future;
use std::pin::Pin;

pub use dial::{Dial, Dialed, TcpDial};
pub use error::Error;
pub use listen::{Accepted, Listen, TcpListen, listen};
pub use mox_platform::Io;
pub use mox_tls::TlsInfo;
pub use ratelimit::{ConnectionGuard, ConnectionLimit, Crowded, Prefix, RateLimit, Window, prefixes};
pub use stream::{Line, MAX_BUFFER, Stream, Tap};
pub use tls::{accept_tls, connect_tls};
pub use udp::{Datagrams, bind_udp};

/// What an object-safe async function returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
