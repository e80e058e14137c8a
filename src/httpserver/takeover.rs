//! Connections that go on with another protocol: after a response of 101, or agreed on by ALPN.
//!
//! RFC 9110 §7.8 (Upgrade), RFC 7301 (ALPN).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use mox_net::{BoxFuture, Io, TlsInfo};

use crate::Ending;

type Next = Box<dyn FnOnce(Box<dyn Io>, Ending) -> BoxFuture<'static, ()> + Send>;

/// What goes on with a connection after a response of 101. Goes into the extensions of the response, of a service that
/// streams.
#[derive(Clone)]
pub struct Takeover(Arc<Mutex<Option<Next>>>);

impl Takeover {
    /// Hands the connection to `next`, with what tells it to end.
    pub fn new(
        next: impl FnOnce(Box<dyn Io>, Ending) -> BoxFuture<'static, ()> + Send + 'static,
    ) -> Takeover {
        Takeover(Arc::new(Mutex::new(Some(Box::new(next)))))
    }

    pub(crate) fn take(&self) -> Option<Next> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A connection whose client asked for another protocol than HTTP.
pub struct Handover {
    /// The connection, with TLS.
    pub io: Box<dyn Io>,
    /// The peer.
    pub remote: SocketAddr,
    /// Our address.
    pub local: SocketAddr,
    /// What TLS says.
    pub tls: TlsInfo,
}

/// Serves such connections.
pub(crate) type Serve = Arc<dyn Fn(Handover) -> BoxFuture<'static, ()> + Send + Sync>;
