//! Datagrams on one address.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;

/// A bound UDP socket.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
    local: SocketAddr,
}

/// Binds a UDP socket to the address. Needs a tokio runtime.
pub async fn bind_udp(address: SocketAddr) -> io::Result<Datagrams> {
    let socket = UdpSocket::bind(address).await?;
    let local = socket.local_addr()?;
    Ok(Datagrams { socket, local })
}

impl Datagrams {
    /// The next datagram, cut to the buffer, and who sent it. Cancel safe.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            match self.socket.recv_from(buffer).await {
                // Windows tells here that somebody does not take what was sent before.
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => {}
                // And that there was more than the buffer holds.
                Err(e) if is_too_long(&e) => {}
                received => return received,
            }
        }
    }

    /// Sends a datagram.
    pub async fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        self.socket.send_to(bytes, to).await.map(|_| ())
    }

    /// The address it is bound to, with the port that the system chose for port 0.
    pub fn local(&self) -> SocketAddr {
        self.local
    }
}

/// `WSAEMSGSIZE`; elsewhere the datagram is cut and nothing said.
fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(10040)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn datagrams_come_and_go() {
        let here = || bind_udp("127.0.0.1:0".parse().unwrap());
        let (a, b) = (here().await.unwrap(), here().await.unwrap());
        a.send(b"question", b.local()).await.unwrap();
        let mut buffer = [0; 100];
        let (length, from) = b.receive(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..length], from), (&b"question"[..], a.local()));
        assert_eq!(bind_udp(b.local()).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
