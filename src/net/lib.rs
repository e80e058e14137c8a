//! Sockets with limits: streams with deadlines and TLS, dialing, listening, rate limits, and a simulated network.

mod dial;
mod error;
mod listen;
mod ratelimit;
pub mod sim;
mod stream;

use std::future::Future;
use std::pin::Pin;

pub use dial::{Dial, TcpDial};
pub use error::Error;
pub use listen::{Accepted, Listen, TcpListen, listen};
pub use mox_platform::Io;
pub use mox_tls::TlsInfo;
pub use ratelimit::{ConnectionGuard, ConnectionLimit, Prefix, RateLimit, Window, prefixes};
pub use stream::{Line, MAX_BUFFER, Stream, Tap};

/// What an object-safe async function returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
