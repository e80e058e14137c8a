//! An in-memory network: listeners and dials by address, hosts that refuse, swallow, delay or reset.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use mox_clock::Clock;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc;

use crate::{Accepted, BoxFuture, Dial, Dialed, Io, Listen};

/// Bytes on their way in each direction.
const WINDOW: usize = 64 * 1024;
/// Connections that wait to be accepted.
const BACKLOG: usize = 128;

/// How a host treats those who dial it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// Connects to what listens, refuses other ports.
    #[default]
    Up,
    /// Refuses every port.
    Refuses,
    /// Answers nothing.
    BlackHole,
    /// Connects after this time.
    Slow(Duration),
    /// Connects, and resets the connection once the dialer has sent this many bytes.
    ResetsAfter(usize),
}

/// A network in memory. Clones are the same network.
#[derive(Clone)]
pub struct SimNet {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct State {
    listeners: HashMap<SocketAddr, mpsc::Sender<Accepted>>,
    hosts: HashMap<IpAddr, Host>,
    last_port: u16,
}

/// Where dialers come from that did not choose.
const DEFAULT_LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 200));

impl SimNet {
    /// An empty network whose delays pass on `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> SimNet {
        SimNet { state: Arc::default(), clock }
    }

    /// Listens on an address, until the listener is dropped. `AddrInUse` when somebody does already; port 0
    /// chooses one.
    pub fn listen(&self, address: SocketAddr) -> io::Result<SimListener> {
        let mut state = self.state();
        let port = if address.port() == 0 { state.next_port() } else { address.port() };
        let local = SocketAddr::new(address.ip(), port);
        if state.listeners.get(&local).is_some_and(|l| !l.is_closed()) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        let (sender, receiver) = mpsc::channel(BACKLOG);
        state.listeners.insert(local, sender);
        Ok(SimListener { local, receiver })
    }

    /// Changes how a host treats those who dial it from now on.
    pub fn set_host(&self, ip: IpAddr, host: Host) {
        self.state().hosts.insert(ip, host);
    }

    async fn connect(&self, remote: SocketAddr, from: Option<IpAddr>) -> io::Result<Dialed> {
        let host = self.state().hosts.get(&remote.ip()).copied().unwrap_or_default();
        let budget = match host {
            Host::BlackHole => return std::future::pending().await,
            Host::Refuses => return Err(io::ErrorKind::ConnectionRefused.into()),
            Host::Slow(delay) => {
                self.clock.sleep(delay).await;
                None
            }
            Host::ResetsAfter(bytes) => Some(bytes),
            Host::Up => None,
        };
        let (near, far) = duplex(WINDOW);
        let (listener, local) = {
            let mut state = self.state();
            let local = SocketAddr::new(from.unwrap_or(DEFAULT_LOCAL), state.next_port());
            (state.listeners.get(&remote).cloned().ok_or(io::ErrorKind::ConnectionRefused)?, local)
        };
        let accepted = Accepted { io: Box::new(far), remote: local, local: remote };
        listener.send(accepted).await.map_err(|_| io::ErrorKind::ConnectionRefused)?;
        let io: Box<dyn Io> = match budget {
            None => Box::new(near),
            Some(left) => Box::new(Resetting { io: Some(near), left }),
        };
        Ok(Dialed { io, local })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_port(&mut self) -> u16 {
        self.last_port = self.last_port.checked_add(1).unwrap_or(1).max(49_152);
        self.last_port
    }
}

impl Dial for SimNet {
    fn dial(
        &self,
        remote: SocketAddr,
        local: Option<IpAddr>,
        timeout: Duration,
    ) -> BoxFuture<'_, io::Result<Dialed>> {
        Box::pin(async move {
            tokio::select! {
                biased;
                connected = self.connect(remote, local) => connected,
                () = self.clock.sleep(timeout) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}

/// Accepts what dials its address in a [`SimNet`].
pub struct SimListener {
    local: SocketAddr,
    receiver: mpsc::Receiver<Accepted>,
}

impl Listen for SimListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move { self.receiver.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into()) })
    }
    fn local(&self) -> SocketAddr {
        self.local
    }
}

/// A connection that is reset after some bytes were written.
struct Resetting {
    io: Option<DuplexStream>,
    left: usize,
}

impl AsyncRead for Resetting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.io {
            Some(io) => Pin::new(io).poll_read(cx, buf),
            None => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for Resetting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.left;
        let Some(io) = &mut self.io else { return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())) };
        let part = buf.get(..buf.len().min(left)).unwrap_or_default();
        let written = std::task::ready!(Pin::new(io).poll_write(cx, part))?;
        self.left -= written;
        if self.left == 0 {
            self.io = None;
        }
        Poll::Ready(Ok(written))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Some(io) => Pin::new(io).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const WAIT: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn hosts_behave_as_told() {
        let clock = SimClock::new(Timestamp::from_secs(0));
        let net = SimNet::new(Arc::new(clock.clone()));
        let address: SocketAddr = "192.0.2.1:25".parse().unwrap();
        let mut listener = net.listen(address).unwrap();
        assert_eq!(net.listen(address).err().unwrap().kind(), io::ErrorKind::AddrInUse);
        let failed = |e: io::Result<Dialed>| e.err().unwrap().kind();

        let mut client = net.dial(address, "192.0.2.7".parse().ok(), WAIT).await.unwrap().io;
        let mut server = listener.accept().await.unwrap();
        assert_eq!((server.local, server.remote.ip().to_string().as_str()), (address, "192.0.2.7"));
        client.write_all(b"x").await.unwrap();
        assert_eq!(server.io.read_u8().await.unwrap(), b'x');

        let other = net.dial("192.0.2.1:26".parse().unwrap(), None, WAIT).await;
        assert_eq!(failed(other), io::ErrorKind::ConnectionRefused);

        net.set_host(address.ip(), Host::BlackHole);
        let (dialed, ()) = tokio::join!(net.dial(address, None, WAIT), async { clock.advance(WAIT) });
        assert_eq!(failed(dialed), io::ErrorKind::TimedOut);

        net.set_host(address.ip(), Host::Slow(WAIT / 2));
        let (dialed, ()) = tokio::join!(net.dial(address, None, WAIT), async { clock.advance(WAIT / 2) });
        assert!(dialed.is_ok());

        net.set_host(address.ip(), Host::ResetsAfter(3));
        let mut client = net.dial(address, None, WAIT).await.unwrap().io;
        assert!(client.write_all(b"four").await.is_err());
        assert_eq!(client.read_u8().await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);

        net.set_host(address.ip(), Host::Up);
        drop(listener);
        assert_eq!(failed(net.dial(address, None, WAIT).await), io::ErrorKind::ConnectionRefused);
        assert!(net.listen(address).is_ok());
    }
}
