//! TLS handshakes over any connection, both sides, each with a deadline.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use mox_tls::{ClientConfig, ServerConfig, ServerName, TlsInfo};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::deadline::within;
use crate::{Error, Io};

/// Does the server's side of a handshake. On failure the connection is closed, after an alert where one is due.
pub async fn accept_tls(
    io: Box<dyn Io>,
    config: Arc<ServerConfig>,
    clock: &dyn Clock,
    timeout: Duration,
) -> Result<(Box<dyn Io>, TlsInfo), Error> {
    let mut handshake = TlsAcceptor::from(config).accept(io);
    let tls = within(clock, timeout, &mut None, |cx| Pin::new(&mut handshake).poll(cx)).await?;
    let info = TlsInfo::of_server(tls.get_ref().1).map_err(Error::Tls)?;
    Ok((Box::new(tls), info))
}

/// Does the client's side of a handshake with a server that is to be `name`. On failure the connection is closed,
/// after an alert where one is due.
pub async fn connect_tls(
    io: Box<dyn Io>,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    clock: &dyn Clock,
    timeout: Duration,
) -> Result<(Box<dyn Io>, TlsInfo), Error> {
    let mut handshake = TlsConnector::from(config).connect(name, io);
    let tls = within(clock, timeout, &mut None, |cx| Pin::new(&mut handshake).poll(cx)).await?;
    let info = TlsInfo::of_client(tls.get_ref().1).map_err(Error::Tls)?;
    Ok((Box::new(tls), info))
}
