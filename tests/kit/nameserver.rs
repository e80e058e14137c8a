//! A name server on loopback that answers from zone text, for commands and servers that are asked over the wire.
//!
//! The text is that of `mox_dns::sim`, its flags `servfail` and `bogus` are both answered with a server failure. Nothing
//! is signed.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, this is what they call")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_dns::server;
use mox_dns::sim::SimResolver;
use tokio::runtime::{Builder, Runtime};

/// A running name server; it ends when dropped.
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it answers from, and what it was asked.
    pub zones: SimResolver,
    runtime: Option<Runtime>,
}

impl NameServer {
    /// Starts one on a free port. Panics when the text is wrong.
    pub fn start(zone: &str) -> NameServer {
        let zones = SimResolver::from_zone(zone).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build().unwrap();
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = runtime.block_on(server::NameServer::bind(local)).unwrap();
        let address = server.local();
        // Its time stands still, so no connection is ever idle for too long.
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        runtime.spawn(server.serve(zones.clone().into(), clock));
        NameServer { address, zones, runtime: Some(runtime) }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
