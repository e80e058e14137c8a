//! Dials one IP address, from a chosen local one where asked.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use tokio::net::TcpSocket;

use crate::{BoxFuture, Io};

/// A connection that was made.
pub struct Dialed {
    /// What goes through it.
    pub io: Box<dyn Io>,
    /// Our end of it.
    pub local: SocketAddr,
}

/// Makes connections: the real network or [`crate::sim::SimNet`].
pub trait Dial: Send + Sync {
    /// Connects to `remote`, from `local` where given. No answer within `timeout` is `TimedOut`.
    fn dial(
        &self,
        remote: SocketAddr,
        local: Option<IpAddr>,
        timeout: Duration,
    ) -> BoxFuture<'_, io::Result<Dialed>>;
}

/// The real network.
pub struct TcpDial {
    clock: Arc<dyn Clock>,
}

impl TcpDial {
    /// With the clock that ends attempts.
    pub fn new(clock: Arc<dyn Clock>) -> TcpDial {
        TcpDial { clock }
    }
}

impl Dial for TcpDial {
    fn dial(
        &self,
        remote: SocketAddr,
        local: Option<IpAddr>,
        timeout: Duration,
    ) -> BoxFuture<'_, io::Result<Dialed>> {
        Box::pin(async move {
            let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            if let Some(ip) = local {
                socket.bind(SocketAddr::new(ip, 0))?;
            }
            socket.set_nodelay(true)?;
            tokio::select! {
                biased;
                stream = socket.connect(remote) => {
                    let stream = stream?;
                    let local = stream.local_addr()?;
                    Ok(Dialed { io: Box::new(stream), local })
                }
                () = self.clock.sleep(timeout) => Err(io::ErrorKind::TimedOut.into()),
            }
        })
    }
}
