//! Listens for connections.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::{BoxFuture, Io};

/// Connections that the system completes while nobody accepts.
const BACKLOG: u32 = 1024;

/// A connection that was just accepted.
pub struct Accepted {
    /// The connection.
    pub io: Box<dyn Io>,
    /// The peer; an IPv4 address is never in its IPv6-mapped form.
    pub remote: SocketAddr,
    /// Our address.
    pub local: SocketAddr,
}

/// Accepts connections: the real network or [`crate::sim::SimListener`].
pub trait Listen: Send {
    /// The next connection. Errors are the system's, as being out of file descriptors: wait before calling again.
    /// Cancel safe.
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>>;
    /// The address it listens on, with the port that the system chose for port 0.
    fn local(&self) -> SocketAddr;
}

/// A listening TCP socket.
#[derive(Debug)]
pub struct TcpListen {
    listener: TcpListener,
    local: SocketAddr,
}

/// Listens on the address. An IPv6 address never takes IPv4 connections, so both wildcards can be listened on.
/// Needs a tokio runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListen> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    mox_platform::configure_listener(&socket, address)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let local = listener.local_addr()?;
    Ok(TcpListen { listener, local })
}

impl TcpListen {
    /// Takes over a socket that listens already. Needs a tokio runtime.
    pub fn adopt(socket: std::net::TcpListener) -> io::Result<TcpListen> {
        socket.set_nonblocking(true)?;
        let listener = TcpListener::from_std(socket)?;
        let local = listener.local_addr()?;
        Ok(TcpListen { listener, local })
    }
}

impl TcpListen {
    /// The socket alone, which listens on. Needs a tokio runtime.
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        self.listener.into_std()
    }
}

impl Listen for TcpListen {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move {
            loop {
                let (stream, remote) = match self.listener.accept().await {
                    Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => continue,
                    accepted => accepted?,
                };
                let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
                // A peer that is gone already shows as an error here, and as the end of the stream later.
                let _ = stream.set_nodelay(true);
                let local = stream.local_addr().unwrap_or(self.local);
                return Ok(Accepted { io: Box::new(stream), remote, local });
            }
        })
    }

    fn local(&self) -> SocketAddr {
        self.local
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dial, TcpDial};
    use mox_platform::SystemClock;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn dials_what_listens() {
        let mut listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let dial = TcpDial::new(Arc::new(SystemClock));
        let local = "127.0.0.1".parse().ok();
        let mut client = dial.dial(listener.local(), local, Duration::from_secs(5)).await.unwrap().io;
        let mut server = listener.accept().await.unwrap();
        assert_eq!(server.local, listener.local());
        client.write_all(b"x").await.unwrap();
        assert_eq!(server.io.read_u8().await.unwrap(), b'x');
        assert_eq!(listen(listener.local()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
