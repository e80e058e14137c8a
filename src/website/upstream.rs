//! A connection to the server behind: found, dialed, over TLS where its URL says so.

use std::net::SocketAddr;
use std::time::Duration;

use mox_config::weburl::WebUrl;
use mox_https::{Host, Scheme, Url};
use mox_net::{Io, connect_tls};
use mox_tls::{ClientOptions, ClientVerify, ServerName, client_config};

use crate::Seams;

/// Addresses of one host that are dialed before giving up.
const MAX_ADDRESSES: usize = 4;
/// For one connection, and for a TLS handshake.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Connects. Errors are told to the log, not to clients.
pub(crate) async fn connect(seams: &Seams, url: &WebUrl) -> Result<Box<dyn Io>, String> {
    let text = format!("{}://{}/", url.scheme(), url.authority());
    let url: Url = text.parse().map_err(|e| format!("{text}: {e}"))?;
    let ips = match &url.host {
        Host::Ip(ip) => vec![*ip],
        Host::Name(name) => {
            let found = seams.resolver.lookup_ip(name.ascii()).await;
            found.map_err(|e| format!("{name}: {e}"))?.records
        }
    };
    let mut failed = format!("{} has no addresses", url.host);
    for ip in ips.into_iter().take(MAX_ADDRESSES) {
        let address = SocketAddr::new(ip, url.port);
        match seams.dial.dial(address, None, CONNECT_TIME).await {
            Ok(dialed) if url.scheme == Scheme::Http => return Ok(dialed.io),
            Ok(dialed) => return tls(seams, &url.host, dialed.io).await,
            Err(error) => failed = format!("{address}: {error}"),
        }
    }
    Err(failed)
}

async fn tls(seams: &Seams, host: &Host, io: Box<dyn Io>) -> Result<Box<dyn Io>, String> {
    let options =
        ClientOptions { verify: ClientVerify::Pkix, identity: None, alpn: vec![b"http/1.1".to_vec()] };
    let config =
        client_config(seams.roots.clone(), options, seams.clock.clone()).map_err(|e| e.to_string())?;
    let name = match host {
        Host::Ip(ip) => ServerName::from(*ip),
        Host::Name(name) => ServerName::try_from(name.ascii().to_owned()).map_err(|e| e.to_string())?,
    };
    let connected = connect_tls(io, config, name, &*seams.clock, CONNECT_TIME).await;
    connected.map(|(io, _)| io).map_err(|e| format!("TLS with {host}: {e}"))
}
