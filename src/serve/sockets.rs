//! Sockets that listen: those that were opened before privileges were given up or that the system handed over, and
//! else ones that are opened now.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mox_net::TcpListen;

use crate::Wanted;
use crate::house::Error;

/// Listening sockets by address.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<HashMap<SocketAddr, TcpListener>>);

impl Sockets {
    /// Those that are there.
    pub fn new(sockets: impl IntoIterator<Item = (SocketAddr, TcpListener)>) -> Sockets {
        Sockets(Mutex::new(sockets.into_iter().collect()))
    }

    /// Takes sockets that were handed over: each must listen on an address of `wanted`.
    pub fn adopt(&self, sockets: Vec<TcpListener>, wanted: &[Wanted]) -> Result<(), Error> {
        let mut strange = Vec::new();
        for socket in sockets {
            let address = socket.local_addr().map_err(Error::System)?;
            let listed = wanted.iter().any(|wanted| wanted.address == address);
            match listed && self.put(address, socket) {
                true => {}
                false => strange.push(address.to_string()),
            }
        }
        if strange.is_empty() { Ok(()) } else { Err(Error::Inherited(strange.join(", "))) }
    }

    /// Opens those of `wanted` that are not there. Call outside of a tokio runtime: one is made for the moment, without
    /// threads.
    pub fn open(&self, wanted: &[Wanted]) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let runtime = runtime.map_err(Error::System)?;
        let _inside = runtime.enter();
        for Wanted { address, service, spare } in wanted.iter().copied() {
            if self.has(&address) {
                continue;
            }
            match mox_net::listen(address).and_then(mox_net::TcpListen::into_std) {
                Ok(socket) => drop(self.put(address, socket)),
                // It is tried again, and told, when it would be served.
                Err(_) if spare => {}
                Err(source) => return Err(Error::Listen { address, service, source }),
            }
        }
        Ok(())
    }

    /// Closes what nobody asked for.
    pub(crate) fn close_rest(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, HashMap<SocketAddr, TcpListener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, address: &SocketAddr) -> bool {
        self.all().contains_key(address)
    }

    /// Adds a socket; false if there was one for the address.
    fn put(&self, address: SocketAddr, socket: TcpListener) -> bool {
        self.all().insert(address, socket).is_none()
    }

    /// The socket of an address: one that is there, or a new one. Needs a tokio runtime.
    pub(crate) fn listen(&self, address: SocketAddr) -> io::Result<TcpListen> {
        let there = self.all().remove(&address);
        match there {
            Some(socket) => mox_net::TcpListen::adopt(socket),
            None => mox_net::listen(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening() -> (SocketAddr, TcpListener) {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        (socket.local_addr().unwrap(), socket)
    }

    #[test]
    fn what_was_handed_over_is_used_and_the_rest_is_opened() {
        let (handed, socket) = listening();
        let (free, other) = listening();
        drop(other);
        let wanted = [
            Wanted { address: handed, service: "smtp", spare: false },
            Wanted { address: free, service: "submission", spare: false },
        ];
        let sockets = Sockets::default();
        sockets.adopt(vec![socket], &wanted).unwrap();
        sockets.open(&wanted).unwrap();
        assert!(sockets.has(&handed) && sockets.has(&free));
        let taken = Sockets::default().open(&wanted).unwrap_err();
        assert!(matches!(taken, Error::Listen { address, .. } if address == handed), "{taken}");
        sockets.close_rest();
        Sockets::default().open(&wanted).unwrap();
    }

    #[test]
    fn what_nobody_listed_is_named() {
        let (handed, socket) = listening();
        let (listed, _other) = listening();
        let error = Sockets::default()
            .adopt(vec![socket], &[Wanted { address: listed, service: "smtp", spare: false }])
            .unwrap_err();
        assert!(error.to_string().contains(&handed.to_string()) && error.hint().is_some(), "{error}");
    }
}
