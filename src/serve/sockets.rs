//! Sockets that listen: those that were opened before privileges were given up or that the system handed over, and
//! else ones that are opened now.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use mox_net::TcpListen;

/// Listening sockets by address.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<HashMap<SocketAddr, TcpListener>>);

impl Sockets {
    /// Those that are there.
    pub fn new(sockets: impl IntoIterator<Item = (SocketAddr, TcpListener)>) -> Sockets {
        Sockets(Mutex::new(sockets.into_iter().collect()))
    }

    /// The socket of an address: one that is there, or a new one. Needs a tokio runtime.
    pub(crate) fn listen(&self, address: SocketAddr) -> io::Result<TcpListen> {
        let there = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
        match there {
            Some(socket) => mox_net::TcpListen::adopt(socket),
            None => mox_net::listen(address),
        }
    }
}
